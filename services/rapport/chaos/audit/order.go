package audit

import (
	"cmp"
	"slices"
	"time"
)

// told are the producers' events of each profile, as they are stored, without repeats.
func (j *judge) told() map[string][]*Stored {
	first := make([]*Stored, 0, len(j.stored))
	for _, e := range j.stored {
		if j.offers[e.UID] != nil {
			first = append(first, e)
		}
	}
	slices.SortFunc(first, func(a, b *Stored) int { return cmp.Compare(a.Seq, b.Seq) })
	of := map[string][]*Stored{}
	for _, e := range first {
		of[e.Profile] = append(of[e.Profile], e)
	}
	return of
}

// orderTold: a profile's events lie in the stream as its producer told them.
func (j *judge) orderTold() {
	for profile, events := range j.told() {
		for i := 1; i < len(events); i++ {
			before, after := j.offers[events[i-1].UID], j.offers[events[i].UID]
			if before.N > after.N {
				j.breach("order-told", "profile %s: %s was told before %s and lies behind it in the stream", profile, after.UID, before.UID)
			}
		}
	}
}

// orderApplied: a profile's rows were written in the order of its events, and messages that
// are decided at once leave in the order of the events that they answer.
func (j *judge) orderApplied() {
	rows := slices.Clone(j.Ledger.Applied)
	slices.SortFunc(rows, func(a, b Applied) int { return cmp.Compare(a.N, b.N) })
	latest := map[string]*Stored{} // of each profile
	for _, a := range rows {
		e := j.stored[a.UID]
		if e == nil {
			continue
		}
		if before := latest[e.Profile]; before != nil && before.Seq > e.Seq {
			j.breach("order-applied", "profile %s: %s was applied after %s, which lies behind it in the stream", e.Profile, e.UID, before.UID)
		}
		latest[e.Profile] = e
	}
	j.orderSent()
}

func (j *judge) orderSent() {
	for _, x := range j.Expected {
		if !x.Ordered {
			continue
		}
		place := map[string]uint64{} // of orders in the stream
		for _, e := range j.stored {
			if e.Type == x.Type {
				place[e.Order] = e.Seq
			}
		}
		last := map[string]*Command{}
		for i := range j.Commands {
			c := &j.Commands[i]
			if c.Journey != x.Journey || j.commands[c.ID] != c {
				continue
			}
			if before := last[c.Profile]; before != nil && place[before.Order] > place[c.Order] {
				j.breach("order-applied", "profile %s: the message about %s was sent on before that about %s, which happened first", c.Profile, before.Order, c.Order)
			}
			last[c.Profile] = c
		}
	}
}

// orderOfState: the trait that every identification sets has the value of the one that happened
// last, by its own time, whatever order they came in.
func (j *judge) orderOfState() {
	last := map[string]int{}
	for profile, events := range j.told() {
		last[profile] = -1
		var latest time.Time
		for _, e := range events {
			if e.Type == "profile.identified" && !e.Told.Before(latest) {
				last[profile], latest = j.offers[e.UID].N, e.Told
			}
		}
	}
	for _, p := range j.Profiles {
		if want, known := last[p.ID]; known && p.Step != want {
			j.breach("order-state", "profile %s shows identification %d, and the last to happen is %d", p.ID, p.Step, want)
		}
	}
}
