package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// stored are the sequences of what EVENTS has of a profile.
func (r *rig) stored(profile string) (list []uint64) {
	r.t.Helper()
	stream := must(r.js.Stream(r.t.Context(), bus.StreamEvents))(r.t)
	key := event.Key(profile)
	subject := fmt.Sprintf("evp.%d.>", bus.Partition(key, partitions))
	for from := uint64(1); ; from++ {
		m, err := stream.GetMsg(r.t.Context(), from, jetstream.WithGetMsgSubject(subject))
		if err != nil {
			return list
		}
		from = m.Sequence
		if e, err := event.Decode(m.Data); err == nil && e.Key() == key {
			list = append(list, m.Sequence)
		}
	}
}

func (r *rig) ref(profile string) store.ProfileRef {
	return store.ProfileRef{Partition: bus.Partition(event.Key(profile), partitions), Profile: profile}
}

func (r *rig) suppressed(c message.Channel, address string) store.Grounds {
	r.t.Helper()
	return must(r.store.Suppressed(r.t.Context(), []store.Address{{Channel: c, Address: address}}))(r.t)[0]
}

func (r *rig) known(profile string) bool {
	r.t.Helper()
	sight := must(r.store.Look(r.t.Context(), []store.Look{{ProfileRef: r.ref(profile)}}))(r.t)
	return sight[0].State != nil
}

// Somebody asks to be forgotten: what there is of them goes, from the store and the stream;
// their addresses are listed; counts and everybody else stay.
func TestErasure(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou(), winBack())
	o, stop := r.run(nil)
	r.publish(r.order("ada", start(), "N1", "lamp"), r.order("bob", start(), "N2", "lamp"), r.order("ada", start().Add(day), "N3", "rug"))
	r.settled(o)
	before := r.counts()
	erased := r.event(event.ProfileErased, "ada", start().Add(2*day), map[string]any{})
	r.publish(erased)
	r.settled(o)
	r.runOn(start().Add(200 * day)) // Win-backs are for bob alone.
	r.settled(o)
	if r.known("ada") || !r.known("bob") {
		t.Error("ada is there, or bob is not")
	}
	ref := r.ref("ada")
	rows := must(r.store.Timeline(t.Context(), ref.Partition, "ada", 100))(t)
	messages := must(r.store.Messages(t.Context(), store.MessageFilter{Profile: "ada"}))(t)
	if len(rows)+len(messages) > 0 {
		t.Errorf("timeline %v, messages %v", rows, messages)
	}
	after := r.counts()
	if after.Events[event.OrderCompleted] != before.Events[event.OrderCompleted] || after.Journeys["thank-you"] != before.Journeys["thank-you"] {
		t.Errorf("counted %+v, before the erasure %+v", after, before)
	}
	for c, address := range map[message.Channel]string{message.Email: "ADA@example.com", message.SMS: "+447700900001", message.WhatsApp: "+447700900001"} {
		if got := r.suppressed(c, address); got != store.Erased {
			t.Errorf("%s is listed as %q", c, got)
		}
	}
	if refs := must(r.store.ByPhone(t.Context(), "+447700900001"))(t); len(refs) != 1 || refs[0] != r.ref("bob") {
		t.Errorf("the number is that of %v", refs)
	}
	if left := r.stored("ada"); len(left) != 1 {
		t.Errorf("EVENTS has %v of ada, want the erasure alone", left)
	}
	if left := r.stored("bob"); len(left) != 1 {
		t.Errorf("EVENTS has %v of bob", left)
	}
	for _, c := range r.sends() {
		if c.Template == "win-back" && c.Profile == "ada" {
			t.Error("ada is won back")
		}
	}
	stop()
}

// Who was erased may come back; what is of the time before, however late, does not bring
// them back, and nor does what comes of their messages.
func TestAfterAnErasure(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "N1", "lamp"))
	r.settled(o)
	erased := r.event(event.ProfileErased, "ada", start().Add(day), map[string]any{})
	late := r.order("ada", start().Add(time.Hour), "N2", "rug")
	bounce := r.event(event.EmailBounced, "ada", start().Add(2*day), map[string]any{"kind": "hard", "address": "old@example.com"})
	r.publish(erased, late, bounce)
	r.settled(o)
	if r.known("ada") {
		t.Error("what came late made a profile")
	}
	if got := r.suppressed(message.Email, "old@example.com"); got != store.Bounced {
		t.Errorf("an address that bounced after the erasure is listed as %q", got)
	}
	r.publish(r.order("ada", start().Add(3*day), "N3", "lamp"), erased, late)
	r.settled(o)
	if !r.known("ada") {
		t.Error("ada cannot come back, or was erased twice by one event")
	}
	rows := must(r.store.Timeline(t.Context(), r.ref("ada").Partition, "ada", 100))(t)
	if n := len(slices.DeleteFunc(rows, func(l store.TimelineRow) bool { return l.Kind != store.KindEvent })); n != 1 {
		t.Errorf("%d events of hers, want the one after the erasure", n)
	}
	if got := r.suppressed(message.Email, "ada@example.com"); got != store.Erased {
		t.Errorf("her address is listed as %q", got)
	}
}

