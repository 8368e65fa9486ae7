package sms_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rapport/pkg/sms"
)

// sizing is one published case: what a segment calculator says of a body.
type sizing struct {
	Test   string         `json:"test"`
	Body   string         `json:"body"`
	Smart  bool           `json:"smart_encoding"`
	Expect map[string]any `json:"expect"`
}

// TestPublishedSizes checks every expectation of every published case.
func TestPublishedSizes(t *testing.T) {
	t.Parallel()
	var cases []sizing
	published(t, &cases, "sms-segmentation", "published_cases.json")
	exact, narrower, expectations := 0, 0, 0
	for _, c := range cases {
		text := c.Body
		if c.Smart {
			text, _ = sms.Smart(c.Body)
		}
		s, parts := sms.Count(text), sms.Split(text)
		if strings.Join(parts, "") != text {
			t.Errorf("%s: the parts of %q do not join to it", c.Test, text)
		}
		wide := false
		for what, want := range c.Expect {
			expectations++
			switch got, applies := measured(what, text, s, parts); {
			case !applies:
				t.Errorf("%s: nobody knows how to check %s", c.Test, what)
			case got == want:
			case c.Smart && narrow(got.(string)) == narrow(want.(string)):
				wide = true
			default:
				t.Errorf("%s: %s of %q is %v, want %v", c.Test, what, c.Body, got, want)
			}
		}
		if wide {
			narrower++
		} else {
			exact++
		}
	}
	t.Logf("%d cases with %d expectations: %d exact, %d with one space where the published table has several", len(cases), expectations, exact, narrower)
	if narrower > 21 {
		t.Errorf("%d cases differ in spaces, there are 20 such characters and one case of all", narrower)
	}
}

// narrow makes several spaces one: what Smart does differently, on purpose.
func narrow(text string) string {
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	return text
}

// measured is the value of a published expectation. The calculator counts bits, with six octets
// of header before each of several parts, and lists these octets as a part's first elements.
func measured(what, text string, s sms.Size, parts []string) (got any, applies bool) {
	bits := s.Units * 7
	if s.Encoding == sms.UCS2 {
		bits = s.Units * 16
	}
	header := 0
	if s.Segments > 1 {
		header = 6
	}
	switch {
	case what == "graphemes.join()":
		return text, true
	case what == "encodingName":
		return s.Encoding.String(), true
	case what == "segments.length", what == "segmentsCount":
		return float64(s.Segments), len(parts) == s.Segments
	case what == "messageSize":
		return float64(bits), true
	case what == "totalSize":
		return float64(bits + s.Segments*header*8), true
	case what == "numberOfUnicodeScalars":
		return float64(utf8.RuneCountInString(text)), true
	case what == "numberOfCharacters":
		return float64(s.Characters), true
	case strings.HasSuffix(what, ".isUserDataHeader"):
		return header == 6, true
	case what == "segments.2.length":
		return float64(header + utf8.RuneCountInString(parts[2])), true
	case what == "segments.2.6.raw":
		return parts[2], true
	}
	return nil, false
}

// TestPublishedExchanges checks the whole table, one character at a time and among others.
func TestPublishedExchanges(t *testing.T) {
	t.Parallel()
	var table map[string]string
	published(t, &table, "sms-segmentation", "smart_encoding_map.json")
	for from, want := range table {
		if strings.TrimLeft(want, " ") == "" && want != "" {
			want = " "
		}
		got, changes := sms.Smart(from)
		if got != want || len(changes) != 1 || changes[0] != (sms.Change{Offset: 0, From: from, To: want}) {
			t.Errorf("%+q becomes %q by %v, want %q", from, got, changes, want)
		}
		if c := sms.Costly("ok " + from); len(c) != 1 || c[0].Remedy != sms.Automatic && c[0].Remedy != sms.Rewrite {
			t.Errorf("%+q: %v", from, c)
		}
		if got, _ := sms.Smart("a " + from + " b"); got != "a "+want+" b" {
			t.Errorf("%+q among others becomes %q", from, got)
		}
	}
	t.Logf("%d characters", len(table))
}
