package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/jsontext"
)

// Each byte is passed over, stopped at, escaped or refused in each place of the eight that are
// looked at together, whatever stands before and behind it.
func TestEachByteInEachPlace(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for place := range 18 {
			for _, around := range []string{"a", "\x7f", "!", "?", "\u00e9"} {
				s := strings.Repeat(around, place) + string([]byte{byte(c)}) + strings.Repeat(around, 17-place)
				if got, want := string(jsontext.String(nil, s)), marshal(t, s); got != want {
					t.Fatalf("wrote %q, want %q", got, want)
				}
				sameValue(t, `"`+s+`"`)
			}
		}
	}
}

func TestEscapesAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		escape := "\\" + string([]byte{byte(c)})
		for _, more := range []string{"", "0", "00e9", "D83D\\uDE00", "dead", "fFgG", "00/9", "00:9", "00@9"} {
			sameValue(t, `"`+escape+more+`"`)
			sameValue(t, `"`+escape+more)
			sameValue(t, `"some text before it, `+escape+more+` and behind"`)
		}
	}
}

// tester is what a test, a property and a fuzz target have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sameValue holds the scanner to encoding/json: it reads every value that is one, unless it is
// nested too deeply, and none that is not.
func sameValue(t tester, text string) {
	t.Helper()
	s := jsontext.Scanner{Text: text}
	raw := s.Raw()
	s.End()
	if valid := json.Valid([]byte(text)); valid == s.Lost() && (!valid || strings.Count(text, "[")+strings.Count(text, "{") < 100) {
		t.Fatalf("%q is a value: %t, read: %t", text, valid, !s.Lost())
	}
	if !s.Lost() && raw != strings.Trim(text, " \t\r\n") {
		t.Fatalf("read %q from %q", raw, text)
	}
	s = jsontext.Scanner{Text: text}
	got := s.Quoted()
	s.End()
	var want any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		want = nil
	}
	if text, ok := want.(string); ok == s.Lost() || !s.Lost() && got != text {
		t.Fatalf("read the text %q of %q, want %q", got, s.Text, want)
	}
}

func TestValuesAreReadAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "{", "[", "]", "[1,]", "[,]", "{}", " [ ] ", "nul", "null", "-", "-0", "01", "1.", "1.5e+3", "1e", ".5", "+1", "tru", "true",
		`{"a":}`, `{"a":1,}`, `{"a" 1}`, `{1:2}`, `{"a":[{"b":null}]}`, strings.Repeat("[", 90) + strings.Repeat("]", 90),
	} {
		sameValue(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := json.MarshalIndent(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,40}`)))).Draw(t, "value"), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[at] = rapid.SampledFrom([]byte{b[at], ' ', '"', '\\', '{', ',', 'u', '0', '\n', 0xff}).Draw(t, "byte")
		sameValue(t, string(b))
	})
}

func FuzzScanner(f *testing.F) {
	for _, text := range []string{`{"a":[null,true,{"b":-1.5e3}],"c":"\u00e9\\u00e9\\n \ud83d\ude00 and more"}`, `"\xff"`, `[{},[],0]`, `"\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameValue(t, text) })
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain text of more than eight bytes", "<a href=\"x\">&amp;</a>", "\u2028\u2029\ufffd\xff\x00\x1f\x7f", "Grüße 😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(jsontext.String([]byte("x"), s)), "x"+marshal(t, s); got != want {
			t.Fatalf("wrote %q, want %q", got, want)
		}
	})
}
