package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// prototype is a state that the engine made of a few orders, and the last of these. Seeded
// profiles are prototypes under names of their own.
type prototype struct {
	state *journey.State
	last  event.Event
}

// prototypeCount is how many there are: seeded states are of as many sizes. Of ten customers
// seven have ordered once, two twice and one three times.
const prototypeCount = 60

func ordersOf(prototype int) int {
	switch i := prototype % 10; {
	case i < 7:
		return 1
	case i < 9:
		return 2
	}
	return 3
}

// The time between a seeded customer's orders, and since the last one: win-back has yet to
// write to them.
const (
	betweenOrders  = 90 * 24 * time.Hour
	sinceLastOrder = 40 * 24 * time.Hour
)

// prototypes lets the engine walk customers of one to three orders up to now.
func (b *bench) prototypes(now time.Time) ([]prototype, error) {
	rnd := rand.New(rand.NewPCG(7, 7))
	list := make([]prototype, prototypeCount)
	for i := range list {
		orders := ordersOf(i)
		at := now.Add(-sinceLastOrder - time.Duration(orders-1)*betweenOrders)
		p := prototype{state: journey.NewState(customer(i), at)}
		for k := range orders {
			o := order{id: fmt.Sprintf("seed-%d-%d", i, k), customer: customer(i), email: address(i), at: at}
			for l := range o.lines {
				o.lines[l] = rnd.IntN(articles)
			}
			e, err := o.event()
			if err != nil {
				return nil, err
			}
			if k == 0 {
				e.Data = agreed(e.Data)
			}
			b.fire(p.state, at)
			b.set.Event(p.state, &e, at, "")
			p.last, at = e, at.Add(betweenOrders)
		}
		b.fire(p.state, now)
		b.set.Refresh(p.state, now)
		if resting(p.state) < 0 {
			return nil, fmt.Errorf("a seeded customer does not wait in win-back: %+v", p.state.Instances)
		}
		list[i] = p
	}
	return list, nil
}

// agreed adds to the data of an order that its customer agrees to marketing by e-mail and
// SMS, and where SMS go.
func agreed(data []byte) []byte {
	const consent = `"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"checkout"},` +
		`{"channel":"sms","purpose":"marketing","granted":true,"source":"checkout"}],`
	const at = `"$profile":{`
	i := slices.Index(data, '$')
	return slices.Insert(slices.Clone(data), i-1+len(at), []byte(consent)...)
}

// fire lets all timers before a time fire. Nothing is recommended to anybody.
func (b *bench) fire(s *journey.State, before time.Time) {
	for due := s.NextDue(); !due.IsZero() && due.Before(before); due = s.NextDue() {
		for _, e := range b.set.Fire(s, due) {
			if ask, ok := e.(journey.Ask); ok {
				b.set.Answer(s, ask.Instance, nil, due)
			}
		}
	}
}

// resting is the place of the instance that waits in the first step of win-back; -1: none.
func resting(s *journey.State) int {
	return slices.IndexFunc(s.Instances, func(in journey.Instance) bool { return in.Journey == "win-back" && in.Step == "quiet" })
}

// as is the prototype's state as that of the n-th profile, whose timer is due at a time.
func (p *prototype) as(n int, due time.Time) *journey.State {
	s := *p.state
	s.Profile.ID = customer(n)
	s.Profile.Traits = maps.Clone(s.Profile.Traits)
	s.Profile.Traits["email"] = "customer-" + strconv.Itoa(n) + "@bench.example"
	s.Instances, s.Goals = slices.Clone(s.Instances), slices.Clone(s.Goals)
	for i := range s.Instances {
		s.Instances[i].ID = message.Hash("seed", s.Profile.ID, s.Instances[i].ID)
	}
	for i := range s.Goals {
		s.Goals[i].Instance = message.Hash("seed", s.Profile.ID, s.Goals[i].Instance)
	}
	s.Instances[resting(&s)].Due = due
	return &s
}

// profileRow is a state as the store keeps it.
func (b *bench) profileRow(s *journey.State, at time.Time) (store.ProfileRow, error) {
	raw, err := b.codec.Encode(s)
	if err != nil {
		return store.ProfileRow{}, fmt.Errorf("profile %s: %w", s.Profile.ID, err)
	}
	return store.ProfileRow{
		ID: s.Profile.ID, State: raw, Known: s.Profile.Known, Orders: s.Profile.Orders.Count, LastOrderAt: s.Profile.Orders.LastAt,
		UpdatedAt: at, Wake: s.NextDue(), Snapshot: s.Snapshot,
	}, nil
}

// restingAt sums up where a state's instances rest, as the orchestrator does.
func restingAt(sums map[store.RestingDelta]int, s *journey.State) {
	for i := range s.Instances {
		in := &s.Instances[i]
		sums[store.RestingDelta{Journey: in.Journey, Version: in.Version, Step: in.Step}]++
	}
	for i := range s.Goals {
		g := &s.Goals[i]
		if s := slices.ContainsFunc(s.Instances, func(in journey.Instance) bool { return in.ID == g.Instance }); !s {
			sums[store.RestingDelta{Journey: g.Journey, Version: g.Version}]++
		}
	}
}

// fingerprint tells seeds apart that differ in anything but their times: the workspace, what
// the engine makes of orders, and how states are written.
func (b *bench) fingerprint() (string, error) {
	list, err := b.prototypes(time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, b.set.Version(), partitions, seedFormat) //nolint:errcheck // A hash takes everything.
	for i := range list {
		raw, err := b.codec.Encode(list[i].state)
		if err != nil {
			return "", err
		}
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// seedFormat changes with what is seeded beside the states.
const seedFormat = 2
