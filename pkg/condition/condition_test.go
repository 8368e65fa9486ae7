package condition

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const lampOrder = `{"order_id": "A1", "total": 45.5, "currency": "GBP", "revenue": "40.25", "products": [
	{"product_id": "lamp", "name": "Lamp", "price": 30, "quantity": 1, "category": "light"},
	{"product_id": "bulb", "name": "Bulb", "price": "7.75", "quantity": 2}]}`

// scope is an order of a customer who has bought before, 40 days ago, in a journey whose
// step "first" has sent.
func scope(typ, data string) *journey.Scope {
	p := profile.New("ada", noon.AddDate(-1, 0, 0))
	p.Traits = map[string]any{"country": "DE", "vip": true, "points": uint64(120), "shoe": int64(39), "tags": []any{"garden", "light"}}
	p.Consent = []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true}}
	p.Orders = profile.Orders{Count: 3, Total: decimal.RequireFromString("120.10"), LastAt: noon.AddDate(0, 0, -40), LastID: "A0", Bought: []string{"lamp"}}
	ev := &event.Event{ID: "e1", Source: "shop", Type: typ, Subject: "ada", Time: noon, Data: json.RawMessage(data)}
	trigger := &journey.Trigger{UID: "shop#e0", Type: event.OrderCompleted, At: noon.AddDate(0, 0, -3), Data: []byte(lampOrder)}
	return journey.NewScope(noon, p, ev, trigger, []journey.SentRef{{Step: "first", ID: "m1", At: noon.AddDate(0, 0, -1)}})
}

var inside = Env{Event: event.OrderCompleted, Trigger: event.OrderCompleted, Sends: []string{"first", "second"}}

func TestHolds(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		// properties, typed by the catalogue whatever the JSON says
		`event.total >= 20.0 && profile.orders.count <= 3`: true,
		`event.total > 45.5`:                  false,
		`event.revenue == 40.25`:              true, // a text in the JSON
		`event.order_id == "A1"`:              true,
		`event.order_id != trigger.order_id`:  false,
		`event.type == "order.completed"`:     true,
		`event["currency"] in ["GBP", "EUR"]`: true,
		`event.currency not in ["GBP"]`:       false,
		// lists
		`any(event.products, .price > 20)`:                                 true,
		`all(event.products, .price > 20)`:                                 false,
		`none(event.products, .category == "garden")`:                      true,
		`count(event.products, .price < 10) == 1`:                          true,
		`sum(event.products, .price * .quantity) == 45.5`:                  true,
		`len(event.products) == 2`:                                         true,
		`profile.nothing.exists(n, n == 1)`:                                false, // a list as far as anybody knows
		`profile.nothing.count(n, n == 1) == 0`:                            true,
		`event.products[1].name startsWith "Bu"`:                           true,
		`event.products[-1].product_id == "bulb"`:                          true,
		`event.products[7].name == "Bulb"`:                                 false,
		`first(event.products).name == "Lamp"`:                             true,
		`"lamp" in profile.orders.bought`:                                  true,
		`"lamp" in map(event.products, .product_id)`:                       true,
		`any(filter(event.products, .quantity > 1), .name contains "ulb")`: true,
		`any(event.products, any(trigger.products, .name == "Bulb"))`:      true,
		// the profile
		`profile.country == "DE"`:                   true,
		`profile.vip`:                               true,
		`profile.traits.vip and not profile.barred`: true,
		`profile.points > 100`:                      true,
		`"garden" in profile.tags`:                  true,
		`profile.consent.email.marketing`:           true,
		`profile.consent.sms.marketing`:             false,
		`profile.orders.total == 120.1`:             true,
		`profile.known`:                             true,
		// time
		`since(profile.orders.last_at) > duration("30d")`: true,
		`now - profile.orders.last_at < duration("6w")`:   true,
		`profile.orders.last_at < "2026-02-01"`:           true,
		`trigger.time + duration("3d") <= now`:            true,
		// what was sent
		`sent.first != nil`:                      true,
		`sent.second == nil`:                     true,
		`sent.first.id == "m1"`:                  true,
		`since(sent.first.at) < duration("36h")`: true,
		// missing values: every comparison is false
		`event.coupon == "SPRING"`:       false,
		`event.coupon != "SPRING"`:       false,
		`not (event.coupon == "SPRING")`: true,
		`event.discount > 0`:             false,
		`event.discount <= 0`:            false,
		`event.discount * 2 + 1 > 0`:     false,
		`event.discount == nil`:          true,
		`(event.discount ?? 0) <= 0`:     true,
		`profile.shoe_size > 40`:         false,
		`lower(event.coupon) == "x"`:     false,
		`profile.orders.first_at < now`:  false,
		`sent.second.at < now`:           false,
		// but a missing list is an empty one: asking for its elements compares nothing missing
		`all(profile.nothing, # == 1)`:        true,
		`none(profile.nothing, # == 1)`:       true,
		`any(profile.nothing, # == 1)`:        false,
		`len(profile.nothing) == 0`:           true,
		`count(profile.nothing, # == 1) == 0`: true,
		`len(event.coupon) == 0`:              false, // which would be a text
		`event.total / 0 > 1`:                 false,
		// the rest
		`lower(event.currency) matches "^g.p$"`:                        true,
		`event.total > 100 ? false : true`:                             true,
		`max(event.total, 50) == 50`:                                   true,
		`round(event.total) == 46 and -event.total < 0 and 7 % 4 == 3`: true,
		`"a" + "b" == "ab"`:                                            true,
	} {
		c, err := Compile(src, inside)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got, err := c.Eval(scope(event.OrderCompleted, lampOrder))
		if err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", src, got, err, want)
		}
		if c.String() != src {
			t.Errorf("String() = %q, want the source", c.String())
		}
	}
}

