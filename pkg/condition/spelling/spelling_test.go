package spelling

import (
	"testing"
	"time"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	choices := []string{"order_id", "total", "currency", "products"}
	for word, want := range map[string]string{
		"totl":     "total",    // a letter missing
		"totaal":   "total",    // one too many
		"toatl":    "total",    // two swapped
		"Total":    "total",    // the case
		"orderid":  "order_id", // the underscore
		"curr":     "currency", // its beginning
		"prod":     "products",
		"customer": "", // something else
		"x":        "",
	} {
		if got := Nearest(word, choices); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"emial": "did you mean email?",
		"fax":   "use one of email, sms",
	} {
		if got := DidYouMean(word, []string{"email", "sms"}); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "5m": 5 * time.Minute, "36h": 36 * time.Hour, "3d": 72 * time.Hour, "2w": 336 * time.Hour, "0d": 0,
	} {
		if got, ok := Duration(s); got != want || !ok {
			t.Errorf("Duration(%q) = %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "d", "3", "3 d", "-3d", "1.5d", "3D", "4000000000w", "3days"} {
		if got, ok := Duration(s); ok {
			t.Errorf("Duration(%q) = %v, want none", s, got)
		}
	}
}
