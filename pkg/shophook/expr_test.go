package shophook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const sample = `{"id":450789469,"big":90071992547409931234,"price":"10.10","n":3.50,"none":null,"empty":"","yes":true,"no":false,"text":" Pot ",
	"tags":"a, b,,c","list":[{"k":"x","v":"1.05"},{"k":"y","v":2},{"k":"z"}],"deep":{"a":{"b":[1,2,3]}},"html":"<p>Fish &amp; <b>Chips</b></p>"}`

// evaluate runs an expression over the sample.
func evaluate(t testing.TB, text string) (any, error) {
	t.Helper()
	e, err := Compile(text, "f.yaml:1", "item")
	if err != nil {
		return nil, err
	}
	body, err := decode([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	s := &scope{
		header:   func(name string) string { return map[string]string{"X-Topic": "orders/create"}[name] },
		received: time.Unix(0, 0), names: map[string]any{"body": body, "topic": "t", "delivery": "d", "received": "1970-01-01T00:00:00Z", "item": nil},
	}
	return s.run(e)
}

// TestExpressions: what expressions give, as JSON.
func TestExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`body.id`: `450789469`, `text(body.big)`: `"90071992547409931234"`, `"shopify:" + text(body.id)`: `"shopify:450789469"`, `"a" + body.id`: `"a450789469"`,
		`"a" + body.nothing.at.all`: `null`, `"a" + body.empty`: `null`, `body.list[1].k`: `"y"`, `body.list[-1].k`: `"z"`, `body.list[9].k`: `null`, `body.text.x`: `null`,
		`body["id"]`: `450789469`, `body.deep?.a.b[0]`: `1`, `body.none ?? "x"`: `"x"`, `(body.none ?? body.text) + "!"`: `" Pot !"`,
		`money(body.price)`: `10.10`, `money(body.n)`: `3.50`, `money(body.none)`: `null`, `money("")`: `null`, `money("1e3")`: `1000`, `money("-0.50")`: `-0.50`,
		`money(body.price) + 0.2`: `10.30`, `0.1 + 0.2`: `0.3`, `money(body.price) * 3`: `30.30`, `1 - 0.9`: `0.1`, `-money("-10.00")`: `10.00`, `money(body.price) - body.none`: `null`,
		`minor(1099, "usd")`: `10.99`, `minor(500, "JPY")`: `500`, `minor("20005", "bhd")`: `20.005`, `minor(7, 2)`: `0.07`, `minor(body.none, body.none)`: `null`,
		`sum(body.list, .v)`: `3.05`, `sum(map(body.list, .v))`: `3.05`, `sum(body.none)`: `0`, `sum(filter(body.list, .k == "x"), .v)`: `1.05`,
		`find(body.list, .k == "y").v`: `2`, `find(body.list, .k == "q").v`: `null`, `any(body.list, .k == "z")`: `true`, `all(body.list, .v != nil)`: `false`, `none(body.none, true)`: `true`,
		`one(body.list, .k in ["x"])`: `true`, `count(body.list)`: `3`, `count(body.list, .v != nil)`: `2`, `map(body.list, .k)`: `["x","y","z"]`, `len(body.list)`: `3`, `len(body.text)`: `5`,
		`body.n == 3.5`: `true`, `body.id == 450789469.0`: `true`, `body.price == 10.1`: `false`, `money(body.price) == 10.1`: `true`, `body.n > 3`: `true`, `body.none > 3`: `false`, `body.text > 3`: `false`,
		`body.none == nil`: `true`, `body.list == nil`: `false`, `body.list == body.list`: `false`, `"b" > "a"`: `true`, `not body.none`: `true`, `body.yes and not body.no`: `true`, `body.no or body.yes`: `true`,
		`body.yes ? "a" : "b"`: `"a"`, `body.none ? "a" : "b"`: `"b"`, `body.text contains "Po"`: `true`, `topic startsWith "t"`: `true`, `"ab" endsWith "b"`: `true`, `"a" in body.tags`: `true`,
		`lower(body.text)`: `" pot "`, `text(body.text)`: `"Pot"`, `upper("gbp")`: `"GBP"`, `trim(" a ")`: `"a"`, `plain(body.html)`: `"Fish \u0026 Chips"`, `plain("a < b")`: `"a \u003c b"`,
		`email(" A@Shop.Example ")`: `"a@shop.example"`, `email("nobody")`: `null`, `email("a b@shop.example")`: `null`, `email(3)`: `null`,
		`e164("07911 123456", "GB")`: `"+447911123456"`, `e164("+44 7911 123456")`: `"+447911123456"`, `e164("1111", "AU")`: `null`, `e164(body.none)`: `null`,
		`split(body.tags, ",")`: `["a","b","c"]`, `join(split(body.tags, ","), "; ")`: `"a; b; c"`, `either(body.none, body.empty, body.id)`: `450789469`, `either(body.none, body.empty)`: `null`,
		`time(1772442000)`: `"2026-03-02T09:00:00Z"`, `time("2017-03-22T16:28:02")`: `"2017-03-22T16:28:02Z"`, `time("2018-07-05T13:08:39-04:00")`: `"2018-07-05T17:08:39Z"`, `time(body.none)`: `null`,
		`header("X-Topic")`: `"orders/create"`, `header("X-None")`: `null`, `hash("a", 1) == hash("a", 1)`: `true`, `hash("a", "b") == hash("ab", "")`: `false`, `len(hash("a"))`: `32`,
		`[1, "a", body.none]`: `[1,"a",null]`, `true`: `true`, `nil`: `null`, `received`: `"1970-01-01T00:00:00Z"`,
	} {
		v, err := evaluate(t, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// TestExpressionsThatFail: what goes wrong while a delivery is mapped names the file and the
// expression.
func TestExpressionsThatFail(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`money("ten")`: "is no amount", `money(body.list)`: "is no amount", `money("1e99")`: "is no amount", `"a" + body.list`: "a text is needed", `text(body.deep)`: "a text is needed",
		`minor(5, nil)`: "needs its currency", `minor(5, "dollars")`: "needs its currency", `body.text and true`: "neither true nor false", `time("soon")`: "is no time", `time(1e20)`: "is no time",
		`sum(body.list, .k)`: "is no amount", `1 + body.yes`: "is no amount",
		strings.Repeat("map(body.list, ", 12) + "1" + strings.Repeat(")", 12): "steps",
	} {
		if _, err := evaluate(t, text); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "f.yaml:1: ") {
			t.Errorf("%s: %v does not say %q", text, err, says)
		}
	}
}

// TestExpressionsRefused: mistakes are told before anything is received, with place and remedy.
func TestExpressionsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`boddy.id`:                      "1:1: there is no boddy (did you mean body?)",
		`"a" + id`:                      "1:7: there is no id (parts of the body begin with body, such as body.id; a text stands in quotes)",
		`lower`:                         "1:1: there is no lower (lower is a function: write lower(...))",
		`lowr(body.a)`:                  "1:1: there is no function lowr (did you mean lower?)",
		`now()`:                         "1:1: there is no function now",
		`lower()`:                       "1:1: lower takes other arguments (write lower(body.name))",
		`body.a = 1`:                    "1:8: did not expect = here (two values are compared with ==)",
		`body.`:                         "the expression ends too early",
		``:                              "1:1: the expression is empty",
		"body.a ==\n  \"x":              "the text is not closed",
		`body.a matches "x"`:            "the operator matches is not supported",
		`body.a ** 2`:                   "the operator ** is not supported",
		`# == 1`:                        "did not expect this here",
		`map(body.list, #index)`:        "there is no element to speak of here",
		`filter(body.a)`:                "",
		`body.list[1:2]`:                "this is not supported",
		`{"a": 1}`:                      "this is not supported",
		`let x = 1; x`:                  "this is not supported",
		`reduce(body.a, #)`:             "there is no function reduce",
		`body.name()`:                   "values have no functions",
		strings.Repeat("x", 2001):       "has 2001 characters",
		strings.Repeat("1+", 400) + "1": "too large",
	} {
		_, err := Compile(text, "f.yaml:1")
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), want) || e.Line < 1 || e.Col < 1 || e.Width < 1 {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}
