package profile

import (
	"slices"
	"strings"

	"rapport/pkg/event"
)

// Apply folds one event into the profile. The event has been validated; what its data
// says that cannot be read changes nothing.
func (p *Profile) Apply(e *event.Event) {
	if e.Type == event.ClockAdvanced || strings.HasPrefix(e.Type, event.Identity) {
		return // The one is about no person, the others are about where it is that they are known.
	}
	if e.Time.Before(p.Since) {
		p.Since = e.Time
	}
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
	p.tell(u.Traits, e.Time.UnixNano())
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
	if c := e.Time.Compare(p.Orders.LastAt); c > 0 || c == 0 && o.OrderID > p.Orders.LastID {
		p.Orders.LastAt, p.Orders.LastID = e.Time, o.OrderID
	}
	keys := make([]string, len(o.Products))
	for i := range o.Products {
		keys[i] = o.Products[i].Key()
	}
	p.remember(keys)
}

// remember adds products to those bought.
func (p *Profile) remember(keys []string) {
	bought := p.Orders.Bought
	if !slices.IsSorted(bought) { // It was written when they were kept in the order of buying.
		slices.Sort(bought)
	}
	for _, k := range keys {
		if i, known := slices.BinarySearch(bought, k); !known {
			bought = slices.Insert(bought, i, k)
		}
	}
	if extra := len(bought) - maxBought; extra > 0 {
		bought = slices.Delete(bought, 0, extra)
	}
	p.Orders.Bought = bought
}
