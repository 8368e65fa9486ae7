package sms

// Encoding is how the characters of a message are written. A message has one.
type Encoding uint8

// The encodings, by 3GPP TS 23.038.
const (
	GSM7 Encoding = iota // the default alphabet with its extension table, in septets
	UCS2                 // UTF-16 code units; phones understand surrogate pairs
)

// String is the usual name: GSM-7 or UCS-2.
func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// limits are how many units fit into a message of one segment, and into each of several,
// where six octets say which part it is (3GPP TS 23.040, 9.2.3.24.1).
func (e Encoding) limits() (alone, part int) {
	if e == UCS2 {
		return 70, 67
	}
	return 160, 153
}

// units is what a character takes, which must be of the alphabet when e is GSM7.
func (e Encoding) units(r rune) int {
	switch {
	case e == GSM7:
		return septets(r)
	case r > 0xFFFF:
		return 2
	}
	return 1
}

// septets is what a character takes in GSM-7: 1 in the default alphabet, 2 in the extension
// table, where an escape goes before it, and 0 when it is in neither (3GPP TS 23.038, 6.2.1).
func septets(r rune) int {
	switch r {
	case '^', '{', '}', '\\', '[', ']', '~', '|', '\f', '€':
		return 2
	case '`':
		return 0
	case '\n', '\r',
		'£', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', 'Ø', 'ø', 'Å', 'å',
		'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ',
		'Æ', 'æ', 'ß', 'É', '¤', '¡', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'ä', 'ö', 'ñ', 'ü', 'à':
		return 1
	}
	if r >= ' ' && r <= '~' {
		return 1
	}
	return 0
}
