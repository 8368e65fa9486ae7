package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/schedule"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// A store that does not take one event, for a reason that nobody foresaw and that does not
// say whether it will pass, costs that event and no other.
func TestAStoreThatRefusesOneEvent(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{
		"without a reason": errors.New("value out of range"),
		"for good":         bus.Permanent(errors.New("too large")),
		"as there already": fmt.Errorf("timeline: %w", store.ErrExists),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, thankYou())
			var events []event.Event
			for i := range 60 {
				events = append(events, r.order("c"+strconv.Itoa(i%3), start().Add(time.Duration(i)*time.Hour), "N"+strconv.Itoa(i), "lamp"))
			}
			bad := events[31]
			p := newPicky(r.store)
			p.set(nil, refuseEvents(refusal, uid(bad)))
			r.publish(events...)
			o, _ := r.run(func(o *orchestrator.Options) { o.Store = p })
			r.settled(o)
			letters := r.letters()
			dead, ok := letters[uid(bad)]
			if !ok || len(letters) != 1 {
				t.Fatalf("dead letters %v, want that of %s", letters, uid(bad))
			}
			if !strings.Contains(dead.Reason, refusal.Error()) || dead.Class != bus.Poison || dead.Stream != bus.StreamEvents || dead.Seq != 32 || !strings.HasPrefix(dead.Subject, "evp.") {
				t.Errorf("dead letter %+v", dead)
			}
			if n := r.counts().Events[event.OrderCompleted]; n != 59 {
				t.Errorf("%d events applied, want 59", n)
			}
			if n := len(r.sends()); n != 59 {
				t.Errorf("%d thank-yous, want 59", n)
			}
		})
	}
}

// An engine that panics for one event, or at one profile's timer, takes neither the process
// nor the partition with it.
func TestAnEngineThatPanicsAtOneEvent(t *testing.T) {
	t.Parallel()
	d := thankYou()
	d.Enter.If = when(func(s *journey.Scope) bool {
		if s.EventProperty("order_id") == "N7" {
			panic("nobody foresaw this")
		}
		return true
	})
	r := newRig(t, d)
	var events []event.Event
	for i := range 20 {
		events = append(events, r.order("c"+strconv.Itoa(i%3), start().Add(time.Duration(i)*time.Hour), "N"+strconv.Itoa(i), "lamp"))
	}
	r.publish(events...)
	o, _ := r.run(nil)
	r.settled(o)
	letters := r.letters()
	if dead := letters[uid(events[7])]; len(letters) != 1 || !strings.Contains(dead.Reason, "nobody foresaw this") {
		t.Errorf("dead letters %v", letters)
	}
	if n := len(r.sends()); n != 19 {
		t.Errorf("%d thank-yous, want 19", n)
	}
}

// hasty waits a moment and then asks a condition, at a timer.
func hasty(wait time.Duration, cond when) *journey.Definition {
	d := thankYou()
	d.Name = "hasty"
	d.Steps = []journey.Step{
		{ID: "moment", Wait: &journey.Wait{Pause: &schedule.Wait{For: wait}}},
		{ID: "choice", Branch: &journey.Branch{Cases: []journey.Case{{If: cond, Steps: d.Steps}}}},
	}
	return d
}

func TestATimerThatCannotBeFired(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]orchestrator.Clock{"wall": orchestrator.WallClock, "events": orchestrator.EventClock} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var panics atomic.Int64
			r := newRig(t, hasty(50*time.Millisecond, func(s *journey.Scope) bool {
				if s.TriggerProperty("order_id") == "N3" {
					panics.Add(1)
					panic("nobody foresaw this")
				}
				return true
			}))
			o, _ := r.run(func(o *orchestrator.Options) { o.Clock = clock })
			var events []event.Event
			for i := range 12 {
				events = append(events, r.order("c"+strconv.Itoa(i), start(), "N"+strconv.Itoa(i), "lamp"))
			}
			r.publish(events...)
			if clock == orchestrator.EventClock {
				r.runOn(start().Add(time.Hour))
			}
			r.until(o, func() bool { return len(r.sends()) == 11 })
			// The profile's later events are applied; its timer has not held them up.
			r.publish(r.event("page.viewed", "c3", start().Add(2*time.Hour), map[string]any{}))
			r.until(o, func() bool { return len(r.applied("c3")) == 2 })
			if n := len(r.letters()); n != 0 {
				t.Errorf("%d dead letters, want none: it was no event's fault", n)
			}
			if n := panics.Load(); n < 1 || n > 40 {
				t.Errorf("the timer was tried %d times", n)
			}
		})
	}
}

// While a store is away nothing is given up, whatever its errors look like, and afterwards
// everything is there once.
func TestAStoreThatIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]error{
		"and says so":             store.Unavailable(errors.New("no room")),
		"for a reason unheard of": errors.New("spanner in the works"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, thankYou())
			p := newPicky(r.store)
			o, _ := r.run(func(o *orchestrator.Options) { o.Store, o.Backoff = p, 2*time.Millisecond })
			<-o.Ready()
			p.set(away, nil)
			for i := range 50 {
				r.publish(r.order("ada", start().Add(time.Duration(i)*time.Hour), "N"+strconv.Itoa(i), "lamp"))
			}
			p.refused(t, 5)
			// Then only commits fail, which looks most like events that are poison.
			p.set(nil, func(*store.Batch) error { return away })
			p.refused(t, 10)
			p.set(nil, nil)
			r.settled(o)
			if n := len(r.letters()); n != 0 {
				t.Errorf("%d dead letters of a store that was away", n)
			}
			if ids := r.applied("ada"); len(ids) != 50 || !slices.IsSortedFunc(ids, byNumber) {
				t.Errorf("applied %v", ids)
			}
		})
	}
}

