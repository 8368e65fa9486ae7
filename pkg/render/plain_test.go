package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestOneLine: the fast way gives what the slow one gives.
func TestOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ a\n\tü\x{a0}.]{0,12}`).Draw(t, "text")
		if got, want := oneLine(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("%q is %q, want %q", s, got, want)
		}
	})
}

// TestFit: whatever the text, it gets the width that is asked for, and loses nothing that has room.
func TestFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ a-cü…]{0,12}`).Draw(t, "text")
		width, right := rapid.IntRange(1, 10).Draw(t, "width"), rapid.Bool().Draw(t, "right")
		got := fit(s, width, right)
		line := oneLine(s)
		switch n := utf8.RuneCountInString(line); {
		case utf8.RuneCountInString(got) != width:
			t.Fatalf("%q fits %d as %q", s, width, got)
		case n <= width && (strings.TrimSpace(got) != line || right != strings.HasSuffix(got, line) && n < width && n > 0):
			t.Fatalf("%q in %d is %q", s, width, got)
		case n > width && !strings.HasPrefix(line, strings.TrimSuffix(strings.TrimRight(got, " "), "…")):
			t.Fatalf("%q in %d is %q", s, width, got)
		}
	})
}

// TestCalm: texts in capitals become sentences, names and codes stay.
func TestCalm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"RED WOOLLY HOTTIE": "Red woolly hottie", "LEGO": "LEGO", "Brass LAMP": "Brass LAMP", "ÜBER ALLES": "Über alles", "ÜBER aLLES": "ÜBER aLLES", "1 2 3": "1 2 3", "": "",
		"GRÜNE äPFEL": "GRÜNE äPFEL",
	} {
		if got := calm(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
