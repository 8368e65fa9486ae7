package journey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// two are a guest and the customer that they turn out to be, in one workspace.
func two(t *testing.T, c journey.Config) (guest, ada *person) {
	t.Helper()
	guest, ada = newPerson(t, "email:ada@example.com"), newPerson(t, "ada")
	guest.set = setOf(t, c)
	ada.set = guest.set
	return guest, ada
}

// becomes joins the guest with the customer.
func (p *person) becomes(into *person, after time.Duration) {
	p.t.Helper()
	p.until(after)
	into.until(after)
	now := start().Add(after)
	code := func(x *person) []byte {
		b, err := profile.Encode(&x.state.Profile)
		if err != nil {
			p.t.Fatal(err)
		}
		return b
	}
	p.state.Identity = &identity.Node{ID: p.state.Profile.ID, Into: into.state.Profile.ID, Version: 1}
	moved, left := p.set.Yield(p.state, now)
	p.effects(left, now)
	p.reload()
	into.state.Identity = &identity.Node{ID: into.state.Profile.ID}
	if _, err := into.state.Identity.Take(&identity.Joined{Of: p.state.Profile.ID, Version: 1, Seq: 1, Profile: code(p)},
		func() ([]byte, error) { return code(into), nil }, profile.JoinStored); err != nil {
		p.t.Fatal(err)
	}
	effects, err := into.set.Absorb(into.state, moved, now)
	if err != nil {
		p.t.Fatal(err)
	}
	into.effects(effects, now)
	into.reload()
}

func contact() map[string]any {
	return map[string]any{
		"traits":  map[string]any{"email": "ada@example.com"},
		"consent": []map[string]any{{"channel": "email", "purpose": "marketing", "granted": true, "source": "test"}},
	}
}

func rests(name string, e journey.Entry) *journey.Definition {
	return &journey.Definition{
		Name: name, Version: "v1", Status: journey.Active, Category: message.Marketing, Enter: e,
		Steps: []journey.Step{email("first", name), wait("rest", 10*day), email("second", name)},
	}
}

// Running journeys go on where the person is known now; of two in one journey the older does.
func TestRunningJourneysMove(t *testing.T) {
	t.Parallel()
	about := map[string]any{event.ProfileProperty: contact()}
	for name, c := range map[string]struct {
		meanwhile journey.Meanwhile
		guest     time.Duration // when the guest views a cart; the customer does on day 2
		want      []string
	}{
		"the guest's alone goes on": {guest: -1, want: []string{"day 11: other email other goes", "day 11: other finished"}},
		"the older goes on": {guest: day, want: []string{
			"day 2: cart entered", "day 2: cart email cart goes", "day 5: cart left: merged", "day 11: cart email cart goes", "day 11: cart finished", "day 11: other email other goes", "day 11: other finished",
		}},
		"or here": {guest: 3 * day, want: []string{
			"day 2: cart entered", "day 2: cart email cart goes", "day 5: cart left: merged", "day 11: other email other goes", "day 11: other finished", "day 12: cart email cart goes", "day 12: cart finished",
		}},
		"both in parallel": {guest: 3 * day, meanwhile: journey.Parallel, want: []string{
			"day 2: cart entered", "day 2: cart email cart goes", "day 11: other email other goes", "day 11: other finished",
			"day 12: cart email cart goes", "day 12: cart finished", "day 13: cart email cart goes", "day 13: cart finished",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guest, ada := two(t, journey.Config{Journeys: []*journey.Definition{
				rests("cart", journey.Entry{On: "cart.viewed", Meanwhile: c.meanwhile, Again: journey.Again{Always: true}}), rests("other", journey.Entry{On: "page.viewed"}),
			}})
			guest.happens(day, "p", "page.viewed", about)
			if c.guest >= 0 {
				guest.happens(c.guest, "c1", "cart.viewed", about)
				ada.happens(2*day, "c2", "cart.viewed", about)
			} else {
				ada.happens(2*day, "x", "x.happened", nil)
			}
			guest.becomes(ada, 5*day)
			if !guest.state.NextDue().IsZero() || ada.state.NextDue().IsZero() {
				t.Errorf("timers at %s and %s", guest.state.NextDue(), ada.state.NextDue())
			}
			guest.until(50 * day)
			ada.until(50 * day)
			ada.want(c.want...)
			ids := map[string]bool{}
			for _, m := range append(guest.sent, ada.sent...) {
				if ids[m.Command.ID] {
					t.Errorf("message %s twice", m.Command.ID)
				}
				ids[m.Command.ID] = true
			}
		})
	}
}

// What either has entered and was sent counts for both: nobody gets the welcome of their second
// id, and caps count both.
func TestWhatEitherHadCounts(t *testing.T) {
	t.Parallel()
	about := map[string]any{event.ProfileProperty: contact()}
	once := rests("once", journey.Entry{On: "cart.viewed"})
	guest, ada := two(t, journey.Config{
		Journeys: []*journey.Definition{once, rests("often", journey.Entry{On: "page.viewed", Again: journey.Again{Always: true}, Meanwhile: journey.Parallel})},
		Policy:   &policy.Policy{Caps: []policy.Cap{{Category: message.Marketing, AtMost: 2, Per: 30 * day}}},
	})
	guest.happens(0, "c", "cart.viewed", about)
	ada.happens(day, "p", "page.viewed", about)
	guest.becomes(ada, 2*day)
	ada.happens(3*day, "c", "cart.viewed", about)
	ada.happens(3*day, "p2", "page.viewed", about)
	ada.until(50 * day)
	ada.want("day 1: often entered", "day 1: often email often goes", "day 3: often entered", "day 3: often email often kept back: capped",
		"day 10: once email once kept back: capped", "day 10: once finished", "day 11: often email often kept back: capped", "day 11: often finished",
		"day 13: often email often kept back: capped", "day 13: often finished")
}

