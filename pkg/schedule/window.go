package schedule

import "time"

// Window is a part of every day, such as quiet hours: From belongs to it, To does not. It
// may cross midnight (20:00 to 09:00). When From is To, no time is in it.
type Window struct{ From, To Clock }

// Holds reports whether the clock of the zone shows a time within the window.
func (w Window) Holds(t time.Time, loc *time.Location) bool {
	return w.holds(wallOf(in(t, loc)))
}

func (w Window) holds(at wall) bool {
	from, to, now := w.From.wall(), w.To.wall(), at-at.midnight()
	if from <= to {
		return from <= now && now < to
	}
	return from <= now || now < to
}

// Ends returns the first instant from t on that is outside the window: t itself when it is
// outside.
func (w Window) Ends(t time.Time, loc *time.Location) time.Time {
	t = in(t, loc)
	for range maxSpans {
		now := wallOf(t)
		if !w.holds(now) {
			return t
		}
		to := now.midnight() + w.To.wall()
		if to <= now {
			to += wallDay
		}
		_, offset := t.Zone()
		end := time.Unix(int64(to)-int64(offset), 0).In(t.Location())
		set, ok := change(t)
		if !ok || end.Before(set) {
			return end
		}
		t = set // The clock is set within the window, perhaps to a time outside.
	}
	return t
}

// Strictest answers for a recipient who may be in any of several zones: it is quiet when it
// is quiet in one of them, until the first instant at which it is quiet in none. The result
// is in the first zone; when it is not quiet, ends is t.
//
// When there is no such instant within 48 hours, because the zones are too far apart, the
// first zone alone decides both: a rule that can never be met would hold a message for ever.
func Strictest(w Window, t time.Time, zones []*time.Location) (quiet bool, ends time.Time) {
	if len(zones) == 0 {
		return false, t
	}
	ends = in(t, zones[0])
	for limit := t.Add(2 * day); !ends.After(limit); quiet = true {
		before := ends
		for _, z := range zones {
			ends = w.Ends(ends, z)
		}
		if ends.Equal(before) {
			return quiet, in(ends, zones[0])
		}
	}
	return w.Holds(t, zones[0]), w.Ends(t, zones[0])
}
