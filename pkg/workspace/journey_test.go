package workspace

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

const day = 24 * time.Hour

// large is small with all that the journeys of these tests name.
func large() map[string]string {
	files := small()
	files["rapport.yaml"] = "shop: {name: Shop, currency: GBP, timezone: Europe/London}\n" +
		"email: {from: {name: Shop, address: a@shop.example}}\nsms: {from: Shop}\nwhatsapp: {from: \"+447700900123\"}\n"
	for _, name := range []string{"related-products", "follow-up-plain", "follow-up-story"} {
		files["email/"+name+".html.liquid"] = files["email/hello.html.liquid"]
		files["email/"+name+".txt.liquid"] = "Hello\n"
	}
	files["sms/related-products.txt.liquid"] = "Hello\n"
	files["whatsapp/hello.txt.liquid"] = "Hello\n"
	files["webhook/crm.yaml"] = "url: https://crm.shop.example/hook\nbody: '{\"id\": \"{{ profile.id }}\"}'\n"
	files["segments/vip-care.yaml"] = "segment: vip-care\nif: profile.orders.total > 500\n"
	files["policy.yaml"] = "purposes: [marketing, product-news, surveys]\n"
	return files
}

// read loads a workspace with one journey, and returns it and the warnings.
func readOne(t *testing.T, text string) (*journey.Definition, Problems) {
	t.Helper()
	files := large()
	files["journeys/hello.yaml"] = text
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	return s.Journeys()[0], s.Warnings()
}

// TestWholeJourney reads the journey with which the language is described.
func TestWholeJourney(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/journeys/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, warnings := readOne(t, string(text))
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	if d.Holdout != 0.1 || d.OnChange != journey.Drain || d.Priority != 40 || d.Status != journey.Active || d.MaxLateness != day {
		t.Errorf("header: %+v", d)
	}
	if e := d.Enter; e.On != "order.completed" || e.Again != (journey.Again{After: 30 * day}) || e.Key.String() != "event.order_id" ||
		e.If.String() != "event.total >= 20.0 && profile.orders.count <= 3" || e.Meanwhile != journey.Ignore {
		t.Errorf("enter: %+v", e)
	}
	if l := d.Leave; len(l) != 2 || l[0].On != "order.refunded" || l[0].As != "order.refunded" || l[1].On != "" || l[1].As != "left" {
		t.Errorf("leave: %+v", l)
	}
	if g := d.Goal; g.On != "order.completed" || g.Within != 14*day || g.Value.String() != "event.total" || g.Leave {
		t.Errorf("goal: %+v", g)
	}
	workdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	if p := d.Steps[0].Wait.Pause; p.For != 3*day || *p.At != (schedule.Clock{Hour: 10}) || !slices.Equal(p.Days, workdays) {
		t.Errorf("settle: %+v", p)
	}
	if r := d.Steps[1].Recommend; r.Basis != journey.BasisTrigger || len(r.From) != 3 || r.Min != 2 || r.Max != 4 || r.Otherwise[0].Exit == nil {
		t.Errorf("picks: %+v", r)
	}
	if s := d.Steps[2].Send; *s != (journey.Send{Channel: message.Email, Template: "related-products", Blocked: journey.Blocked{DeferAtMost: 2 * day}}) {
		t.Errorf("offer: %+v", s)
	}
	w := d.Steps[3].Wait
	if len(w.Events) != 2 || w.AtMost != 5*day || w.Pause != nil || w.Events[0].If.String() != "event.message_id == sent.offer.id" ||
		w.Events[0].Steps[0].Set.Traits[0].Trait != "interest" || w.Events[0].Steps[0].ID != "4.event1.1" || w.Events[1].Leave != "converted" {
		t.Errorf("reaction: %+v", w)
	}
	if b := w.Otherwise[0].Branch; len(b.Cases) != 2 || b.Cases[0].Steps[0].ID != "nudge" || b.Cases[1].If != nil || len(b.Cases[1].Steps) != 0 {
		t.Errorf("otherwise: %+v", w.Otherwise)
	}
	s := d.Steps[4].Split
	if len(s.Arms) != 2 || s.Arms[0].Name != "plain" || s.Arms[1].Weight != 50 || s.Arms[1].Steps[0].ID != "s" ||
		*s.Winner != (journey.Winner{Metric: "goal", After: 500, Confidence: 0.95}) {
		t.Errorf("version: %+v", s)
	}
}

