package profile

import (
	"slices"

	"rapport/pkg/event"
)

// Apply folds one event into the profile. The event has been validated; what its data
// says that cannot be read changes nothing.
func (p *Profile) Apply(e *event.Event) {
	if u, err := e.Profile(); err == nil && u != nil {
		p.update(u, e)
	}
	switch e.Type {
	case event.OrderCompleted:
		p.bought(e)
	case event.OrderRefunded:
		if o, err := e.Order(); err == nil {
			p.Orders.Refunds++
			p.Orders.Refunded = p.Orders.Refunded.Add(o.Total)
		}
	case event.EmailBounced, event.EmailComplained, event.EmailUnsubscribed, event.SMSFailed, event.SMSReceived,
		event.WhatsAppFailed, event.WhatsAppReceived:
		p.suppress(e)
	case event.PreferencesChanged:
		p.prefer(e)
	case event.ProfileErased:
		p.block(Block{Why: erased, At: e.Time})
	case event.ClockAdvanced:
		return // It is about no person.
	default:
		p.stand(e)
	}
	p.History.note(e)
}

// Knows reports whether an update says nothing new: shops send the traits with every event,
// and they are mostly those that are known.
func (p *Profile) Knows(u *event.ProfileUpdate) bool {
	for name, value := range u.Traits {
		known, ok := p.Traits[name]
		if !ok && value == nil {
			continue
		}
		// Lists and objects are not compared, and count as new.
		switch value.(type) {
		case string, float64, bool, nil:
			if !ok || known != value {
				return false
			}
		default:
			return false
		}
	}
	for i := range u.Consent {
		if !p.knows(&u.Consent[i]) {
			return false
		}
	}
	return true
}

func (p *Profile) update(u *event.ProfileUpdate, e *event.Event) {
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
	for i := range u.Consent {
		p.word(&u.Consent[i], e)
	}
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
	p.remember(o.Products)
	if extra := len(p.Orders.Bought) - maxBought; extra > 0 {
		p.Orders.Bought = append([]string(nil), p.Orders.Bought[extra:]...)
	}
}

// remember adds products to those bought. A map is worth its memory only for many.
func (p *Profile) remember(products []event.Product) {
	const few = 2000
	known := func(k string) bool { return slices.Contains(p.Orders.Bought, k) }
	if len(products)*len(p.Orders.Bought) > few {
		m := make(map[string]struct{}, len(p.Orders.Bought))
		for _, k := range p.Orders.Bought {
			m[k] = struct{}{}
		}
		known = func(k string) bool {
			_, ok := m[k]
			m[k] = struct{}{}
			return ok
		}
	}
	for i := range products {
		if k := products[i].Key(); !known(k) {
			p.Orders.Bought = append(p.Orders.Bought, k)
		}
	}
}
