package condition

import (
	"time"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/schedule"
)

// follow evaluates an operand and leaves in the frame how its value follows the clock.
func (o *operand) follow(f *frame) any {
	v := o.eval(f)
	if !o.moving {
		f.slope = 0
	}
	return v
}

// cross compares two values of which one moves with the clock, and notes when the clock
// brings the answer to another one.
func (f *frame) cross(a, b *operand, accept func(int) bool) bool {
	x := a.follow(f)
	slope := f.slope
	y := b.follow(f)
	slope -= f.slope
	o, ok := order(x, y)
	if !ok {
		return false
	}
	holds := accept(o)
	if left, ok := apart(x, y); ok && slope != 0 {
		f.noteCrossing(left, slope, holds, accept)
	}
	return holds
}

// apart is y - x.
func apart(x, y any) (time.Duration, bool) {
	switch x := x.(type) {
	case time.Duration:
		y, ok := y.(time.Duration)
		return y - x, ok
	default:
		s, ok1 := as(kindTime, x).(time.Time)
		t, ok2 := as(kindTime, y).(time.Time)
		return t.Sub(s), ok1 && ok2
	}
}

// noteCrossing notes when a comparison changes whose sides are a distance apart that the
// clock makes smaller by slope. Operators differ in what holds at the instant when both
// sides are equal and after it.
func (f *frame) noteCrossing(left time.Duration, slope int, holds bool, accept func(int) bool) {
	k := time.Duration(slope)
	at := left / k
	if at < 0 || (at == 0 && left != 0 && (left < 0) != (k < 0)) {
		return // That was long ago.
	}
	direction := 1
	if slope < 0 {
		direction = -1
	}
	switch {
	case left%k == 0 && at > 0 && accept(0) != holds:
		f.scope.NoteChange(f.scope.Now.Add(at))
	case accept(direction) != holds:
		f.scope.NoteChange(f.scope.Now.Add(at + 1))
	}
}

// noteAfter notes that a value changes when a time has passed.
func (f *frame) noteAfter(d time.Duration) { f.scope.NoteChange(f.scope.Now.Add(d)) }

// now is the time of the question.
func (c *compiler) now(at place) operand {
	c.deps.Time = true
	return operand{at: at, name: "now", shape: shape{kind: kindTime}, moving: true, eval: func(f *frame) any {
		f.slope = 1
		return f.scope.Now
	}}
}

// passed compiles since(t), how long ago a time was, and until(t), how long it is to it.
func (c *compiler) passed(name string, arg ast.Node, at place) operand {
	o := c.node(arg)
	o = c.timely(o, operand{shape: shape{kind: kindTime}})
	if !o.is(kindTime) {
		return c.fail(o.at, o.calls()+", but a time is needed here", "such as "+name+"(profile.orders.last_at)")
	}
	c.deps.Time = true
	return operand{at: at, shape: shape{kind: kindDuration}, moving: true, eval: func(f *frame) any {
		v := o.follow(f)
		f.slope = 1 - f.slope
		t, ok := as(kindTime, v).(time.Time)
		switch {
		case !ok:
			return nil
		case name == "until":
			f.slope = -f.slope
			return t.Sub(f.scope.Now)
		}
		return f.scope.Now.Sub(t)
	}}
}

// units compiles days(d) and hours(d): how many whole ones a length of time has.
func (c *compiler) units(name string, arg ast.Node, at place) operand {
	o := c.node(arg)
	if !o.is(kindDuration) {
		return c.fail(o.at, o.calls()+", but a length of time is needed here", "such as "+name+"(since(profile.orders.last_at))")
	}
	each := time.Hour
	if name == "days" {
		each = 24 * time.Hour
	}
	return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
		d, ok := o.follow(f).(time.Duration)
		if !ok {
			return nil
		}
		n, over := d/each, d%each
		if over < 0 {
			n, over = n-1, over+each
		}
		switch k := time.Duration(f.slope); {
		case k > 0:
			f.noteAfter((each - over + k - 1) / k)
		case k < 0:
			f.noteAfter(over/-k + 1)
		}
		return float64(n)
	}}
}

// age compiles age(t): how many full years ago a day was, by the calendar where the person
// is. Born on 29 February, one is a year older on the 28th where there is no 29th.
func (c *compiler) age(arg ast.Node, at place) operand {
	o := c.still(c.node(arg))
	o = c.timely(o, operand{shape: shape{kind: kindTime}})
	if !o.is(kindTime) && !o.is(kindText) {
		return c.fail(o.at, o.calls()+", but a date is needed here", "such as age(profile.birthday)")
	}
	c.local()
	zone := c.env.Zone
	return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
		year, month, day, ok := schedule.ParseDate(o.eval(f))
		if !ok || year == 0 {
			return nil
		}
		next := schedule.Annual(month, day, schedule.Clock{}, 0, f.scope.Now, f.zone(zone))
		f.scope.NoteChange(next)
		if years := next.Year() - 1 - year; years >= 0 {
			return float64(years)
		}
		return nil
	}}
}

// local notes what is read to know where the person is.
func (c *compiler) local() {
	c.deps.Time = true
	for _, trait := range []string{"timezone", "phone", "country"} {
		c.deps.trait(trait)
	}
}

// zone is where the person is.
func (f *frame) zone(fallback *time.Location) *time.Location {
	p := f.scope.Profile
	if p == nil {
		return schedule.Zones("", "", "", fallback)[0]
	}
	return schedule.Zones(p.Trait("timezone"), p.Trait("phone"), p.Trait("country"), fallback)[0]
}

// calendarWords are what the clock and the calendar show where the person is.
func calendarWords() []string { return []string{"today", "hour", "weekday", "month"} }

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// calendar compiles one of calendarWords.
func (c *compiler) calendar(name string, at place) operand {
	c.local()
	s := shape{kind: kindNumber}
	switch name {
	case "today":
		s = shape{kind: kindTime}
	case "weekday":
		s = shape{kind: kindText, values: weekdays()}
	}
	zone := c.env.Zone
	return operand{at: at, name: name, shape: s, eval: func(f *frame) any {
		t := f.scope.Now.In(f.zone(zone))
		step := 24 * time.Hour
		if name == "hour" {
			step = time.Hour
		}
		// The clock shows the next hour, or the next day, when it has walked on so far; or
		// it is changed before.
		shown := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
		f.noteAfter(step - shown%step)
		if _, end := t.ZoneBounds(); !end.IsZero() {
			f.scope.NoteChange(end)
		}
		switch name {
		case "today":
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
		case "hour":
			return float64(t.Hour())
		case "month":
			return float64(t.Month())
		}
		return weekdays()[t.Weekday()]
	}}
}
