package profile

import (
	"slices"
)

// Join is the profile of a person who has several ids, made of what is known under each: see
// the section on joins in the package comment. The parts are left as they are. Each has an id of
// its own; segments are not joined, because they are asked about the whole.
func Join(id string, parts ...*Profile) *Profile {
	j := &Profile{ID: id}
	for _, p := range parts {
		j.Known = j.Known || p.Known
		if j.Since.IsZero() || !p.Since.IsZero() && p.Since.Before(j.Since) {
			j.Since = p.Since
		}
		j.joinTraits(p)
		j.Orders.join(&p.Orders)
		j.remember(p.Orders.Bought)
		j.History.join(p.History)
		j.joinStanding(p)
		j.joinWishes(p)
		j.joinBars(p)
		j.joinLedger(p.Ledger)
	}
	j.joinVoices(parts)
	return j
}

func (o *Orders) join(other *Orders) {
	o.Count, o.Refunds = o.Count+other.Count, o.Refunds+other.Refunds
	o.Total, o.Refunded = o.Total.Add(other.Total), o.Refunded.Add(other.Refunded)
	if !other.FirstAt.IsZero() && (o.FirstAt.IsZero() || other.FirstAt.Before(o.FirstAt)) {
		o.FirstAt = other.FirstAt
	}
	if c := other.LastAt.Compare(o.LastAt); c > 0 || c == 0 && other.LastID > o.LastID {
		o.LastAt, o.LastID = other.LastAt, other.LastID
	}
}

// joinStanding takes in tags, predictions and loyalty: points are added, of tiers the latest
// counts.
func (p *Profile) joinStanding(o *Profile) {
	p.Loyalty.Points += o.Loyalty.Points
	if c := o.Loyalty.TierAt.Compare(p.Loyalty.TierAt); c > 0 || c == 0 && o.Loyalty.Tier > p.Loyalty.Tier {
		p.Loyalty.Tier, p.Loyalty.TierAt = o.Loyalty.Tier, o.Loyalty.TierAt
	}
	for _, w := range o.Words {
		if w.Kind == wordFigure {
			p.figure(w.Name, o.Predictions[w.Name], w.At)
		} else {
			p.tag(w.Name, w.Kind == wordTag, w.At)
		}
	}
}

// joinWishes takes in pauses and wishes for fewer messages: the latest of each counts, and of
// two at one time the one that asks for less, as of one id.
func (p *Profile) joinWishes(o *Profile) {
	if c := o.PausedAt.Compare(p.PausedAt); c > 0 || c == 0 && o.PausedUntil.After(p.PausedUntil) {
		p.PausedAt, p.PausedUntil = o.PausedAt, o.PausedUntil
	}
	if c := o.WriteLessAt.Compare(p.WriteLessAt); c > 0 || c == 0 && o.WriteLess {
		p.WriteLessAt, p.WriteLess = o.WriteLessAt, o.WriteLess
	}
}

func (p *Profile) joinBars(o *Profile) {
	for _, b := range o.Blocked {
		if b.Why == optedOut {
			p.optOut(b.Channel, b.Address, b.At, b.Lifted)
		} else {
			p.block(b)
		}
	}
	for _, t := range o.Troubles {
		p.trouble(Trouble{Kind: t.Kind, Address: t.Address}, t.At...)
	}
}

// joinLedger takes in the words of another part. What is said in a row in one part stays, and
// says where it was said.
func (p *Profile) joinLedger(words []Statement) {
	for i := range words {
		at, known := slices.BinarySearchFunc(p.Ledger, &words[i], func(a Statement, b *Statement) int { return compareStatements(&a, b) })
		if known {
			continue
		}
		if p.Ledger = slices.Insert(p.Ledger, at, words[i]); len(p.Ledger) > 2*keptWords {
			p.Ledger = slices.Delete(p.Ledger, keptWords, keptWords+1)
		}
	}
}

func (h *History) join(other History) {
	for i := range other {
		o := &other[i]
		at, ok := h.find(o.Type)
		if !ok {
			*h = slices.Insert(*h, at, Record{Type: o.Type, First: o.First, Last: o.Last})
		}
		(*h)[at].join(o)
	}
	for len(*h) > maxTypes {
		h.forget()
	}
}

// join takes in another record of the type, as if its events had been noted here.
func (r *Record) join(o *Record) {
	r.Count, r.First, r.Last = r.Count+o.Count, min(r.First, o.First), max(r.Last, o.Last)
	for _, s := range o.Sums {
		r.Sums = add(r.Sums, s.Name, s.Count, s.Units)
	}
	for d := range o.Days() {
		r.foldDay(d)
	}
	mine := r.Exact
	r.Floor, r.Exact = max(r.Floor, o.Floor), nil
	for _, raw := range [2][]byte{mine, o.Exact} {
		for at := 0; at < len(raw); {
			n := entryAt(raw, at)
			if at += len(n.raw); n.ms() <= r.Floor {
				r.fold(n)
			} else {
				r.insert(n)
			}
		}
	}
	r.trim()
}
