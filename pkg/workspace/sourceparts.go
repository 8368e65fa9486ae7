package workspace

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/shophook"
	"rapport/pkg/workspace/source"
)

// wrong reports a mistake in an expression at its place in the file.
func (r *sourceReader) wrong(n *source.Node, err error) {
	var e *shophook.Error
	if errors.As(err, &e) {
		r.At(n.File, n.Within(e.Line, e.Col, e.Width), e.Message, e.Hint)
		return
	}
	r.At(n.File, n.Place, err.Error(), "")
}

// personOf reads who an event is about: a name of people:, or a person.
func (r *sourceReader) personOf(n *source.Node, names []string) shophook.Person {
	if n.Kind == source.Map {
		return r.person(n, names)
	}
	name := r.Text(n, "person")
	p, ok := r.people[name]
	if name != "" && !ok {
		r.At(n.File, n.Place, "there is nobody called "+name+" in people:", spelling.DidYouMean(name, slices.Sorted(maps.Keys(r.people))))
	}
	return p
}

func (r *sourceReader) person(n *source.Node, names []string) (p shophook.Person) {
	if !r.Fields(n, "a person", source.Keys{Known: []string{"subject", "also", "traits", "consent"}}) {
		return p
	}
	subject := needed(n, "subject", `say by which id: subject: '"shopify:" + text(body.customer.id)'`, r.Report)
	if p.Subject = r.exprs(subject, names); subject != nil && subject.Kind == source.List && len(subject.Items) == 0 {
		r.At(n.File, subject.Place, "the list is empty", "name an id; the first that is there counts")
	}
	p.Also = r.exprs(n.Get("also"), names)
	if traits := n.Get("traits"); traits != nil {
		p.Traits = r.fields(traits, "traits", names)
	}
	for _, item := range items(n.Get("consent"), "consent", "a word, such as {channel: email, purpose: marketing, granted: body.accepts_marketing}", r.Report) {
		if c, ok := r.consent(item, names); ok {
			p.Consent = append(p.Consent, c)
		}
	}
	return p
}

func (r *sourceReader) consent(n *source.Node, names []string) (c shophook.Consent, ok bool) {
	if !r.Fields(n, "a word about consent", source.Keys{Known: []string{"channel", "purpose", "if", "granted", "confirmed", "at", "source", "proof"}}) {
		return c, false
	}
	if channel := needed(n, "channel", "say for which: channel: email", r.Report); channel != nil {
		c.Channel = r.Choice(channel, "channel", channelNames()...)
	}
	if purpose := needed(n, "purpose", "say to what: purpose: marketing", r.Report); purpose != nil {
		c.Purpose = r.Text(purpose, "purpose")
		r.knowsPurpose(r.Report, purpose, c.Purpose)
	}
	granted := needed(n, "granted", `say what is a yes: granted: body.state == "subscribed"`, r.Report)
	c.When, c.Granted = r.expr(n.Get("if"), names...), r.expr(granted, names...)
	c.Confirmed, c.At = r.expr(n.Get("confirmed"), names...), r.expr(n.Get("at"), names...)
	c.Source, c.Proof = r.expr(n.Get("source"), names...), r.expr(n.Get("proof"), names...)
	return c, c.Granted != nil
}

// data reads an event's data: fields, a name of shapes:, or several of these.
func (r *sourceReader) data(n *source.Node, names []string) []shophook.Field {
	var out []shophook.Field
	for _, item := range several(n) {
		var fields []shophook.Field
		if item.Kind == source.Map {
			fields = r.fields(item, "data", names)
		} else if name := r.Text(item, "data"); name != "" {
			shape, ok := r.shapes[name]
			if !ok {
				r.At(n.File, item.Place, "there is no shape "+name+" in shapes:", spelling.DidYouMean(name, slices.Sorted(maps.Keys(r.shapes))))
			}
			fields = shape
		}
		for _, f := range fields {
			if slices.ContainsFunc(out, func(o shophook.Field) bool { return o.Name == f.Name }) {
				r.At(n.File, item.Place, f.Name+" is here twice", "keep it in one of the parts of data")
				continue
			}
			out = append(out, f)
		}
	}
	return out
}

// fields reads named values.
func (r *sourceReader) fields(n *source.Node, what string, names []string) []shophook.Field {
	var out []shophook.Field
	for _, p := range r.named(n, what, "an expression, such as order_id: text(body.id)") {
		if !fieldName.MatchString(p.Key) {
			hint := "use letters, digits and underscores, such as order_id"
			if p.Key == event.ProfileProperty {
				hint = "say it under person:, with traits, consent and also"
			}
			r.At(n.File, p.At, p.Key+" cannot be the name of a field", hint)
			continue
		}
		if v := r.fieldValue(p.Value, names); v != nil {
			out = append(out, shophook.Field{Name: p.Key, Value: v})
		}
	}
	return out
}

// fieldValue reads a value: a text is an expression, numbers and truths stand for themselves.
func (r *sourceReader) fieldValue(n *source.Node, names []string) *shophook.Value {
	switch n.Kind {
	case source.Text:
		if e := r.expr(n, names...); e != nil {
			return &shophook.Value{Expr: e}
		}
	case source.Bool:
		return &shophook.Value{Literal: n.Value == "true"}
	case source.Number:
		if !json.Valid([]byte(n.Value)) {
			r.At(n.File, n.Place, n.Value+" is not written as a number", "write it in digits, such as 12.5")
			return nil
		}
		return &shophook.Value{Literal: json.Number(n.Value)}
	case source.List:
		v := &shophook.Value{List: []*shophook.Value{}}
		for _, item := range n.Items {
			if one := r.fieldValue(item, names); one != nil {
				v.List = append(v.List, one)
			}
		}
		return v
	case source.Map:
		if n.Get("each") == nil {
			return &shophook.Value{Fields: r.fields(n, "a value", names)}
		}
		return r.listValue(n, names)
	default:
		r.At(n.File, n.Place, "there is no value", "name something of the body, such as text(body.id), or leave the field out")
	}
	return nil
}

// listValue reads fields for each element of a list.
func (r *sourceReader) listValue(n *source.Node, names []string) *shophook.Value {
	if !r.Fields(n, "a list of fields", source.Keys{Known: []string{"each", "as", "if", "fields"}}) {
		return nil
	}
	v := &shophook.Value{}
	var inner []string
	v.Each, v.As, inner = r.loop(n, names)
	v.When = r.expr(n.Get("if"), inner...)
	if fields := needed(n, "fields", "say what each element has: fields: {sku: "+v.As+".sku}", r.Report); fields != nil {
		if v.Fields = r.fields(fields, "fields", inner); fields.Kind == source.Map && len(fields.Pairs) == 0 {
			r.At(n.File, fields.Place, "there are no fields", "name one, such as sku: "+v.As+".sku")
		}
	}
	if v.Each == nil || strings.TrimSpace(v.As) == "" {
		return nil
	}
	return v
}