// byNumber compares uids that end in the number of the rig's event.
func byNumber(a, b string) int { return ordinal(a) - ordinal(b) }

func ordinal(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, 'e')+1:])
	return n
}

// A commit that happened although its answer got lost is not made again.
func TestACommitWhoseAnswerGetsLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	lossy := &lossy{Store: r.store}
	o, _ := r.run(func(o *orchestrator.Options) { o.Store, o.BatchSize, o.Backoff = lossy, 4, time.Millisecond })
	for i := range 30 {
		r.publish(r.order("ada", start().Add(time.Duration(i)*time.Hour), "N"+strconv.Itoa(i), "lamp"))
	}
	r.settled(o)
	if lossy.lost.Load() < 2 {
		t.Fatalf("%d answers got lost: nothing was tried", lossy.lost.Load())
	}
	if n, m := r.counts().Events[event.OrderCompleted], len(r.sends()); n != 30 || m != 30 || len(r.letters()) != 0 {
		t.Errorf("%d events, %d messages, %d dead letters; want 30, 30 and none", n, m, len(r.letters()))
	}
}

// lossy loses the answer of every other commit.
type lossy struct {
	orchestrator.Store
	n, lost atomic.Int64
}

func (l *lossy) Commit(ctx context.Context, b *store.Batch) error {
	err := l.Store.Commit(ctx, b)
	if err == nil && len(b.Timeline) > 0 && l.n.Add(1)%2 == 1 {
		if l.lost.Add(1)%2 == 1 {
			return context.DeadlineExceeded
		}
		return errors.New("connection reset")
	}
	return err
}

// When everything fails it is no poison: a bad deployment does not drain the stream into
// the dead letters, and nothing is lost until a better one comes.
func TestAnEngineThatPanicsAtEverything(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	d := thankYou()
	d.Enter.If = when(func(*journey.Scope) bool {
		if broken.Load() {
			panic("a bad deployment")
		}
		return true
	})
	r := newRig(t, d)
	p := newPicky(r.store)
	o, _ := r.run(func(o *orchestrator.Options) { o.Store, o.MaxPoison = p, 3 })
	for i := range 40 {
		r.publish(r.order("c"+strconv.Itoa(i), start(), "N"+strconv.Itoa(i), "lamp"))
	}
	r.until(o, func() bool { return len(r.letters()) == 3 })
	// The proof that the store takes commits comes before each decision: several of them,
	// and no letter more.
	r.until(o, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.attempts > 20
	})
	if n := len(r.letters()); n != 3 {
		t.Errorf("%d dead letters, want the 3 that are allowed", n)
	}
	broken.Store(false)
	r.settled(o)
	if n, m := len(r.sends()), len(r.letters()); n != 37 || m != 3 {
		t.Errorf("%d thank-yous and %d dead letters, want 37 and 3", n, m)
	}
}

// Wherever the poison lies, all else is applied once and in order, and it alone is dead.
func TestPoisonAnywhere(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 7, 128} {
		t.Run(fmt.Sprintf("batches of %d", size), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, panicking())
			p := newPicky(r.store)
			o, _ := r.run(func(o *orchestrator.Options) {
				o.Store, o.BatchSize, o.MaxPoison, o.Backoff = p, size, 1<<20, time.Millisecond
			})
			round, dead, sent := 0, 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				round++
				n := rapid.IntRange(1, 60).Draw(rt, "events")
				kinds := rapid.SampledFrom([]string{"panic", "store", "permanent"})
				poison := rapid.MapOfN(rapid.IntRange(0, n-1), kinds, 0, min(5, n)).Draw(rt, "poison")
				profiles := rapid.IntRange(1, 6).Draw(rt, "profiles")
				events, want := make([]event.Event, n), map[string][]string{}
				ids := map[string][]string{}
				for i := range n {
					customer := fmt.Sprintf("c%d-%d", round, i%profiles)
					e := r.order(customer, start().Add(time.Duration(i)*time.Hour), fmt.Sprintf("N%s-%d-%d", poison[i], round, i), "lamp")
					events[i] = e
					if ids[poison[i]] = append(ids[poison[i]], uid(e)); poison[i] == "" {
						want[customer] = append(want[customer], uid(e))
					}
				}
				p.set(nil, func(b *store.Batch) error {
					return errors.Join(refuseEvents(errors.New("unforeseen"), ids["store"]...)(b),
						refuseEvents(bus.Permanent(errors.New("never")), ids["permanent"]...)(b))
				})
				r.publish(events...)
				r.settled(o)
				dead, sent = dead+len(poison), sent+n-len(poison)
				letters := r.letters()
				for i, kind := range poison {
					if _, ok := letters[uid(events[i])]; !ok {
						rt.Errorf("no dead letter of event %d, which is poison of the kind %s", i, kind)
					}
				}
				if len(letters) != dead {
					rt.Errorf("%d dead letters, want %d", len(letters), dead)
				}
				for customer, ids := range want {
					if got := r.applied(customer); !slices.Equal(got, ids) {
						rt.Errorf("%s: applied %v, want %v", customer, got, ids)
					}
				}
				if got := int(must(bus.LastSeq(t.Context(), r.js, bus.StreamSend))(t)); got != sent { //nolint:gosec // A few thousand.
					rt.Errorf("%d thank-yous, want %d", got, sent)
				}
			})
		})
	}
}

func panicking() *journey.Definition {
	d := thankYou()
	d.Enter.If = when(func(s *journey.Scope) bool {
		if id, _ := s.EventProperty("order_id").(string); strings.HasPrefix(id, "Npanic") {
			panic(id)
		}
		return true
	})
	return d
}
