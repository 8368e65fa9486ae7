package journey

import (
	"encoding/json"
	"slices"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// run walks the instance at index i from a node until it rests or ends.
func (w *walk) run(i int, p *program, n int) {
	for n != end {
		in := &w.state.Instances[i]
		nd := &p.nodes[n]
		in.Step, in.Due = nd.step.ID, time.Time{}
		s := nd.step
		switch {
		case s.Wait != nil:
			w.rest(in, p, w.now.Add(s.Wait.For))
			return
		case s.Recommend != nil:
			w.ask(in, s.Recommend)
			return
		case s.Exit != nil:
			reason := s.Exit.Reason
			if reason == "" {
				reason = LeftByRule
			}
			w.end(i, false, reason)
			return
		case s.Branch != nil:
			n = w.branch(in, nd)
		case s.Send != nil:
			w.send(in, p.def, s)
			n = nd.next
		default:
			n = nd.next
		}
	}
	w.end(i, true, "")
}

// rest sets the timer; an instance never rests longer than it may live.
func (w *walk) rest(in *Instance, p *program, due time.Time) {
	if last := in.At.Add(p.def.lifetime()); due.After(last) {
		due = last
	}
	in.Due = due
}

func (w *walk) branch(in *Instance, nd *node) int {
	scope := w.scope(in)
	for i, c := range nd.step.Branch.Cases {
		if holds(c.If, scope) {
			return nd.arms[i]
		}
	}
	return nd.next
}

// ask rests without a timer: whoever carries out the effects answers or postpones.
func (w *walk) ask(in *Instance, r *Recommend) {
	w.effects = append(w.effects, Ask{Instance: in.ID, Query: Query{
		AsOf: w.now, Basket: in.Trigger.Products, Exclude: w.state.Profile.Orders.Bought,
		From: r.From, Min: r.Min, Max: r.Max,
	}})
}

// send decides one message and remembers it. A step sends once for each instance: where
// a changed journey leads somebody to a step that has sent already, nothing happens. The
// message would have the same id, and the store would refuse the whole batch for it.
func (w *walk) send(in *Instance, d *Definition, s *Step) {
	if slices.ContainsFunc(in.Sent, func(r SentRef) bool { return r.Step == s.ID }) {
		return
	}
	prof := &w.state.Profile
	c := message.Command{
		ID: message.ID(in.ID, s.ID, 0), Profile: prof.ID, Journey: in.Journey, Version: in.Version,
		Instance: in.ID, Step: s.ID, Channel: s.Send.Channel, Category: d.Category, Template: s.Send.Template,
		To: prof.Address(s.Send.Channel), Locale: prof.Trait("locale"), Timezone: prof.Trait("timezone"), DecidedAt: w.now,
	}
	reason := policy.Decide(policy.Request{Profile: prof, Channel: s.Send.Channel, Category: d.Category})
	if reason == "" {
		c.Vars = w.vars(in)
	}
	in.Sent = append(in.Sent, SentRef{Step: s.ID, ID: c.ID, At: w.now})
	trigger := in.Trigger
	w.effects = append(w.effects, Message{Command: c, Reason: reason, Trigger: &trigger})
}

// vars are the variables a template sees, as documented for marketers.
func (w *walk) vars(in *Instance) json.RawMessage {
	prof := &w.state.Profile
	who := make(map[string]any, len(prof.Traits)+2)
	for k, v := range prof.Traits {
		who[k] = v
	}
	who["id"] = prof.ID
	orders := map[string]any{"count": prof.Orders.Count, "total": prof.Orders.Total}
	if !prof.Orders.LastAt.IsZero() {
		orders["last_at"], orders["last_id"] = prof.Orders.LastAt, prof.Orders.LastID
	}
	who["orders"] = orders
	return assemble(who, in)
}

// assemble puts the variables together. The trigger's data is JSON already, checked when
// the event was accepted, and long; it is copied as it is.
func assemble(who map[string]any, in *Instance) json.RawMessage {
	b, err := json.Marshal(who)
	if err != nil {
		// Traits came from JSON and go back to it. Were one not to, the message is decided
		// all the same, and a strict template will say what it misses.
		b = []byte("{}")
	}
	b = append([]byte(`{"profile":`), b...)
	if len(in.Trigger.Data) > 0 {
		b = append(append(b, `,"trigger":`...), in.Trigger.Data...)
	}
	if len(in.Suggestions) > 0 {
		if list, err := json.Marshal(in.Suggestions); err == nil {
			b = append(append(b, `,"recommendations":`...), list...)
		}
	}
	return append(b, '}')
}
