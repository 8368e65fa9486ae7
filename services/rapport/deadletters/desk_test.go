package deadletters_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/services/rapport/deadletters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func newBus(t *testing.T) jetstream.JetStream {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	conn, err := srv.Connect(bus.ConnOptions(t.Name(), nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := bus.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(deadline(t), js, bus.Layout{Partitions: 4, MaxBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	return js
}

func open(t *testing.T, o deadletters.Options) *deadletters.Desk {
	t.Helper()
	d, err := deadletters.Open(deadline(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bury makes one letter of each kind: 1 an event that lies under another's subject, 2 a command, 3 what a shop
// published, 4 the body of a webhook, 5 no dead letter at all.
func bury(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	e := event.Event{ID: "A-1", Source: "shop", Type: "cart.viewed", Subject: "ada", Time: time.Now(), Data: []byte(`{}`)}
	raw, err := event.Encode(&e)
	if err != nil {
		t.Fatal(err)
	}
	original := func(stream, subject, id string, data []byte) bus.Delivery {
		return bus.Delivery{Stream: stream, Subject: subject, Seq: 7, Time: time.Now(), Attempt: 2, Data: data, Header: nats.Header{"Nats-Msg-Id": {id}, "traceparent": {"00-1"}}}
	}
	for _, err := range []error{
		bus.DeadLetter(deadline(t), js, "orchestrator", original(bus.StreamEvents, "evp.1.elsewhere", e.UID(), raw), bus.Because(bus.Poison, errors.New("cannot be applied"))),
		bus.DeadLetter(deadline(t), js, "mailer", original(bus.StreamSend, "send.email.ada", "c-1", []byte(`{"id":"c-1"}`)), errors.New("each attempt failed")),
		bus.DeadLetter(deadline(t), js, "ingest", original(bus.StreamIn, "in.till", "", []byte("\xffraw")), bus.Because(bus.Unreadable, errors.New("is no UTF-8"))),
		bus.Bury(deadline(t), js, "ingest", bus.Body{Source: "shopify", Data: []byte(`{"id":1}`), Received: time.Now(), Header: nats.Header{"X-Topic": {"orders/create"}}}, bus.Because(bus.Refused, errors.New("total: is missing\x1b[31m"))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.Publish(deadline(t), "dead.by.hand", []byte("x")); err != nil {
		t.Fatal(err)
	}
}

func numbers(letters []deadletters.Letter) string {
	out := ""
	for _, l := range letters {
		out += fmt.Sprint(l.Number)
	}
	return out
}

func TestList(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	d := open(t, deadletters.Options{JS: js})
	if none, err := d.List(deadline(t), deadletters.Filter{}); err != nil || len(none) > 0 {
		t.Fatalf("before any: %d, %v", len(none), err)
	}
	bury(t, js)
	for want, f := range map[string]deadletters.Filter{
		"12345": {},
		"45":    {Limit: 2},
		"1":     {Source: "shop"},
		"3":     {Source: "till"},
		"4":     {Source: "shopify", Service: "ingest", Class: "refused", Reason: "TOTAL"},
		"34":    {Service: "ingest"},
		"2":     {Class: "gave_up"},
		"":      {Since: time.Now().Add(time.Hour)},
	} {
		letters, err := d.List(deadline(t), f)
		if err != nil || numbers(letters) != want {
			t.Errorf("%+v: letters %s, want %s (%v)", f, numbers(letters), want, err)
		}
	}
	recent, err := d.List(deadline(t), deadletters.Filter{Since: time.Now().Add(-time.Hour)})
	if err != nil || len(recent) != 5 {
		t.Errorf("of the last hour: %s, %v", numbers(recent), err)
	}
	var table bytes.Buffer
	if err := deadletters.WriteList(&table, recent); err != nil || strings.Contains(table.String(), "\x1b") || strings.Count(table.String(), "\n") != 6 {
		t.Errorf("%v:\n%q", err, table.String())
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	bury(t, js)
	d := open(t, deadletters.Options{JS: js})
	for n, want := range map[uint64][]string{
		1: {"cannot be applied", "poison", "EVENTS 7 on evp.1.elsewhere", "shop#A-1", "attempts  2", "traceparent: 00-1", `"subject": "ada"`},
		3: {"is no UTF-8", "till", "ff 72 61 77"},
		4: {"HTTP, ", "shopify", "X-Topic: orders/create", `"id": 1`},
		5: {"not a dead letter"},
	} {
		l, err := d.Get(deadline(t), n)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := l.WriteText(&text); err != nil {
			t.Error(err)
		}
		for _, w := range want {
			if !strings.Contains(text.String(), w) || strings.Contains(text.String(), "\x1b") {
				t.Errorf("letter %d lacks %q, or moves the cursor:\n%q", n, w, text.String())
			}
		}
		raw, err := json.Marshal(&l)
		var back struct {
			Number uint64
			Raw    []byte
		}
		if err != nil || json.Unmarshal(raw, &back) != nil || back.Number != n || !bytes.Equal(back.Raw, l.Data) {
			t.Errorf("letter %d as JSON: %s, %v", n, raw, err)
		}
	}
	if _, err := d.Get(deadline(t), 99); err == nil || !strings.Contains(err.Error(), "there is no dead letter 99") {
		t.Errorf("a letter that is not there: %v", err)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	// The stream still knows the ids of the originals.
	for subject, id := range map[string]string{"events.x": "shop#A-1", "send.email.ada": "c-1"} {
		if _, err := js.Publish(deadline(t), subject, []byte("the original"), jetstream.WithMsgID(id)); err != nil {
			t.Fatal(err)
		}
	}
	bury(t, js)
	var bodies []bus.Body
	refuse := true
	d := open(t, deadletters.Options{JS: js, Bodies: func(_ context.Context, b bus.Body) error {
		if refuse {
			return errors.New("not yet")
		}
		bodies = append(bodies, b)
		return nil
	}})
	letters, err := d.List(deadline(t), deadletters.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range letters {
		l := &letters[i]
		err := d.Retry(deadline(t), l)
		if fails := l.Number == 4 || l.Number == 5; fails != (err != nil) {
			t.Errorf("letter %d: %v", l.Number, err)
		}
		if err == nil {
			if err := d.Retry(deadline(t), l); err != nil { // As after a kill before it was removed.
				t.Errorf("letter %d again: %v", l.Number, err)
			}
		}
	}
	refuse = false
	if err := d.Retry(deadline(t), &letters[3]); err != nil || len(bodies) != 1 || bodies[0].Source != "shopify" || bodies[0].Header.Get("X-Topic") != "orders/create" || string(bodies[0].Data) != `{"id":1}` {
		t.Errorf("body %+v, %v", bodies, err)
	}
	for stream, want := range map[string]struct {
		subject string
		n       uint64
	}{bus.StreamEvents: {at(event.Key("ada")), 2}, bus.StreamSend: {"send.email.ada", 2}, bus.StreamIn: {"in.till", 1}} {
		s, err := js.Stream(deadline(t), stream)
		if err != nil {
			t.Fatal(err)
		}
		last, err := s.GetLastMsgForSubject(deadline(t), want.subject)
		if err != nil || last.Sequence != want.n || last.Header.Get("traceparent") != "00-1" || last.Header.Get("Rapport-Dead-Service") != "" {
			t.Errorf("%s: %+v, %v", stream, last, err)
		}
	}
	left, err := d.List(deadline(t), deadletters.Filter{})
	if err != nil || numbers(left) != "5" {
		t.Errorf("letters %s are left, %v", numbers(left), err)
	}
	if err := d.Drop(deadline(t), 5); err != nil {
		t.Error(err)
	}
	if err := d.Drop(deadline(t), 5); err != nil {
		t.Errorf("dropped twice: %v", err)
	}
	if left, err := d.List(deadline(t), deadletters.Filter{}); err != nil || len(left) > 0 {
		t.Errorf("letters %s are left, %v", numbers(left), err)
	}
}

func TestRetryWithoutBodies(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	bury(t, js)
	d := open(t, deadletters.Options{JS: js})
	l, err := d.Get(deadline(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Retry(deadline(t), &l); err == nil || !strings.Contains(err.Error(), "rapport deadletters show 4 --raw") {
		t.Errorf("got %v, want the way round", err)
	}
}

// at is where a profile's events lie: the subject of its receipts, without that it is one.
func at(key string) string {
	return strings.Replace(bus.Placing{Partitions: 4}.Receipt(key), ".receipt.", ".", 1)
}