// TestOpenEvents: an event outside the catalogue may have any property, of any kind.
func TestOpenEvents(t *testing.T) {
	t.Parallel()
	data := `{"score": 9, "amount": "12.50", "box": {"size": "L", "at": "2026-03-01"}, "list": [1, 2, "3"], "odd": {"x": null}}`
	for src, want := range map[string]bool{
		`event.score > 8`:                      true,
		`event.score > "8"`:                    true,
		`event.amount >= 12.5`:                 true, // a text that spells a number
		`event.amount >= "x"`:                  false,
		`event.box.size == "L"`:                true,
		`event.box.colour.name == "red"`:       false,
		`event.box.size.deeper == 1`:           false,
		`event.box.at < now`:                   true,
		`since(event.box.at) > duration("1d")`: true,
		`3 in event.list`:                      true,
		`event.list == event.list`:             false, // lists do not compare
		`sum(event.list) == 6`:                 true,
		`any(event.score, # > 1)`:              false, // no list
		`event.box + 1 == 2`:                   false,
		`event.odd.x == nil`:                   true,
		`event.time <= now`:                    true,
		`event.type == "machine.reported"`:     true,
	} {
		c, err := Compile(src, Env{Event: "machine.reported"})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Eval(scope("machine.reported", data)); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", src, got, err, want)
		}
	}
}