// TestEntries reads each form of an entry.
func TestEntries(t *testing.T) {
	t.Parallel()
	check := func(e journey.Entry) string {
		switch {
		case e.Segment != nil && e.Segment.Left:
			return "left " + e.Segment.Segment
		case e.Segment != nil:
			return "entered " + e.Segment.Segment
		case e.Broadcast != nil && e.Broadcast.Cron != nil:
			return strings.TrimSpace("cron " + e.Broadcast.Cron.String() + " " + e.Broadcast.Audience + " " + local(e.Broadcast) + e.Broadcast.Over.String())
		case e.Broadcast != nil:
			return "at " + e.Broadcast.At.Format(time.RFC3339) + " " + e.Broadcast.Audience + " " + local(e.Broadcast) + e.Broadcast.Over.String()
		case e.Date != nil:
			return "date " + e.Date.Of.String() + " " + e.Date.At.String() + " " + (time.Duration(e.Date.Offset) * time.Hour).String()
		case e.Prediction != nil && e.Prediction.Falls:
			return "falls " + e.Prediction.Prediction
		case e.Prediction != nil:
			return "rises " + e.Prediction.Prediction
		}
		return "on " + e.On + " " + e.Grace.String()
	}
	for enter, want := range map[string]string{
		"{on: order.completed}": "on order.completed 0s never",
		"{on: order.completed, if: profile.country == \"DE\", grace: 30m, again: always}":      "on order.completed 30m0s always",
		"{on: order.completed, if: profile.country == \"DE\", grace: 0s}":                      "on order.completed 0s never",
		"{segment: {entered: vip-care}}":                                                       "entered vip-care always",
		"{segment: {left: vip-care}, again: never}":                                            "left vip-care never",
		"{schedule: \"0 9 * * mon\", audience: vip-care, local: true, over: 2h}":               "cron 0 9 * * mon vip-care local 2h0m0s always",
		"{schedule: \"0 9 1 * *\", audience: everyone}":                                        "cron 0 9 1 * *  0s always",
		"{at: 2026-12-24T09:00:00+01:00, audience: vip-care}":                                  "at 2026-12-24T09:00:00+01:00 vip-care 0s always",
		"{at: \"2026-12-24 09:00\", audience: vip-care, local: true}":                          "at 2026-12-24T09:00:00Z vip-care local 0s always",
		"{at: \"2026-07-24 09:00\", audience: vip-care}":                                       "at 2026-07-24T09:00:00+01:00 vip-care 0s always",
		"{date: profile.birthday, offset: -3d, at: \"09:00\"}":                                 "date profile.birthday 09:00 -3h0m0s always",
		"{date: profile.birthday, at: 9:05}":                                                   "date profile.birthday 09:05 0s always",
		"{prediction: {churn_risk: rises_above 0.6}}":                                          "rises churn_risk always",
		"{prediction: {churn_risk: falls_below 0.2}, again: {after: 30d}, meanwhile: restart}": "falls churn_risk 720h0m0s",
	} {
		d, _ := readOne(t, strings.Replace(hello(""), "{on: order.completed}", enter, 1))
		again := "never"
		switch a := d.Enter.Again; {
		case a.Always:
			again = "always"
		case a.After > 0:
			again = a.After.String()
		}
		if got := check(d.Enter) + " " + again; got != want {
			t.Errorf("%s\n got %s\nwant %s", enter, got, want)
		}
	}
	d, _ := readOne(t, strings.Replace(hello(""), "{on: order.completed}", "{prediction: {churn_risk: falls_below 0.25}}", 1))
	if *d.Enter.Prediction != (journey.Crossing{Prediction: "churn_risk", Falls: true, Threshold: 0.25}) {
		t.Errorf("prediction: %+v", d.Enter.Prediction)
	}
}

func local(b *journey.Broadcast) string {
	if b.Local {
		return "local "
	}
	return ""
}

// TestHeader reads what journeys say about themselves.
func TestHeader(t *testing.T) {
	t.Parallel()
	d, _ := readOne(t, hello("    if_blocked: drop\npurpose: product-news\nholdout: 0.25\nlifetime: 30d\nmax_lateness: 6h\non_change: migrate\nmoves: {first: greet}\n"+
		"goal: {on: order.completed, if: event.total > 10, leave: true}\nleave: [order.refunded]\n"))
	if d.Purpose != "product-news" || d.Holdout != 0.25 || d.Lifetime != 30*day || d.MaxLateness != 6*time.Hour || d.OnChange != journey.Migrate ||
		!maps.Equal(d.Moves, map[string]string{"first": "greet"}) || !d.Goal.Leave || d.Goal.If.String() != "event.total > 10" ||
		d.Leave[0].On != "order.refunded" || d.Leave[0].As != "order.refunded" || !d.Steps[0].Send.Blocked.Drop {
		t.Errorf("%+v, goal %+v, leave %+v", d, d.Goal, d.Leave)
	}
}

// TestStructuredConditions: when: is the same as an expression, wherever conditions stand.
func TestStructuredConditions(t *testing.T) {
	t.Parallel()
	d, _ := readOne(t, strings.Replace(hello(`  - branch:
      - when: {profile.loyalty.tier: gold, trigger.total: {gte: 100, lt: 500}}
        steps: [{tag: gold}]
leave:
  - when: {any_of: [{profile.country: CH}, {profile.orders.count: {gt: 9}}]}
    if: profile.known
`), "{on: order.completed}", "{on: order.completed, when: {event.currency: [EUR, GBP]}}", 1))
	for got, want := range map[string]string{
		d.Enter.If.String():                    `event.currency in ["EUR", "GBP"]`,
		d.Steps[1].Branch.Cases[0].If.String(): `profile.loyalty.tier == "gold" and (trigger.total >= 100 and trigger.total < 500)`,
		d.Leave[0].If.String():                 `(profile.known) and (profile.country == "CH" or profile.orders.count > 9)`,
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
