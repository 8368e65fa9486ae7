package ingest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// number draws a JSON number as a shop may write it: many digits, zeros at the end,
// exponents. Floating point would change most of them.
func number() *rapid.Generator[string] {
	return rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?`)
}

// value draws JSON text, with blanks where JSON allows them.
func value(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth == 0 {
			kind %= 4
		}
		switch kind {
		case 0:
			return number().Draw(t, "number")
		case 1:
			return quoted(rapid.String().Draw(t, "text"))
		case 2, 3:
			return rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "word")
		case 4:
			return "[ " + strings.Join(rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "items"), " , ") + "]"
		}
		return object(t, depth-1)
	})
}

func object(t *rapid.T, depth int) string {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z_$]{1,8}`), 0, 5, rapid.ID).Draw(t, "names")
	members := make([]string, 0, len(names))
	for _, n := range names {
		if n != "$profile" {
			members = append(members, quoted(n)+" :\n"+value(depth).Draw(t, n))
		}
	}
	return "{" + strings.Join(members, ",") + " }"
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestPropertiesComeThroughExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		properties := object(rt, 2)
		person := rapid.SampledFrom([]string{"", `,"context":{"locale":"en-GB"}`}).Draw(rt, "context")
		r := &recording{}
		body := `{"messageId":"m1","userId":"c1","event":"Cart Viewed","properties":` + properties + person + `}`
		a := post(t, newService(t, r, nil).Handler(), "/v1/track", body)
		if a.status != http.StatusOK {
			rt.Fatalf("answered %d %s to %s", a.status, a.body, body)
		}
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal(only(t, r).Data, &got); err != nil {
			rt.Fatal(err)
		}
		if err := json.Unmarshal([]byte(properties), &want); err != nil {
			rt.Fatal(err)
		}
		if _, said := got["$profile"]; said != (person != "") {
			rt.Errorf("the reserved property is there: %v", said)
		}
		delete(got, "$profile")
		if len(got) != len(want) {
			rt.Fatalf("%d properties came through, want %d", len(got), len(want))
		}
		for name := range want {
			if g, w := canonical(rt, got[name]), canonical(rt, want[name]); g != w {
				rt.Errorf("%s is %s, want %s", name, g, w)
			}
		}
	})
}

// canonical is JSON text without its blanks and with one form of escapes; the digits of
// numbers stay as they are.
func canonical(t *rapid.T, raw json.RawMessage) string {
	var out bytes.Buffer
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&out).Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTotalsAreExactToThePenny(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		want := decimal.Zero
		for i, pence := range rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000_000), 1, 30).Draw(rt, "pence") {
			price := decimal.New(pence, -2)
			want = want.Add(price)
			lines = append(lines, fmt.Sprintf(`{"product_id":"p%d","price":%s,"quantity":1}`, i, price.StringFixed(2)))
		}
		r := &recording{}
		body := order(`"order_id":"o1","total":` + want.StringFixed(2) + `,"products":[` + strings.Join(lines, ",") + `]`)
		if a := post(t, newService(t, r, nil).Handler(), "/v1/track", body); a.status != http.StatusOK {
			rt.Fatalf("answered %d %s", a.status, a.body)
		}
		e := only(t, r)
		o, err := e.Order()
		if err != nil {
			rt.Fatal(err)
		}
		sum := decimal.Zero
		for _, p := range o.Products {
			price, err := decimal.NewFromString(p.Price.String())
			if err != nil {
				rt.Fatal(err)
			}
			sum = sum.Add(price)
		}
		if !o.Total.Equal(want) || !sum.Equal(want) {
			rt.Errorf("the total is %s and the prices make %s, want %s", o.Total, sum, want)
		}
	})
}

// FuzzDoor posts any bytes everywhere: the answer must be whole, and whatever is accepted
// must be valid events, as many as the answer says.
func FuzzDoor(f *testing.F) {
	for _, c := range badInput {
		f.Add(c.path, []byte(c.body))
	}
	f.Add("/v1/track", []byte(order(`"order_id":"o1","total":1.10,"products":[{"id":"p","price":1.10}]`)))
	f.Add("/v1/batch", []byte(batchOf(0, 3)))
	f.Add("/v1/identify", []byte(consentOf(`"channel":"sms","purpose":"p","granted":true`)))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		switch path {
		case "/v1/track", "/v1/identify", "/v1/batch", "/v1/page", "/v1/group", "/v1/alias":
		default:
			path = "/v1/batch"
		}
		r := &recording{}
		a := post(t, newService(t, r, nil).Handler(), path, string(body))
		if a.status != http.StatusOK {
			var p problem
			a.into(t, &p)
			if (a.status >= 500 && a.status != http.StatusNotImplemented) || p.Detail == "" {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			return
		}
		var got struct {
			Accepted *int
			ID       string
		}
		a.into(t, &got)
		events := r.Events(t) // each is decoded and validated
		switch {
		case got.Accepted == nil && (len(events) != 1 || events[0].ID != got.ID):
			t.Fatalf("the answer is %s, and %d events are stored", a.body, len(events))
		case got.Accepted != nil && (len(events) == 0 || len(events) > *got.Accepted):
			t.Fatalf("the answer is %s, and %s events are stored", a.body, strconv.Itoa(len(events)))
		}
	})
}
