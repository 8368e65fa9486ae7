package importing

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// number is an amount as a JSON number with the digits that it was written with. decimal is the
// mark before its decimals, "" when only one reading is possible.
func number(text, decimal string) (string, string) {
	s := strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) })
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.TrimPrefix(s[:1], "+"), strings.TrimLeft(s[1:], " ")
	}
	mark := decimal
	dot, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	switch {
	case mark != "":
	case strings.Count(s, ".") > 1:
		mark = ","
	case comma < 0 || strings.Count(s, ",") > 1:
		mark = "." // as programs write it
	case dot >= 0 && dot > comma:
		mark = "."
	case dot >= 0 || len(s)-comma-1 != 3:
		mark = ","
	default:
		return "", "is " + strconv.Quote(text) + ", which can be a thousand or a fraction: say --decimal . or --decimal ,"
	}
	group := ","
	if mark == "," {
		group = "."
	}
	whole, fraction, pointed := strings.Cut(s, mark)
	parts := strings.FieldsFunc(whole, func(r rune) bool {
		return string(r) == group || r == '\'' || r == ' ' || r == '\u00a0' || r == '\u202f'
	})
	for i, p := range parts {
		if len(parts) > 1 && i > 0 && len(p) != 3 {
			return "", "is " + strconv.Quote(text) + ", which is no number such as 1234.50"
		}
	}
	whole = strings.TrimLeft(strings.Join(parts, ""), "0")
	if strings.Trim(whole+fraction, "0123456789") != "" || len(parts) == 0 && fraction == "" || pointed && fraction == "" && whole == "" && len(parts) == 0 {
		return "", "is " + strconv.Quote(text) + ", which is no number such as 1234.50"
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole, ""
}

// yes reads a decision as people and systems write it.
func yes(text string) (granted, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "y", "1", "t", "ja", "oui", "si", "sí", "subscribed", "granted", "on", "in_stock", "instock", "in stock":
		return true, true
	case "false", "no", "n", "0", "f", "nein", "non", "unsubscribed", "not_subscribed", "denied", "withdrawn", "off", "out_of_stock", "outofstock", "out of stock":
		return false, true
	}
	return false, false
}

// moments are the ways in which times are written; those without a zone are in the mapping's.
var moments = []string{
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04",
	"2006-01-02", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "2006/01/02 15:04:05", "2006/01/02",
}

func moment(text, layout string, zone *time.Location) (time.Time, string) {
	if layout != "" {
		if n, err := strconv.ParseInt(text, 10, 64); layout == "unix" && err == nil {
			return time.Unix(n, 0).UTC(), ""
		}
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			return t, "is " + strconv.Quote(text) + ", which is not written as " + layout
		}
		return t.UTC(), ""
	}
	for _, layout := range moments {
		// Each try that fails costs as much as one that does not.
		if n := len("2006-01-02"); len(text) < n || text[4] != layout[4] && !digit(text[4]) || len(text) > n && len(layout) > n && text[n] != layout[n] {
			continue
		}
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), ""
		}
	}
	return time.Time{}, "is " + strconv.Quote(text) + ", which is no time such as 2026-03-02T09:00:00+01:00; say how it is written with --time-format"
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// phone is a number in E.164 (ITU-T E.164): +, country and number.
func phone(text, country string) (string, string) {
	text = strings.TrimPrefix(text, "'") // spreadsheets keep plus signs with it
	if international(text) {
		return text, ""
	}
	n, err := phonenumbers.Parse(text, strings.ToUpper(country))
	switch {
	case err != nil && country == "" && !strings.HasPrefix(text, "+"):
		return "", "is " + strconv.Quote(text) + ", a number without its country: write it as +447700900001, or say --country"
	case err != nil || !phonenumbers.IsPossibleNumber(n):
		return "", "is " + strconv.Quote(text) + ", which is no phone number such as +447700900001"
	}
	return phonenumbers.Format(n, phonenumbers.E164), ""
}

// international reports whether a number is one in E.164 already, so that the library need not
// take it apart, which takes it ten times as long as all the rest of a row takes.
func international(text string) bool {
	if len(text) < 9 || len(text) > 16 || text[0] != '+' || strings.Trim(text[1:], "0123456789") != "" {
		return false
	}
	for n := 1; n <= 3; n++ {
		code, _ := strconv.Atoi(text[1 : 1+n])
		if region := phonenumbers.GetRegionCodeForCountryCode(code); region == "ZZ" {
			continue
		}
		national, err := strconv.ParseUint(text[1+n:], 10, 64)
		if err != nil || text[1+n] == '0' {
			return false // a zero in front belongs to some numbers
		}
		return phonenumbers.IsPossibleNumber(&phonenumbers.PhoneNumber{CountryCode: proto(int32(code)), NationalNumber: proto(national)})
	}
	return false
}

// proto is how the library has optional values.
func proto[T any](v T) *T { return &v }

// mail is an address as guests are known by it: in lower case, as no provider tells upper from
// lower.
func mail(text string) (string, bool) {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") && domain != "localhost" || strings.ContainsAny(text, " \t,;<>") || strings.Contains(domain, "@") {
		return "", false
	}
	return strings.ToLower(text), true
}
