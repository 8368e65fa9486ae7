package journey

import (
	"strconv"
)

// place says where a condition stands, for observers.
type place struct {
	in     *Instance // nil before there is one
	p      *program  // where in is nil
	where  string
	step   string
	number int
}

func (pl place) String() string {
	s := pl.where
	if pl.step != "" {
		s += " " + pl.step
	}
	if pl.number > 0 {
		s += " " + strconv.Itoa(pl.number)
	}
	return s
}

// holds evaluates a condition; nothing to ask is true. Conditions were checked when the
// file was read; one that is stopped for its cost on this data does not hold.
func (w *walk) holds(c Condition, s *Scope, at place) bool {
	if c == nil {
		return true
	}
	ok, err := c.Eval(s)
	ok = ok && err == nil
	if o := w.set.observer; o != nil {
		q := Question{Place: at.String(), Condition: c, Scope: s, Holds: ok, Err: err}
		switch {
		case at.in != nil:
			q.Journey, q.Version, q.Instance = at.in.Journey, at.in.Version, at.in.ID
		case at.p != nil:
			q.Journey, q.Version = at.p.def.Name, at.p.def.Version
		default:
			q.Segment, q.Place = at.step, at.where
		}
		o.Asked(q)
	}
	return ok
}

// scope is what conditions of an instance may read.
func (w *walk) scope(in *Instance) *Scope {
	return NewScope(w.now, &w.state.Profile, w.event, w.state.trigger(in.Trigger), in.Sent)
}

// refused tells observers of an entry that does not happen.
func (w *walk) refused(p *program, key, reason string) {
	if o := w.set.observer; o != nil {
		o.Refused(p.def.Name, key, reason, w.now)
	}
}
