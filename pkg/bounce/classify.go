package bounce

import "strings"

// classify says whose fault a failure is, and why. It takes the codes, what the server said, and texts around it, the
// nearest first, which count when what the server said decides nothing.
//
// A code of class 4 is soft whatever the text: the server itself says that it may pass. A specific code decides, unless
// the text contradicts it in the sender's or the person's favour, because a wrong "hard" costs a customer and a wrong
// "soft" costs one more mail. With a generic code the text decides, and with neither the kind of code.
func classify(status string, code int, said string, around ...string) (Class, string) {
	v, decided := codeVerdict(status, code)
	row, spoken := phraseIn(said, status)
	if strings.HasPrefix(status, "4.") || status == "" && code/100 == 4 {
		switch {
		case spoken && row.class != Hard:
			return Soft, row.reason
		case decided:
			return Soft, v.reason
		}
		return Soft, "temporary"
	}
	if decided && !generic(status) {
		if spoken && row.contradicts && v.class == Hard && row.class != Hard {
			return row.class, row.reason
		}
		return v.class, v.reason
	}
	if spoken {
		return row.class, row.reason
	}
	for _, text := range around {
		if row, ok := phraseIn(text, status); ok {
			return row.class, row.reason
		}
	}
	if decided {
		return v.class, v.reason
	}
	return Other, "unknown"
}

// phraseIn is the first row of the table that holds for a status, and of which a phrase stands in a text as whole words.
func phraseIn(text, status string) (phrase, bool) {
	if text == "" {
		return phrase{}, false
	}
	text = plainWords(keep(text, maxWords))
	for _, row := range phrases {
		if !strings.HasPrefix(status, row.status) {
			continue
		}
		for _, words := range row.words {
			if hasWords(text, words) {
				return row, true
			}
		}
	}
	return phrase{}, false
}

// maxWords is how much of a text is searched for phrases.
const maxWords = 8 << 10

// plainWords makes texts comparable: lower case, single spaces, straight apostrophes, and no web addresses, whose words
// say where help is, not what happened.
func plainWords(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "\u2019", "'")
	fields := strings.Fields(s)
	kept := fields[:0]
	for _, f := range fields {
		if !strings.Contains(f, "http://") && !strings.Contains(f, "https://") {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}

// hasWords reports whether words stand in a text with no letter or digit, and no part of a host or an address, next to
// them.
func hasWords(text, words string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], words)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(words)
		if !joined(text, i-1, -1) && !joined(text, end, 1) {
			return true
		}
		from = i + 1
	}
}

// joined reports whether what stands at i belongs to the word beside it: a letter, or the dot or the @ of a host or an
// address, which goes on in the direction of step.
func joined(text string, i, step int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	if text[i] == '.' {
		return i+step >= 0 && i+step < len(text) && inWord(text[i+step])
	}
	return inWord(text[i]) || text[i] == '@'
}

func inWord(c byte) bool { return digit(c) || c >= 'a' && c <= 'z' || c == '_' }
