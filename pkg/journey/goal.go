package journey

import "slices"

// pursuit begins to look for an instance's goal.
func (w *walk) pursuit(instance string, d *Definition, ghost bool) {
	if d.Goal == nil {
		return
	}
	within := d.Goal.Within
	if within <= 0 {
		within = d.lifetime()
	}
	w.state.Goals = last(append(w.state.Goals, Pursuit{
		Instance: instance, Journey: d.Name, Version: d.Version, Until: w.now.Add(within), Ghost: ghost,
	}), maxGoals)
}

// pursue counts the goals that the event reaches, once for each instance.
func (w *walk) pursue() {
	if len(w.state.Goals) == 0 || !w.set.goals[w.event.Type] {
		return // Those whose time is over are forgotten at the next event that could reach one.
	}
	var leaving []string
	w.state.Goals = slices.DeleteFunc(w.state.Goals, func(g Pursuit) bool {
		over := w.now.After(g.Until)
		w.ended = w.ended || over && g.Trigger != ""
		goal := w.inTime(&g)
		if goal == nil || goal.On != w.event.Type {
			return over
		}
		scope := NewScope(w.now, &w.state.Profile, w.event, w.state.trigger(g.Trigger), g.Sent)
		at := place{in: &Instance{ID: g.Instance, Journey: g.Journey, Version: g.Version}, where: "goal"}
		if i := w.state.index(g.Instance); i >= 0 {
			at.in = &w.state.Instances[i]
			scope = w.scope(at.in)
		}
		if !w.holds(goal.If, scope, at) {
			return over
		}
		c := Converted{
			Instance: g.Instance, Journey: g.Journey, Version: g.Version, Event: w.event.UID(), Arms: g.Arms, Ghost: g.Ghost, At: w.now,
		}
		if goal.Value != nil {
			if v, err := goal.Value.Value(scope); err == nil {
				c.Value, _ = v.(float64)
			}
		}
		w.effect(c)
		w.ended = w.ended || g.Trigger != ""
		if goal.Leave {
			leaving = append(leaving, g.Instance)
		}
		return true
	})
	for _, id := range leaving {
		if w.state.index(id) >= 0 {
			w.depart(id, LeftConverted)
		}
	}
}

// inTime is the goal that the event may reach; nil when its time is over, or none is known. What
// is told late counts by its own time, if that lies in the goal's.
func (w *walk) inTime(g *Pursuit) *Goal {
	goal, at := w.goal(g), w.now
	if w.past {
		at = w.event.Time
	}
	if goal == nil || at.After(g.Until) {
		return nil
	}
	within := goal.Within
	if within <= 0 {
		within = w.set.definition(g.Journey, g.Version).lifetime()
	}
	if w.earlier(g.Until.Add(-within)) {
		return nil
	}
	return goal
}

// lapse forgets the goals whose time has passed: whoever has no event any more would keep
// their versions from being forgotten.
func (w *walk) lapse() {
	w.state.Goals = slices.DeleteFunc(w.state.Goals, func(g Pursuit) bool {
		past := w.now.After(g.Until)
		w.ended = w.ended || past && g.Trigger != ""
		return past
	})
}

// recall keeps for an instance's goal what the instance takes with it at its end.
func (w *walk) recall(in *Instance) {
	for i := range w.state.Goals {
		g := &w.state.Goals[i]
		if g.Instance != in.ID {
			continue
		}
		if goal := w.goal(g); goal != nil && goal.Recalls {
			g.Trigger, g.Sent = in.Trigger, in.Sent
		}
	}
}

// goal is what an instance is after: by its own version, or the present one.
func (w *walk) goal(g *Pursuit) *Goal {
	p := w.set.program(&Instance{Journey: g.Journey, Version: g.Version})
	if p == nil {
		return nil
	}
	return p.def.Goal
}
