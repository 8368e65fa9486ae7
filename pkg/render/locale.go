package render

import "strings"

// locale is how the people of a country write amounts, after CLDR 48 (https://cldr.unicode.org): number symbols,
// the standard currency pattern and the usual symbols of currencies.
type locale struct {
	tag          string
	group, point string
	// ungrouped is how many digits a number may have without a separator: 3, or 4 where CLDR's minimumGroupingDigits is 2.
	ungrouped int
	// How an amount and one below zero stand with their currency: c is its symbol, n the number.
	positive, negative string
	symbols            map[string]string
}

const (
	noBreakSpace       = "\u00a0"
	narrowNoBreakSpace = "\u202f"
	minusSign          = "\u2212"
)

// The symbols of currencies by language. A currency that is not there is written as its ISO 4217 code.
var (
	symbolsOfBritish  = map[string]string{"EUR": "€", "GBP": "£", "USD": "US$", "JPY": "JP¥", "CAD": "CA$", "AUD": "A$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfEnglish  = map[string]string{"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfGerman   = map[string]string{"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CAD": "CA$", "AUD": "AU$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfSwiss    = map[string]string{"GBP": "£", "USD": "$", "JPY": "¥", "CAD": "CA$", "AUD": "AU$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfFrench   = map[string]string{"EUR": "€", "GBP": "£GB", "USD": "$US", "CAD": "$CA", "AUD": "$AU", "INR": "₹", "KRW": "₩", "BRL": "R$"}
	symbolsOfSpanish  = map[string]string{"EUR": "€", "USD": "US$"}
	symbolsOfItalian  = map[string]string{"EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "CNY": "CN¥"}
	symbolsOfDutch    = map[string]string{"EUR": "€", "GBP": "£", "USD": "US$", "JPY": "JP¥", "CAD": "C$", "AUD": "AU$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfPolish   = map[string]string{"EUR": "€", "PLN": "zł", "BRL": "R$"}
	symbolsOfSwedish  = map[string]string{"EUR": "€", "USD": "US$", "SEK": "kr", "DKK": "Dkr", "NOK": "Nkr", "CAD": "CA$", "BRL": "BR$"}
	symbolsOfDanish   = map[string]string{"EUR": "€", "GBP": "£", "USD": "US$", "JPY": "JP¥", "DKK": "kr.", "CAD": "CA$", "AUD": "AU$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
	symbolsOfPortugal = map[string]string{"EUR": "€", "GBP": "£", "USD": "US$", "JPY": "JP¥", "CAD": "CA$", "AUD": "AU$", "INR": "₹", "KRW": "₩", "CNY": "CN¥", "BRL": "R$"}
)

// table is the locales, of each language the one first that stands for its other countries.
var table = []*locale{
	{"en-GB", ",", ".", 3, "cn", "-cn", symbolsOfBritish},
	{"en-US", ",", ".", 3, "cn", "-cn", symbolsOfEnglish},
	{"de-DE", ".", ",", 3, "n c", "-n c", symbolsOfGerman},
	{"de-AT", ".", ",", 3, "c n", "-c n", symbolsOfGerman},
	{"de-CH", "'", ".", 3, "c n", "c-n", symbolsOfSwiss},
	{"fr-FR", narrowNoBreakSpace, ",", 3, "n c", "-n c", symbolsOfFrench},
	{"fr-CH", narrowNoBreakSpace, ".", 3, "n c", "-n c", symbolsOfFrench},
	{"es-ES", ".", ",", 4, "n c", "-n c", symbolsOfSpanish},
	{"it-IT", ".", ",", 4, "n c", "-n c", symbolsOfItalian},
	{"nl-NL", ".", ",", 3, "c n", "c -n", symbolsOfDutch},
	{"pl-PL", noBreakSpace, ",", 4, "n c", "-n c", symbolsOfPolish},
	{"sv-SE", noBreakSpace, ",", 3, "n c", minusSign + "n c", symbolsOfSwedish},
	{"da-DK", ".", ",", 3, "n c", "-n c", symbolsOfDanish},
	{"pt-PT", noBreakSpace, ",", 4, "n c", "-n c", symbolsOfPortugal},
}

// Locales are the locales that amounts and dates can be written for. Readers of another country get those of their
// language.
func Locales() []string {
	tags := make([]string, len(table))
	for i := range table {
		tags[i] = table[i].tag
	}
	return tags
}

// localeNamed is the locale of a name; the first of the table if there is none.
func localeNamed(tag string) *locale {
	for i := range table {
		if table[i].tag == tag {
			return table[i]
		}
	}
	return table[0]
}

// localeFor is the supported locale for a reader: theirs, another one of their language, or the shop's, which is one of
// Locales.
func localeFor(wanted, fallback string) string {
	if wanted == "" {
		return fallback
	}
	language := languageOf(wanted)
	best := ""
	for i := range table {
		tag := table[i].tag
		if sameTag(tag, wanted) {
			return tag
		}
		if best == "" && strings.EqualFold(languageOf(tag), language) {
			best = tag
		}
	}
	if best == "" || strings.EqualFold(languageOf(fallback), language) {
		return fallback
	}
	return best
}

// sameTag compares two names of a locale, in which people write de-AT, de_AT and de-at.
func sameTag(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x == '_' {
			x = '-'
		}
		if y == '_' {
			y = '-'
		}
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// languageOf is the language of a locale: de of de-AT.
func languageOf(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		return tag[:i]
	}
	return tag
}

// direction is how a language is written: "ltr", or "rtl" for those in Arabic, Hebrew and a few other scripts
// (Unicode's right-to-left scripts, by CLDR's likely script of each language).
func direction(tag string) string {
	switch strings.ToLower(languageOf(tag)) {
	case "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi":
		return "rtl"
	}
	return "ltr"
}
