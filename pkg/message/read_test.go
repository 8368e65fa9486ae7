package message

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// unusual are objects that the scanner has to leave to encoding/json, for one reason each;
// some of them it reads, others it refuses.
var unusual = map[string]string{
	"an empty text":           ``,
	"null":                    `null`,
	"something behind":        `{"step":"1"} x`,
	"a name twice":            `{"step":"1","step":"2"}`,
	"a name in capitals":      `{"STEP":"1"}`,
	"a long s for an s":       `{"ſtep":"1"}`,
	"null for text":           `{"step":null}`,
	"null for a time":         `{"decided_at":null,"at":null}`,
	"null for a number":       `{"partition":null,"resent":null}`,
	"a number for text":       `{"step":7}`,
	"a text for a number":     `{"partition":"7","resent":"true"}`,
	"a fraction":              `{"partition":1.0,"resent":1}`,
	"an exponent":             `{"partition":1e2,"resent":0}`,
	"a number too long":       `{"partition":9223372036854775808,"resent":[]}`,
	"a time without a zone":   `{"decided_at":"2026-03-02T09:00:00","at":"2026-03-02T09:00:00"}`,
	"a time with a space":     `{"decided_at":"2026-03-02 09:00:00Z","at":"2026-03-02 09:00:00Z"}`,
	"a time with an escape":   `{"decided_at":"2026-03-02T09:00:00\u005a","at":"2026-03-02T09:00:00\u005a"}`,
	"an empty time":           `{"decided_at":"","at":""}`,
	"a number for a time":     `{"decided_at":1772442000,"at":1772442000}`,
	"a broken escape":         `{"step":"\x"}`,
	"a string without an end": `{"step":"1`,
	"a comma too many":        `{"step":"1",}`,
	"broken variables":        `{"vars":{"a":01},"resent":tru}`,
	"not an object":           `["step"]`,
}

func TestScannerLeavesTheUnusual(t *testing.T) {
	t.Parallel()
	for name, text := range unusual {
		c, command := readCommand([]byte(text))
		r, receipt := readReceipt([]byte(text))
		if command && receipt {
			t.Errorf("%s: read %+v and %+v from %s", name, c, r, text)
		}
		sameCommand(t, []byte(text))
		sameReceipt(t, []byte(text))
	}
}

// oddities are what senders may write and the scanner reads itself.
var oddities = []string{
	`{}`, " {\t\"step\" :\r\n\"1\" } ",
	`{"vars":null}`, `{"vars": [1, {"a" : "\u00e9\ud800 \u0026"}] ,"step":"s"}`, `{"vars":"` + "\xff" + `"}`,
	`{"step":"\u00e9 \ud83d\ude00 \ud800 \/","id":"` + "\xff\xc0" + `é"}`, `{"st\u0065p":"1"}`,
	`{"partition":-0,"unknown":{"id":[null,true,{"step":-1.5e3}]},"unknown":1,"UNKNOWN":2}`,
	`{"decided_at":"2026-03-02T10:00:00.000000001+01:00","event_at":"0000-01-01T00:00:00Z","at":"9999-12-31T23:59:59-23:59"}`,
	`{"decided_at":"2026-03-02T09:00:00,5Z","at":"2026-03-02T09:00:00,5Z"}`, // The library takes the comma.
	`{"message_id":"m","resent":false,"reason":"","detail":"\"\\\b\f\n\r\t"}`,
}

func TestScannerReadsAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	for _, text := range oddities {
		if _, ok := readCommand([]byte(text)); !ok {
			t.Errorf("it gave up on the command %s", text)
		}
		if _, ok := readReceipt([]byte(text)); !ok {
			t.Errorf("it gave up on the receipt %s", text)
		}
		sameCommand(t, []byte(text))
		sameReceipt(t, []byte(text))
	}
}

// texts has what needs an escape, what is no UTF-8, and what is long.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[ -~]{0,40}`), rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("a\"\\<>&\x00\n\x7f\u2028\ufffdé😀"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

// times are those that JSON can say, in several zones.
func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		seconds := rapid.Int64Range(-62135596800, 253402214400).Draw(t, "seconds")
		at := time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		if minutes := rapid.IntRange(-12*60, 12*60).Draw(t, "zone"); minutes != 0 && at.UTC().Year() > 1 {
			return at.In(time.FixedZone("", minutes*60))
		}
		return at.UTC()
	})
}

