package condition

import (
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// field is one thing known about every profile.
type field struct {
	shape
	of func(*profile.Profile) any
}

func profileFields() map[string]field {
	return map[string]field{
		"id":    {shape{kind: kindText}, func(p *profile.Profile) any { return p.ID }},
		"known": {shape{kind: kindBool}, func(p *profile.Profile) any { return p.Known }},
		"since": {shape{kind: kindTime}, func(p *profile.Profile) any { return moment(p.Since) }},

		"paused_until": {shape{kind: kindTime}, func(p *profile.Profile) any { return moment(p.PausedUntil) }},
		"write_less":   {shape{kind: kindBool}, func(p *profile.Profile) any { return p.WriteLess }},
	}
}

func orderFields() map[string]field {
	return map[string]field{
		"count":    {shape{kind: kindNumber}, func(p *profile.Profile) any { return float64(p.Orders.Count) }},
		"refunds":  {shape{kind: kindNumber}, func(p *profile.Profile) any { return float64(p.Orders.Refunds) }},
		"total":    {shape{kind: kindNumber}, func(p *profile.Profile) any { return p.Orders.Total.InexactFloat64() }},
		"refunded": {shape{kind: kindNumber}, func(p *profile.Profile) any { return p.Orders.Refunded.InexactFloat64() }},
		"first_at": {shape{kind: kindTime}, func(p *profile.Profile) any { return moment(p.Orders.FirstAt) }},
		"last_at":  {shape{kind: kindTime}, func(p *profile.Profile) any { return moment(p.Orders.LastAt) }},
		"last_id":  {shape{kind: kindText}, func(p *profile.Profile) any { return filled(p.Orders.LastID) }},
		"bought": {list(shape{kind: kindText}), func(p *profile.Profile) any {
			all := make([]any, len(p.Orders.Bought))
			for i, key := range p.Orders.Bought {
				all[i] = key
			}
			return all
		}},
	}
}

// wellKnownTraits are the traits that Rapport itself reads; all of them are texts.
func wellKnownTraits() []string {
	return []string{"email", "phone", "first_name", "last_name", "timezone", "locale", "country"}
}

func consentChannels() []string { return []string{"email", "sms", "whatsapp", "webhook"} }

func loyaltyFields() map[string]field {
	return map[string]field{
		"points": {shape{kind: kindNumber}, func(p *profile.Profile) any { return float64(p.Loyalty.Points) }},
		"tier":   {shape{kind: kindText}, func(p *profile.Profile) any { return filled(p.Loyalty.Tier) }},
		"tier_at": {shape{kind: kindTime}, func(p *profile.Profile) any {
			if p.Loyalty.Tier == "" {
				return nil // It is when the last tier was lost.
			}
			return moment(p.Loyalty.TierAt)
		}},
	}
}

// wellKnownPredictions are the figures that Rapport's own models give.
func wellKnownPredictions() []string { return []string{"churn_risk", "clv"} }

// moment is a time that may be missing.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func filled(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// profile is the root of what is known about the person.
func (c *compiler) profile(name string, at place) (operand, bool) {
	if f, ok := profileFields()[name]; ok {
		c.deps.Profile = true
		return fieldOperand("profile."+name, at, f), true
	}
	group := func(member func(string, place) (operand, bool)) (operand, bool) {
		return operand{at: at, name: "profile." + name, member: member}, true
	}
	switch name {
	case "orders":
		a := c.orders()
		a.name = "profile.orders"
		return c.aggregate(a, at), true
	case "consent":
		return group(func(channel string, at place) (operand, bool) {
			return c.consent("consent", channel, at, (*profile.Profile).Consents)
		})
	case "double_opt_in":
		return group(func(channel string, at place) (operand, bool) {
			return c.consent("double_opt_in", channel, at, (*profile.Profile).Confirms)
		})
	case "traits":
		return group(func(name string, at place) (operand, bool) { return c.trait(name, at), true })
	case "loyalty":
		c.deps.Loyalty = true
		return group(func(name string, at place) (operand, bool) {
			f, ok := loyaltyFields()[name]
			return fieldOperand("profile.loyalty."+name, at, f), ok
		})
	case "predicted":
		return group(c.predicted)
	case "segments":
		c.deps.AllSegments = true
		return fieldOperand("profile.segments", at, field{list(shape{kind: kindText, values: c.env.Segments}), segments}), true
	case "segment":
		return c.fail(at, "profile.segment needs the name of a segment", `such as profile.segment("vip")`), true
	case "tags":
		c.deps.Tags = true
		c.deps.trait("tags")
		return fieldOperand("profile.tags", at, field{list(shape{kind: kindText}), tags}), true
	}
	// Traits are open, so a slip of the pen cannot be known for one; but a name that is
	// nearly that of a well-known one is taken for one. profile.traits.NAME insists.
	declared := c.env.Catalogue.traitNames()
	suspects := append(wellKnownTraits(), "orders", "consent", "traits", "since", "known", "loyalty", "predicted", "segments", "segment", "tags",
		"paused_until", "write_less", "double_opt_in")
	suspects = append(suspects, declared...)
	if near := spelling.Nearest(name, suspects); near != "" && near != name {
		return c.fail(at, "profile has no property "+name, "did you mean "+near+"? A trait of your own with this name is written profile.traits."+name), true
	}
	return c.trait(name, at), true
}

// profileCall is what the profile can be asked with brackets.
func (c *compiler) profileCall(name string, args []ast.Node, at place) (operand, bool) {
	if name != "segment" {
		return operand{}, false
	}
	o := operand{}
	if len(args) == 1 {
		o = c.node(args[0])
	}
	segment, ok := o.fixed.(string)
	if !ok {
		return c.fail(at, "profile.segment needs the name of a segment", `such as profile.segment("vip")`), true
	}
	c.oneOf(o, operand{shape: shape{values: c.env.Segments}, name: "the name of a segment"})
	c.deps.segment(segment)
	return fieldOperand(`profile.segment("`+segment+`")`, at, field{shape{kind: kindBool}, func(p *profile.Profile) any { return p.In(segment) }}), true
}

func segments(p *profile.Profile) any {
	all := make([]any, len(p.Segments))
	for i := range p.Segments {
		all[i] = p.Segments[i].Name
	}
	return all
}

// tags are those that were put on the person, and those that the shop sends as a trait.
func tags(p *profile.Profile) any {
	sent, _ := normal(p.Traits["tags"]).([]any)
	all := make([]any, 0, len(p.Tags)+len(sent))
	for _, t := range p.Tags {
		all = append(all, t)
	}
	return append(all, sent...)
}

// predicted is profile.predicted.NAME, the latest figure of a model.
func (c *compiler) predicted(name string, at place) (operand, bool) {
	known := wellKnownPredictions()
	if near := spelling.Nearest(name, known); near != "" && near != name {
		return c.fail(at, "nobody predicts "+name, "did you mean "+near+"?"), true
	}
	c.deps.prediction(name)
	return fieldOperand("profile.predicted."+name, at, field{shape{kind: kindNumber}, func(p *profile.Profile) any {
		if v, ok := p.Predictions[name]; ok {
			return v
		}
		return nil
	}}), true
}

func fieldOperand(name string, at place, f field) operand {
	return operand{at: at, name: name, shape: f.shape, eval: func(fr *frame) any {
		if fr.scope.Profile == nil {
			return nil
		}
		return f.of(fr.scope.Profile)
	}}
}

func (c *compiler) trait(name string, at place) operand {
	c.deps.trait(name)
	f := field{shape: c.env.Catalogue.trait(name)}
	if f.kind == kindAny && slices.Contains(wellKnownTraits(), name) {
		f.kind = kindText
	}
	f.of = func(p *profile.Profile) any { return as(f.kind, p.Traits[name]) }
	return fieldOperand("profile."+name, at, f)
}

// consent is profile.consent.CHANNEL.PURPOSE, whether the latest word was yes, and
// profile.double_opt_in.CHANNEL.PURPOSE, whether that was confirmed. No word is no, so neither
// is ever missing.
func (c *compiler) consent(what, channel string, at place, says func(*profile.Profile, message.Channel, string) bool) (operand, bool) {
	if !slices.Contains(consentChannels(), channel) {
		return operand{}, false
	}
	name := "profile." + what + "." + channel
	return operand{at: at, name: name, member: func(purpose string, at place) (operand, bool) {
		if c.env.Purposes != nil && !slices.Contains(c.env.Purposes, purpose) {
			return c.fail(at, "nobody is asked to consent to "+purpose, spelling.DidYouMean(purpose, c.env.Purposes)), true
		}
		c.deps.consent(channel + "." + purpose)
		return fieldOperand(name+"."+purpose, at, field{shape{kind: kindBool}, func(p *profile.Profile) any {
			return says(p, message.Channel(channel), purpose)
		}}), true
	}}, true
}
