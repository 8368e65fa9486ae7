package sms

import (
	"errors"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Kind is what a number is used for, as far as its digits say.
type Kind uint8

// The kinds. Many plans, such as that of North America, do not tell Fixed from Mobile.
const (
	Unknown Kind = iota
	Mobile
	Fixed
	Either  // mobile or fixed
	Special // toll-free, premium, shared cost, VoIP, personal, pager, voicemail
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case Mobile:
		return "mobile"
	case Fixed:
		return "fixed"
	case Either:
		return "mobile or fixed"
	case Special:
		return "special"
	}
	return "unknown"
}

// Number is a telephone number that can be dialled from anywhere.
type Number struct {
	E164   string // such as +447911123456
	Region string // ISO 3166 of its range; 001 for what belongs to no country, "" where countries share a code and no range says whose it is
	Kind   Kind   // Unknown where Valid is false
	Valid  bool   // whether the range is known to be assigned
}

// The reasons for which ParseNumber refuses a text. They name the remedy, never the number.
var (
	ErrNoNumber    = errors.New("no telephone number: it needs digits, with a country code such as +44 before them")
	ErrNoCountry   = errors.New("the telephone number has no country code: write it with + and the code, or say which country's it is")
	ErrCountryCode = errors.New("the telephone number begins with a country code that nobody has")
	ErrTooShort    = errors.New("the telephone number has too few digits for its country")
	ErrTooLong     = errors.New("the telephone number has too many digits for its country")
	ErrExtension   = errors.New("the telephone number has an extension, which no text message reaches: give the number without it")
)

// ParseNumber reads a number as people and shops write it: with + or 00 and a country code,
// or as in the region, an ISO 3166 country that may be "". Spaces, points, brackets and
// digits of other scripts do not matter. The metadata are those of Google's libphonenumber.
func ParseNumber(given, region string) (Number, error) {
	region = strings.ToUpper(strings.TrimSpace(region))
	given = strings.TrimSpace(strings.Map(visible, given))
	n, err := possible(given, region)
	if rest, ok := strings.CutPrefix(given, "00"); ok && (err != nil || !n.Valid) {
		// 00 is not how every region dials abroad, but it is how the world writes it.
		if abroad, err := possible("+"+rest, ""); err == nil && (abroad.Valid || region == "") {
			return abroad, nil
		}
	}
	return n, err
}

// visible drops what address books put around numbers to hold their direction.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// possible is the number if it has a length that its country has numbers of.
func possible(given, region string) (Number, error) {
	n, err := phonenumbers.Parse(given, region)
	if err != nil {
		return Number{}, refusal(err, given)
	}
	if n.GetExtension() != "" {
		return Number{}, ErrExtension
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.IS_POSSIBLE:
	case phonenumbers.TOO_LONG:
		return Number{}, ErrTooLong
	case phonenumbers.INVALID_COUNTRY_CODE:
		return Number{}, ErrCountryCode
	default: // too short, or without the area code; lengths between two possible ones lack digits as often
		return Number{}, ErrTooShort
	}
	return Number{
		E164:   phonenumbers.Format(n, phonenumbers.E164),
		Region: phonenumbers.GetRegionCodeForNumber(n),
		Kind:   kindOf(phonenumbers.GetNumberType(n)),
		Valid:  phonenumbers.IsValidNumber(n),
	}, nil
}

// refusal says in our words why the library does not take a text for a number.
func refusal(err error, given string) error {
	switch {
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return ErrTooLong
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return ErrTooShort
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		if strings.HasPrefix(given, "+") {
			return ErrCountryCode
		}
		return ErrNoCountry
	}
	return ErrNoNumber
}

func kindOf(t phonenumbers.PhoneNumberType) Kind {
	switch t {
	case phonenumbers.MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE:
		return Fixed
	case phonenumbers.FIXED_LINE_OR_MOBILE:
		return Either
	case phonenumbers.UNKNOWN:
		return Unknown
	}
	return Special
}
