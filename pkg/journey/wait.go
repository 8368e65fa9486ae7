package journey

import (
	"time"

	"rapport/pkg/schedule"
)

// rest lets an instance wait. It reports false when there is nothing to wait for, and the
// walk goes on at next.
func (w *walk) rest(in *Instance, p *program, nd *node) (next int, rests bool) {
	wait := nd.step.Wait
	if wait.Until != nil && w.until(in, nd) {
		return nd.next, false
	}
	due, limited := time.Time{}, true
	switch {
	case wait.Pause != nil:
		due = wait.Pause.Due(w.now, w.zone())
	case wait.Date != nil:
		var ok bool
		if due, ok = w.date(in, wait.Date); !ok {
			return nd.otherwise(), false
		}
	case wait.AtMost > 0:
		due = w.now.Add(wait.AtMost)
	default:
		limited = false
	}
	if limited && !due.After(w.now) {
		return nd.next, false
	}
	// An instance never rests longer than it may live.
	if last := in.At.Add(p.def.lifetime()); !limited || due.After(last) {
		due = last
	}
	in.Due = due
	return 0, true
}

// date is when the date of a trait comes; ok is false when there is none.
func (w *walk) date(in *Instance, d *DateWait) (at time.Time, ok bool) {
	v, err := d.Of.Value(w.scope(in))
	if err != nil {
		return time.Time{}, false
	}
	year, month, day, ok := schedule.ParseDate(v)
	if !ok || year == 0 {
		return time.Time{}, false
	}
	return schedule.On(year, month, day, d.At, time.Duration(d.Offset)*24*time.Hour, w.zone()), true
}

// until asks the condition that a wait waits for, and notes when its answer could change.
func (w *walk) until(in *Instance, nd *node) bool {
	scope := w.scope(in)
	if w.holds(nd.step.Wait.Until, scope, place{in: in, where: "until", step: nd.step.ID}) {
		return true
	}
	in.Look = scope.NextChange()
	return false
}

// hear tells an event to those who wait for it, and to those who rest for word of a message.
func (w *walk) hear() {
	if w.past {
		w.due = w.event.Time
		defer func() { w.due = time.Time{} }()
	}
	for _, id := range w.inside(w.hearing) {
		i := w.state.index(id)
		if i < 0 {
			continue
		}
		in := &w.state.Instances[i]
		p, n := w.place(in)
		if n == end || in.Heard != 0 {
			continue
		}
		arm := 0
		if p.nodes[n].step.Wait == nil {
			arm = w.told(in, p.nodes[n].step)
		} else {
			arm = w.heard(in, &p.nodes[n])
		}
		if arm > 0 {
			w.take(in, p, n, arm)
		}
	}
}

// heard is the number of the event, from one, that the instance waited for and that this
// one is; one more than there are when it is the condition that has come to hold; else zero.
func (w *walk) heard(in *Instance, nd *node) int {
	wait := nd.step.Wait
	for k, e := range wait.Events {
		if w.earlier(in.Since) {
			break
		}
		if e.On == w.event.Type && w.holds(e.If, w.scope(in), place{in: in, where: "wait", step: nd.step.ID, number: k + 1}) {
			return k + 1
		}
	}
	if wait.Until != nil && w.until(in, nd) {
		return len(wait.Events) + 1
	}
	return 0
}

// take goes on from a wait by an arm, or from a message by what became of it. A paused journey keeps it for later.
func (w *walk) take(in *Instance, p *program, n, arm int) {
	if w.set.status(in).resting() {
		in.Heard, in.FellDue, in.Due, in.Look = arm, w.meant(), time.Time{}, time.Time{}
		return
	}
	wait, nd := p.nodes[n].step.Wait, &p.nodes[n]
	if wait == nil {
		next := n // What was lost, the step itself replaces.
		if arm == arrived {
			next = nd.next
		}
		w.run(in.ID, p, next)
		return
	}
	if arm > len(wait.Events) {
		w.run(in.ID, p, nd.next)
		return
	}
	if reason := wait.Events[arm-1].Leave; reason != "" {
		w.depart(in.ID, reason)
		return
	}
	w.run(in.ID, p, nd.arms[arm-1])
}

