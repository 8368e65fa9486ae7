package jsontext_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/jsontext"
)

// marshal is what this package has to equal.
func marshal(t interface{ Fatal(...any) }, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTextsAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]*`), rapid.StringOf(rapid.RuneFrom([]rune("a\"\\<>&\x00\x7f\u2028é")))).Draw(t, "text")
		if rapid.Bool().Draw(t, "broken") {
			s += "\xff"
		}
		if got, want := string(jsontext.String([]byte("x"), s)), "x"+marshal(t, s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, want := string(jsontext.Optional([]byte("x"), "n", s)), `x,"n":`+marshal(t, s); s != "" && got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestNumbersAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 2.5, 1e15, -1e15, 999999999999999, 1e21, 1e-7, 1e-6, 9.99e-7, 123456789.125, 999999999999999868928, -1e-6, math.MaxFloat64} {
		if got, want := string(jsontext.Number(nil, f)), marshal(t, f); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Int32(), func(i int32) float64 { return float64(i) / 4 })).Draw(t, "number")
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return
		}
		if got, want := string(jsontext.Number(nil, f)), marshal(t, f); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestValuesAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, "a<b", true, false, 7, -7, 2.5, []any{"a", 1.5}, map[string]any{"b": 1.0, "a": nil}} {
		got, err := jsontext.Value(nil, v)
		if want := marshal(t, v); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	if _, err := jsontext.Value(nil, math.Inf(1)); err == nil || !strings.Contains(err.Error(), "unsupported value") {
		t.Errorf("infinity: %v", err)
	}
}
