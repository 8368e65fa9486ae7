package workspace

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// readStep reads one step, which follows others, in a journey with a goal.
func readStep(t *testing.T, text string) journey.Step {
	t.Helper()
	d, _ := readOne(t, hello("  - "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")+"\ngoal: {on: order.completed}\n"))
	return d.Steps[1]
}

// TestWaits reads every way to wait.
func TestWaits(t *testing.T) {
	t.Parallel()
	ten := &schedule.Clock{Hour: 10}
	for text, want := range map[string]*journey.Wait{
		"wait: 3d":                            {Pause: &schedule.Wait{For: 3 * day}},
		"wait: 1h30m":                         {Pause: &schedule.Wait{For: 90 * time.Minute}},
		"wait: {for: 2w}":                     {Pause: &schedule.Wait{For: 14 * day}},
		"wait: {for: 3d, then_at: \"10:00\"}": {Pause: &schedule.Wait{For: 3 * day, At: ten}},
		"wait: {for: 3d, then_at: 10:00, days: weekend}":      {Pause: &schedule.Wait{For: 3 * day, At: ten, Days: []time.Weekday{time.Saturday, time.Sunday}}},
		"wait: {at: \"10:00\"}":                               {Pause: &schedule.Wait{At: ten}},
		"wait: {at: \"10:00\", days: [tue, friday, tue]}":     {Pause: &schedule.Wait{At: ten, Days: []time.Weekday{time.Tuesday, time.Friday}}},
		"wait: {days: [mon]}":                                 {Pause: &schedule.Wait{Days: []time.Weekday{time.Monday}}},
		"wait: {for_event: order.completed, at_most: 2d}":     {Events: []journey.WaitEvent{{On: "order.completed"}}, AtMost: 2 * day},
		"wait: {for_event: [order.completed, sms.received]}":  {Events: []journey.WaitEvent{{On: "order.completed"}, {On: "sms.received"}}},
		"wait: {for_event: {on: sms.received, leave: wrote}}": {Events: []journey.WaitEvent{{On: "sms.received", Leave: "wrote"}}},
		"wait: {for_event: {on: sms.received, leave: }}":      {Events: []journey.WaitEvent{{On: "sms.received", Leave: "sms.received"}}},
		"wait: {for_event: sms.received, days: [mon]}":        {Events: []journey.WaitEvent{{On: "sms.received"}}, Pause: &schedule.Wait{Days: []time.Weekday{time.Monday}}},
	} {
		if got := readStep(t, "id: rest\n"+text).Wait; !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", text, got, want)
		}
	}
	w := readStep(t, "id: rest\nwait: {date: profile.renewal, offset: -2w, at: \"09:00\"}\notherwise: [{leave: no date}]").Wait
	if w.Date.Of.String() != "profile.renewal" || w.Date.Offset != -14 || w.Date.At.Hour != 9 || w.Otherwise[0].Exit.Reason != "no date" || w.Otherwise[0].ID != "2.otherwise.1" {
		t.Errorf("date: %+v", w)
	}
	w = readStep(t, "id: rest\nwait: {until: profile.orders.count > 2, at_most: 9d}\notherwise: []").Wait
	if w.Until.String() != "profile.orders.count > 2" || w.AtMost != 9*day {
		t.Errorf("until: %+v", w)
	}
}

// TestMessages reads what is sent, and what happens when it may not be.
func TestMessages(t *testing.T) {
	t.Parallel()
	sms := &journey.Send{Channel: message.SMS, Template: "nudge"}
	for text, want := range map[string]*journey.Send{
		"send: {sms: nudge}":                                        sms,
		"send: {whatsapp: hello}":                                   {Channel: message.WhatsApp, Template: "hello"},
		"send: {webhook: crm}":                                      {Channel: message.Webhook, Template: "crm"},
		"send: {email: hello}\nif_blocked: drop":                    {Channel: message.Email, Template: "hello", Blocked: journey.Blocked{Drop: true}},
		"send: {email: hello}\nif_blocked: {defer_for_at_most: 2d}": {Channel: message.Email, Template: "hello", Blocked: journey.Blocked{DeferAtMost: 2 * day}},
		"send: {email: hello}\nif_blocked: {instead: {sms: nudge}}": {Channel: message.Email, Template: "hello", Blocked: journey.Blocked{Instead: sms}},
		"send: {email: hello}\nif_blocked:\n  defer_for_at_most: 1d\n  instead: {sms: nudge}":           {Channel: message.Email, Template: "hello", Blocked: journey.Blocked{DeferAtMost: day, Instead: sms}},
		"survey: {name: nps, email: hello}":                                                             {Channel: message.Email, Template: "hello"},
		"survey: {name: nps, sms: nudge}\nif_blocked: {defer_for_at_most: 1d, instead: {email: hello}}": {Channel: message.SMS, Template: "nudge", Blocked: journey.Blocked{DeferAtMost: day, Instead: &journey.Send{Channel: message.Email, Template: "hello"}}},
	} {
		s := readStep(t, "id: say\n"+text)
		got := s.Send
		if s.Survey != nil {
			if got = &s.Survey.Send; s.Survey.Name != "nps" {
				t.Errorf("%s: %+v", text, s.Survey)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// TestActs reads the steps that change the profile or tell of it, and works their values
// out.
func TestActs(t *testing.T) {
	t.Parallel()
	ev := &event.Event{Type: "order.completed", Data: []byte(`{"total": 20.5, "order_id": "A1"}`)}
	p := profile.New("ada", time.Time{})
	p.Traits = map[string]any{"account_manager": "Grace", "plan": "gold"}
	scope := journey.NewScope(time.Time{}, p, nil, &journey.Trigger{Type: ev.Type, Data: ev.Data}, nil)
	value := func(e journey.Expr) string {
		if e == nil {
			return "none"
		}
		v, err := e.Value(scope)
		if err != nil {
			t.Error(err)
		}
		return fmt.Sprintf("%T %v", v, v)
	}
	pairs := func(all []journey.Assignment) string {
		var b strings.Builder
		for _, a := range all {
			b.WriteString(a.Trait + "=" + value(a.Value) + ";")
		}
		return b.String()
	}
	told := func(s journey.Step) string {
		switch {
		case s.Set != nil:
			return pairs(s.Set.Traits)
		case s.Tag != nil:
			return fmt.Sprint(s.Tag.Add, s.Tag.Remove)
		case s.Award != nil:
			return value(s.Award.Points) + " " + s.Award.Reason
		case s.Task != nil:
			return value(s.Task.Title) + "|" + value(s.Task.Note) + "|" + value(s.Task.Assignee)
		case s.Emit != nil:
			return s.Emit.Type + " " + pairs(s.Emit.Data)
		case s.Exit != nil:
			return s.Exit.Reason
		}
		return "?"
	}
	for text, want := range map[string]string{
		"set: {n: 3, half: 0.5, yes: true, none: , many: [a, 2, false]}":                           "n=float64 3;half=float64 0.5;yes=bool true;none=<nil> <nil>;many=[]interface {} [a 2 false];",
		"set: {total: trigger.total * 2, tier: \"'gold'\", p: profile.plan, miss: trigger.coupon}": "total=float64 41;tier=string gold;p=string gold;miss=<nil> <nil>;",
		"tag: big-spender":      "[big-spender] []",
		"tag: [a, b]\nuntag: c": "[a b] [c]",
		"untag: [x]":            "[] [x]",
		"award: 50":             "float64 50 ",
		"award: {points: -20}":  "float64 -20 ",
		"award: {points: trigger.total / 2, reason: half back}": "float64 10.25 half back",
		"task: Call them": "string Call them|none|string Grace",
		"task: {title: \"Order {{ trigger.order_id }}, {{ trigger.total }} in all\", note: See the file, assignee: \"{{ profile.nobody }}\"}": "string Order A1, 20.5 in all|string See the file|string ",
		"emit: trial.ended": "trial.ended ",
		"emit: {type: trial.ended, data: {plan: profile.plan, n: 1}}": "trial.ended plan=string gold;n=float64 1;",
		"leave: bored":             "bored",
		"leave: {reason: too far}": "too far",
		"leave:":                   "left",
	} {
		if got := told(readStep(t, text)); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestRecommendations reads where suggestions come from.
func TestRecommendations(t *testing.T) {
	t.Parallel()
	r := readStep(t, "id: picks\nrecommend: {basis: profile.orders.bought, from: [store_popular]}").Recommend
	if r.Basis != journey.BasisBought || r.Min != 1 || r.Max != 4 || r.From[0] != "store_popular" {
		t.Errorf("%+v", r)
	}
	d, _ := readOne(t, strings.Replace(hello("  - {id: picks, recommend: {from: [store_popular]}}\n"), "{on: order.completed}", "{segment: {entered: vip-care}}", 1))
	if r := d.Steps[1].Recommend; r.Basis != journey.BasisBought {
		t.Errorf("where no order enters: %+v", r)
	}
}

// TestEqualShares: arms that name no weight have equal ones.
func TestEqualShares(t *testing.T) {
	t.Parallel()
	s := readStep(t, "id: test\nsplit:\n  - {arm: a, steps: []}\n  - {arm: b, steps: [{tag: b}]}\n  - {arm: c, steps: [{tag: c}]}").Split
	if len(s.Arms) != 3 || s.Arms[0].Weight != s.Arms[2].Weight || s.Winner != nil || s.Arms[2].Steps[0].ID != "2.arm3.1" {
		t.Errorf("%+v", s)
	}
}

// TestEventAtHand: the event that was waited for can be read until somebody rests again.
func TestEventAtHand(t *testing.T) {
	t.Parallel()
	s := readStep(t, `id: reaction
wait:
  for_event:
    on: email.clicked
    steps:
      - branch:
          - if: event.link_category == "lamps"
            steps: [{set: {interest: event.link_category}}]
      - tag: clicked
      - set: {last_link: event.link}`)
	steps := s.Wait.Events[0].Steps
	if len(steps) != 3 || steps[2].Set.Traits[0].Value.String() != "event.link" {
		t.Errorf("%+v", steps)
	}
}
