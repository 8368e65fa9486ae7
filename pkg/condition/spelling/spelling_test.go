package spelling

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	choices := []string{"order_id", "total", "currency", "products"}
	for word, want := range map[string]string{
		"totl":     "total",    // a letter missing
		"totaal":   "total",    // one too many
		"toatl":    "total",    // two swapped
		"Total":    "total",    // the case
		"orderid":  "order_id", // the underscore
		"customer": "",         // something else
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
