package journey

import (
	"slices"
	"time"
)

// refresh brings the profile under the set's version of the workspace.
func (w *walk) refresh() {
	if w.state.Snapshot == w.set.Version() {
		return
	}
	w.state.Snapshot = w.set.Version()
	if w.state.Follows() {
		return
	}
	w.refreshing = true
	ids := make([]string, 0, len(w.state.Instances))
	for i := range w.state.Instances {
		ids = append(ids, w.state.Instances[i].ID)
	}
	for _, id := range ids {
		w.renew(id)
	}
	w.lapse()
	if !w.born {
		// Who is new becomes a member of what they fit, and is told so: with their first event.
		w.fill()
	}
	w.appoint()
	w.refreshing = false
}

// renew does to an instance what the version in force does to people inside an older one,
// and wakes those whose journey is no longer paused.
func (w *walk) renew(id string) {
	i := w.state.index(id)
	if i < 0 {
		return
	}
	in := &w.state.Instances[i]
	now := w.set.byName[in.Journey]
	switch {
	case now == nil || now.def.Status == Archived:
		w.depart(id, LeftArchived)
		return
	case now.def.Version != in.Version && now.def.OnChange == Cancel:
		w.depart(id, LeftVersionChanged)
		return
	case now.def.Version != in.Version && now.def.OnChange == Migrate:
		if w.migrate(in, now) {
			return
		}
	}
	in = &w.state.Instances[w.state.index(id)]
	if !in.FellDue.IsZero() && !w.set.status(in).resting() {
		in.Due = in.FellDue
	}
}

// migrate moves an instance to the version in force, to the step of the same id or the one
// that moves names. Where there is none it stays in its own version; plan refuses such a
// change before it comes to that. It reports whether the instance walked on.
func (w *walk) migrate(in *Instance, to *program) bool {
	from := w.set.program(in)
	rested, step := in.Step, in.Step
	if moved, ok := to.def.Moves[step]; ok {
		step = moved
	}
	n, ok := to.byID[step]
	if !ok {
		return false
	}
	old := in.Version
	in.Version, in.Step = to.def.Version, step
	w.effect(Moved{Instance: in.ID, Journey: in.Journey, From: old, To: in.Version, Step: step, At: w.now})
	in.Look = time.Time{}
	if from != nil && in.Heard != anew {
		if was, ok := from.byID[rested]; ok && from.nodes[was].step.Kind() == to.nodes[n].step.Kind() {
			return w.stay(in, from.nodes[was].step.Wait, to, n)
		}
	}
	in.Since, in.FellDue, in.Heard = time.Time{}, time.Time{}, 0
	if to.def.Status.resting() {
		in.FellDue, in.Heard, in.Due = w.now, anew, time.Time{}
		return false
	}
	w.run(in.ID, to, n)
	return true
}

// stay lets an instance rest on as it did, with the time it had. A wait asks the condition
// of the new version, and a pause goes on keeping the event that was heard where the new
// version waits for it too. It reports whether the instance walked on, or left by a rule of the
// new version.
func (w *walk) stay(in *Instance, was *Wait, to *program, n int) bool {
	wait := to.nodes[n].step.Wait
	if wait == nil {
		return !w.standing(in.ID, to)
	}
	switch {
	case in.Heard > 0:
		if in.Heard = wait.place(was, in.Heard); in.Heard == 0 {
			in.Heard = anew
		}
	case wait.Until != nil && w.until(in, &to.nodes[n]):
		w.take(in, to, n, len(wait.Events)+1)
		return true
	}
	return !w.standing(in.ID, to)
}

// place is the number that an event or the condition of an earlier version has here; zero:
// none.
func (w *Wait) place(was *Wait, heard int) int {
	if heard > len(was.Events) {
		if w.Until != nil {
			return len(w.Events) + 1
		}
		return 0
	}
	on := was.Events[heard-1].On
	if heard <= len(w.Events) && w.Events[heard-1].On == on {
		return heard
	}
	return slices.IndexFunc(w.Events, func(e WaitEvent) bool { return e.On == on }) + 1
}

// Kind names what a step does: wait, recommend, send, branch, split, leave, or change for all
// that change the profile or make an event, on which nobody rests.
func (s *Step) Kind() string {
	switch {
	case s.Wait != nil:
		return "wait"
	case s.Recommend != nil:
		return "recommend"
	case s.Send != nil, s.Survey != nil:
		return "send"
	case s.Branch != nil:
		return "branch"
	case s.Split != nil:
		return "split"
	case s.Exit != nil:
		return "leave"
	}
	return "change"
}
