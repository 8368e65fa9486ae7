package render

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/liquid"
)

// TestAsCLDR: amounts, dates and names are those of CLDR. testdata/cldr.json is what Intl of ICU 78, which has CLDR 48,
// makes of them; testdata/cldr.mjs wrote it.
func TestAsCLDR(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/cldr.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Amounts map[string]map[string]string // by currency, by amount
		Dates   map[string]map[string]string // by format, by day
		Months  []string                     // without a day
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(Locales()) {
		t.Errorf("%d locales, and %d in the file", len(Locales()), len(all))
	}
	engine := liquid.New(liquid.Escape(liquid.Text))
	for locale, want := range all {
		for currency, amounts := range want.Amounts {
			for amount, text := range amounts {
				if got := Money(decimal.RequireFromString(amount), currency, locale); got != text {
					t.Errorf("%s: %s %s is %q, want %q", locale, amount, currency, got, text)
				}
			}
		}
		for format, days := range want.Dates {
			for day, text := range days {
				out, err := engine.Render(t.Context(), "x", `{{ day | date: format }}`, map[string]any{"day": day, "format": format}, liquid.Dates(calendars[locale]))
				if err != nil || out != text {
					t.Errorf("%s: %s of %s is %q, want %q; %v", locale, format, day, out, text, err)
				}
			}
		}
		for i, text := range want.Months {
			day := time.Date(2026, time.Month(i+1), 5, 0, 0, 0, 0, time.UTC)
			if out, err := engine.Render(t.Context(), "x", `{{ day | date: "%B" }}`, map[string]any{"day": day}, liquid.Dates(calendars[locale])); err != nil || out != text {
				t.Errorf("%s: month %d is %q, want %q; %v", locale, i+1, out, text, err)
			}
		}
	}
}
