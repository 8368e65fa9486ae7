package client

import (
	"context"
	"encoding/json"
	"time"

	"rapport/pkg/event"
)

// Calls are the ways to say something. Those of a Client return when the event is queued, those
// of Client.Wait when it is stored. Errors about an event are *Rejection.
type Calls struct {
	put func(context.Context, Call) error
}

// With adds to a call what most have no need of.
type With func(*Call)

// ID gives the event's id, by which a repeat is known.
func ID(id string) With { return func(c *Call) { c.ID = id } }

// At says when it happened, if not now.
func At(t time.Time) With { return func(c *Call) { c.Time = t } }

// Past marks what is told long after it happened: it counts, and nobody is written to because
// of it.
func Past() With { return func(c *Call) { c.Past = true } }

// Traits says something about the person beside what happened. Well-known names are email,
// phone (E.164), first_name, last_name, timezone (IANA), locale and country; nil removes one.
func Traits(traits map[string]any) With { return func(c *Call) { c.Person.Traits = traits } }

// Also names other ids of the same person, such as the one that their browser had.
func Also(ids ...string) With { return func(c *Call) { c.Person.Also = append(c.Person.Also, ids...) } }

// Tag is handed back in the call's Result.
func Tag(v any) With { return func(c *Call) { c.Tag = v } }

// Put hands in a call as it is.
func (c Calls) Put(ctx context.Context, call Call) error { return c.put(ctx, call) }

func (c Calls) with(ctx context.Context, call Call, with []With) error {
	for _, w := range with {
		w(&call)
	}
	return c.put(ctx, call)
}

// Track says that something happened to a person.
func (c Calls) Track(ctx context.Context, who string, e Event, with ...With) error {
	if e == nil {
		return reject("", "type", "is missing: there is no event")
	}
	return c.with(ctx, Call{Type: e.EventType(), Subject: who, Data: e}, with)
}

// TrackNamed is Track for an event that has no type in Go: the name is a type
// ("order.completed") or one of Segment's ("Order Completed"), and the properties are what
// marshals to a JSON object, or nil.
func (c Calls) TrackNamed(ctx context.Context, who, name string, properties any, with ...With) error {
	return c.with(ctx, Call{Type: name, Subject: who, Data: properties}, with)
}

// Identify says who a person is. The names of traits are those of With Traits.
func (c Calls) Identify(ctx context.Context, who string, traits map[string]any, with ...With) error {
	return c.with(ctx, Call{Type: event.ProfileIdentified, Subject: who, Person: event.ProfileUpdate{Traits: traits}}, with)
}

// Consent says what a person agreed to, or withdrew. A decision needs where it was made
// (Source); At is now when it is zero, and Proof should be there.
func (c Calls) Consent(ctx context.Context, who string, said []Consent, with ...With) error {
	said = append([]Consent(nil), said...)
	for i := range said {
		if said[i].At.IsZero() {
			said[i].At = time.Now().UTC()
		}
	}
	return c.with(ctx, Call{Type: "profile.updated", Subject: who, Person: event.ProfileUpdate{Consent: said}}, with)
}

// Alias says that a person is the same as the one known by a former id.
func (c Calls) Alias(ctx context.Context, who, previous string, with ...With) error {
	return c.alias(ctx, event.ProfileAliased, who, previous, with)
}

// Unalias takes an Alias back.
func (c Calls) Unalias(ctx context.Context, who, previous string, with ...With) error {
	return c.alias(ctx, event.ProfileUnaliased, who, previous, with)
}

func (c Calls) alias(ctx context.Context, typ, who, previous string, with []With) error {
	if previous == "" {
		return reject("", "data.previous_id", "is missing: name the other id")
	}
	return c.with(ctx, Call{Type: typ, Subject: who, Data: map[string]any{"previous_id": previous}}, with)
}

// Page says that a person looked at a page of the shop.
func (c Calls) Page(ctx context.Context, who, name string, properties map[string]any, with ...With) error {
	return c.with(ctx, Call{Type: event.PageViewed, Subject: who, Data: added(properties, "name", name)}, with)
}

// Group says that a person belongs to a company, a club or the like.
func (c Calls) Group(ctx context.Context, who, group string, traits map[string]any, with ...With) error {
	data := map[string]any{"group_id": group}
	if len(traits) > 0 {
		data["traits"] = traits
	}
	return c.with(ctx, Call{Type: event.GroupJoined, Subject: who, Data: data}, with)
}

// added is a copy of properties with one more, unless it is there.
func added(properties map[string]any, name string, value string) map[string]any {
	all := map[string]any{name: value}
	for k, v := range properties {
		all[k] = v
	}
	return all
}

// Product is a record of the shop's catalogue. ProductID is required; what is empty is not
// said. Amounts are written by their digits.
type Product struct {
	ProductID      string      `json:"product_id"`
	SKU            string      `json:"sku,omitempty"`
	Name           string      `json:"name,omitempty"`
	Price          json.Number `json:"price,omitempty"`
	Currency       string      `json:"currency,omitempty"` // ISO 4217
	CompareAtPrice json.Number `json:"compare_at_price,omitempty"`
	Stock          *int        `json:"stock,omitempty"`
	Available      *bool       `json:"available,omitempty"`
	URL            string      `json:"url,omitempty"`
	ImageURL       string      `json:"image_url,omitempty"`
	Category       string      `json:"category,omitempty"`
	Brand          string      `json:"brand,omitempty"`
	UpdatedAt      time.Time   `json:"updated_at,omitzero"`
}

// Product says what a product of the shop is like now.
func (c Calls) Product(ctx context.Context, p Product, with ...With) error {
	if p.ProductID == "" {
		return reject("", "data.product_id", "is missing: name the product")
	}
	return c.with(ctx, Call{Type: event.ProductUpdated, Subject: p.ProductID, Time: p.UpdatedAt, Data: p}, with)
}

// ProductRemoved says that the shop no longer has a product.
func (c Calls) ProductRemoved(ctx context.Context, productID string, with ...With) error {
	if productID == "" {
		return reject("", "data.product_id", "is missing: name the product")
	}
	return c.with(ctx, Call{Type: event.ProductRemoved, Subject: productID, Data: map[string]any{"product_id": productID}}, with)
}
