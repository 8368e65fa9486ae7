package sms_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rapport/pkg/sms"
)

// pieces are drawn often, so that borders of segments and of characters come up.
var pieces = []string{"a", "€", "[", "é", "😀", "ж", "“", "…", "\u00a0", "n\u0303", "🇩🇪", "👨‍👩‍👧", "\r\n", "\xff", "\u200b", " stop ", strings.Repeat("a", 150), strings.Repeat("ж", 66)}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.SampledFrom(pieces)), func(p []string) string { return strings.Join(p, "") }),
	)
}

// consistent checks what holds of every text.
func consistent(t interface{ Errorf(string, ...any) }, text string) {
	s, parts := sms.Count(text), sms.Split(text)
	if strings.Join(parts, "") != text {
		t.Errorf("the parts of %q join to %q", text, strings.Join(parts, ""))
	}
	if len(parts) != s.Segments {
		t.Errorf("%q has %d parts and %d segments", text, len(parts), s.Segments)
	}
	alone, part := 160, 153
	if s.Encoding == sms.UCS2 {
		alone, part = 70, 67
	}
	size := part
	if len(parts) < 2 {
		size = alone
	}
	units, last := 0, 0
	for i, p := range parts {
		last = 0
		for _, r := range p { // a part alone may need fewer units, where the rest forced UCS-2
			last += unitsOf(s.Encoding, r)
		}
		if units += last; last > size {
			t.Errorf("part %d of %q has %d units", i, text, last)
		}
		if utf8.ValidString(text) && !utf8.ValidString(p) {
			t.Errorf("part %d of %q divides a character", i, text)
		}
		if i > 0 {
			if first, _ := utf8.DecodeRuneInString(p); before(s.Encoding, parts[i-1])+unitsOf(s.Encoding, first) <= part {
				t.Errorf("part %d of %q had room for more", i-1, text)
			}
		}
	}
	if units != s.Units || s.Room != size-last || s.Characters > utf8.RuneCountInString(text) || s.Characters == 0 && text != "" {
		t.Errorf("%q is %+v, its parts have %d units and the last %d", text, s, units, last)
	}
}

func before(e sms.Encoding, part string) (n int) {
	for _, r := range part {
		n += unitsOf(e, r)
	}
	return n
}

func unitsOf(e sms.Encoding, r rune) int {
	switch {
	case e == sms.GSM7 && strings.ContainsRune("\f^{}\\[~]|€", r), e == sms.UCS2 && r > 0xFFFF:
		return 2
	}
	return 1
}

// exchanges checks Smart, Smallest and Costly against each other.
func exchanges(t interface{ Errorf(string, ...any) }, text string) {
	smart, changes := sms.Smart(text)
	rebuilt, end := "", 0
	for _, c := range changes {
		if c.Offset < end || text[c.Offset:c.Offset+len(c.From)] != c.From {
			t.Errorf("%q: change %+v is not where it says", text, c)
			return
		}
		rebuilt += text[end:c.Offset] + c.To
		end = c.Offset + len(c.From)
	}
	if rebuilt += text[end:]; rebuilt != smart {
		t.Errorf("%q: the changes make %q of it, and it is %q", text, rebuilt, smart)
	}
	if again, more := sms.Smart(smart); len(more) > 0 && sms.Count(smart).Encoding == sms.GSM7 {
		t.Errorf("%q is changed twice: %q, %q", text, smart, again)
	}
	if small, _ := sms.Smallest(text); sms.Count(small).Segments > sms.Count(text).Segments {
		t.Errorf("%q grows to %q", text, small)
	}
	costly := sms.Costly(text)
	if (len(costly) > 0) != (sms.Count(text).Encoding == sms.UCS2) {
		t.Errorf("%q has culprits %v", text, costly)
	}
	for i, c := range costly {
		if i > 0 && c.Offset <= costly[i-1].Offset || !strings.HasPrefix(text[c.Offset:], c.Text) || c.Text == "" || c.String() == "" {
			t.Errorf("%q: culprit %+v is not where it says", text, c)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		consistent(t, text)
		exchanges(t, text)
	})
}

// TestNumbersStand: what was read as E.164 reads as itself, whoever's country one is in.
func TestNumbersStand(t *testing.T) {
	t.Parallel()
	regions := []string{"", "US", "GB", "DE", "FR", "IT", "BR", "KR", "AU", "XX"}
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.OneOf(rapid.StringMatching(`(\+|00|0)?[1-9][0-9 ().-]{4,14}( ?x[0-9]{1,3})?`), rapid.String()).Draw(t, "given")
		n, err := sms.ParseNumber(given, rapid.SampledFrom(regions).Draw(t, "region"))
		if err != nil {
			if n != (sms.Number{}) {
				t.Fatalf("%q: %+v with %v", given, n, err)
			}
			return
		}
		if len(n.E164) > 18 || n.E164[0] != '+' || strings.Trim(n.E164[1:], "0123456789") != "" {
			t.Fatalf("%q is %q", given, n.E164)
		}
		if again, err := sms.ParseNumber(n.E164, rapid.SampledFrom(regions).Draw(t, "another")); n.Valid && (err != nil || again != n) {
			t.Fatalf("%q is %+v, and again %+v, %v", given, n, again, err)
		}
	})
}

func FuzzTexts(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
		f.Add(strings.Repeat(p, 3))
	}
	f.Fuzz(func(t *testing.T, text string) {
		consistent(t, text)
		exchanges(t, text)
	})
}

func FuzzRead(f *testing.F) {
	for _, set := range [][]string{sureOptOuts, unsureOptOuts, noOptOuts} {
		for _, text := range set {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := sms.Read(text)
		if (r.Intent == sms.None) != (r.Word == "") || (r.Word == "") != (r.Language == "") || r.Ask && r.Intent != sms.StopPhrase {
			t.Errorf("%q is %+v", text, r)
		}
		if again := sms.Read(" " + text + " "); again != r && len(text) < 4000 {
			t.Errorf("%q is %+v, and with spaces %+v", text, r, again)
		}
	})
}

func FuzzNumber(f *testing.F) {
	f.Add("+44 7400 123456", "GB")
	f.Add("0044(0)7400x5", "us")
	f.Fuzz(func(t *testing.T, given, region string) {
		n, err := sms.ParseNumber(given, region)
		if (err == nil) != (n.E164 != "") {
			t.Errorf("%q in %q: %+v, %v", given, region, n, err)
		}
	})
}
