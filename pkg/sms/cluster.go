package sms

import "unicode"

const joiner = '\u200d' // ZERO WIDTH JOINER

// isFlag is for regional indicators: two of them are one flag.
func isFlag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// joins reports whether a character belongs to the one before it.
func joins(before, r rune) bool {
	switch {
	case before == '\n' || before == '\r' || unicode.Is(unicode.Cc, before):
		return false
	case r == joiner, r == '\u200c', extends(r):
		return true
	case before == joiner:
		return pictograph(r)
	}
	return hangul(before, r)
}

// extends is for marks, variation selectors, skin tones and the tags of subdivision flags.
func extends(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F
}

// pictograph is about Extended_Pictographic: symbols from the arrows on, and emoji.
func pictograph(r rune) bool {
	return r >= 0x2190 && r <= 0x2BFF || r >= 0x1F000 && r <= 0x1FAFF
}

// hangul reports whether two jamo make one syllable: leading, vowel, trailing.
func hangul(before, r rune) bool {
	leading := before >= 0x1100 && before <= 0x115F
	vowel := before >= 0x1160 && before <= 0x11A7 || syllable(before) && (before-0xAC00)%28 == 0
	trailing := before >= 0x11A8 && before <= 0x11FF || syllable(before)
	switch {
	case r >= 0x1100 && r <= 0x115F, syllable(r):
		return leading
	case r >= 0x1160 && r <= 0x11A7:
		return leading || vowel
	case r >= 0x11A8 && r <= 0x11FF:
		return vowel || trailing
	}
	return false
}

func syllable(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }
