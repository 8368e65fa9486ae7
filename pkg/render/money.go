package render

import (
	"strings"

	"github.com/shopspring/decimal"
)

// plain is the locale for plain text. It has no markup that a line break could fall into,
// and in an SMS a no-break space would halve the characters there is room for: it is not in
// the GSM alphabet (3GPP TS 23.038), and neither is the long minus.
func (l *locale) plain() *locale {
	p := *l
	if strings.TrimSpace(p.group) == "" {
		p.group = " "
	}
	p.negative = strings.Replace(p.negative, minusSign, "-", 1)
	return &p
}

// minorUnits are how many digits stand behind the point, by ISO 4217; two where nothing is
// said.
func minorUnits(currency string) int32 {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// Money writes an amount for readers of a locale: £1,234.50, or 1.234,50 € in German.
// Amounts are rounded half away from zero to the currency's minor unit; currencies without
// a symbol show their ISO 4217 code. The spaces in the result do not break.
func Money(amount decimal.Decimal, currency, locale string) string {
	return localeNamed(locale).write(amount, currency, noBreakSpace)
}

// write writes an amount; space is what stands between it and its currency.
func (l *locale) write(amount decimal.Decimal, currency, space string) string {
	return string(l.append(make([]byte, 0, usualAmount), amount.Abs().StringFixed(minorUnits(currency)), amount.IsNegative(), currency, space))
}

// usualAmount is room for an amount in bytes; longer ones take more.
const usualAmount = 40

// writePlain is write for an amount in digits with a point at most, as shops write prices: reading them as numbers first
// took longer than all else about them. ok is false for other texts.
func (l *locale) writePlain(amount, currency, space string) (text string, ok bool) {
	var room [usualAmount + 2]byte
	digits, negative, ok := rounded(room[:0], amount, int(minorUnits(currency)))
	if !ok {
		return "", false
	}
	var out [2 * usualAmount]byte
	return string(l.append(out[:0], string(digits), negative, currency, space)), true
}

// rounded appends an amount with some places behind the point, half away from zero. The amount is digits with a sign
// before and a point between them, if any.
func rounded(dst []byte, amount string, places int) (digits []byte, negative, ok bool) {
	amount, negative = strings.CutPrefix(amount, "-")
	whole, fraction, point := strings.Cut(amount, ".")
	if len(amount) > usualAmount-8 || whole == "" || point && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return dst, false, false
	}
	for len(whole) > 1 && whole[0] == '0' {
		whole = whole[1:]
	}
	dst = append(append(dst, '0'), whole...)
	if places > 0 {
		dst = append(append(dst, '.'), fraction[:min(places, len(fraction))]...)
		for range places - len(fraction) {
			dst = append(dst, '0')
		}
	}
	if len(fraction) > places && fraction[places] >= '5' {
		i := len(dst) - 1
		for dst[i] == '9' || dst[i] == '.' {
			if dst[i] == '9' {
				dst[i] = '0'
			}
			i--
		}
		dst[i]++
	}
	if dst[0] == '0' {
		dst = dst[1:]
	}
	return dst, negative, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// append appends an amount whose digits are those that are shown.
func (l *locale) append(out []byte, digits string, negative bool, currency, space string) []byte {
	whole, fraction, _ := strings.Cut(digits, ".")
	symbol, known := l.symbols[currency]
	if !known {
		symbol = currency
	}
	pattern := l.positive
	if negative && strings.Trim(digits, "0.") != "" {
		pattern = l.negative
	}
	if symbol == "" {
		pattern = strings.TrimSpace(strings.Replace(pattern, "c", "", 1))
	}
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == ' ':
			out = append(out, space...)
		case c == 'n':
			out = l.number(out, whole, fraction)
		case c == 'c':
			out = append(out, symbol...)
			// A code that is a word stands apart from the number (CLDR's currencySpacing).
			if strings.HasPrefix(pattern[i:], "cn") && letter(symbol[len(symbol)-1]) {
				out = append(out, space...)
			}
		default:
			out = append(out, c)
		}
	}
	return out
}

// number appends digits with separators between thousands.
func (l *locale) number(out []byte, whole, fraction string) []byte {
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 && len(whole) > l.ungrouped {
			out = append(out, l.group...)
		}
		out = append(out, whole[i])
	}
	if fraction != "" {
		out = append(append(out, l.point...), fraction...)
	}
	return out
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