// Nobody enters because two ids are one person, but by a segment that neither was in.
func TestSegmentsOfTheWhole(t *testing.T) {
	t.Parallel()
	bought := func(n int) journey.Condition {
		return when(func(s *journey.Scope) bool { return s.Profile.Orders.Count >= n })
	}
	segment := func(name string, c journey.Condition) *journey.Segment {
		return &journey.Segment{Name: name, Version: "v", If: c, Reads: journey.Reads{Events: []string{event.OrderCompleted}}}
	}
	member := func(name string, left bool) *journey.Definition {
		return rests(name, journey.Entry{Segment: &journey.Membership{Segment: name, Left: left}, Again: journey.Again{Always: true}})
	}
	guest, ada := two(t, journey.Config{
		Segments: []*journey.Segment{segment("buyers", bought(1)), segment("regulars", bought(3)), segment("new", when(func(s *journey.Scope) bool { return s.Profile.Orders.Count < 3 }))},
		Journeys: []*journey.Definition{member("buyers", false), member("regulars", false), member("new", true)},
		Loyalty:  journey.Loyalty{Earn: []journey.Earning{{On: event.OrderCompleted, Points: literal{40.0}}}, Tiers: []journey.Tier{{Name: "gold", From: 120}}},
	})
	order := func(p *person, at time.Duration, id string) {
		p.happens(at, id, event.OrderCompleted, map[string]any{"order_id": id, "total": 10, event.ProfileProperty: contact()})
	}
	order(guest, 0, "A1")
	order(guest, time.Hour, "A2")
	ada.happens(0, "x", "x.happened", nil)
	order(ada, day, "B1")
	guest.becomes(ada, 2*day)
	ada.want("day 1: buyers entered", "day 1: buyers email buyers goes", "day 2: buyers left: merged", "day 2: regulars entered", "day 2: regulars email regulars goes", "day 2: new entered", "day 2: new email new goes")
	if l := ada.state.Profile.Loyalty; l.Points != 120 || l.Tier != "gold" || ada.state.Profile.Orders.Count != 3 {
		t.Errorf("%+v, %d orders", l, ada.state.Profile.Orders.Count)
	}
	if n := len(guest.state.Profile.Segments); n != 0 {
		t.Errorf("the guest is in %d segments still", n)
	}
	// An order under the old id counts once, at both; only the root acts.
	ev := named("o4", event.OrderCompleted, start().Add(3*day))
	ev.Subject, ev.Data = "email:ada@example.com", []byte(`{"order_id":"A4","total":10}`)
	if effects := guest.set.Event(guest.state, &ev, ev.Time, ""); effects != nil {
		t.Errorf("at the guest: %v", effects)
	}
	passed := ev
	passed.Subject, passed.Of = "ada", ev.Subject
	ada.effects(ada.set.Event(ada.state, &passed, ev.Time, ""), ev.Time)
	ada.reload()
	if g, a := guest.state.Profile.Orders.Count, ada.state.Profile.Orders.Count; g != 3 || a != 4 || ada.state.Profile.Loyalty.Points != 160 {
		t.Errorf("%d and %d orders, %d points", g, a, ada.state.Profile.Loyalty.Points)
	}
	passed.Of = "anonymous:nobody"
	if ada.set.Event(ada.state, &passed, ev.Time, ""); ada.state.Profile.Orders.Count != 4 {
		t.Error("an event of an id that does not point here counts")
	}
}

// Of a broadcast that is spread over a day, a person has one, though their ids have theirs at
// different times; and what either had is not made up for.
func TestBroadcastsComeOnce(t *testing.T) {
	t.Parallel()
	cron, err := schedule.ParseCron("0 10 * * mon")
	if err != nil {
		t.Fatal(err)
	}
	for name, over := range map[string]time.Duration{"at one moment": 0, "spread": 3 * day, "by local time": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &journey.Broadcast{Cron: &cron, Over: max(over, 0), Local: over < 0}
			for hours := range 7 * 8 {
				guest, ada := two(t, journey.Config{Journeys: []*journey.Definition{{
					Name: "news", Version: "v1", Status: journey.Active, Category: message.Marketing,
					Enter: journey.Entry{Broadcast: b, Again: journey.Again{Always: true}}, Steps: []journey.Step{email("mail", "news")},
				}}})
				// Each has a share of their own.
				guest.state.Profile.ID, ada.state.Profile.ID = fmt.Sprint("email:", hours%7), fmt.Sprint("ada", hours%5)
				for _, p := range []*person{guest, ada} {
					p.happens(0, "x", "x.happened", map[string]any{event.ProfileProperty: contact()})
				}
				together := 7*day + time.Duration(hours)*3*time.Hour
				guest.becomes(ada, together)
				ada.until(28 * day)
				had := map[time.Duration]int{}
				for _, m := range append(guest.sent, ada.sent...) {
					week := m.Command.DecidedAt.Sub(start()) / (7 * day)
					if m.Command.Profile == ada.state.Profile.ID || m.Command.DecidedAt.Before(start().Add(together)) {
						had[week]++
					}
				}
				for week := together / (7 * day); week < 4; week++ {
					both := slices.ContainsFunc(ada.sent, func(m journey.Message) bool {
						at := m.Command.DecidedAt.Sub(start())
						return at < together && at/(7*day) == week
					})
					if n := had[week]; n != 1 && (n != 2 || !both) {
						t.Fatalf("joined after %s, there are %d in week %d\n%s\n%s", together, n, week, strings.Join(guest.log, "\n"), strings.Join(ada.log, "\n"))
					}
				}
			}
		})
	}
}
