package profile

import (
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Apply folds one event into the profile. The event has been validated; what its data
// says that cannot be read changes nothing.
func (p *Profile) Apply(e *event.Event) {
	if u, err := e.Profile(); err == nil && u != nil {
		p.update(u, e.Time)
	}
	switch e.Type {
	case event.OrderCompleted:
		p.bought(e)
	case event.OrderRefunded:
		if o, err := e.Order(); err == nil {
			p.Orders.Refunds++
			p.Orders.Refunded = p.Orders.Refunded.Add(o.Total)
		}
	case event.ClockAdvanced:
		return // It is about no person.
	default:
		p.stand(e)
	}
	p.History.note(e)
}

func (p *Profile) update(u *event.ProfileUpdate, at time.Time) {
	for name, value := range u.Traits {
		if value == nil {
			delete(p.Traits, name)
			continue
		}
		if p.Traits == nil {
			p.Traits = make(map[string]any, len(u.Traits))
		}
		p.Traits[name] = value
	}
	for _, c := range u.Consent {
		k := Consent{Channel: message.Channel(c.Channel), Purpose: c.Purpose, Granted: c.Granted, Source: c.Source, At: c.At}
		if k.At.IsZero() {
			k.At = at
		}
		p.consent(k)
	}
}

// consent keeps the latest word: an older one that arrives late changes nothing, and of
// two at the same time a refusal wins.
func (p *Profile) consent(k Consent) {
	for i := range p.Consent {
		old := &p.Consent[i]
		if old.Channel != k.Channel || old.Purpose != k.Purpose {
			continue
		}
		if k.At.Before(old.At) || (k.At.Equal(old.At) && (k.Granted || !old.Granted)) {
			return
		}
		*old = k
		return
	}
	p.Consent = append(p.Consent, k)
}

func (p *Profile) bought(e *event.Event) {
	o, err := e.Order()
	if err != nil {
		return
	}
	p.Orders.Count++
	p.Orders.Total = p.Orders.Total.Add(o.Total)
	if p.Orders.FirstAt.IsZero() || e.Time.Before(p.Orders.FirstAt) {
		p.Orders.FirstAt = e.Time
	}
	if !e.Time.Before(p.Orders.LastAt) {
		p.Orders.LastAt, p.Orders.LastID = e.Time, o.OrderID
	}
	known := make(map[string]struct{}, len(p.Orders.Bought))
	for _, k := range p.Orders.Bought {
		known[k] = struct{}{}
	}
	for i := range o.Products {
		k := o.Products[i].Key()
		if _, ok := known[k]; !ok {
			known[k] = struct{}{}
			p.Orders.Bought = append(p.Orders.Bought, k)
		}
	}
	if extra := len(p.Orders.Bought) - maxBought; extra > 0 {
		p.Orders.Bought = append([]string(nil), p.Orders.Bought[extra:]...)
	}
}
