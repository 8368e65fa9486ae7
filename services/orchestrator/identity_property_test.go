package orchestrator_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// pair is what was said of two ids, by the rule of package identity, told in another way.
type pair struct {
	joined      bool
	first, last time.Time
	former      map[string]bool
}

// crowd is a reference: what was said of ids, and what happened to each.
type crowd struct {
	pairs  map[[2]string]*pair
	events map[string][]event.Event // by the id that they came under
}

func newCrowd() *crowd {
	return &crowd{pairs: map[[2]string]*pair{}, events: map[string][]event.Event{}}
}

func (c *crowd) say(former, id string, joined bool, at time.Time) {
	key := [2]string{min(former, id), max(former, id)}
	p := c.pairs[key]
	if p == nil {
		p = &pair{former: map[string]bool{}}
		c.pairs[key] = p
	}
	if joined {
		p.former[former] = true
		if p.first.IsZero() || at.Before(p.first) {
			p.first = at
		}
	}
	if at.After(p.last) {
		p.joined, p.last = joined, at
	}
}

// joinedWith are the ids that a pair joins with one, the earliest first.
func (c *crowd) joinedWith(id string) (list []string) {
	since := map[string]time.Time{}
	for key, p := range c.pairs {
		if p.joined && slices.Contains(key[:], id) {
			other := key[0]
			if other == id {
				other = key[1]
			}
			since[other] = p.first
			list = append(list, other)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(since[a].Compare(since[b]), cmp.Compare(a, b)) })
	return list
}

// weight orders handles: addresses come before visitors.
func weight(id string) string {
	if strings.HasPrefix(id, event.AnonymousPrefix) {
		return "2" + id
	}
	return "1" + id
}

// root is the id that acts for one.
func (c *crowd) root(id string) string {
	if identity.Handle(id) {
		with := c.joinedWith(id)
		for _, other := range with {
			if identity.Customer(other) {
				return c.root(other)
			}
		}
		for _, other := range with {
			if weight(other) < weight(id) {
				return c.root(other)
			}
		}
		return id
	}
	person, former := []string{id}, map[string]bool{}
	for i := 0; i < len(person); i++ {
		for _, other := range c.joinedWith(person[i]) {
			if !identity.Customer(other) {
				continue
			}
			if c.pairs[[2]string{min(other, person[i]), max(other, person[i])}].former[person[i]] {
				former[person[i]] = true
			}
			if !slices.Contains(person, other) {
				person = append(person, other)
			}
		}
	}
	slices.Sort(person)
	for _, one := range person {
		if !former[one] {
			return one
		}
	}
	return person[0]
}

// profile is what all ids of a person's have, each folded by itself.
func (c *crowd) profile(root string) *profile.Profile {
	var parts []*profile.Profile
	for _, id := range slices.Sorted(maps.Keys(c.events)) {
		if c.root(id) != root {
			continue
		}
		p := profile.New(id, c.events[id][0].Time)
		for i := range c.events[id] {
			p.Apply(&c.events[id][i])
		}
		parts = append(parts, p)
	}
	return profile.Join(root, parts...)
}

var (
	crowdIDs = []string{"ada", "bob", "cy", "email:e", "anonymous:x", "anonymous:y"}
	crowdOps = []string{"order", "order", "trait", "consent", "also", "also", "alias", "unalias"}
)

// drawn is a random event, which the reference hears too. Times are in no order.
func (c *crowd) drawn(r *rig, rt *rapid.T, ids map[string]string, times *[]int) event.Event {
	draw := func(what string) string { return ids[rapid.SampledFrom(crowdIDs).Draw(rt, what)] }
	id, other := draw("id"), draw("other")
	i := rapid.IntRange(0, len(*times)-1).Draw(rt, "time")
	at := start().Add(time.Duration((*times)[i]) * time.Minute)
	*times = slices.Delete(*times, i, i+1)
	var e event.Event
	switch op := rapid.SampledFrom(crowdOps).Draw(rt, "op"); op {
	case "order":
		e = r.event(event.OrderCompleted, id, at, map[string]any{"order_id": fmt.Sprint("N", r.n), "total": 1})
	case "trait":
		e = r.event(event.ProfileIdentified, id, at, map[string]any{event.ProfileProperty: map[string]any{"traits": map[string]any{"color": fmt.Sprint(r.n), "email": "e@example.com"}}})
	case "consent":
		word := map[string]any{"channel": "email", "purpose": "marketing", "granted": rapid.Bool().Draw(rt, "granted"), "source": "test", "at": at}
		e = r.event(event.ProfileIdentified, id, at, map[string]any{event.ProfileProperty: map[string]any{"consent": []any{word}}})
	case "also":
		e = r.identify(id, at, other)
	case "alias":
		e = r.alias(id, other, at)
	default:
		e = r.unalias(id, other, at)
	}
	if said := e.Type == event.ProfileAliased || e.Type == event.ProfileUnaliased || strings.Contains(string(e.Data), `"also"`); said && id != other {
		c.say(other, id, e.Type != event.ProfileUnaliased, at)
	}
	c.events[id] = append(c.events[id], e)
	return e
}

