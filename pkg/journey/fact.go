package journey

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// Facts are events that the engine makes itself: a step sets a trait, tags, awards points,
// asks for a task, emits an event. A fact is folded into the profile at once, so that the
// next step sees it, and is published; when it comes back from the stream, journeys listen
// to it like to any event, and the profile has it already.
const (
	ProfileUpdated = "profile.updated"
	TaskCreated    = "task.created"
)

// made is an event of the engine's. Its id is derived: made again, it is the same.
func made(subject, typ, what string, at time.Time, data map[string]any) *event.Event {
	b, err := json.Marshal(data)
	if err != nil {
		// Values are those of JSON. Were one not, the fact is told without its properties.
		b = []byte("{}")
	}
	return &event.Event{
		ID: message.Hash("fact", subject, typ, what, at.UTC().Format(time.RFC3339Nano)), Source: event.EngineSource,
		Type: typ, Subject: subject, Time: at.UTC(), Data: b,
	}
}

// fact folds an event of the engine's into the profile and publishes it. in is the
// instance whose step made it; nil for none. Points that an event earned by the programme's
// rules are quiet where no journey listens.
func (w *walk) fact(in *Instance, typ, what string, data map[string]any) {
	ev := made(w.state.Profile.ID, typ, what, w.now, data)
	ev.Past = w.past // What follows from what is late begins nothing either.
	w.apply(ev)
	w.changed.profile = true
	w.happened(typ)
	// Every order would be two events; the points are in the profile.
	p := Published{Event: *ev, Quiet: in == nil && quiet(typ) && !w.set.heard[typ]}
	if in != nil {
		if t := w.state.trigger(in.Trigger); t != nil {
			c := *t
			p.Trigger = &c
		}
	}
	w.effect(p)
}

// quiet are the types that nothing has to come of.
func quiet(typ string) bool {
	return typ == profile.PointsAwarded || typ == event.ConsentGranted || typ == event.ConsentWithdrawn
}

// happened notes a type of event whose segments are to be asked again.
func (w *walk) happened(typ string) {
	if !slices.Contains(w.changed.types, typ) {
		w.changed.types = append(w.changed.types, typ)
	}
}

// fold takes an event into the profile, and returns the journeys whose threshold it made a
// prediction cross.
func (w *walk) fold(ev *event.Event) (crossed []*program) {
	if w.noted(ev) {
		return nil
	}
	if len(w.set.predictions) == 0 || !strings.HasPrefix(ev.Type, "prediction.") {
		said := w.words()
		w.apply(ev)
		w.withdraw(ev)
		w.tellConsent(said, ev)
		return nil
	}
	before := make([]float64, len(w.set.predictions))
	for i, p := range w.set.predictions {
		before[i] = prediction(&w.state.Profile, p.def.Enter.Prediction)
	}
	w.apply(ev)
	for i, p := range w.set.predictions {
		if c := p.def.Enter.Prediction; c.crossed(before[i], prediction(&w.state.Profile, c)) {
			crossed = append(crossed, p)
		}
	}
	return crossed
}

// noted reports whether the profile has an event already, since it was made or decided.
func (w *walk) noted(ev *event.Event) bool {
	return ev.Source == event.EngineSource || ev.Type == event.MessageSent
}

// prediction is the value of a model, NaN while there is none.
func prediction(p *profile.Profile, c *Crossing) float64 {
	if v, ok := p.Predictions[c.Prediction]; ok {
		return v
	}
	return math.NaN()
}

// crossed reports whether going from one value to another crosses the threshold. The first
// value there is crosses it when it lies beyond.
func (c *Crossing) crossed(from, to float64) bool {
	if c.Falls {
		return to < c.Threshold && !(from < c.Threshold)
	}
	return to > c.Threshold && !(from > c.Threshold)
}

// withdraw frees the slot of a message that did not go out after all: it failed, or the last
// look kept it back. One that is uncertain may have arrived and keeps its slot.
func (w *walk) withdraw(ev *event.Event) {
	if w.state.Log == nil || ev.Type != event.MessageFailed && ev.Type != event.MessageSuppressed {
		return
	}
	if id, ok := property(properties(ev.Data), "message_id", "", "", time.Time{}).(string); ok {
		w.state.Log.Withdraw(id)
	}
}

// concerns reports whether an event says something new about the person besides having
// happened. It is asked before the profile takes the event in.
func (w *walk) concerns(ev *event.Event) bool {
	if ev.Source == event.EngineSource {
		return false
	}
	if u, err := ev.Profile(); err == nil && u != nil && !w.state.Profile.Knows(u) {
		return true
	}
	about, _, _ := strings.Cut(ev.Type, ".")
	switch about {
	case "profile", "loyalty", "prediction", "email", "sms", "whatsapp", "preferences":
		return true
	}
	return false
}

