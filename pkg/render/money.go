package render

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Locales are the locales that amounts can be written for.
func Locales() []string { return []string{"en-GB", "en-US", "de-DE", "fr-FR"} }

// layout is how a locale writes amounts, after CLDR 47
// (https://cldr.unicode.org, number patterns "currency").
type layout struct {
	group, point string
	space        string // between a symbol and the amount
	behind       bool   // the symbol stands behind the amount
	symbols      map[string]string
}

const (
	noBreakSpace       = "\u00a0"
	narrowNoBreakSpace = "\u202f"
)

func layoutOf(locale string) layout {
	symbols := map[string]string{"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "PLN": "zł", "CZK": "Kč"}
	l := layout{group: ",", point: ".", space: noBreakSpace, symbols: symbols}
	switch locale {
	case "en-GB":
		symbols["USD"], symbols["JPY"], symbols["PLN"], symbols["CZK"] = "US$", "JP¥", "PLN", "CZK"
	case "en-US":
		symbols["PLN"], symbols["CZK"] = "PLN", "CZK"
	case "de-DE":
		l.group, l.point, l.behind = ".", ",", true
		symbols["PLN"], symbols["CZK"] = "PLN", "CZK"
	case "fr-FR":
		l.group, l.point, l.behind = narrowNoBreakSpace, ",", true
		symbols["GBP"], symbols["USD"], symbols["JPY"] = "£GB", "$US", "JPY"
		symbols["PLN"], symbols["CZK"] = "PLN", "CZK"
	}
	return l
}

// plain is the layout for plain text. It has no markup that a line break could fall into,
// and in an SMS a no-break space would halve the characters there is room for: it is not in
// the GSM alphabet (3GPP TS 23.038).
func (l layout) plain() layout {
	l.space = " "
	if l.group == narrowNoBreakSpace {
		l.group = " "
	}
	return l
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
	return layoutOf(locale).write(amount, currency)
}

func (l layout) write(amount decimal.Decimal, currency string) string {
	digits := amount.Abs().StringFixed(minorUnits(currency))
	whole, fraction, _ := strings.Cut(digits, ".")
	number := grouped(whole, l.group)
	if fraction != "" {
		number += l.point + fraction
	}
	symbol, known := l.symbols[currency]
	if !known {
		symbol = currency
	}
	sign := ""
	if amount.IsNegative() && strings.Trim(digits, "0.") != "" {
		sign = "-"
	}
	switch {
	case symbol == "":
		return sign + number
	case l.behind:
		return sign + number + l.space + symbol
	case letter(symbol[len(symbol)-1]):
		return sign + symbol + l.space + number
	}
	return sign + symbol + number
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// grouped puts a separator between thousands.
func grouped(digits, separator string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// localeFor is the supported locale for a reader: theirs, another one of their language,
// or the shop's.
func localeFor(wanted, fallback string) string {
	wanted = strings.ReplaceAll(wanted, "_", "-")
	language, _, _ := strings.Cut(wanted, "-")
	best := fallback
	for _, l := range Locales() {
		if strings.EqualFold(l, wanted) {
			return l
		}
		if own, _, _ := strings.Cut(l, "-"); language != "" && strings.EqualFold(own, language) && !strings.HasPrefix(best, strings.ToLower(language)+"-") {
			best = l
		}
	}
	return best
}
