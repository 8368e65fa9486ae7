package render

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, currency, locale, want string }{
		{"1234.5", "GBP", "en-GB", "£1,234.50"},
		{"-1234.5", "GBP", "en-GB", "-£1,234.50"},
		{"0.005", "GBP", "en-GB", "£0.01"}, // half away from zero
		{"-0.004", "GBP", "en-GB", "£0.00"},
		{"999.995", "USD", "en-US", "$1,000.00"},
		{"5", "USD", "en-GB", "US$5.00"},
		{"5", "CHF", "en-GB", "CHF\u00a05.00"},
		{"1234567.891", "EUR", "de-DE", "1.234.567,89\u00a0€"},
		{"-1", "EUR", "de-DE", "-1,00\u00a0€"},
		{"1234.5", "EUR", "fr-FR", "1\u202f234,50\u00a0€"},
		{"12", "GBP", "fr-FR", "12,00\u00a0£GB"},
		{"1234.5", "JPY", "en-US", "¥1,235"},
		{"1.2345", "KWD", "en-US", "KWD\u00a01.235"},
		{"1234.5", "", "en-GB", "1,234.50"},
	} {
		if got := Money(decimal.RequireFromString(c.amount), c.currency, c.locale); got != c.want {
			t.Errorf("Money(%s %s, %s) = %q, want %q", c.amount, c.currency, c.locale, got, c.want)
		}
	}
}

// TestMoneyReadsBack: whatever the locale, an amount in whole minor units can be read from
// its text again.
func TestMoneyReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := decimal.New(rapid.Int64().Draw(t, "pennies"), -2)
		locale := rapid.SampledFrom(Locales()).Draw(t, "locale")
		text := Money(amount, "EUR", locale)
		l := localeNamed(locale)
		digits := strings.NewReplacer(l.group, "", l.point, ".", "€", "", "EUR", "", noBreakSpace, "", minusSign, "-").Replace(text)
		if got, err := decimal.NewFromString(digits); err != nil || !got.Equal(amount) {
			t.Fatalf("%s is written %q in %s", amount, text, locale)
		}
	})
}

func TestLocaleFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ wanted, shop, want string }{
		{"", "en-GB", "en-GB"},
		{"de", "en-GB", "de-DE"},
		{"de-AT", "en-GB", "de-AT"},
		{"de_at", "en-GB", "de-AT"},
		{"de-LI", "en-GB", "de-DE"},
		{"de", "de-CH", "de-CH"},
		{"en_US", "en-GB", "en-US"},
		{"en", "en-US", "en-US"},
		{"en", "de-DE", "en-GB"},
		{"FR-ca", "en-GB", "fr-FR"},
		{"ja-JP", "de-DE", "de-DE"},
	} {
		if got := localeFor(c.wanted, c.shop); got != c.want {
			t.Errorf("localeFor(%q, %q) = %q, want %q", c.wanted, c.shop, got, c.want)
		}
	}
}

// TestPlainAmount: amounts in digits are written as the decimals that they are.
func TestPlainAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.StringMatching(`-?0{0,2}(9{0,4}|[0-9]{1,12})(\.[0-9]{0,6}|\.9{1,5})?`).Draw(t, "amount")
		l := localeNamed(rapid.SampledFrom(Locales()).Draw(t, "locale"))
		currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CHF", ""}).Draw(t, "currency")
		got, ok := l.writePlain(amount, currency, " ")
		if !ok {
			return
		}
		if want := l.write(decimal.RequireFromString(amount), currency, " "); got != want {
			t.Fatalf("%s %s in %s is %q, want %q", amount, currency, l.tag, got, want)
		}
	})
	if _, ok := localeNamed("en-GB").writePlain("1234.5", "EUR", " "); !ok {
		t.Error("a usual amount is not taken")
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "1e3", "+1", "1.2.3", " 1", strings.Repeat("9", 99)} {
		if got, ok := localeNamed("en-GB").writePlain(text, "EUR", " "); ok {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}
