package orchestrator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/services/orchestrator"
)

// offer is marketing that goes out with each order, decided before the thank-you is.
func offer() *journey.Definition {
	return &journey.Definition{
		Name: "an-offer", Version: "1", Status: journey.Active, Category: message.Marketing,
		Enter: journey.Entry{On: event.OrderCompleted, Key: property("order_id")},
		Steps: []journey.Step{{ID: "offer", Send: &journey.Send{Channel: message.Email, Template: "offer"}}},
	}
}

// sentTo are the subjects of SEND with the templates of what is there, in its order.
func (r *rig) sentTo() (subjects, templates []string) {
	r.t.Helper()
	stream := must(r.js.Stream(r.t.Context(), bus.StreamSend))(r.t)
	for seq := range stream.CachedInfo().State.LastSeq {
		m := must(stream.GetMsg(r.t.Context(), seq+1))(r.t)
		var c message.Command
		if err := json.Unmarshal(m.Data, &c); err != nil {
			r.t.Fatal(err)
		}
		subjects, templates = append(subjects, m.Subject), append(templates, c.Template)
		if m.Header.Get(bus.HeaderUrgent) != "" && c.Category == message.Marketing {
			r.t.Errorf("%s is said to be urgent", c.Template)
		}
	}
	return subjects, templates
}

// mails subscribes as a mailer does, and waits until it can be seen.
func (r *rig) mails() {
	r.t.Helper()
	sub := must(bus.NewExpedited(r.js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "mailer", CloseTimeout: time.Second}, 1))(r.t)
	r.t.Cleanup(func() { _ = sub.Close() })
	list := must(sub.Subscribe(r.t.Context(), "send.email.*"))(r.t)
	go func() {
		for m := range list {
			m.Ack()
		}
	}()
	deadline := time.Now().Add(patience)
	for !must(bus.UrgentlyServed(r.t.Context(), r.js))(r.t)["send.email.now.*"] {
		if time.Now().After(deadline) {
			r.t.Fatal("nobody takes urgent mails")
		}
	}
}

// What was decided for one order goes out in one batch, what the customer waits for first: by
// a subject of its own where a worker takes it, and by the one that all know where none does.
func TestUrgentGoesFirst(t *testing.T) {
	t.Parallel()
	for name, served := range map[string]bool{"served": true, "by workers of an earlier version": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, offer(), thankYou())
			usual := bus.SendSubject("email", event.Key("ada"))
			urgent := usual
			if served {
				r.mails()
				urgent = bus.Urgent(usual)
			}
			r.publish(r.order("ada", start(), "A1", "lamp"))
			o, _ := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
			r.settled(o)
			subjects, templates := r.sentTo()
			if !slices.Equal(templates, []string{"thank-you", "offer"}) || !slices.Equal(subjects, []string{urgent, usual}) {
				t.Errorf("%v went to %v, want thank-you to %s, then offer to %s", templates, subjects, urgent, usual)
			}
		})
	}
}

// A replay publishes in the order in which it decided.
func TestReplaysKnowNoUrgency(t *testing.T) {
	t.Parallel()
	r := newRig(t, offer(), thankYou())
	r.mails()
	r.publish(r.order("ada", start(), "A1", "lamp"))
	o, _ := r.run(nil)
	r.settled(o)
	if subjects, templates := r.sentTo(); !slices.Equal(templates, []string{"offer", "thank-you"}) || subjects[0] != subjects[1] {
		t.Errorf("%v went to %v", templates, subjects)
	}
}

// When a process of an earlier version takes the urgent subjects away, urgent commands go by
// the ordinary one, each once.
func TestUrgentSubjectsThatGoAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	r.mails()
	o, _ := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
	r.publish(r.order("ada", start(), "A1", "lamp"))
	r.settled(o)
	r.resize(bus.StreamSend, func(c *jetstream.StreamConfig) {
		c.Subjects = slices.DeleteFunc(c.Subjects, func(s string) bool { return strings.Contains(s, ".now.") })
	})
	r.publish(r.order("ada", start(), "A2", "lamp"), r.order("bob", start(), "B1", "lamp"))
	r.settled(o)
	subjects, _ := r.sentTo()
	slices.Sort(subjects)
	ada, bob := bus.SendSubject("email", event.Key("ada")), bus.SendSubject("email", event.Key("bob"))
	want := []string{bus.Urgent(ada), ada, bob}
	if slices.Sort(want); !slices.Equal(subjects, want) {
		t.Errorf("commands went to %v, want %v", subjects, want)
	}
}
