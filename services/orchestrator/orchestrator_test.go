package orchestrator_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/recommend"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// shelf answers from the model as the recommender does, without the way there: the
// services meet in package stack's tests.
type shelf struct {
	mu    sync.Mutex
	model *recommend.Model
}

func newShelf(t *testing.T, events []event.Event) *shelf {
	t.Helper()
	s := &shelf{model: recommend.New(recommend.Config{})}
	for i := range events {
		if events[i].Type != event.OrderCompleted {
			continue
		}
		o := must(events[i].Order())(t)
		order := recommend.Order{ID: events[i].ID, At: events[i].Time}
		for _, p := range o.Products {
			order.Items = append(order.Items, recommend.Item{ID: p.ProductID, Name: p.Name})
		}
		s.model.Learn(order)
	}
	return s
}

func (s *shelf) Suggest(_ context.Context, r recommend.Request) ([]recommend.Suggestion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.model.Suggest(recommend.Query{
		AsOf: r.AsOf, Basket: r.Basket, Min: r.Min, Max: r.Max, Basis: r.From,
		Exclude: func(id string) bool { return slices.Contains(r.Exclude, id) },
	}), nil
}

func TestThankYouGoesOutOncePerOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	first := r.order("ada", start(), "A1", "lamp")
	again := first // the producer retries with the same id, much later
	other := r.order("ada", start().Add(time.Hour), "A1", "lamp")
	anonymous := r.order(event.AnonymousPrefix+"x", start(), "A2", "lamp")
	r.publish(first, anonymous, other, again)
	r.settled(o)
	if sends := r.sends(); len(sends) != 1 || sends[0].To != "ada@example.com" || sends[0].Template != "thank-you" {
		t.Errorf("sends = %+v, want one thank-you to ada", sends)
	}
	c := r.counts()
	if c.Events[event.OrderCompleted] != 3 || c.Journeys["thank-you"] != (store.JourneyCounts{Entered: 1, Finished: 1}) {
		t.Errorf("counts = %+v", c)
	}
}

func TestTimersFireBeforeLaterEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, winBack())
	o, _ := r.run(nil)
	r.publish(
		r.order("ada", start(), "A1", "lamp"),
		r.order("bob", start(), "B1", "lamp"),
		r.order("ada", start().Add(59*day), "A2", "lamp"),  // restarted
		r.order("ada", start().Add(130*day), "A3", "lamp"), // first message at day 119, won back
		r.order("bob", start().Add(60*day), "B2", "lamp"),  // exactly at the timer: the event is first
	)
	r.runOn(start().Add(220 * day)) // exactly when A3's second message is due
	r.settled(o)
	var got []string
	for _, s := range r.sends() {
		got = append(got, s.Profile+" "+s.Step+" day "+s.DecidedAt.Sub(start()).String())
	}
	slices.Sort(got)
	want := []string{
		"ada first day " + (119 * day).String(), "ada first day " + (190 * day).String(), "ada second day " + (220 * day).String(),
		"bob first day " + (120 * day).String(), "bob second day " + (150 * day).String(),
	}
	if !slices.Equal(got, want) {
		t.Errorf("sends\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := r.counts().Journeys["win-back"]; got != (store.JourneyCounts{Entered: 5, Left: 3, Finished: 2}) {
		t.Errorf("win-back = %+v", got)
	}
}

func TestRelatedProductsAsksAsOfTheTimer(t *testing.T) {
	t.Parallel()
	r := newRig(t, related())
	var events []event.Event
	for i := range 6 {
		events = append(events, r.order("other"+string(rune('a'+i)), start().Add(time.Duration(i)*time.Minute), "O"+string(rune('a'+i)), "lamp", "bulb", "shade"))
	}
	// Filler that makes the three products stand out.
	for i := range 20 {
		events = append(events, r.order(event.AnonymousPrefix+string(rune('a'+i)), start(), "F"+string(rune('a'+i)), "mug", "plate"))
	}
	events = append(events,
		r.order("ada", start().Add(time.Hour), "A1", "lamp"),
		r.order("bob", start().Add(time.Hour), "B1", "lamp"),
		r.event(event.OrderRefunded, "bob", start().Add(2*day), map[string]any{"order_id": "B1", "total": 12.34}),
		r.order("eve", start().Add(time.Hour), "E1", "unheard-of"),
		r.order("ada", start().Add(9*day), "A9", "mug"), // within 30 days: does not enter
	)
	o, _ := r.run(func(o *orchestrator.Options) { o.Suggester = newShelf(t, events) })
	r.publish(events...)
	r.runOn(start().Add(20 * day))
	r.settled(o)
	var to []string
	for _, s := range r.sends() {
		if !strings.HasPrefix(s.Profile, "other") {
			to = append(to, s.Profile+" "+s.Template)
			if vars := string(s.Vars); !strings.Contains(vars, `"id":"bulb"`) || !strings.Contains(vars, `"id":"shade"`) || strings.Contains(vars, `"id":"lamp"`) {
				t.Errorf("recommendations in %s", vars)
			}
		}
	}
	if !slices.Equal(to, []string{"ada related-products"}) {
		t.Errorf("sends to %v, want ada alone: bob had his money back, eve's product is unknown", to)
	}
}