// TestNothingThere evaluates on a timer before anything is known.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`event.total > 1`, `trigger.order_id == "A1"`, `profile.first_name == "Ada"`, `sent.first != nil`, `profile.orders.count >= 0`} {
		c, err := Compile(src, inside)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Eval(journey.NewScope(noon, nil, nil, nil, nil)); got || err != nil {
			t.Errorf("%s = %v, %v; want false", src, got, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	entry := Env{Event: event.OrderCompleted, NoTrigger: true}
	branch := Env{NoEvent: true, Trigger: event.OrderCompleted, Sends: []string{"first", "second"}}
	for _, c := range []struct {
		src  string
		env  Env
		want string // the error, or its beginning
	}{
		{`event.totl > 20`, inside, `1:7: order.completed has no property totl (did you mean total?)`},
		{`true and trigger.order > 1`, inside, `1:18: order.completed has no property order (did you mean order_id?)`},
		{"event.total > 20\n  and event.orderid == \"x\"", inside, `2:13: order.completed has no property orderid (did you mean order_id?)`},
		{`any(event.products, .prise > 3)`, inside, `1:22: an element of the list has no property prise (did you mean price?)`},
		{`event.products[0].prise > 3`, inside, `1:19: an element of the list has no property prise (did you mean price?)`},
		{`sent.frist != nil`, inside, `1:6: no step frist sends anything in this journey (did you mean first?)`},
		{`sent.first != nil`, Env{}, `1:6: no step first sends anything in this journey (give the step that sends an id, and use that)`},
		{`profile.frist_name == "Ada"`, inside, `1:9: profile has no property frist_name (did you mean first_name? A trait`},
		{`profile.orders.cuont > 1`, inside, `1:16: profile.orders has no property cuont (did you mean count?)`},
		{`profile.consent.emial.marketing`, inside, `1:17: profile.consent has no property emial (did you mean email?)`},
		{`profil.country == "DE"`, inside, `1:1: unknown word profil (did you mean profile?)`},
		{`total > 20`, inside, `1:1: unknown word total (a property is written event.total or profile.total, a text in quotes: "total")`},
		{`sent.first != nil`, entry, `1:1: sent is not there before somebody has entered`},
		{`trigger.total > 1`, entry, `1:1: trigger is not there before somebody has entered (use event)`},
		{`event.total > 1`, branch, `1:1: event is not there: a step runs when its time has come, not when something happens (use trigger, the event that entered)`},
		{`event.total > "20"`, inside, `1:13: event.total (a number) and the text "20" cannot be compared with > (write the number without quotes: 20)`},
		{`event.order_id == 17`, inside, `1:16: event.order_id (a text) and the number 17 cannot be compared with == (write a text in quotes: "17")`},
		{`event.products == "lamp"`, inside, `1:16: event.products (a list) and the text "lamp" cannot be compared with == (ask whether`},
		{`since(now) > 30`, inside, `1:12: a length of time and the number 30 cannot be compared with > (write a length of time with its unit: 30d)`},
		{`profile.orders.last_at < "soon"`, inside, `1:26: this text is not a time (write "2026-03-02" or`},
		{`event.total`, inside, `1:7: this is a number, but a condition must be true or false (compare it`},
		{`event.total and true`, inside, `1:7: event.total is a number, but true or false is needed here`},
		{`profile == nil`, inside, `1:1: profile is a group of properties, not a value (name one of them: profile.NAME)`},
		{`event.total > 1 and`, inside, `1:19: the expression ends too early`},
		{`event.total = 20`, inside, `1:13: did not expect = here (two values are compared with ==)`},
		{`event.total > 1 AND true`, inside, `1:17: did not expect AND here (write and)`},
		{`event.currency == “GBP”`, inside, `1:19: cannot read the character “ (use straight quotes`},
		{`event.currency == "GBP`, inside, `1:22: the text is not closed`},
		{``, inside, `1:1: the expression is empty`},
		{`now() > event.time`, inside, `1:1: now is a value, not a function (write now without brackets)`},
		{`date("2026-01-01") < now`, inside, `1:1: there is no function date`},
		{`lowr(event.currency) == "x"`, inside, `1:1: there is no function lowr (did you mean lower?)`},
		{`duration("3 days") > since(now)`, inside, `1:10: this is not a length of time`},
		{`event.currency matches "("`, inside, `1:24: the pattern cannot be read: missing closing )`},
		{`event.currency in ["DE", 3]`, inside, `1:26: the list mixes a text and a number`},
		{`3 in ["DE"]`, inside, `1:3: the number 3 cannot be in a list of texts`},
		{`count(event.products) > 1`, inside, `1:1: count needs to know what to count`},
		{`#.price > 1`, inside, `1:1: did not expect # here`},
		{`{"a": 1}.a == 1`, inside, `1:1: this is not part of the language`},
		{`any(1..1000000000, # > 5)`, inside, `1:6: the operator .. is not part of the language`},
		{`let x = 1; x > 0`, inside, `1:5: this is not part of the language`},
		{strings.Repeat("1 + ", 400) + "1 > 0", inside, `1:`},
		{strings.Repeat("x", maxSource+1), inside, `1:1: the expression has 2001 characters, at most 2000 are allowed`},
	} {
		_, err := Compile(c.src, c.env)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %v", c.src, err, c.want)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Compile(`event.totl > 20 and event.curency == "GBP" or sent.third != nil`, inside)
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != 3 {
		t.Fatalf("got %v, want three mistakes", err)
	}
	if e := errs[1]; e.Line != 1 || e.Col != 27 || e.Width != len("curency") {
		t.Errorf("the second is at %d:%d, %d wide", e.Line, e.Col, e.Width)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`event.order_id`:                        "A1",
		`event.total`:                           "45.5",
		`event.coupon`:                          "", // missing
		`event.order_id + "/" + event.currency`: "A1/GBP",
	} {
		v, err := CompileValue(src, inside)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Text(scope(event.OrderCompleted, lampOrder)); got != want || err != nil {
			t.Errorf("%s = %q, %v; want %q", src, got, err, want)
		}
	}
	if _, err := CompileValue(`event.products`, inside); err == nil {
		t.Error("a list was taken for a key")
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	yes, _ := Compile(`event.total > 1`, inside)
	no, _ := Compile(`event.total > 100`, inside)
	if All(nil, nil) != nil {
		t.Error("all of nothing is not always")
	}
	for _, c := range []struct {
		of   []journey.Condition
		want bool
		text string
	}{
		{[]journey.Condition{yes, nil}, true, "event.total > 1"},
		{[]journey.Condition{yes, no}, false, "(event.total > 1) and (event.total > 100)"},
	} {
		all := All(c.of...)
		got, err := all.Eval(scope(event.OrderCompleted, lampOrder))
		if got != c.want || err != nil || all.String() != c.text {
			t.Errorf("%s = %v, %v; want %v", all, got, err, c.want)
		}
	}
}

// TestCostIsBounded runs a condition that looks at each pair of each pair of elements.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	data := `{"list": [` + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + `]}`
	for _, src := range []string{
		`all(event.list, all(event.list, all(event.list, # == 1)))`,
		`all(event.list, 2 not in event.list)`,
		`any(event.list, none(event.list, # == 1))`,
	} {
		c, err := Compile(src, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Eval(scope("x.happened", data)); got || err == nil || !strings.Contains(err.Error(), "100000 steps") {
			t.Errorf("%s = %v, %v; want to be stopped", src, got, err)
		}
	}
}
