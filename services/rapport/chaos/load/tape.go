package load

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Event is one thing that a customer did, and how the shop tells it.
type Event struct {
	ID      string          `json:"id"` // messageId
	Profile string          `json:"profile"`
	Type    string          `json:"type"`            // as Rapport calls it
	Order   string          `json:"order,omitempty"` // of orders and refunds; the view's id of a view
	N       int             `json:"n"`               // counts a profile's events from 0
	Call    json.RawMessage `json:"-"`               // the item of a batch
}

// The types of events on a tape. StepTrait is the trait that each identification sets to
// the event's N, so that a profile shows which identification was applied last.
const (
	Identified = "profile.identified"
	Completed  = "order.completed"
	Refunded   = "order.refunded"
	Viewed     = "shelf.viewed"
	StepTrait  = "chaos_step"
)

// Source is the name of the producers' write key: the source of all their events.
const Source = "shop"

// UID is what Rapport knows the event by.
func (e *Event) UID() string { return Source + "#" + e.ID }

// Tape makes events for ever.
type Tape struct {
	rng       *rand.Rand
	began     time.Time
	customers []*customer
	n         int
}

type customer struct {
	id     string
	email  string
	phone  string
	events int
	orders int
	kept   []string // orders that can be refunded
}

// NewTape begins the tape of one of several producers, who share the customers out. began
// dates the events; it changes nothing else.
func NewTape(seed uint64, producer, producers, customers int, began time.Time) *Tape {
	t := &Tape{rng: rand.New(rand.NewPCG(seed, uint64(producer)+1)), began: began} //nolint:gosec // Repeatable, not secret.
	for i := producer; i < customers; i += producers {
		id := fmt.Sprintf("customer-%04d", i)
		mailbox := id
		if i%25 == 24 {
			mailbox = "nobody-" + id // The mail server refuses it for good.
		}
		t.customers = append(t.customers, &customer{
			id: id, email: mailbox + "@shop.example", phone: fmt.Sprintf("+447700900%03d", i%1000), // Ofcom's numbers for drama
		})
	}
	return t
}

// Next returns the next events: of different customers in any order, of one in theirs.
func (t *Tape) Next(n int) []Event {
	events := make([]Event, 0, n)
	for len(events) < n {
		events = append(events, t.one(t.customers[t.rng.IntN(len(t.customers))]))
	}
	return events
}

// one is the next thing that a customer does. The first is always to say who they are.
func (t *Tape) one(c *customer) Event {
	e := Event{Profile: c.id, N: c.events}
	c.events++
	t.n++
	// Up to a minute late or early: what counts is when it is told.
	at := t.began.Add(time.Duration(t.n)*20*time.Millisecond - time.Duration(t.rng.Int64N(int64(time.Minute))))
	e.ID = fmt.Sprintf("%s/%d", c.id, e.N)
	call := map[string]any{"userId": c.id, "messageId": e.ID, "timestamp": at.UTC().Format(time.RFC3339Nano)}
	switch r := t.rng.IntN(100); {
	case e.N == 0 || r < 20:
		e.Type = Identified
		call["type"] = "identify"
		call["traits"] = map[string]any{"email": c.email, "phone": c.phone, "firstName": "Ada", StepTrait: e.N}
		call["context"] = map[string]any{"consent": []map[string]any{
			{"channel": "email", "purpose": "marketing", "granted": true}, {"channel": "sms", "purpose": "marketing", "granted": true},
		}}
	case r < 55:
		e.Type, e.Order = Completed, fmt.Sprintf("%s-o%d", c.id, c.orders)
		c.orders++
		c.kept = append(c.kept, e.Order)
		track(call, "Order Completed", map[string]any{
			"order_id": e.Order, "total": 12.5, "currency": "GBP",
			"products": []map[string]any{{"product_id": fmt.Sprintf("p%d", t.rng.IntN(50)), "name": "Lamp", "price": 12.5, "quantity": 1}},
		})
	case r < 75 && len(c.kept) > 0:
		i := t.rng.IntN(len(c.kept))
		e.Type, e.Order = Refunded, c.kept[i]
		c.kept = append(c.kept[:i], c.kept[i+1:]...)
		track(call, "Order Refunded", map[string]any{"order_id": e.Order, "total": 12.5, "currency": "GBP"})
	default:
		e.Type, e.Order = Viewed, fmt.Sprintf("%s-v%d", c.id, e.N)
		track(call, "Shelf Viewed", map[string]any{"view_id": e.Order})
	}
	e.Call, _ = json.Marshal(call) // Maps of strings and numbers always become JSON.
	return e
}

func track(call map[string]any, name string, properties map[string]any) {
	call["type"], call["event"], call["properties"] = "track", name, properties
}
