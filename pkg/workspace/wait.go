package workspace

import (
	"slices"
	"strconv"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

const maxWaitEvents = 20 // that one step waits for

func waitKeys() source.Keys {
	return source.Keys{Known: []string{"for", "then_at", "days", "at", "date", "offset", "for_event", "until", "at_most"}}
}

// waits reads wait: 3d, or a mapping of when it is over.
func (r *reader) waits(step, n *source.Node, number string, s *journey.Step) {
	w := &journey.Wait{}
	s.Wait = w
	before := r.heard
	otherwise := step.Get("otherwise")
	switch {
	case n.Kind == source.Map && r.Fields(n, "wait", waitKeys()):
		r.ends(n, w)
		r.events(n.Get("for_event"), number, w, before)
		if otherwise != nil && w.AtMost == 0 && w.Date == nil && n.Get("at_most") == nil {
			r.At(n.File, keyPlace(step, "otherwise"), "otherwise: never comes: this wait has no at_most:", "say how long to wait for it: at_most: 5d")
		}
	case n.Kind == source.Map:
	default:
		w.Pause = &schedule.Wait{For: r.atMost(n, "wait")}
		if otherwise != nil {
			r.At(n.File, keyPlace(step, "otherwise"), "otherwise: never comes: this wait always ends", "it is for wait: {for_event: ..., at_most: ...}, or a date that may be missing")
		}
	}
	r.heard = hearing{}
	w.Otherwise = r.otherwise(otherwise, number+".otherwise.", "waited in vain")
	r.heard = hearing{}
}

// ends reads when a wait is over: its times, its condition and its limit.
func (r *reader) ends(n *source.Node, w *journey.Wait) {
	at, date, pause, most := n.Get("at"), n.Get("date"), n.Get("for"), n.Get("at_most")
	until := n.Get("until")
	events := n.Get("for_event") != nil || until != nil
	if len(n.Pairs) == 0 {
		r.At(n.File, n.Place, "the wait says not until when", "such as wait: 3d, or wait: {at: \"10:00\"}")
	}
	switch {
	case pause != nil && events && most == nil:
		r.At(n.File, keyPlace(n, "for"), "a wait for something has a limit, not a length", "use at_most: in place of for:")
	case most != nil && !events:
		r.At(n.File, keyPlace(n, "at_most"), "at_most: limits a wait for something, and this one waits for time alone", "use for: in place of at_most:")
	case most != nil && (pause != nil || at != nil || date != nil || n.Get("days") != nil):
		r.At(n.File, keyPlace(n, "at_most"), "the wait has an end already", "keep at_most: or the other")
	case most != nil:
		w.AtMost = r.atMost(most, "at_most")
	}
	if date != nil {
		r.date(n, w)
	} else {
		r.pause(n, w)
	}
	if until != nil {
		env := r.inside()
		env.NoEvent = true
		w.Until = r.condition(until, env)
	}
}

// pause reads {for, then_at, days} and {at, days}.
func (r *reader) pause(n *source.Node, w *journey.Wait) {
	pause, then, at, days := n.Get("for"), n.Get("then_at"), n.Get("at"), n.Get("days")
	if o := n.Get("offset"); o != nil {
		r.At(n.File, keyPlace(n, "offset"), "offset: goes with date:", "use for: to wait some days")
	}
	switch {
	case then != nil && at != nil:
		r.At(n.File, keyPlace(n, "at"), "then_at: says the time of day already", "keep one of them")
	case then != nil && pause == nil:
		r.At(n.File, keyPlace(n, "then_at"), "then_at: comes after for:", "use at: to wait for a time of day alone")
	case at != nil && pause != nil:
		r.At(n.File, keyPlace(n, "at"), "behind for: the time of day is called then_at:", "use then_at:")
	}
	if pause == nil && then == nil && at == nil && days == nil {
		return
	}
	w.Pause = &schedule.Wait{}
	if pause != nil {
		w.Pause.For = r.atMost(pause, "for")
	}
	for key, v := range map[string]*source.Node{"then_at": then, "at": at} {
		if v != nil {
			c := r.clock(v, key)
			w.Pause.At = &c
		}
	}
	if days != nil {
		w.Pause.Days = r.weekdays(days)
	}
}

// date reads {date, offset, at}.
func (r *reader) date(n *source.Node, w *journey.Wait) {
	for _, key := range []string{"for", "then_at", "days"} {
		if n.Get(key) != nil {
			r.At(n.File, keyPlace(n, key), key+": does not go with date:", "a wait until a date has offset: and at:; make two steps of it")
		}
	}
	env := r.inside()
	w.Date = &journey.DateWait{
		Of: r.compiled(n.Get("date"), condition.CompileDate, env), Offset: r.days(n.Get("offset"), "offset"),
	}
	if r.required(n, "at", `say at what time of that day: at: "09:00"`) {
		w.Date.At = r.clock(n.Get("at"), "at")
	}
}

// events reads what is waited for: one event or several.
func (r *reader) events(n *source.Node, number string, w *journey.Wait, before hearing) {
	if n == nil {
		return
	}
	items := oneOrMore(n)
	if len(items) == 0 || len(items) > maxWaitEvents {
		r.At(n.File, n.Place, "for_event must name one event, or up to "+strconv.Itoa(maxWaitEvents), "such as for_event: order.completed")
		return
	}
	for i, item := range items {
		r.heard = before
		w.Events = append(w.Events, r.event(item, number+".event"+strconv.Itoa(i+1)+"."))
	}
	if twin := bareTwin(w.Events); twin >= 0 {
		r.Warn(items[twin].File, items[twin].Place, "an event above takes every "+w.Events[twin].On+" already", "give that one a match: or if:, or take this one away")
	}
}

// bareTwin is the first event that one without condition stands before; -1: none.
func bareTwin(events []journey.WaitEvent) int {
	for i, e := range events {
		if slices.ContainsFunc(events[:i], func(above journey.WaitEvent) bool { return above.On == e.On && above.If == nil }) {
			return i
		}
	}
	return -1
}

// event reads one of them: a type, or {on, match, if, when, steps, leave}.
func (r *reader) event(n *source.Node, prefix string) journey.WaitEvent {
	var e journey.WaitEvent
	if n.Kind == source.Text {
		e.On = r.eventType(n)
		return e
	}
	if !r.Fields(n, "an event that is waited for", source.Keys{Known: []string{"on", "match", "if", "when", "steps", "leave"}}) {
		return e
	}
	if r.required(n, "on", "name the event: on: email.clicked") {
		e.On = r.eventType(n.Get("on"))
	}
	e.If = r.conditions(n, r.on(e.On))
	steps, leave := n.Get("steps"), n.Get("leave")
	switch {
	case steps != nil && leave != nil:
		r.At(n.File, keyPlace(n, "leave"), "an event leads on to steps: or ends the journey, not both", "put leave: last among the steps")
	case leave != nil:
		e.Leave = r.reason(leave, e.On)
	case steps != nil:
		e.Steps, _ = r.nested(steps, prefix, hearing{typ: e.On, is: true})
	}
	return e
}
