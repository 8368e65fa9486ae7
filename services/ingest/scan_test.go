package ingest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

// wanted is what encoding/json reads, or the error why it does not.
func wanted[T any](text []byte) (v T, err error) {
	err = json.Unmarshal(text, &v)
	return v, err
}

// Whatever the scanner reads, encoding/json reads the same.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"batch":[{"type":"track","event":"Order Completed","messageId":"m1","userId":7,"properties":{"name":"é \" <"},"x":[1,{"y":null}]},{}],"sentAt":"x","context":null,"writeKey":"k"}`,
		`{"batch":[{"TYPE":"track"}]}`,
		`{"batch":[{"type":"a","type":"b"}]}`,
		`{"batch":[5]}`,
		`{"batch":null,"extra":{}}`,
		`{"messageId" : "m" , "traits":{"email":"a@example.com"},"context":{"traits":{}}}`,
		`{"traits":{"firstName":"Zoë"},"timezone":"Europe/London","locale":"en-GB","consent":[]}`,
		`{"channel":"email","purpose":"marketing","granted":true,"source":"shop","at":"2026-01-02"}`,
		`{"Channel":"email"}`,
		`{"a":1,"a":2}`,
		`{} x`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, ok := scanBatch(in); ok {
			want, err := wanted[batch](in)
			if err != nil || !reflect.DeepEqual(got, &want) {
				t.Errorf("batch %q: read %+v, want %+v, %v", in, got, want, err)
			}
		}
		if got, ok := scanCall(in); ok {
			compare(t, "call", in, *got)
		}
		if got, ok := scanPerson(in); ok {
			compare(t, "person", in, got)
		}
		if got, ok := scanDecision(in); ok {
			compare(t, "decision", in, got)
		}
		if list, ok := scanProperties(in); ok {
			got := map[string]json.RawMessage{}
			for _, p := range list {
				got[p.name] = p.value
			}
			compare(t, "properties", in, got)
		}
	})
}

func compare[T any](t *testing.T, what string, in []byte, got T) {
	t.Helper()
	if want, err := wanted[T](in); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s %q: read %+v, want %+v, %v", what, in, got, want, err)
	}
}

func TestScannerReadsTheUsual(t *testing.T) {
	t.Parallel()
	const one = `{"type":"track","event":"Order Completed","messageId":"m1","userId":"c1","receivedAt":"x","properties":{"total":1.50},"context":{"traits":{"firstName":"Zoë"}}}`
	if b, ok := scanBatch([]byte(`{"batch":[` + one + `,` + one + `]}`)); !ok || len(*b.Batch) != 2 {
		t.Errorf("it gave up on a batch: %+v", b)
	}
	if c, ok := scanCall([]byte(one)); !ok || string(c.Properties) != `{"total":1.50}` {
		t.Errorf("it gave up on a call: %+v", c)
	}
}

func TestProfileUpdatesAreWrittenAsMarshalDoes(t *testing.T) {
	t.Parallel()
	traits := map[string]json.RawMessage{"last": []byte(`null`), "email": []byte(`"a@example.com"`), `a"<é`: []byte(`{"x":[1,2]}`)}
	consent, err := (&origin{key: &Key{Source: "bench"}}).consent([]byte(`[{"channel":"email","purpose":"marketing","granted":true,"source":"<shop>","at":"2026-01-02"}]`), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []profileUpdate{{}, {Traits: traits}, {Consent: consent}, {Traits: traits, Consent: consent}, {Also: []string{"anonymous:<1>", "2"}}, {Consent: consent, Also: []string{"x"}}} {
		want, werr := json.Marshal(u)
		got, gerr := u.encode()
		if werr != nil || gerr != nil || string(got) != string(want) {
			t.Errorf("wrote %s, want %s; of %v", got, want, slices.Sorted(maps.Keys(u.Traits)))
		}
	}
}