func TestUnreadableEventsGoToTheDeadLetters(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	r.raw(bus.EventSubject(event.Key("ada")), []byte(`{"specversion":"1.0"`))
	r.raw(bus.EventSubject(event.Key("someone else")), must(event.Encode(ptr(r.order("ada", start(), "A1", "lamp"))))(t))
	bad := r.event(event.OrderCompleted, "ada", start(), map[string]any{"order_id": "A2", "total": "a lot"})
	r.publish(bad, r.order("ada", start(), "A3", "lamp"))
	r.settled(o)
	if n := len(r.sends()); n != 1 {
		t.Errorf("%d sends, want the one that is sound", n)
	}
	stream := must(r.js.Stream(t.Context(), bus.StreamDead))(t)
	var reasons []string
	for seq := range uint64(3) {
		m := must(stream.GetMsg(t.Context(), seq+1))(t)
		dead := must(bus.ReadDead(m.Header))(t)
		reasons = append(reasons, dead.Service+": "+string(dead.Class)+": "+dead.Reason)
	}
	for _, want := range []string{
		"orchestrator: unreadable: not a CloudEvent", "orchestrator: refused: subject: does not belong", "orchestrator: unreadable: data.total: ",
	} {
		if !slices.ContainsFunc(reasons, func(r string) bool { return strings.HasPrefix(r, want) }) {
			t.Errorf("dead letters for %q, want one for %q", reasons, want)
		}
	}
}

func TestReceiptsSetOutcomes(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "A1", "lamp"))
	r.settled(o)
	cmd := r.sends()[0]
	receipt := message.ReceiptFor(&cmd, message.Failed, message.ReasonRejected, start().Add(time.Minute))
	r.publish(must(receipt.Event("rapport/mailer", cmd.Profile))(t))
	r.settled(o)
	got := must(r.store.Message(t.Context(), cmd.Partition, cmd.ID))(t)
	if got.Outcome != message.Failed || got.Reason != message.ReasonRejected {
		t.Errorf("message = %+v", got)
	}
}

// TestKeptBackAtTheLastMoment: a worker did not hand the message over.
func TestKeptBackAtTheLastMoment(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "A1", "lamp"))
	r.settled(o)
	cmd := r.sends()[0]
	receipt := message.ReceiptFor(&cmd, message.Suppressed, message.ReasonNoConsent, start().Add(time.Minute))
	r.publish(must(receipt.Event("rapport/mailer", cmd.Profile))(t))
	r.settled(o)
	got := must(r.store.Message(t.Context(), cmd.Partition, cmd.ID))(t)
	if got.Outcome != message.Suppressed || got.Reason != message.ReasonNoConsent {
		t.Errorf("message = %+v", got)
	}
	if n := r.counts().Events[event.MessageSuppressed]; n != 1 {
		t.Errorf("%d receipts in the history, want 1", n)
	}
}

func TestStopAndGoOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou(), winBack())
	_, stop := r.run(nil)
	for i := range 40 {
		r.publish(r.order("c"+string(rune('a'+i%26)), start().Add(time.Duration(i)*time.Hour), "N"+string(rune('a'+i)), "lamp"))
		if i%10 == 9 {
			stop()
			_, stop = r.run(nil)
		}
	}
	stop()
	o, _ := r.run(nil)
	r.settled(o)
	if n := r.counts().Events[event.OrderCompleted]; n != 40 {
		t.Errorf("%d events applied, want 40", n)
	}
	if n := len(r.sends()); n != 40 {
		t.Errorf("%d thank-yous, want 40", n)
	}
}

func TestWallClockFiresTimers(t *testing.T) {
	t.Parallel()
	d := winBack()
	d.Steps[0].Wait.Pause.For = 50 * time.Millisecond
	d.Steps[2].Wait.Pause.For = 50 * time.Millisecond
	r := newRig(t, d)
	o, _ := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
	r.publish(r.order("ada", start(), "A1", "lamp"))
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		moved := o.Moved()
		if r.counts().Journeys["win-back"].Finished == 1 {
			break
		}
		select {
		case <-moved:
		case <-deadline.C:
			t.Fatalf("counts %+v", r.counts())
		}
	}
	if n := r.counts().Pending + len(r.sends()); n < 2 {
		t.Errorf("%d messages, want two", n)
	}
}

func ptr[T any](v T) *T { return &v }
