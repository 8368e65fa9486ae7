package condition

import (
	"math"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// count is how many there were.
func (a *aggregate) count(w window) eval {
	if !w.bounded && len(a.where) == 0 {
		return func(f *frame) any {
			p := f.scope.Profile
			switch {
			case p == nil:
				return nil
			case a.orders:
				return float64(p.Orders.Count)
			}
			return float64(p.History.Of(a.typ).Total())
		}
	}
	if len(a.where) == 0 {
		return func(f *frame) any {
			if t, ok := a.tally(f, w, profile.KeyOf("")); ok {
				return float64(t.Count)
			}
			return nil
		}
	}
	return func(f *frame) any {
		n := 0.0
		if !a.scan(f, w, func(profile.Entry) { n++ }) {
			return nil
		}
		return n
	}
}

// add is the sum of a property, or its average, over those that have it. The sum of none is
// zero, the average of none is missing.
func (a *aggregate) add(w window, of property, average bool) eval {
	amount := profile.IsAmount(of.name)
	switch {
	case amount && len(a.where) == 0 && !w.bounded:
		return func(f *frame) any { return a.ever(f, of.name, average) }
	case amount && len(a.where) == 0:
		return func(f *frame) any {
			if t, ok := a.tally(f, w, of.key); ok {
				return mean(t.Sum, float64(t.Of), average)
			}
			return nil
		}
	}
	return func(f *frame) any {
		sum, n := 0.0, 0.0
		there := a.scan(f, w, func(e profile.Entry) {
			if v, ok := as(kindNumber, e.Property(of.key)).(float64); ok {
				sum, n = sum+v, n+1
			}
		})
		if !there {
			return nil
		}
		if amount {
			sum = cents(sum)
		}
		return mean(sum, n, average)
	}
}

// ever is the sum or average of an amount over all there ever was.
func (a *aggregate) ever(f *frame, name string, average bool) any {
	p := f.scope.Profile
	if p == nil {
		return nil
	}
	if a.orders && name == "total" {
		return mean(p.Orders.Total.InexactFloat64(), float64(p.Orders.Count), average)
	}
	sum, n := p.History.Of(a.typ).Sum(name)
	return mean(sum, float64(n), average)
}

// cents takes the noise of adding fractions off an amount, which has four decimals.
func cents(sum float64) float64 {
	const unit = 10_000
	return math.Round(sum*unit) / unit
}

func mean(sum, n float64, average bool) any {
	switch {
	case !average:
		return sum
	case n == 0:
		return nil
	}
	return sum / n
}

// extreme is the smallest or greatest value of a property among the latest events; missing
// when none has it.
func (a *aggregate) extreme(w window, of property, greatest bool) eval {
	return func(f *frame) any {
		var best any
		a.scan(f, w, func(e profile.Entry) {
			v, ok := as(kindNumber, e.Property(of.key)).(float64)
			if b, some := best.(float64); ok && (!some || (v > b) == greatest) {
				best = v
			}
		})
		return best
	}
}

// distinct is how many different values a property has among the latest events.
func (a *aggregate) distinct(w window, of property) eval {
	return func(f *frame) any {
		seen := map[any]struct{}{}
		there := a.scan(f, w, func(e profile.Entry) {
			switch v := e.Property(of.key).(type) {
			case nil:
			case []profile.Line:
				for _, l := range v {
					if s := l.ProductID; of.name == "product_id" && s != "" {
						seen[s] = struct{}{}
					}
					if s := l.Category; of.name == "category" && s != "" {
						seen[s] = struct{}{}
					}
				}
			default:
				seen[as(of.kind, v)] = struct{}{}
			}
		})
		if !there {
			return nil
		}
		delete(seen, nil)
		return float64(len(seen))
	}
}

// edge compiles first and last: when it was. Of last, the properties can be asked too:
// orders.last.total.
func (c *compiler) edge(a *aggregate, name string, out operand) operand {
	out.shape = shape{kind: kindTime}
	latest := name == "last"
	if len(a.where) == 0 {
		out.eval = func(f *frame) any { return a.whenEver(f, latest) }
	} else {
		out.eval = func(f *frame) any {
			if e, ok := a.at(f, latest); ok {
				return e.Time()
			}
			return nil
		}
	}
	if !latest {
		return out
	}
	out.member = func(name string, at place) (operand, bool) {
		p, ok := c.pastProperty(a, name, at)
		if !ok {
			return operand{at: at, shape: shape{kind: kindAny}, eval: missing}, true
		}
		return operand{at: at, name: out.name + "." + name, shape: p.shape, eval: func(f *frame) any {
			e, ok := a.at(f, true)
			switch {
			case !ok:
				return nil
			case name == "time":
				return e.Time()
			case p.kind == kindList:
				return orderLines(e.Property(p.key))
			}
			return as(p.kind, e.Property(p.key))
		}}, true
	}
	return out
}

// whenEver is the first or the last time of all.
func (a *aggregate) whenEver(f *frame, latest bool) any {
	p := f.scope.Profile
	switch {
	case p == nil:
		return nil
	case a.typ == event.OrderCompleted && latest:
		return moment(p.Orders.LastAt)
	case a.typ == event.OrderCompleted:
		return moment(p.Orders.FirstAt)
	}
	r := p.History.Of(a.typ)
	if latest {
		return moment(r.LastAt())
	}
	return moment(r.FirstAt())
}

// at is the latest or the oldest matching event that is kept by itself.
func (a *aggregate) at(f *frame, latest bool) (found profile.Entry, ok bool) {
	if f.scope.Profile == nil {
		return found, false
	}
	for e := range f.scope.Profile.History.Of(a.typ).Entries() {
		if !f.spend(1) {
			return found, false
		}
		if len(a.where) == 0 || a.matches(f, e) {
			found, ok = e, true
			if latest {
				break
			}
		}
	}
	return found, ok
}
