package workspace

import (
	"fmt"
	"slices"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// sendsMessage reads send: {email: NAME}, with if_blocked: and fall_back: beside it.
func (r *reader) sendsMessage(step, n *source.Node, _ string, s *journey.Step) {
	s.Send = r.send(n, "send", channelNames())
	s.Send.Blocked = r.blocked(step.Get("if_blocked"))
	s.Send.FallBack = r.fallBack(step.Get("fall_back"), s.Send.Channel)
}

// fallBack reads {CHANNEL: TEMPLATE, after: 2h}: what those get whom the message does not reach.
func (r *reader) fallBack(n *source.Node, from message.Channel) *journey.FallBack {
	if n == nil || !r.Fields(n, "fall_back", source.Keys{Known: append(channelNames(), "after")}) {
		return nil
	}
	f := &journey.FallBack{Send: r.send(without(n, "after"), "fall_back", channelNames())}
	if r.required(n, "after", "say how long to wait for word that the message arrived: after: 2h") {
		f.After = r.atMost(n.Get("after"), "after")
	}
	if f.Send.Channel == from && from != "" {
		r.Warn(n.File, keyPlace(n, string(from)), "whom "+string(from)+" did not reach, a second one by "+string(from)+" will not reach either", "name another channel")
	}
	return f
}

// send reads {CHANNEL: TEMPLATE}.
func (r *reader) send(n *source.Node, what string, channels []string) *journey.Send {
	s := &journey.Send{}
	for _, key := range []string{"if_blocked", "fall_back"} {
		if n.Get(key) != nil && what == "send" {
			r.At(n.File, keyPlace(n, key), key+": belongs beside send:, not into it", "indent it like send:")
			n = without(n, key)
		}
	}
	if !r.Fields(n, what, source.Keys{Known: channels}) {
		return s
	}
	for _, p := range n.Pairs {
		if !slices.Contains(channels, p.Key) {
			continue
		}
		if s.Channel != "" {
			r.At(n.File, p.At, "a step sends one message", "make two steps of it")
			return s
		}
		s.Channel, s.Template = message.Channel(p.Key), r.Text(p.Value, p.Key)
		r.knowsTemplate(p.Value, s)
	}
	if len(n.Pairs) == 0 {
		r.At(n.File, n.Place, "the step sends nothing", "name a template: "+what+": {email: thank-you}")
	}
	return s
}

// knowsTemplate reports a message that there is no template for.
func (r *reader) knowsTemplate(n *source.Node, s *journey.Send) {
	if s.Template == "" || r.messages.Has(s.Channel, s.Template) {
		return
	}
	hint := spelling.DidYouMean(s.Template, r.messages.Names(s.Channel))
	if spelling.Nearest(s.Template, r.messages.Names(s.Channel)) == "" {
		hint = map[message.Channel]string{
			message.Email:    "write email/" + s.Template + ".html.liquid (or .mjml) and email/" + s.Template + ".txt.liquid",
			message.SMS:      "write sms/" + s.Template + ".txt.liquid",
			message.WhatsApp: "write whatsapp/" + s.Template + ".yaml for a wording that was approved, or whatsapp/" + s.Template + ".txt.liquid for an answer",
			message.Webhook:  "write webhook/" + s.Template + ".yaml",
		}[s.Channel]
	}
	r.At(n.File, n.Place, fmt.Sprintf("there is no template %s for %s", s.Template, s.Channel), hint)
}

// blocked reads what happens to a message that may not go: drop, or a mapping of
// defer_for_at_most and instead.
func (r *reader) blocked(n *source.Node) journey.Blocked {
	var b journey.Blocked
	switch {
	case n == nil:
	case n.Kind == source.Text && n.Value == "drop":
		b.Drop = true
	case n.Kind != source.Map:
		r.At(n.File, n.Place, "if_blocked cannot be "+plainly(n), "use drop, {defer_for_at_most: 2d}, {instead: {sms: NAME}}, or both of the last")
	case !r.Fields(n, "if_blocked", source.Keys{Known: []string{"defer_for_at_most", "instead"}}):
	case len(n.Pairs) == 0:
		r.At(n.File, n.Place, "if_blocked is empty", "use drop, {defer_for_at_most: 2d}, or {instead: {sms: NAME}}")
	default:
		if most := n.Get("defer_for_at_most"); most != nil {
			b.DeferAtMost = r.atMost(most, "defer_for_at_most")
		}
		if instead := n.Get("instead"); instead != nil {
			b.Instead = r.send(instead, "instead", channelNames())
		}
	}
	return b
}

// surveys reads survey: {name: NAME, email: TEMPLATE}.
func (r *reader) surveys(step, n *source.Node, _ string, s *journey.Step) {
	s.Survey = &journey.Survey{}
	channels := []string{string(message.Email), string(message.SMS), string(message.WhatsApp)}
	if !r.Fields(n, "survey", source.Keys{Known: append([]string{"name"}, channels...)}) {
		return
	}
	if r.required(n, "name", "give it one that its answers are kept under: name: nps") {
		name := n.Get("name")
		if s.Survey.Name = r.Text(name, "name"); s.Survey.Name != "" && !journeyName.MatchString(s.Survey.Name) {
			r.At(n.File, name.Place, s.Survey.Name+" cannot be the name of a survey", "use small letters, digits and hyphens, such as nps")
		}
	}
	what := *n
	what.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return !slices.Contains(channels, p.Key) })
	s.Survey.Send = *r.send(&what, "survey", channels)
	s.Survey.Send.Blocked = r.blocked(step.Get("if_blocked"))
}

func without(n *source.Node, key string) *source.Node {
	b := *n
	b.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return p.Key == key })
	return &b
}
