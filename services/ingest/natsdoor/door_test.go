package natsdoor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/event"
	"rapport/services/ingest/natsdoor"
)

func TestEventsOfAllModes(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	b.open(natsdoor.Options{})
	before := time.Now()
	b.publish("in.shop", viewed("1", "ada"))
	binary := nats.NewMsg("in.till.store-1")
	binary.Data = []byte(`{"total":2.20}`)
	for name, value := range map[string]string{"specversion": "1.0", "id": "1", "source": "https://till.example", "type": "cart.viewed", "subject": "ada%20l", "time": "2026-03-02T09:00:00Z", "zone": "eu"} {
		binary.Header["ce-"+name] = []string{value}
	}
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	binary.Header["traceparent"] = []string{parent}
	if _, err := b.js.PublishMsg(b.deadline(), binary); err != nil {
		t.Fatal(err)
	}
	b.publish(bus.InSubject("my shop"), strings.Replace(viewed("1", "ada"), `"id"`, `"time":"2126-03-02T09:00:00Z","id"`, 1))

	all := b.events(3)
	if e := all[0]; e.Source != "shop" || e.Subject != "ada" || string(e.Data) != `{"total":1.10}` || e.Time.Before(before.Add(-time.Minute)) {
		t.Errorf("structured: %+v with %s", e, e.Data)
	}
	if e := all[1]; e.Source != "till/https://till.example" || e.Subject != "ada l" || string(e.Data) != `{"$extensions":{"zone":"eu"},"total":2.20}` || e.Time.Year() != 2026 || e.Time.Month() != 3 {
		t.Errorf("binary: %+v with %s", e, e.Data)
	}
	if e := all[2]; e.Source != "my shop/shop" || e.Time.Year() > 2100 {
		t.Errorf("with a clock of the next century: %+v", e)
	}
	if got := b.stored(bus.StreamEvents, 2)[1].Headers().Get("traceparent"); got != parent {
		t.Errorf("the trace is %q, want %q", got, parent)
	}
	b.empty(bus.StreamIn)
}

// What cannot be read is kept with the reason and as it came; the good ones around it go on.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	b.open(natsdoor.Options{Plan: plan{}})
	bad := []struct {
		subject, body, reason string
		class                 bus.Class
	}{
		{"in.shop", "\xff not JSON", "UTF-8", bus.Unreadable},
		{"in.shop", `{"specversion":"1.0"}`, "id: is missing", bus.Unreadable},
		{"in.shop", strings.Replace(viewed("2", "ada"), "cart.viewed", "message.sent", 1), "type", bus.Unreadable},
		{"in.rapport.x", viewed("2", "ada"), "source", bus.Refused},
		{"in.till", strings.Replace(viewed("2", "ada"), "cart.viewed", "product.updated", 1), "POST /v1/products", bus.Refused},
		{"in.till", strings.Replace(viewed("2", "ada"), "cart.viewed", "cart.forbidden", 1), "data.total", bus.Refused},
	}
	b.publish("in.shop", viewed("1", "ada"))
	for _, l := range bad {
		b.publish(l.subject, l.body)
	}
	b.publish("in.shop", strings.Replace(viewed("3", "ada"), "cart.viewed", "cart.loose", 1))
	if all := b.events(2); all[0].ID != "1" || all[1].ID != "3" {
		t.Errorf("events %s and %s", all[0].ID, all[1].ID)
	}
	for i, m := range b.stored(bus.StreamDead, len(bad)) {
		dead, err := bus.ReadDead(m.Headers())
		if err != nil {
			t.Fatal(err)
		}
		want := bad[i]
		sender, _ := bus.Sender(want.subject)
		if dead.Service != "ingest" || dead.Class != want.class || dead.Subject != want.subject || dead.Source != sender || dead.Stream != bus.StreamIn ||
			!strings.Contains(dead.Reason, want.reason) || string(m.Data()) != want.body {
			t.Errorf("%q on %s: letter %+v", want.body, want.subject, dead)
		}
	}
	b.empty(bus.StreamIn)
}

// plan forbids one type and is not content with another.
type plan struct{}

func (plan) Check(e *event.Event) *event.FieldError {
	if e.Type == "cart.forbidden" || e.Type == "cart.loose" {
		return &event.FieldError{Field: "data.total", Reason: "must be text"}
	}
	return nil
}

func (plan) Keeps(typ string) bool { return typ == "cart.loose" }

// catalogue refuses what it is given for the first time.
type catalogue struct {
	mu   sync.Mutex
	asks int
	got  chan string
}

func (*catalogue) Check(e *event.Event) *event.FieldError {
	if !strings.Contains(string(e.Data), "product_id") {
		return &event.FieldError{Field: "data.product_id", Reason: "is missing"}
	}
	return nil
}