// earn gives the points that an event is worth, and the tier that they reach.
func (w *walk) earn(ev *event.Event) {
	if !w.state.Profile.Known {
		return
	}
	for i, e := range w.set.earning[ev.Type] {
		scope := NewScope(w.now, &w.state.Profile, ev, nil, nil)
		if w.holds(e.If, scope, place{where: "earn", step: ev.Type}) {
			what := "earn/" + ev.UID()
			if i > 0 {
				what += "/" + strconv.Itoa(i) // Each rule's points are a fact of their own.
			}
			w.award(nil, points(e.Points, scope), what, ev.Type)
		}
	}
	w.tier(nil, ev.UID())
}

// points are whole; what cannot be read as a number gives none.
func points(x Expr, scope *Scope) int64 {
	v, err := x.Value(scope)
	n, ok := v.(float64)
	if err != nil || !ok || math.IsNaN(n) || math.Abs(n) > 1e15 {
		return 0
	}
	return int64(math.Floor(n))
}

func (w *walk) award(in *Instance, n int64, what, reason string) {
	if n == 0 {
		return
	}
	w.fact(in, profile.PointsAwarded, what, map[string]any{
		"points": n, "reason": reason, "balance": w.state.Profile.Loyalty.Points + n,
	})
	w.tier(in, what)
}

// tier follows the points up, to the highest tier that they allow, and down; what made them
// so many is part of the fact's id. A tier that the programme does not know, because it came
// from elsewhere, is kept until the points reach one that it does.
func (w *walk) tier(in *Instance, what string) {
	l := &w.state.Profile.Loyalty
	now, before := w.tiers()
	if now == before {
		return
	}
	name := ""
	data := map[string]any{"points": l.Points, "previous": l.Tier}
	if now >= 0 {
		name = w.set.config.Loyalty.Tiers[now].Name
	}
	data["tier"] = name
	if now > before {
		data["from"] = w.set.config.Loyalty.Tiers[now].From
		w.fact(in, profile.TierReached, "tier/"+name+"/"+what, data)
	} else {
		w.fact(in, profile.TierLost, "tier/"+name+"/"+what, data)
	}
	// The profile would go by times, and several tiers may be reached at one instant.
	w.setTier(name)
}

// tiers are the places of the highest tier that the points allow, and of the one that the
// profile has; -1: none, or none of the programme.
func (w *walk) tiers() (now, before int) {
	l := &w.state.Profile.Loyalty
	now, before = -1, -1
	for i, t := range w.set.config.Loyalty.Tiers {
		if l.Points >= t.From {
			now = i
		}
		if t.Name == l.Tier {
			before = i
		}
	}
	return now, before
}

// noteSent puts a message into the history when it is decided. That it was sent comes back
// as an event, which changes nothing more: there are as many of those as of everything
// else, and a state that stays as it is need not be stored again.
func (w *walk) noteSent(c *message.Command) {
	data := []byte(`{"channel":"` + string(c.Channel) + `","journey":"` + c.Journey + `","template":"` + c.Template + `"}`)
	w.apply(&event.Event{
		ID: c.ID, Source: event.EngineSource, Type: event.MessageSent, Subject: c.Profile, Time: w.now.UTC(), Data: data,
	})
	w.happened(event.MessageSent)
}

// change does what a step says about the profile. A ghost walks along for the sake of
// comparison: it is marked as others are, because its way may depend on it, and gets
// nothing, neither points nor somebody's time, and nobody outside hears of it.
func (w *walk) change(in *Instance, s *Step) {
	what := in.ID + "/" + s.ID
	if in.Ghost && (s.Award != nil || s.Task != nil || s.Emit != nil) {
		return
	}
	switch {
	case s.Set != nil:
		traits := w.values(in, s.Set.Traits)
		w.fact(in, ProfileUpdated, what, map[string]any{"traits": traits, event.ProfileProperty: map[string]any{"traits": traits}})
	case s.Tag != nil:
		for _, tag := range s.Tag.Add {
			w.fact(in, profile.Tagged, what+"/"+tag, map[string]any{"tag": tag})
		}
		for _, tag := range s.Tag.Remove {
			w.fact(in, profile.Untagged, what+"/"+tag, map[string]any{"tag": tag})
		}
	case s.Award != nil:
		w.award(in, points(s.Award.Points, w.scope(in)), what, s.Award.Reason)
	case s.Task != nil:
		data := map[string]any{"journey": in.Journey, "step": s.ID, "instance": in.ID}
		for name, x := range map[string]Expr{"title": s.Task.Title, "note": s.Task.Note, "assignee": s.Task.Assignee} {
			if x == nil {
				continue
			}
			if v, err := x.Value(w.scope(in)); err == nil && v != nil {
				data[name] = v
			}
		}
		w.fact(in, TaskCreated, what, data)
	case s.Emit != nil:
		w.fact(in, s.Emit.Type, what, w.values(in, s.Emit.Data))
	}
}

// values evaluates assignments; a missing value is null.
func (w *walk) values(in *Instance, list []Assignment) map[string]any {
	scope := w.scope(in)
	m := make(map[string]any, len(list))
	for _, a := range list {
		v, err := a.Value.Value(scope)
		if err != nil {
			v = nil
		}
		m[a.Trait] = v
	}
	return m
}
