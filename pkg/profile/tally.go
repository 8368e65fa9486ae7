package profile

import "time"

// Tally sums up what happened in a window.
type Tally struct {
	Count int64
	Sum   float64 // of the amount asked for
	Of    int64   // how many had it
	// Oldest is the time of the oldest event that counts and is kept by itself, and Day the
	// end of the oldest folded day that counts; zero when there is none.
	Oldest, Day time.Time
}

// Since tallies what happened after a time: the events that are kept one by one exactly,
// of older ones all days of which any part lies after it. The key names an amount; what is
// no amount is not added up.
func (r *Record) Since(after time.Time, amount Key) Tally {
	var t Tally
	if r == nil {
		return t
	}
	from, oldest, units := after.UnixMilli()-epoch, int64(-1), int64(0)
	for at := 0; at < len(r.Exact); {
		n := entryAt(r.Exact, at)
		ms := n.ms()
		// Times are compared to the millisecond, so an event in the millisecond of the time
		// itself has to be looked at again.
		if ms <= from && (ms < from || !n.Time().After(after)) {
			t.add(oldest, units)
			return t // What was folded is older still.
		}
		at += len(n.raw)
		t.Count, oldest = t.Count+1, ms
		if amount.rank < amounts {
			if v, ok := n.amount(amount.rank); ok {
				t.Of, units = t.Of+1, units+v
			}
		}
	}
	day := int64(-1)
	for b := r.Folded; len(b) >= minDay && (dayOf(b)+1)*dayMillis > from; {
		d, size := readDay(b)
		if size == 0 || !d.End().After(after) {
			break
		}
		b, day = b[size:], d.day
		t.Count += d.Count
		for i := range d.kinds {
			if d.sums[i].Name == amount.rank {
				t.Of, units = t.Of+d.sums[i].Count, units+d.sums[i].Units
			}
		}
	}
	if day >= 0 {
		t.Day = time.UnixMilli((day+1)*dayMillis + epoch).UTC()
	}
	t.add(oldest, units)
	return t
}

func (t *Tally) add(oldest, units int64) {
	if oldest >= 0 {
		t.Oldest = time.UnixMilli(oldest + epoch).UTC()
	}
	t.Sum = float64(units) / unit
}
