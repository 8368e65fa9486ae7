package render

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzDecode: variables are read as the library reads them, and refused with its words.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `[]`, ` {"a": [1, -0.5e+3, 1E9, 0], "b": {"c": null, "d": true, "e": false}} `, `{"a":"","é":"x\n\"\\\u00e9\ud83d\ude00"}`,
		`{"a":1,"a":{"b":[]}}`, `{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":tru}`, `{"a":"b}`, `{"a" 1}`, `{"a":1,}`, `{"a":[1,]}`, `{} {}`, `{}x`, ``, `"a"`,
		"{\"a\":\"\xff\"}", "{\"a\":\"\t\"}", `{"a":"\q"}`, `{"a":"\ud800"}`, `{a:1}`,
		`{"url":"https://a.example/b","p":[{"image_url":"javascript:x","url":{"url":1}},{"url":"http://a.example/\u0041 b"}],"url":7}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		wantErr := d.Decode(&want)
		got, err := decode(raw)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: error %v, want %v", raw, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, want %#v", raw, got, want)
		}
		clean(want)
		if cleaned, err := decodeClean(raw); (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(cleaned, want) {
			t.Fatalf("%q is clean as %#v, %v, want %#v", raw, cleaned, err, want)
		}
	})
}

func TestDecodeDeep(t *testing.T) {
	t.Parallel()
	const levels = 3 * deepest
	raw := bytes.Repeat([]byte(`{"a":`), levels)
	raw = append(append(raw, '1'), bytes.Repeat([]byte(`}`), levels)...)
	vars, err := decode(raw)
	for range levels - 1 {
		vars, _ = vars["a"].(map[string]any)
	}
	if err != nil || vars["a"] != json.Number("1") {
		t.Errorf("%v, %v at the bottom", err, vars)
	}
}