func (c *catalogue) Put(_ context.Context, products []event.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asks++; c.asks == 1 {
		return errors.New("not now")
	}
	for _, p := range products {
		c.got <- p.ID
	}
	return nil
}

func TestProductsGoToTheCatalogue(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	c := &catalogue{got: make(chan string, 10)}
	b.open(natsdoor.Options{Catalogue: c})
	b.publish("in.shop",
		`{"specversion":"1.0","id":"p1","source":"shop","type":"product.updated","data":{"product_id":"1"}}`,
		`{"specversion":"1.0","id":"p2","source":"shop","type":"product.updated","data":{}}`)
	select {
	case id := <-c.got:
		if id != "p1" {
			t.Errorf("the catalogue got %s", id)
		}
	case <-time.After(patience):
		t.Fatal("the catalogue got nothing")
	}
	if m := b.stored(bus.StreamDead, 1)[0]; !strings.Contains(string(m.Data()), "p2") {
		t.Errorf("buried %s", m.Data())
	}
	b.empty(bus.StreamIn)
}

// Two producers may number their events alike; one that repeats itself changes nothing.
func TestIds(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	b.publish("in.shop", viewed("1", "ada"), viewed("1", "ada"), viewed("2", "ada"))
	b.publish("in.till", viewed("1", "ada"))
	b.open(natsdoor.Options{})
	b.empty(bus.StreamIn)
	b.publish("in.shop", viewed("1", "ada"), viewed("3", "ada"))
	b.empty(bus.StreamIn)
	var got []string
	for _, e := range b.events(4) {
		got = append(got, e.UID())
	}
	if want := []string{"shop#1", "shop#2", "till/shop#1", "shop#3"}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if last, err := bus.LastSeq(b.deadline(), b.js, bus.StreamEvents); err != nil || last != 4 {
		t.Errorf("%d events, %v", last, err)
	}
}

// While EVENTS is full the door waits, and producers are refused as soon as IN is full too. Nothing that was
// taken is lost, and all goes on when there is room.
func TestFullStreams(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	resize := func(stream string, size int64) {
		t.Helper()
		s, err := b.js.Stream(b.deadline(), stream)
		if err != nil {
			t.Fatal(err)
		}
		cfg := s.CachedInfo().Config
		cfg.MaxBytes = size
		if _, err := b.js.UpdateStream(b.deadline(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	resize(bus.StreamEvents, 20_000)
	resize(bus.StreamIn, 20_000)
	b.open(natsdoor.Options{Batch: 10})
	taken := 0
	for ; ; taken++ {
		_, err := b.js.Publish(b.deadline(), "in.shop", []byte(viewed(fmt.Sprint(taken), "ada")))
		if bus.IsFull(err) {
			break
		}
		if err != nil || taken > 1000 {
			t.Fatalf("event %d: %v", taken, err)
		}
	}
	resize(bus.StreamEvents, 20<<20)
	for i, e := range b.events(taken) {
		if e.ID != fmt.Sprint(i) {
			t.Fatalf("event %d is %s", i, e.ID)
		}
	}
	b.empty(bus.StreamIn)
	b.publish("in.shop", viewed("again", "ada"))
	if all := b.events(taken + 1); all[taken].ID != "again" {
		t.Errorf("after it: %s", all[taken].ID)
	}
}

// Several doors share the stream: one works at a time, so that order is kept, and another takes over.
func TestDoorsTakeOver(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	ends := []func(){b.open(natsdoor.Options{Batch: 7}), b.open(natsdoor.Options{Batch: 7}), b.open(natsdoor.Options{Batch: 7})}
	const each = 60
	for round, end := range ends {
		for i := range each {
			b.publish("in.shop", viewed(fmt.Sprint(round*each+i), "ada"))
		}
		if round < len(ends)-1 {
			end()
		}
	}
	b.empty(bus.StreamIn)
	for i, e := range b.events(len(ends) * each) {
		if e.ID != fmt.Sprint(i) {
			t.Fatalf("event %d is %s", i, e.ID)
		}
	}
	if last, err := bus.LastSeq(b.deadline(), b.js, bus.StreamEvents); err != nil || last != uint64(len(ends)*each) {
		t.Errorf("%d events, %v", last, err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := natsdoor.New(natsdoor.Options{}); err == nil {
		t.Error("a door without a broker is made")
	}
	b := start(t, embedded.Options{}, layout())
	if err := b.js.DeleteStream(b.deadline(), bus.StreamIn); err != nil {
		t.Fatal(err)
	}
	d, err := natsdoor.New(natsdoor.Options{JS: b.js})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(b.deadline()); err == nil || !strings.Contains(err.Error(), "rapport provision") || errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("without the stream: %v", err)
	}
}
