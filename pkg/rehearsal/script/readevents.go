package script

import (
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// list is the items of a list; anything else is reported.
func (rd *reader) list(n *source.Node, what, example string) []*source.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind != source.List:
		rd.r.At(n.File, n.Place, what+" must be a list, not "+n.Kind.String(), "write "+example)
		return nil
	}
	return n.Items
}

// before reads what happened before now.
func (rd *reader) before(n *source.Node) {
	for _, e := range rd.list(n, "before", "before: [{at: -10d, type: product.viewed}]") {
		if !rd.r.Fields(e, "an event", source.Keys{Known: eventKeys()}) {
			continue
		}
		if at, ok := rd.pastTime(e); ok {
			if ev := rd.given(e); ev != nil {
				ev.Time = rd.happened(e, at).UTC()
				rd.insert(ev)
			}
		}
	}
}

func eventKeys() []string {
	return []string{"at", "happened", "type", "data", "profile", "id", "source", "traits", "consent", "of", "past"}
}

// events reads what happens in the test. Events stand in the order of their times.
func (rd *reader) events(n *source.Node) {
	for _, e := range rd.list(n, "events", "events: [{at: +0s, type: order.completed, data: {order_id: A1}}]") {
		if !rd.r.Fields(e, "an event", source.Keys{Known: eventKeys()}) {
			continue
		}
		at := rd.t.Now
		if when := e.Get("at"); when != nil {
			var ok bool
			if at, ok = rd.when.read(when, "at"); !ok {
				continue
			}
			if at.Before(rd.t.Now) {
				rd.r.At(e.File, when.Place, "this is before now", "put what happened earlier under before:")
				continue
			}
		}
		ev := rd.given(e)
		if ev == nil {
			continue
		}
		ev.Time = rd.happened(e, at).UTC()
		if k := len(rd.t.Events); k > 0 && at.Before(rd.t.Events[k-1].At) {
			rd.r.At(e.File, e.Place, "this event is earlier than the one before it", "put events in the order of their times")
		}
		g := Given{Event: ev, At: at, Of: rd.r.Text(e.Get("of"), "of")}
		if g.Of != "" {
			rd.step(e.Get("of"), g.Of, nil)
		}
		rd.t.Events = append(rd.t.Events, g)
	}
}

// happened reads when an event happened that is heard of later.
func (rd *reader) happened(e *source.Node, heard time.Time) time.Time {
	n := e.Get("happened")
	if n == nil {
		return heard
	}
	at, ok := rd.when.read(n, "happened")
	switch {
	case !ok:
		return heard
	case at.After(heard):
		rd.r.At(n.File, n.Place, "nothing is heard of before it happens", "happened: is for events that come late; leave it out")
		return heard
	}
	return at
}

// given reads an event but for its time; nil when it cannot be one.
func (rd *reader) given(n *source.Node) *event.Event {
	typ := rd.r.Text(n.Get("type"), "type")
	if n.Get("type") == nil {
		rd.r.At(n.File, n.Place, "type: is missing", "say what happened: type: order.completed")
	}
	if typ == "" {
		return nil
	}
	data := object{}
	if d := n.Get("data"); d != nil {
		if d.Kind != source.Map {
			rd.r.At(d.File, d.Place, "data must be a mapping, not "+d.Kind.String(), "write data: {order_id: A1}")
			return nil
		}
		data, _ = rd.value(d).(object)
	}
	if typ == event.OrderCompleted || typ == event.OrderRefunded {
		completeProducts(data)
	}
	update := object{}
	if traits, ok := rd.value(n.Get("traits")).(object); ok {
		update["traits"] = traits
	}
	if c := rd.consent(n.Get("consent"), rd.t.Now); len(c) > 0 {
		for _, k := range c {
			delete(k, "at") // The time of the event is meant.
		}
		update["consent"] = c
	}
	if len(update) > 0 {
		data[event.ProfileProperty] = update
	}
	ev := rd.event(rd.t.Now, typ, data)
	if past := n.Get("past"); past != nil {
		if ev.Past = past.Kind == source.Bool && strings.EqualFold(past.Value, "true"); past.Kind != source.Bool {
			rd.r.At(past.File, past.Place, "past must be true or false, not "+past.Kind.String(), "write past: true")
		}
	}
	if id := rd.r.Text(n.Get("id"), "id"); id != "" {
		ev.ID = id
	}
	if s := rd.r.Text(n.Get("source"), "source"); s != "" {
		ev.Source = s
	}
	if p := rd.r.Text(n.Get("profile"), "profile"); p != "" {
		ev.Subject = p
	}
	if err := ev.Validate(); err != nil {
		rd.r.At(n.File, n.Place, "this is no event that Rapport would take: "+strings.TrimPrefix(err.Error(), "event: "), "")
		return nil
	}
	if !rd.expected(n, ev) {
		return nil
	}
	return ev
}

// suggest reads what the recommender answers: products by id, or {id, name, category, url,
// image_url}.
func (rd *reader) suggest(n *source.Node) {
	rd.t.suggest = n != nil
	for _, s := range rd.list(n, "suggest", "suggest: [lamp, bulb]") {
		if s.Kind != source.Map {
			if id := rd.r.Text(s, "a product"); id != "" {
				rd.t.Suggest = append(rd.t.Suggest, journey.Suggestion{ID: id})
			}
			continue
		}
		if rd.r.Fields(s, "a product", source.Keys{Known: []string{"id", "name", "category", "url", "image_url"}}) {
			rd.t.Suggest = append(rd.t.Suggest, journey.Suggestion{
				ID: rd.r.Text(s.Get("id"), "id"), Name: rd.r.Text(s.Get("name"), "name"), Category: rd.r.Text(s.Get("category"), "category"),
				URL: rd.r.Text(s.Get("url"), "url"), ImageURL: rd.r.Text(s.Get("image_url"), "image_url"),
			})
		}
	}
}

