package workspace

import (
	"errors"
	"strings"
	"testing"

	"rapport/pkg/event"
)

// withEvents is the least workspace with a tracking plan and a journey.
func withEvents(plan, journey string) map[string]string {
	files := small()
	files["events.yaml"] = plan
	if journey != "" {
		files["journeys/hello.yaml"] = journey
	}
	return files
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s, err := load(withEvents(`
unknown_types: refuse
violations: keep
events:
  subscription.paused:
    title: Paused a subscription
    version: 2
    properties:
      plan: {type: string, required: true, enum: [monthly, yearly], example: monthly}
      price: {type: money, example: 12.50}
      items: {type: array, of: {type: object, properties: {sku: {type: string, required: true}}}, example: [{sku: a}]}
  subscription.ended:
  order.completed: {properties: {gift: {type: boolean}, coupon: {type: string, required: true}}}
`, ""))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Events()
	for _, c := range []struct{ typ, data, wrong string }{
		{"subscription.paused", `{"plan":"weekly"}`, "data.plan"},
		{"subscription.paused", `{"plan":"yearly","items":[{}]}`, "data.items[0].sku"},
		{"subscription.paused", `{"plan":"yearly","items":[{"sku":"a"}],"more":1}`, ""},
		{"subscription.ended", `{"why":"moved"}`, ""},
		{"order.completed", `{"order_id":"A","coupon":"X","gift":"no"}`, "data.gift"},
		{"order.completed", `{"order_id":"A"}`, "data.coupon"},
		{"order.completed", `{"coupon":"A"}`, "data.order_id"},
		{"plant.watered", `{}`, "type"},
	} {
		wrong := p.Check(&event.Event{Type: c.typ, Data: []byte(c.data)})
		if (wrong == nil) != (c.wrong == "") || wrong != nil && wrong.Field != c.wrong {
			t.Errorf("%s %s: %v, want one at %q", c.typ, c.data, wrong, c.wrong)
		}
	}
	if !p.Keeps("order.completed") || p.Keeps("plant.watered") || p.TypeOf("paused a Subscription") != "subscription.paused" {
		t.Error("the modes or the title were not read")
	}
	if got := strings.Join(p.Declared(), " "); got != "order.completed subscription.ended subscription.paused" {
		t.Errorf("declared: %s", got)
	}
}

// Mistakes in the plan, and in what names its types, come with their places and remedies.
func TestEventsMistakes(t *testing.T) {
	t.Parallel()
	const plan = "events:\n  subscription.paused:\n    properties:\n      plan: {type: string, enum: [monthly, yearly]}\n      seats: {type: integer}\n"
	enter := func(on, cond string) string {
		return "journey: hello\nstatus: active\ncategory: transactional\nenter: {on: " + on + ", if: '" + cond + "'}\nsteps:\n  - send: {email: hello}\n"
	}
	for name, c := range map[string]struct {
		plan, journey string
		wants         []string
	}{
		"no such type":        {"events:\n  a.b: {properties: {x: {type: text}}}\n", "", []string{"events.yaml:2:32", `"text" is no type`, "string, number"}},
		"no type at all":      {"events:\n  a.b: {properties: {x: {required: true}}}\n", "", []string{"events.yaml:2:", "type: is missing"}},
		"not a type's name":   {"events:\n  Paused: {}\n", "", []string{"events.yaml:2:3", `"Paused" is not a type of event`}},
		"enum of a number":    {"events:\n  a.b: {properties: {x: {type: number, enum: [a]}}}\n", "", []string{"enum: is for type: string", "leave it out"}},
		"unknown key":         {"events:\n  a.b: {properties: {x: {type: string, requird: true}}}\n", "", []string{"a property has no requird:", "did you mean required"}},
		"example":             {"events:\n  a.b: {properties: {x: {type: integer, example: 1.5}}}\n", "", []string{"events.yaml:2:50", "the example would be refused", "must be a whole number"}},
		"other kind":          {"events:\n  order.completed: {properties: {total: {type: string}}}\n", "", []string{"total is known to be a number or a decimal string", "write type: money"}},
		"mode":                {"violations: ignore\n", "", []string{"violations cannot be ignore"}},
		"engine's own":        {"events:\n  identity.stated: {}\n", "", []string{"identity.stated is the engine's own"}},
		"same title":          {"events:\n  a.b: {title: Order Completed}\n", "", []string{"is the title of order.completed already"}},
		"unknown property":    {plan, enter("subscription.paused", `event.plann == "yearly"`), []string{"journeys/hello.yaml:4:", "subscription.paused has no property plann", "did you mean plan?"}},
		"value never":         {plan, enter("subscription.paused", `event.plan == "weekly"`), []string{`event.plan is never "weekly"`}},
		"type of property":    {plan, enter("subscription.paused", `event.seats == "many"`), []string{"journeys/hello.yaml:4:", "a number"}},
		"slip in a type":      {plan, enter("subscription.pausd", `event.plan == "x"`), []string{"did you mean subscription.paused?"}},
		"nested too deep":     {"events:\n  a.b: {properties: {x: " + strings.Repeat("{type: array, of: ", 12) + "{type: string}" + strings.Repeat("}", 12) + "}}\n", "", []string{"nested deeper than 8"}},
		"not a mapping":       {"events: [a.b]\n", "", []string{"events must be a mapping, not a list"}},
		"property's name":     {"events:\n  a.b: {properties: {\"x-y\": {type: string}}}\n", "", []string{`"x-y" cannot be the name of a property`}},
		"enum without values": {"events:\n  a.b: {properties: {x: {type: string, enum: []}}}\n", "", []string{"the values must be there"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(withEvents(c.plan, c.journey))
			if c.wants == nil {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("no problems, but %v", err)
			}
			for _, want := range c.wants {
				if !strings.Contains(ps.Error(), want) {
					t.Errorf("it lacks %q:\n%s", want, ps.Error())
				}
			}
		})
	}
}

func TestEventsWarnings(t *testing.T) {
	t.Parallel()
	s, err := load(withEvents("events:\n  order.complete: {}\n  plan.chosen: {deprecated: send plan.changed, properties: {id: {type: string}}}\n",
		"journey: hello\nstatus: active\ncategory: transactional\nenter: {on: plan.chosen}\nsteps:\n  - send: {email: hello}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"order.complete differs from order.completed by a slip", "call it plan_id", "events of type plan.chosen are deprecated", "send plan.changed"} {
		if !strings.Contains(s.Warnings().Error(), want) {
			t.Errorf("no warning of %q in\n%s", want, s.Warnings().Error())
		}
	}
}

// The plan of a live workspace is that of the files in force.
func TestLivePlan(t *testing.T) {
	t.Parallel()
	l := &Live{}
	e := &event.Event{Type: "plant.watered", Data: []byte(`{"litres":"many"}`)}
	for _, c := range []struct {
		plan  string
		wrong bool
	}{{"", false}, {"events: {plant.watered: {title: Did Water, properties: {litres: {type: number}}}}\n", true}} {
		s, err := load(withEvents(c.plan+"violations: keep\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		l.state.Store(&state{snapshot: s})
		if p := l.Plan(); (p.Check(e) != nil) != c.wrong || p.Keeps(e.Type) != c.wrong || (p.TypeOf("Did Water") == e.Type) != c.wrong {
			t.Errorf("with %q: %v, %v, %s", c.plan, p.Check(e), p.Keeps(e.Type), p.TypeOf("Did Water"))
		}
	}
}
