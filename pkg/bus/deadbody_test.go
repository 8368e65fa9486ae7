package bus_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

func TestBuryABody(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	at := time.Date(2026, 3, 2, 9, 0, 0, 5, time.UTC)
	body := bus.Body{
		Source: "shop.example", Data: []byte(`{"id": 7}`), Received: at,
		Header: nats.Header{"X-Topic": {"orders/create"}, "Nats-Msg-Id": {"theirs"}, "Rapport-Dead-Stream": {"EVENTS"}},
	}
	reason := bus.Because(bus.Unreadable, errors.New("no order\nhas this form"))
	for range 2 { // It is stored once.
		if err := bus.Bury(deadline(t), js, "ingest", body, reason); err != nil {
			t.Fatal(err)
		}
	}
	letter := lastMessage(t, js, bus.StreamDead, "dead.ingest.body."+bus.Token("shop.example"))
	if letter.Sequence != 1 || !bytes.Equal(letter.Data, body.Data) {
		t.Errorf("letter %d holds %q", letter.Sequence, letter.Data)
	}
	dead, err := bus.ReadDead(letter.Header)
	if err != nil {
		t.Fatal(err)
	}
	want := bus.Dead{Service: "ingest", Class: bus.Unreadable, Reason: "no order has this form", Time: at, Attempts: 1, Source: "shop.example"}
	if dead != want {
		t.Errorf("read %+v, want %+v", dead, want)
	}
	if own := dead.Own(letter.Header); len(own) != 1 || own.Get("X-Topic") != "orders/create" {
		t.Errorf("its own headers are %v", own)
	}
	if _, err := dead.Again(letter.Header, letter.Data); err == nil {
		t.Error("a body is a message again")
	}
	if err := bus.Bury(deadline(t), js, "ingest", bus.Body{Data: []byte("x")}, reason); err == nil {
		t.Error("nobody's body is buried")
	}
}

func TestBuryIsBounded(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	body := bus.Body{Source: "shop", Data: bytes.Repeat([]byte("x"), 4<<20), Received: time.Now(), Header: nats.Header{"A": {strings.Repeat("y", 17<<10)}}}
	if err := bus.Bury(deadline(t), js, "ingest", body, errors.New("too much")); err != nil {
		t.Fatal(err)
	}
	letter := lastMessage(t, js, bus.StreamDead, "dead.ingest.body.shop")
	dead, err := bus.ReadDead(letter.Header)
	if err != nil || !dead.BodyOmitted || len(letter.Data) != 0 || letter.Header.Get("A") != "" {
		t.Errorf("%+v with %d bytes, %v", dead, len(letter.Data), err)
	}
	body.Data, body.Header = body.Data[:992<<10], nats.Header{"A": {strings.Repeat("y", 15<<10)}}
	if err := bus.Bury(deadline(t), js, "ingest", body, errors.New(strings.Repeat("long ", 1000))); err != nil {
		t.Fatal(err)
	}
	if letter = lastMessage(t, js, bus.StreamDead, "dead.ingest.body.shop"); len(letter.Data) != 992<<10 || letter.Header.Get("A") == "" {
		t.Errorf("the largest body is kept with %d bytes", len(letter.Data))
	}
}

// Where dead letters go when somebody repaired the cause.
func TestAgain(t *testing.T) {
	t.Parallel()
	header := nats.Header{"traceparent": {"00-1"}, "Nats-Msg-Id": {"dead-1"}, "Rapport-Dead-Service": {"x"}}
	for _, c := range []struct{ stream, subject, want string }{
		{bus.StreamEvents, "evp.3.ada", "events.ada"},
		{bus.StreamEvents, "evp.3.receipt.ada", "evp.3.receipt.ada"},
		{bus.StreamEvents, "evp.3.clock.tick", ""},
		{bus.StreamSend, "send.email.now.ada", "send.email.now.ada"},
		{bus.StreamIn, "in.shop.orders", "in.shop.orders"},
		{"", "", ""},
	} {
		msg, err := bus.Dead{Stream: c.stream, Subject: c.subject}.Again(header, []byte("x"))
		if c.want == "" {
			if err == nil {
				t.Errorf("%s is published to %s", c.subject, msg.Subject)
			}
			continue
		}
		if err != nil || msg.Subject != c.want || len(msg.Header) != 1 || string(msg.Data) != "x" {
			t.Errorf("%s: %+v, %v", c.subject, msg, err)
		}
	}
}

// IN takes what any producer publishes, and two that number their messages do not take each other's place.
func TestInTakesEverybodys(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	for i, subject := range []string{"in.shop", "in.till.store-1"} {
		ack, err := js.Publish(deadline(t), subject, []byte("x"))
		if err != nil || ack.Stream != bus.StreamIn || ack.Sequence != uint64(i+1) {
			t.Fatalf("%s: %+v, %v", subject, ack, err)
		}
	}
	s, err := js.Stream(deadline(t), bus.StreamIn)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	if cfg.Retention != jetstream.WorkQueuePolicy || cfg.Discard != jetstream.DiscardNew || cfg.Duplicates > 100*time.Millisecond || !cfg.AllowAtomicPublish {
		t.Errorf("IN is %+v", cfg)
	}
	// Raising what the others remember does not raise it here.
	l := layout()
	l.Duplicates = time.Minute
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Info(deadline(t)); err != nil || info.Config.Duplicates != cfg.Duplicates {
		t.Errorf("IN remembers ids for %v, %v", info.Config.Duplicates, err)
	}
}

// A dead letter of IN keeps all of the original, however large that was.
func TestDeadLetterOfInIsWhole(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	size := 1<<20 - 32<<10 - 200
	if _, err := js.Publish(deadline(t), "in.shop", make([]byte, size), jetstream.WithMsgID("1")); err != nil {
		t.Fatal(err)
	}
	original := bus.Delivery{Stream: bus.StreamIn, Subject: "in.shop", Seq: 1, Data: make([]byte, size), Time: time.Now(), Attempt: 1}
	if err := bus.DeadLetter(deadline(t), js, "ingest", original, errors.New(strings.Repeat("long ", 1000))); err != nil {
		t.Fatal(err)
	}
	letter := lastMessage(t, js, bus.StreamDead, "dead.ingest.in.shop")
	if dead, err := bus.ReadDead(letter.Header); err != nil || dead.BodyOmitted || len(letter.Data) != size || dead.Source != "shop" {
		t.Errorf("%+v with %d bytes, %v", dead, len(letter.Data), err)
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{"in.shop": "shop", "in.shop.a.b": "shop", bus.InSubject("my shop."): "my shop.", "in": "", "in.": "", "events.ada": "", "inn.ada": ""} {
		if name, ok := bus.Sender(subject); name != want || ok != (want != "") {
			t.Errorf("%s is %q's, %v", subject, name, ok)
		}
	}
}