// Whatever is said of ids, in whatever order it comes to whichever partition, and however often
// the partitions change their owners in the middle, who is one person with whom, and what is known
// of them, is what the statements and events say, each counted once; a repetition of everything
// that partitions told each other changes nothing.
func TestAnyOrderGivesTheSamePeople(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		if round++; testing.Short() && round > 15 {
			return
		}
		ids, c := map[string]string{}, newCrowd()
		for _, id := range crowdIDs {
			ids[id] = fmt.Sprintf("%s-%d", id, round)
		}
		times := make([]int, 40)
		for i := range times {
			times[i] = i
		}
		first := must(bus.LastSeq(t.Context(), r.js, bus.StreamEvents))(t) + 1
		sent := len(r.sends())
		for range rapid.IntRange(1, 4).Draw(rt, "owners") {
			o, stop := r.owner(rapid.Bool().Draw(rt, "publishes"))
			for range rapid.IntRange(1, 8).Draw(rt, "events") {
				r.publish(c.drawn(r, rt, ids, &times))
			}
			if rapid.Bool().Draw(rt, "has time") {
				<-o.Ready()
				r.until(o, func() bool { return len(o.Positions()) == partitions })
			}
			stop()
		}
		o, stop := r.owner(true)
		r.settled(o)
		c.check(r, rt, ids)
		c.checkSends(rt, r.sends()[sent:])
		before := r.states(ids)
		r.repeat(first)
		r.settled(o)
		stop()
		for id, st := range r.states(ids) {
			if st != before[id] {
				rt.Errorf("%s changes when everything is told again", id)
			}
		}
		if n := len(r.letters()); n != 0 {
			rt.Errorf("%d dead letters: %v", n, r.letters())
		}
	})
}

// owner is an orchestrator, which does not publish what it commits, as one that is killed, or does.
func (r *rig) owner(publishes bool) (*orchestrator.Orchestrator, func()) {
	return r.run(func(o *orchestrator.Options) {
		if o.Clock = orchestrator.WallClock; !publishes {
			o.Store = hushed{o.Store}
		}
	})
}

// hushed is a store from whose outbox nothing comes out, for the time of one owner.
type hushed struct{ orchestrator.Store }

func (hushed) Outbox(context.Context, int, uint64, int) ([]store.OutboxBatch, error) { return nil, nil }

// check compares everybody.
func (c *crowd) check(r *rig, rt *rapid.T, ids map[string]string) {
	for _, id := range ids {
		root := c.root(id)
		st := r.person(id)
		if st == nil {
			if len(c.events[id]) > 0 {
				rt.Errorf("%s is not there", id)
			}
			continue
		}
		if st.Profile.ID != root {
			rt.Errorf("%s leads to %s, want %s", id, st.Profile.ID, root)
			continue
		}
		want, got := c.profile(root), &st.Profile
		if got.Orders.Count != want.Orders.Count || !got.Orders.Total.Equal(want.Orders.Total) || got.Orders.LastID != want.Orders.LastID {
			rt.Errorf("%s: orders %+v, want %+v", root, got.Orders, want.Orders)
		}
		if got.Trait("color") != want.Trait("color") {
			rt.Errorf("%s: color %q, want %q", root, got.Trait("color"), want.Trait("color"))
		}
		if got.Consents(message.Email, "marketing") != want.Consents(message.Email, "marketing") {
			rt.Errorf("%s: consents %v, want %v", root, got.Consent, want.Consent)
		}
	}
}

// checkSends checks that customers' orders are thanked for once, and nobody's twice.
func (c *crowd) checkSends(rt *rapid.T, sends []message.Command) {
	thanked := map[string]int{}
	for i := range sends {
		var v struct {
			Trigger struct {
				OrderID string `json:"order_id"`
			} `json:"trigger"`
		}
		if err := json.Unmarshal(sends[i].Vars, &v); err != nil || v.Trigger.OrderID == "" {
			rt.Fatalf("a thank-you without its order: %s, %v", sends[i].Vars, err)
		}
		thanked[v.Trigger.OrderID]++
	}
	for id, n := range thanked {
		if n != 1 {
			rt.Errorf("order %s is thanked for %d times", id, n)
		}
	}
}

// states are what the store has of ids, as bytes, but for what they remember to have said.
func (r *rig) states(ids map[string]string) map[string]string {
	r.t.Helper()
	codec, out := must(journey.NewCodec())(r.t), map[string]string{}
	for _, id := range ids {
		if st := r.stateOf(id); st != nil {
			if st.Identity != nil {
				st.Identity.Said = nil
			}
			out[id] = string(must(codec.Encode(st))(r.t))
		}
	}
	return out
}

// repeat stores what lies in EVENTS from a sequence on once more, as a relay does that died after
// it had published, for longer than the stream remembers.
func (r *rig) repeat(from uint64) {
	r.t.Helper()
	stream := must(r.js.Stream(r.t.Context(), bus.StreamEvents))(r.t)
	last := must(bus.LastSeq(r.t.Context(), r.js, bus.StreamEvents))(r.t)
	for seq := from; seq <= last; seq++ {
		m := must(stream.GetMsg(r.t.Context(), seq))(r.t)
		e := must(event.Decode(m.Data))(r.t)
		must(r.js.Publish(r.t.Context(), bus.EventSubject(e.Key()), m.Data))(r.t)
	}
}
