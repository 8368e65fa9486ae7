package shopevents_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"rapport/pkg/client/shopevents"
	"rapport/pkg/event"
	"rapport/pkg/trackingplan"
	"rapport/pkg/trackingplan/generate"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	want, err := generate.Go("shopevents", "the types that Rapport knows", trackingplan.Commerce())
	if err != nil {
		t.Fatal(err)
	}
	if is, err := os.ReadFile("events_generated.go"); err != nil || !bytes.Equal(is, want) {
		t.Errorf("events_generated.go is stale (%v): run go generate ./client/shopevents in pkg", err)
	}
}

// What a struct becomes is an event as the rest of Rapport reads it.
func TestOrderIsAnOrder(t *testing.T) {
	t.Parallel()
	o := shopevents.NewOrderCompleted("A-1001")
	o.Total, o.Currency = "27.50", "EUR"
	o.Products = []shopevents.Product{{ProductID: "lamp-7", Price: "18.99", Quantity: new(2.0), Recommendable: new(false)}}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	e := event.Event{ID: "1", Source: "test", Type: o.EventType(), Subject: "ada", Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Data: data}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	if wrong := trackingplan.Known().Check(&e); wrong != nil {
		t.Fatal(wrong)
	}
	is, err := e.Order()
	if err != nil || is.Total.String() != "27.5" || is.Products[0].Price != "18.99" || is.Products[0].Quantity != 2 || is.Products[0].Sellable() {
		t.Errorf("%+v, %v", is, err)
	}
}

func ExampleOrderCompleted() {
	o := shopevents.OrderCompleted{Total: "lots", Products: []shopevents.Product{{ProductID: "lamp-7", Price: "18,99"}}}
	fmt.Println(o.Validate())
	// Output:
	// order_id: is missing
	// total: is "lots", must be a decimal such as 12.50
	// products[0].price: is "18,99", must be a decimal such as 12.50
}
