package condition

import (
	"time"

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

func consentChannels() []string { return []string{string(message.Email), string(message.SMS)} }

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
		return fieldOperand("profile."+name, at, f), true
	}
	switch name {
	case "orders":
		fields := map[string]shape{}
		for n, f := range orderFields() {
			fields[n] = f.shape
		}
		return operand{at: at, name: "profile.orders", shape: object(fields), member: func(name string, at place) (operand, bool) {
			f, ok := orderFields()[name]
			return fieldOperand("profile.orders."+name, at, f), ok
		}}, true
	case "consent":
		return operand{at: at, name: "profile.consent", member: c.consent}, true
	case "traits":
		return operand{at: at, name: "profile.traits", member: func(name string, at place) (operand, bool) {
			return c.trait(name, at), true
		}}, true
	}
	// Traits are open, so a slip of the pen cannot be known for one; but a name that is
	// nearly that of a well-known one is taken for one. profile.traits.NAME insists.
	suspects := append(wellKnownTraits(), "orders", "consent", "traits", "since", "known")
	if near := spelling.Nearest(name, suspects); near != "" && near != name {
		return c.fail(at, "profile has no property "+name, "did you mean "+near+"? A trait of your own with this name is written profile.traits."+name), true
	}
	return c.trait(name, at), true
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
	f := field{of: func(p *profile.Profile) any { return normal(p.Traits[name]) }}
	for _, known := range wellKnownTraits() {
		if name == known {
			f.shape = shape{kind: kindText}
			f.of = func(p *profile.Profile) any { return as(kindText, p.Traits[name]) }
		}
	}
	return fieldOperand("profile."+name, at, f)
}

// consent is profile.consent.CHANNEL.PURPOSE: whether the latest word was yes. No word is
// no, so it is never missing.
func (c *compiler) consent(channel string, at place) (operand, bool) {
	for _, known := range consentChannels() {
		if channel == known {
			return operand{at: at, name: "profile.consent." + channel, member: func(purpose string, at place) (operand, bool) {
				return fieldOperand("profile.consent."+channel+"."+purpose, at, field{shape{kind: kindBool}, func(p *profile.Profile) any {
					return p.Consents(message.Channel(channel), purpose)
				}}), true
			}}, true
		}
	}
	return operand{}, false
}
