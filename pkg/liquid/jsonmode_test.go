package liquid

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func renderJSON(t *testing.T, src string, vars map[string]any) (string, error) {
	t.Helper()
	tmpl, err := New(Escape(JSON)).Parse("body", src)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Render(t.Context(), vars)
}

func TestJSONMode(t *testing.T) {
	t.Parallel()
	vars := map[string]any{
		"name": "Ada \"the\" <Countess>\n\\", "count": 3, "none": nil, "yes": true, "list": []any{"a", "b\"c", 1},
		"total": json.Number("20.50"), "person": map[string]any{"id": "x\"y"}, "sly": `1, "admin": true`,
	}
	for _, c := range [][2]string{
		{`{"a": "{{ name }}"}`, `{"a":"Ada \"the\" <Countess>\n\\"}`},
		{`{"a": {{ name }}}`, `{"a":"Ada \"the\" <Countess>\n\\"}`},
		{`{"a": {{ name | json }}}`, `{"a":"Ada \"the\" <Countess>\n\\"}`},
		{`{"a": {{ count }}, "b": "{{ count }}"}`, `{"a":3,"b":"3"}`},
		{`{"a": {{ none }}, "b": "{{ none }}", "c": {{ yes }}}`, `{"a":null,"b":"","c":true}`},
		{`{"a": {{ list }}, "b": "{{ list | join: "-" }}"}`, `{"a":["a","b\"c",1],"b":"a-b\"c-1"}`},
		{`{"a": {{ person }}, "{{ person.id }}": {{ total }}}`, `{"a":{"id":"x\"y"},"x\"y":20.5}`},
		{`{"a": {{ sly }}}`, `{"a":"1, \"admin\": true"}`},
		{`{"a": {{ sly | upcase }}}`, `{"a":"1, \"ADMIN\": TRUE"}`},
		{`{"a": "\"{{ name | truncate: 4, "" }}\""}`, `{"a":"\"Ada \""}`},
		{`{% capture c %}<{{ sly }}>{% endcapture %}{"a": "{{ c }}"}`, `{"a":"<1, \"admin\": true>"}`},
		{`[{% for x in list %}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}]`, `["a","b\"c",1]`},
		{`["{% for x in list %}{% ifchanged %}"{% endifchanged %}{% endfor %}, "{{ sly }}"]`, `["",` + `"1, \"admin\": true"]`},
		{`[{% for x in list %}{% cycle "p", "q" %},{% endfor %}0]`, `["p","q","p",0]`},
	} {
		src, want := c[0], c[1]
		got, err := renderJSON(t, src, vars)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		var a, b any
		if err := json.Unmarshal([]byte(got), &a); err != nil {
			t.Errorf("%s is %s: %v", src, got, err)
			continue
		}
		if err := json.Unmarshal([]byte(want), &b); err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		ja, _ := json.Marshal(a)
		jb, _ := json.Marshal(b)
		if string(ja) != string(jb) {
			t.Errorf("%s is %s, want %s", src, ja, jb)
		}
	}
	if _, err := renderJSON(t, `"{{ person }}"`, vars); err == nil || !strings.Contains(err.Error(), "between quotes") {
		t.Errorf("an object between quotes: %v", err)
	}
}

// TestJSONModeHolds: no data, wherever it is printed, changes what the document is made of.
func TestJSONModeHolds(t *testing.T) {
	t.Parallel()
	tmpl, err := New(Escape(JSON)).Parse("body", `{"a": "x{{ v }}y{{ v | append: v }}", "b": {{ v }}, "c": [{{ v | json }}, "{{ v | upcase }}"], "d": {{ w }}}`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "v")
		out, err := tmpl.Render(t.Context(), map[string]any{"v": v, "w": map[string]any{v: []any{v, nil, 1.5}}})
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			A, B string
			C    []string
			D    map[string][]any
		}
		d := json.NewDecoder(strings.NewReader(out))
		d.DisallowUnknownFields()
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if clean := strings.ToValidUTF8(v, "\ufffd"); doc.B != clean || doc.C[0] != clean || doc.A != "x"+clean+"y"+clean+clean || len(doc.D) != 1 {
			t.Fatalf("%q became %s", v, out)
		}
	})
}
