package bench

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/event"
)

// customer is the id of a profile by its number.
func customer(n int) string { return fmt.Sprintf("c%08d", n) }

// address is where mail about an event goes: the sink reads the number back.
func address(serial int) string { return "e" + strconv.Itoa(serial) + "@bench.example" }

// order is one order as a shop tells it: three products, and who bought them.
type order struct {
	id       string
	customer string
	email    string
	at       time.Time
	lines    [3]int // of the catalogue
}

// apart is how many orders lie between two of one customer at least: each tells another address, by
// which its mail is known, and of two that overtake each other the later one's address counts.
const apart = 64

// next is the next order, of a customer who is drawn from the first n.
func (b *bench) next(n int, at time.Time) order {
	b.serial++
	who := b.rnd.IntN(n)
	for slices.Contains(b.latest, who) {
		who = b.rnd.IntN(n)
	}
	b.latest = append(b.latest, who)
	b.latest = b.latest[max(0, len(b.latest)-min(apart, n/2)):]
	o := order{id: b.run + "-" + strconv.Itoa(b.serial), customer: customer(who), email: address(b.serial), at: at}
	for i := range o.lines {
		o.lines[i] = b.rnd.IntN(articles)
	}
	return o
}

// article is a product of the catalogue. Prices are in pence.
type article struct {
	id, name string
	pence    int
}

// articles is how many products there are.
const articles = 12

func catalogue() [articles]article {
	return [...]article{
		{"85123A", "White hanging heart T-light holder", 255},
		{"71053", "White metal lantern", 339},
		{"84406B", "Cream cupid hearts coat hanger", 275},
		{"84029G", "Knitted union flag hot water bottle", 339},
		{"84029E", "Red woolly hottie white heart", 339},
		{"22752", "Set 7 babushka nesting boxes", 765},
		{"21730", "Glass star frosted T-light holder", 425},
		{"22633", "Hand warmer union jack", 185},
		{"84879", "Assorted colour bird ornament", 169},
		{"22745", "Poppy's playhouse bedroom", 210},
		{"22423", "Regency cakestand 3 tier", 1275},
		{"47566", "Party bunting", 495},
	}
}

type line struct {
	ProductID string      `json:"product_id"`
	Name      string      `json:"name"`
	Price     json.Number `json:"price"`
	Quantity  int         `json:"quantity"`
	Category  string      `json:"category"`
	URL       string      `json:"url"`
}

type traits struct {
	FirstName string `json:"firstName,omitempty"`
	First     string `json:"first_name,omitempty"`
	Email     string `json:"email"`
}

type properties struct {
	OrderID  string      `json:"order_id"`
	Total    json.Number `json:"total"`
	Currency string      `json:"currency"`
	Products []line      `json:"products"`
	Profile  *about      `json:"$profile,omitempty"`
}

type about struct {
	Traits traits `json:"traits"`
}

// call is the order as one call of the HTTP API.
type call struct {
	Type       string     `json:"type"`
	Event      string     `json:"event"`
	MessageID  string     `json:"messageId"`
	Timestamp  time.Time  `json:"timestamp"`
	UserID     string     `json:"userId"`
	Properties properties `json:"properties"`
	Context    about      `json:"context"`
}

func (o *order) call() call {
	return call{
		Type: "track", Event: "Order Completed", MessageID: o.id, Timestamp: o.at.UTC(), UserID: o.customer,
		Properties: o.properties(), Context: about{Traits: traits{FirstName: "Zoë", Email: o.email}},
	}
}

// event is the order as the door would store it.
func (o *order) event() (event.Event, error) {
	p := o.properties()
	p.Profile = &about{Traits: traits{First: "Zoë", Email: o.email}}
	data, err := json.Marshal(p)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode order %s: %w", o.id, err)
	}
	return event.Event{ID: o.id, Source: "bench", Type: event.OrderCompleted, Subject: o.customer, Time: o.at.UTC(), Data: data}, nil
}

func (o *order) properties() properties {
	p := properties{OrderID: o.id, Currency: "GBP"}
	total := 0
	for i, n := range o.lines {
		a, quantity := catalogue()[n], 1+(n+i)%3
		total += a.pence * quantity
		p.Products = append(p.Products, line{
			ProductID: a.id, Name: a.name, Price: pounds(a.pence), Quantity: quantity, Category: "Home", URL: "https://shop.example/p/" + a.id,
		})
	}
	p.Total = pounds(total)
	return p
}

func pounds(pence int) json.Number {
	return json.Number(fmt.Sprintf("%d.%02d", pence/100, pence%100))
}
