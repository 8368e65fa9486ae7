package sms_test

import (
	"errors"
	"strings"
	"testing"

	"rapport/pkg/sms"
)

// vector is one answer of libphonenumber.
type vector struct {
	Input, Error    string
	Region          string
	Default         string `json:"default_region"`
	E164            string `json:"e164"`
	Possible, Valid bool
	Type            string
}

var kinds = map[string]sms.Kind{
	"MOBILE": sms.Mobile, "FIXED_LINE": sms.Fixed, "FIXED_LINE_OR_MOBILE": sms.Either, "UNKNOWN": sms.Unknown,
	"TOLL_FREE": sms.Special, "PREMIUM_RATE": sms.Special, "VOIP": sms.Special, "SHARED_COST": sms.Special,
	"PERSONAL_NUMBER": sms.Special, "PAGER": sms.Special, "UAN": sms.Special, "VOICEMAIL": sms.Special,
}

// TestPublishedNumbers compares with libphonenumber's answers.
func TestPublishedNumbers(t *testing.T) {
	t.Parallel()
	var vectors []vector
	published(t, &vectors, "phone-numbers", "parse_vectors_shared.json")
	var same, refused, abroad, other int
	for _, v := range vectors {
		n, err := sms.ParseNumber(v.Input, v.Default)
		switch {
		case v.Error != "" || !v.Possible:
			switch {
			case err != nil:
				refused++
			case n.Valid && strings.HasPrefix(v.Input, "00"):
				abroad++
			default:
				other++
				t.Logf("taken as %+v: %+v", n, v)
			}
		case err == nil && n == (sms.Number{E164: v.E164, Region: v.Region, Kind: kinds[v.Type], Valid: v.Valid}):
			same++
		case err == nil && n.Valid && !v.Valid && strings.HasPrefix(v.Input, "00"):
			abroad++
		default:
			other++
			t.Logf("%+v, %v: %+v", n, err, v)
		}
	}
	t.Logf("%d vectors: %d numbers and %d refusals as published, %d where 00 is not the region's prefix and the number is a real one with it, %d otherwise",
		len(vectors), same, refused, abroad, other)
	if other > 4 {
		t.Errorf("%d vectors differ by more than the age of the metadata can explain", other)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given, region, e164, of string
		kind                    sms.Kind
	}{
		{"+44 7400 123456", "", "+447400123456", "GB", sms.Mobile},
		{"07400 123456", "GB", "+447400123456", "GB", sms.Mobile},
		{"07400 123456", "gb", "+447400123456", "GB", sms.Mobile},
		{"0044 7400 123456", "", "+447400123456", "GB", sms.Mobile},
		{"0044 7400 123456", "US", "+447400123456", "GB", sms.Mobile},
		{"011 44 7400 123456", "US", "+447400123456", "GB", sms.Mobile},
		{"+44 (0)7400 123456", "", "+447400123456", "GB", sms.Mobile},
		{"tel:+49-1512-3456789", "", "+4915123456789", "DE", sms.Mobile},
		{"0151 23456789", "DE", "+4915123456789", "DE", sms.Mobile},
		{"030/901820", "DE", "+4930901820", "DE", sms.Fixed},
		{"06 12 34 56 78", "FR", "+33612345678", "FR", sms.Mobile},
		{"(202) 555-0143", "US", "+12025550143", "US", sms.Either},
		{"+1.202.555.0143", "DE", "+12025550143", "US", sms.Either},
		{"800 555 0199", "US", "+18005550199", "US", sms.Special},
		{"+４９ １５１２ ３４５６７８９", "", "+4915123456789", "DE", sms.Mobile},
		{"\u202a+49 1512 3456789\u202c", "", "+4915123456789", "DE", sms.Mobile},
		{"+39 02 1234 5678", "", "+390212345678", "IT", sms.Fixed}, // the zero is part of it
		{"+800 1234 5678", "", "+80012345678", "001", sms.Special},
	} {
		n, err := sms.ParseNumber(c.given, c.region)
		if err != nil || n != (sms.Number{E164: c.e164, Region: c.of, Kind: c.kind, Valid: n.Valid}) {
			t.Errorf("%q in %q is %+v, %v; want %s of %s, %v", c.given, c.region, n, err, c.e164, c.of, c.kind)
		}
	}
	// Ofcom keeps this number for dramas: possible, and not assigned.
	if n, err := sms.ParseNumber("+447700900123", ""); err != nil || n.E164 != "+447700900123" || n.Valid {
		t.Errorf("a number of an unassigned range: %+v, %v", n, err)
	}
}

func TestRefusedNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given, region string
		want          error
	}{
		{"", "GB", sms.ErrNoNumber},
		{"n/a", "GB", sms.ErrNoNumber},
		{"jane@example.com", "GB", sms.ErrNoNumber},
		{"+", "", sms.ErrNoNumber},
		{"07400 123456", "", sms.ErrNoCountry},
		{"07400 123456", "XX", sms.ErrNoCountry},
		{"0", "FR", sms.ErrNoNumber},
		{"+999 123456", "", sms.ErrCountryCode},
		{"+0447400123456", "", sms.ErrCountryCode},
		{"+44 79", "", sms.ErrTooShort},
		{"12", "GB", sms.ErrTooShort},
		{"110", "DE", sms.ErrTooShort},
		{"+44 7400 123456 789", "", sms.ErrTooLong},
		{"07400 123456 07400 123457", "GB", sms.ErrTooLong},
		{strings.Repeat("1", 400), "US", sms.ErrTooLong},
		{"+1 202 555 0143 x12", "", sms.ErrExtension},
		{"+1 202 555 0143 ext. 12", "", sms.ErrExtension},
		{"tel:+1-202-555-0143;ext=12", "", sms.ErrExtension},
	} {
		n, err := sms.ParseNumber(c.given, c.region)
		if !errors.Is(err, c.want) || c.want != nil && n != (sms.Number{}) {
			t.Errorf("%q in %q: %+v, %v; want %v", c.given, c.region, n, err, c.want)
		}
		if err != nil && len(c.given) > 3 && strings.Contains(err.Error(), c.given) {
			t.Errorf("the error tells the number: %v", err)
		}
	}
}
