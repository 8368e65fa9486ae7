package backtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/message"
)

// sameWithin is how far apart two messages of one step to one person may lie to be the same.
const sameWithin = int64(24 * time.Hour / time.Second)

// place is what both sides of a comparison have in common.
type place struct{ profile, journey, step string }

// side is the times of the messages of one place.
type side struct {
	at      []int64
	channel []message.Channel
}

// difference compares with the recorded messages of a time.
func (t *tally) difference(since, until time.Time) ([]Difference, error) {
	actual := map[place]*side{}
	for m, err := range t.in.Recorded {
		if err != nil {
			return nil, fmt.Errorf("read the recorded messages: %w", err)
		}
		if m.At.Before(since) || m.At.After(until) {
			continue
		}
		note(actual, place{m.Profile, m.Journey, m.Step}, m.At.Unix(), m.Channel)
	}
	here := map[place]*side{}
	for i := range t.sends {
		s := &t.sends[i]
		note(here, place{s.person.id, s.journey, s.step}, s.at, s.channel)
	}
	sums := map[dayKey]*Difference{}
	for k, r := range actual {
		h := here[k]
		if h == nil {
			h = &side{}
		}
		delete(here, k)
		match(sums, k.journey, r, h)
	}
	for k, h := range here {
		match(sums, k.journey, &side{}, h)
	}
	list := make([]Difference, 0, len(sums))
	for _, d := range sums {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Channel, b.Channel))
	})
	return list, nil
}

func note(m map[place]*side, k place, at int64, c message.Channel) {
	s := m[k]
	if s == nil {
		s = &side{}
		m[k] = s
	}
	s.at, s.channel = append(s.at, at), append(s.channel, c)
}

// match goes through both sides in the order of time and pairs what lies within a day. Two
// messages of one step lie days apart, so that taking the earliest is taking the nearest.
func match(sums map[dayKey]*Difference, journey string, actual, here *side) {
	count := func(c message.Channel) *Difference {
		k := dayKey{journey: journey, channel: c}
		if sums[k] == nil {
			sums[k] = &Difference{Journey: journey, Channel: c}
		}
		return sums[k]
	}
	actual.sort()
	here.sort()
	i, k := 0, 0
	for i < len(actual.at) && k < len(here.at) {
		switch apart := here.at[k] - actual.at[i]; {
		case apart > sameWithin:
			count(actual.channel[i]).OnlyReal++
			i++
		case apart < -sameWithin:
			count(here.channel[k]).OnlyHere++
			k++
		default:
			count(here.channel[k]).Same++
			i++
			k++
		}
	}
	for ; i < len(actual.at); i++ {
		count(actual.channel[i]).OnlyReal++
	}
	for ; k < len(here.at); k++ {
		count(here.channel[k]).OnlyHere++
	}
}

// sort orders a side by time. Channels of one step at one time are told apart by nothing.
func (s *side) sort() {
	order := make([]int, len(s.at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.at[a], s.at[b]), cmp.Compare(s.channel[a], s.channel[b]))
	})
	at, channel := make([]int64, len(order)), make([]message.Channel, len(order))
	for i, o := range order {
		at[i], channel[i] = s.at[o], s.channel[o]
	}
	s.at, s.channel = at, channel
}