// fill draws a value for each field of a struct, so that one that is added is drawn too.
func fill(t *rapid.T, into any) {
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		switch f := fields.Field(i); f.Interface().(type) {
		case int:
			f.SetInt(rapid.Int64().Draw(t, name))
		case bool:
			f.SetBool(rapid.Bool().Draw(t, name))
		case time.Time:
			f.Set(reflect.ValueOf(times().Draw(t, name)))
		case json.RawMessage:
			b, err := json.Marshal(rapid.MapOf(texts(), texts()).Draw(t, name))
			if err != nil {
				t.Fatal(err)
			}
			f.SetBytes(b)
		default:
			f.SetString(texts().Draw(t, name))
		}
	}
}

func TestWhatTravelsIsThatOfEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c Command
		fill(t, &c)
		var r Receipt
		fill(t, &r)
		gotCommand, errCommand := c.Encode()
		sameBytes(t, gotCommand, errCommand, &c)
		gotReceipt, errReceipt := r.Encode()
		sameBytes(t, gotReceipt, errReceipt, &r)
		if _, ok := readCommand(gotCommand); !ok {
			t.Fatalf("it gave up on %s", gotCommand)
		}
		if _, ok := readReceipt(gotReceipt); !ok {
			t.Fatalf("it gave up on %s", gotReceipt)
		}
		sameCommand(t, gotCommand)
		sameReceipt(t, gotReceipt)
		// A receipt is read from any text: here one that has suffered on the way.
		sameCommand(t, damage(t, gotCommand))
		sameReceipt(t, damage(t, gotReceipt))
	})
}

// damage changes, takes away or doubles a part of a text.
func damage(t *rapid.T, b []byte) []byte {
	from := rapid.IntRange(0, len(b)-1).Draw(t, "from")
	to := rapid.IntRange(from, min(len(b), from+20)).Draw(t, "to")
	insert := rapid.SampledFrom([]string{"", " ", ",", "null", "\"", "{}", "\\u0041", "0", "\xff", `"step":"x",`, `"ID":"y",`, string(b[from:to])}).Draw(t, "insert")
	return append(append(append([]byte{}, b[:from]...), insert...), b[to:]...)
}

// tester is what a test, a property and a fuzz target have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func sameBytes(t tester, got []byte, err error, v any) {
	t.Helper()
	want, wantErr := json.Marshal(v)
	if (err != nil) != (wantErr != nil) || string(got) != string(want) {
		t.Fatalf("wrote %s, %v\n want %s, %v", got, err, want, wantErr)
	}
}

func sameCommand(t tester, b []byte) {
	t.Helper()
	var want Command
	same(t, b, DecodeCommand, &want)
}

func sameReceipt(t tester, b []byte) {
	t.Helper()
	var want Receipt
	same(t, b, DecodeReceipt, &want)
}

// same holds decode to what encoding/json reads from b, errors included.
func same[T any](t tester, b []byte, decode func([]byte) (*T, error), want *T) {
	t.Helper()
	given := strings.Clone(string(b))
	wantErr := json.Unmarshal(b, want)
	got, err := decode(b)
	switch {
	case string(b) != given:
		t.Fatalf("%q was changed to %q", given, b)
	case wantErr != nil:
		if err == nil || err.Error() != wantErr.Error() {
			t.Fatalf("read %+v, %v from %q, want %v", got, err, b, wantErr)
		}
	case err != nil || !reflect.DeepEqual(got, want):
		t.Fatalf("read %+v, %v from %q, want %+v", got, err, b, want)
	}
}

func seeds(f *testing.F) {
	f.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 7, time.UTC)
	c := Command{ID: "m1", Partition: 7, Profile: "ada <b>", To: "ada@example.com", Locale: "de", DecidedAt: at, EventAt: at, Vars: json.RawMessage(`{"total":0.10}`)}
	r := ReceiptFor(&c, Failed, ReasonRejected, at)
	r.Detail, r.Provider, r.ProviderID, r.Resent = "550 no \"<<address>>\" é", "smtp", "p", true
	for _, encode := range []func() ([]byte, error){c.Encode, func() ([]byte, error) { return r.Encode() }} {
		b, err := encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, text := range unusual {
		f.Add([]byte(text))
	}
	for _, text := range oddities {
		f.Add([]byte(text))
	}
}

// Whatever the text, a command is read as encoding/json reads it; and what was read is
// written as it writes it, but for variables, which are copied.
func FuzzCommand(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		sameCommand(t, in)
		c, err := DecodeCommand(in)
		if err != nil {
			return
		}
		c.Vars = nil
		b, err := c.Encode()
		sameBytes(t, b, err, c)
		sameCommand(t, b)
	})
}

// Whatever the text, a receipt is read and written as encoding/json reads and writes it.
func FuzzReceipt(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		sameReceipt(t, in)
		r, err := DecodeReceipt(in)
		if err != nil {
			return
		}
		b, err := r.Encode()
		sameBytes(t, b, err, r)
		sameReceipt(t, b)
	})
}
