package liquid_test

import (
	"encoding/json"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// TestKindsOfValues passes every Go type that data may have.
func TestKindsOfValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 7, 5, 0, 0, time.UTC)
	var noTime *time.Time
	cases := []struct {
		name  string
		value any
		want  string // of {{ v }} and of {{ v | json }}
		json  string
	}{
		{"nil", nil, "", "null"},
		{"bool", true, "true", "true"},
		{"int", int(-5), "-5", "-5"},
		{"int8", int8(-5), "-5", "-5"},
		{"int16", int16(5), "5", "5"},
		{"int32", int32(5), "5", "5"},
		{"int64", int64(1) << 60, "1152921504606846976", "1152921504606846976"},
		{"uint", uint(5), "5", "5"},
		{"uint8", uint8(5), "5", "5"},
		{"uint16", uint16(5), "5", "5"},
		{"uint32", uint32(5), "5", "5"},
		{"uint64", uint64(5), "5", "5"},
		{"a uint64 beyond int64", uint64(1) << 63, "9.223372036854776e+18", "9.223372036854776e+18"},
		{"float32", float32(2.5), "2.5", "2.5"},
		{"float64", 1e21, "1.0e+21", "1e+21"},
		{"json.Number, whole", json.Number("9007199254740993"), "9007199254740993", "9007199254740993"},
		{"json.Number, decimal", json.Number("19.90"), "19.9", "19.9"},
		{"json.Number, broken", json.Number("x"), "x", `"x"`},
		{"string", "a<b", "a<b", `"a\u003cb"`},
		{"Safe", liquid.Safe("<b>"), "<b>", `"\u003cb\u003e"`},
		{"time.Time", at, "2026-05-04 09:05:00 +0200", `"2026-05-04T09:05:00+02:00"`},
		{"*time.Time", &at, "2026-05-04 09:05:00 +0200", `"2026-05-04T09:05:00+02:00"`},
		{"a nil *time.Time", noTime, "", "null"},
		{"[]any", []any{1, "a", nil}, "1a", `[1,"a",null]`},
		{"[]string", []string{"a", "b"}, "ab", `["a","b"]`},
		{"[]int", []int{1, 2}, "12", "[1,2]"},
		{"[]map", []map[string]any{{"a": 1}}, `{"a"=>1}`, `[{"a":1}]`},
		{"map", map[string]any{"b": []any{1.5}, "a": nil}, `{"a"=>nil, "b"=>[1.5]}`, `{"a":null,"b":[1.5]}`},
		{"map of strings", map[string]string{"a": "b"}, `{"a"=>"b"}`, `{"a":"b"}`},
		{"a Stringer", time.Minute, "1m0s", `"1m0s"`},
		{"a Keyed", &ordered{[]string{"b", "a"}, map[string]any{"a": 1, "b": 2}}, `{"b"=>2, "a"=>1}`, `{"b":2,"a":1}`},
	}
	e := liquid.New(liquid.Compat())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for template, want := range map[string]string{"{{ v }}": c.want, "{{ v | json }}": c.json, "{{ v | append: '' }}": c.want} {
				got, err := e.Render(t.Context(), "t", template, map[string]any{"v": c.value}, liquid.In(time.FixedZone("CEST", 2*3600)))
				if err != nil || got != want {
					t.Errorf("%s: got %s, %v, want %s", template, got, err, want)
				}
			}
		})
	}
}

func TestIndexing(t *testing.T) {
	t.Parallel()
	vars := map[string]any{
		"a": []any{"x", "y", "z"}, "o": map[string]any{"1": "one", "k": nil}, "s": "text", "f": 1.0, "half": 1.5, "t": time.Unix(0, 0),
		"key": liquid.Safe("k"),
	}
	for template, want := range map[string]string{
		"{{ a[1] }}{{ a[-3] }}{{ a[3] }}{{ a[-4] }}":                                                  "yx",
		"{{ a[f] }}{{ a[half] }}{{ a['1'] }}":                                                         "y",
		"{{ o['1'] }}{{ o[1] }}{{ o[key] }}":                                                          "one",
		"{{ s[0] }}{{ s.first }}{{ s.size }}":                                                         "4",
		"{% assign r = (3..5) %}{{ r[0] }}{{ r[-1] }}{{ r[3] }}{{ r.first }}{{ r.last }}{{ r.size }}": "35353",
		"{% assign r = (5..3) %}[{{ r.first }}{{ r.last }}{{ r.size }}]":                              "[0]",
		"{{ t.year }}{{ f.x }}{{ a.x }}{{ nobody.x.y }}":                                              "",
		"{% if t == t and t <= t %}{% if r == r %}same{% endif %}{% endif %}":                         "same",
	} {
		got, err := liquid.New(liquid.Compat()).Render(t.Context(), "t", template, vars)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", template, got, err, want)
		}
	}
}