// changes reads states that the workspace comes to: files by name, with their text, or
// nothing for one that goes.
func (rd *reader) changes(n *source.Node) {
	for _, c := range rd.list(n, "changes", "changes: [{at: +1d, files: {journeys/x.yaml: ...}}]") {
		if !rd.r.Fields(c, "a change", source.Keys{Known: []string{"at", "files"}}) {
			continue
		}
		change := Change{Files: map[string]*string{}, at: c.Place, in: c.File}
		if at := c.Get("at"); at == nil {
			rd.r.At(c.File, c.Place, "at: is missing", "say when the files change: at: +1d")
		} else {
			change.At, _ = rd.when.read(at, "at")
		}
		if k := len(rd.t.Changes); k > 0 && change.At.Before(rd.t.Changes[k-1].At) {
			rd.r.At(c.File, c.Place, "this change is earlier than the one before it", "put changes in the order of their times")
		}
		files := c.Get("files")
		if files == nil || files.Kind != source.Map {
			rd.r.At(c.File, c.Place, "files: must be a mapping of names to texts", "write files: {journeys/welcome.yaml: ...}")
			continue
		}
		for _, f := range files.Pairs {
			if f.Value.Kind == source.Null {
				change.Files[f.Key] = nil
				continue
			}
			text := rd.r.Text(f.Value, f.Key)
			change.Files[f.Key] = &text
		}
		rd.t.Changes = append(rd.t.Changes, change)
	}
}

// arms reads which arm of which split everybody takes.
func (rd *reader) arms(n *source.Node) {
	rd.bySplit(n, "arms", rd.t.Arms)
}

// winners reads which arm of which split has won before the test.
func (rd *reader) winners(n *source.Node) {
	rd.bySplit(n, "winners", rd.t.Winners)
}

// bySplit reads names of arms by the ids of their splits.
func (rd *reader) bySplit(n *source.Node, what string, into map[string]string) {
	if n == nil {
		return
	}
	if n.Kind != source.Map {
		rd.r.At(n.File, n.Place, what+" must be a mapping, not "+n.Kind.String(), "write "+what+": {version: plain}, with the split's id and an arm of it")
		return
	}
	for _, p := range n.Pairs {
		arm := rd.r.Text(p.Value, "arm")
		into[p.Key] = arm
		rd.arm(n.File, p.At, p.Value, p.Key, arm)
	}
}

// arm checks that there is such an arm, unless a change may bring it.
func (rd *reader) arm(f *source.File, at source.Place, value *source.Node, split, arm string) {
	if len(rd.t.Changes) > 0 || arm == "" {
		return
	}
	var splits, arms []string
	for _, d := range rd.journeys {
		walk(d.Steps, "", func(s *journey.Step, id string) {
			if s.Split == nil {
				return
			}
			splits = append(splits, id)
			if id == split {
				for _, a := range s.Split.Arms {
					arms = append(arms, a.Name)
				}
			}
		})
	}
	switch {
	case !slices.Contains(splits, split):
		rd.r.At(f, at, "there is no split "+split, spelling.DidYouMean(split, splits))
	case !slices.Contains(arms, arm):
		rd.r.At(value.File, value.Place, "the split "+split+" has no arm "+arm, spelling.DidYouMean(arm, arms))
	}
}

// deliver reads what becomes of messages: {step: offer, outcome: failed, reason: rejected,
// after: 10m}.
func (rd *reader) deliver(n *source.Node) {
	for _, d := range rd.list(n, "deliver", "deliver: [{step: offer, outcome: failed}]") {
		if !rd.r.Fields(d, "deliver", source.Keys{Known: []string{"step", "outcome", "reason", "after"}}) {
			continue
		}
		f := Fate{Outcome: message.Outcome(rd.r.Choice(d.Get("outcome"), "outcome", "sent", "failed", "uncertain", "none"))}
		if f.Outcome == "none" {
			f.Outcome = ""
		}
		if s := rd.r.Text(d.Get("step"), "step"); s != "" {
			f.Step = s
			rd.step(d.Get("step"), s, nil)
		}
		f.Reason = message.Reason(rd.r.Text(d.Get("reason"), "reason"))
		if f.Outcome == message.Failed && f.Reason == "" {
			f.Reason = message.ReasonRejected
		}
		if after := d.Get("after"); after != nil {
			f.After = rd.r.Duration(after, "after")
		}
		rd.t.Deliver = append(rd.t.Deliver, f)
	}
}

// step checks that the test's journeys have a step of the id that is of a kind, unless a
// change may bring it.
func (rd *reader) step(n *source.Node, id string, want func(*journey.Step) bool) {
	if len(rd.t.Changes) > 0 {
		return
	}
	var ids []string
	for _, d := range rd.journeys {
		walk(d.Steps, "", func(s *journey.Step, id string) {
			if want == nil || want(s) {
				ids = append(ids, id)
			}
		})
	}
	if !slices.Contains(ids, id) {
		rd.r.At(n.File, n.Place, "there is no step "+id+" of this kind in the journeys of the test", spelling.DidYouMean(id, ids))
	}
}