// fire does what is due first: what falls due at one time comes in the order of segments,
// dates and broadcasts, instances by priority and age.
func (w *walk) fire(due time.Time) {
	w.sorted = time.Time{}
	for i := range w.state.Sorted {
		if s := &w.state.Sorted[i]; s.Next.Equal(due) {
			w.sort(func(i int) bool {
				at := w.sorting(w.set.segments[i].Name)
				return at != nil && at.Next.Equal(due)
			}, false)
			w.sorted = due
			return
		}
	}
	best := -1
	for i := range w.state.Starts {
		if w.state.Starts[i].At.Equal(due) && (best < 0 || w.before(w.state.Starts[i].Journey, w.state.Starts[best].Journey)) {
			best = i
		}
	}
	if best >= 0 {
		w.start(best)
		return
	}
	for i := range w.state.Instances {
		in := &w.state.Instances[i]
		if in.next().Equal(due) && (best < 0 || w.before(in.Journey, w.state.Instances[best].Journey)) {
			best = i
		}
	}
	w.wake(w.state.Instances[best].ID, due)
}

func (w *walk) sorting(segment string) *Sorting {
	for i := range w.state.Sorted {
		if w.state.Sorted[i].Segment == segment {
			return &w.state.Sorted[i]
		}
	}
	return nil
}

// before reports whether a journey comes before another one: by priority, then name.
func (w *walk) before(a, b string) bool {
	pa, pb := w.set.byName[a], w.set.byName[b]
	if pa != nil && pb != nil && pa.def.Priority != pb.def.Priority {
		return pa.def.Priority > pb.def.Priority
	}
	return a < b
}

// wake lets an instance go on whose timer is due, or asks its conditions again.
func (w *walk) wake(id string, due time.Time) {
	in := &w.state.Instances[w.state.index(id)]
	p, n := w.place(in)
	if n == end {
		w.depart(id, LeftVersionGone)
		return
	}
	if w.over(in, p) {
		return
	}
	if in.Look.Equal(due) {
		in.Look = time.Time{} // It is being asked, and says itself when to ask again.
	}
	if wait := p.nodes[n].step.Wait; wait != nil && wait.Until != nil && in.Heard == 0 && w.until(in, &p.nodes[n]) {
		w.due = due
		w.take(in, p, n, len(wait.Events)+1)
		w.due = time.Time{}
		return
	}
	if !in.Due.Equal(due) {
		return // Only its conditions were to be asked.
	}
	if w.set.status(in).resting() {
		in.FellDue, in.Due = due, time.Time{}
		return
	}
	w.goOn(in, p, n)
}

// over takes an instance out that is to leave, or has lived as long as it may.
func (w *walk) over(in *Instance, p *program) bool {
	reason := w.leaving(p, in)
	if reason == "" && !w.now.Before(in.At.Add(p.def.lifetime())) {
		reason = LeftLifetime
	}
	if reason != "" {
		w.depart(in.ID, reason)
	}
	return reason != ""
}

// goOn is what happens when a timer is due.
func (w *walk) goOn(in *Instance, p *program, n int) {
	nd, wait := &p.nodes[n], p.nodes[n].step.Wait
	w.due = in.Due
	switch {
	case !in.Owed.IsZero():
		w.due = in.Owed
	case !in.FellDue.IsZero():
		w.due = in.FellDue
	}
	heard := in.Heard
	in.FellDue, in.Heard = time.Time{}, 0
	switch {
	case heard > 0:
		w.take(in, p, n, heard)
	case wait == nil || heard == anew:
		w.run(in.ID, p, n) // It was put off, and tries again.
	case len(wait.Events) > 0 || wait.Until != nil:
		w.run(in.ID, p, nd.otherwise())
	default:
		w.run(in.ID, p, nd.next)
	}
	w.due = time.Time{}
}