// An erasure amid a batch counts what came before it, whatever shares its transaction, and
// an event behind it is that of somebody new.
func TestErasureInOneBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	r.publish(
		r.order("ada", start(), "N1", "lamp"),
		r.event(event.ProfileErased, "ada", start().Add(day), map[string]any{}),
		r.order("ada", start().Add(2*day), "N2", "lamp"),
		r.event(event.ProfileErased, "ada", start().Add(3*day), map[string]any{}),
		r.order("ada", start().Add(time.Hour), "N3", "lamp"),
		r.order("ada", start().Add(4*day), "N4", "lamp"),
	)
	o, _ := r.run(func(o *orchestrator.Options) { o.BatchSize = 100 })
	r.settled(o)
	if n := r.counts().Events[event.OrderCompleted]; n != 3 {
		t.Errorf("%d orders counted, want the three that were not late", n)
	}
	if !r.known("ada") {
		t.Error("ada is not there")
	}
	rows := must(r.store.Timeline(t.Context(), r.ref("ada").Partition, "ada", 100))(t)
	for _, l := range rows {
		if l.At.Before(start().Add(4 * day)) {
			t.Errorf("of before the erasure there is %+v", l)
		}
	}
	if messages := must(r.store.Messages(t.Context(), store.MessageFilter{Profile: "ada"}))(t); len(messages) != 1 {
		t.Errorf("%d messages of hers, want the one after the erasure", len(messages))
	}
	if n := r.counts().Journeys["thank-you"].Entered; n != 3 {
		t.Errorf("%d entered", n)
	}
	resting := must(r.store.Resting(t.Context()))(t)
	if len(resting) != 0 {
		t.Errorf("resting %v", resting)
	}
}

// A state that nobody can read is no reason to keep it.
func TestErasureOfAStateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	s := &spoiled{Store: r.store, profile: "ada"}
	o, _ := r.run(func(o *orchestrator.Options) { o.Store, o.Backoff = s, time.Millisecond })
	r.publish(r.order("ada", start(), "N1", "lamp"))
	r.settled(o)
	s.since.Store(true)
	r.publish(r.event(event.ProfileErased, "ada", start().Add(day), map[string]any{}), r.order("ada", start().Add(2*day), "N2", "lamp"))
	s.since.Store(true)
	r.settled(o)
	if n := len(r.letters()); n > 1 {
		t.Errorf("%d dead letters", n)
	}
	if left := r.stored("ada"); len(left) == 0 || left[0] != 2 {
		t.Errorf("EVENTS has %v of ada, want what begins with the erasure", left)
	}
}

// closed is a store whose outbox cannot be read.
type closed struct{ orchestrator.Store }

func (closed) Outbox(context.Context, int, uint64, int) ([]store.OutboxBatch, error) {
	return nil, errors.New("closed")
}

// When the process ends between the commit of an erasure and the removal of the events, the
// next one removes them.
func TestErasureAcrossARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.publish(r.order("ada", start(), "N1", "lamp"), r.order("bob", start(), "N2", "lamp"),
		r.event(event.ProfileErased, "ada", start().Add(day), map[string]any{}))
	o, stop := r.run(func(o *orchestrator.Options) { o.Store = closed{r.store} })
	r.until(o, func() bool { return r.counts().Pending == 1 })
	if left := r.stored("ada"); len(left) != 2 {
		t.Errorf("EVENTS has %v of ada before anybody relays", left)
	}
	stop()
	o, _ = r.run(nil)
	r.settled(o)
	if left := r.stored("ada"); len(left) != 1 || left[0] != 3 || r.counts().Pending != 0 {
		t.Errorf("EVENTS has %v of ada after the restart, want the erasure alone", left)
	}
	if r.known("ada") || !r.known("bob") {
		t.Error("ada is there, or bob is not")
	}
}
