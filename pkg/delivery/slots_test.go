package delivery

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// queue is slots with those who stand in line for one, each of whom tells when it has it.
type queue struct {
	slots
	t    *testing.T
	had  []string // who was let in, in order
	left chan struct{}
}

// stand puts somebody in line, and returns when it stands there or has a slot.
func (q *queue) stand(ctx context.Context, name string, urgent bool) {
	q.t.Helper()
	go func() {
		if q.take(ctx, q.left, urgent) == nil {
			q.mu.Lock()
			q.had = append(q.had, name)
			q.mu.Unlock()
		}
	}()
	synctest.Wait()
}

func (q *queue) done() {
	q.give()
	synctest.Wait()
}

// An urgent message passes all usual ones that stand in line, and no other urgent one; of
// those that it passes one goes after overtakes.
func TestUrgentMessagesAreFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{slots: slots{free: 1}, t: t}
		for _, name := range []string{"in hand", "u0", "u1"} {
			q.stand(t.Context(), name, false)
		}
		for _, name := range []string{"n0", "n1", "n2", "n3", "n4", "n5"} {
			q.stand(t.Context(), name, true)
		}
		for range 9 {
			q.done()
		}
		want := []string{"in hand", "n0", "n1", "n2", "n3", "u0", "n4", "n5", "u1"}
		if len(q.had) != len(want) {
			t.Fatalf("%v had a slot, want %v", q.had, want)
		}
		for i := range want {
			if q.had[i] != want[i] {
				t.Fatalf("the order was %v, want %v", q.had, want)
			}
		}
		if q.free != 1 {
			t.Errorf("%d slots are free, want 1", q.free)
		}
	})
}

// Whatever comes and goes: never more than there are slots have one, none is lost, none is
// free while somebody waits, each line keeps its order, and nobody is passed by more
// urgent messages than overtakes for each usual one before it.
func TestSlotsAreFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.IntRange(1, 4).Draw(rt, "slots")
		plan := rapid.SliceOfN(rapid.SampledFrom([]string{"urgent", "usual", "give", "leave"}), 1, 60).Draw(rt, "plan")
		which := rapid.IntRange(0, 1000).Draw(rt, "which")
		var err error
		synctest.Test(t, func(t *testing.T) {
			q := &queue{slots: slots{free: all}, t: t}
			err = q.play(all, plan, which)
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// stander is a message that stands in line or has a slot.
type stander struct {
	urgent bool
	cancel context.CancelFunc
	got    chan bool // one answer: whether it has a slot
	passed int       // by urgent ones, of a usual one that is the first of its line
}

// play does what the plan says and compares it with what must be after each step.
func (q *queue) play(all int, plan []string, which int) error {
	var waiting []*stander
	holding := 0
	// settle takes those out of line who have an answer; it returns how many were let in.
	settle := func() (in []*stander) {
		synctest.Wait()
		var still []*stander
		for _, s := range waiting {
			select {
			case ok := <-s.got:
				if ok {
					in = append(in, s)
					holding++
				}
			default:
				still = append(still, s)
			}
		}
		waiting = still
		return in
	}
	for _, what := range append(plan, "end") {
		switch {
		case what == "urgent" || what == "usual":
			s := q.newcomer(what == "urgent")
			waiting = append(waiting, s)
		case what == "leave" && len(waiting) > 0:
			waiting[which%len(waiting)].cancel()
		case what == "give" && holding > 0:
			holding--
			q.give()
		}
		before := append([]*stander(nil), waiting...)
		for _, s := range settle() {
			if err := rightful(s, before); err != nil {
				return err
			}
		}
		switch {
		case holding > all || q.free+holding != all:
			return errors.New("slots were lost or made")
		case q.free > 0 && len(waiting) > 0:
			return errors.New("somebody waits although a slot is free")
		}
	}
	return q.empty(all, holding, waiting)
}

func (q *queue) newcomer(urgent bool) *stander {
	ctx, cancel := context.WithCancel(q.t.Context())
	q.t.Cleanup(cancel)
	s := &stander{urgent: urgent, cancel: cancel, got: make(chan bool, 1)}
	go func() { s.got <- q.take(ctx, q.left, urgent) == nil }()
	return s
}

// rightful says whether it was this one's turn among those who stood in line, in the order
// in which they came.
func rightful(s *stander, line []*stander) error {
	for _, other := range line {
		if other == s {
			break
		}
		if other.urgent == s.urgent {
			return errors.New("one who came later had a slot first")
		}
	}
	for _, other := range line {
		if s.urgent && !other.urgent {
			if other.passed++; other.passed > overtakes {
				return errors.New("a usual message was passed too often")
			}
			break // Only the first of the line counts.
		}
	}
	return nil
}

// empty gives all slots back until nobody has or wants one.
func (q *queue) empty(all, holding int, waiting []*stander) error {
	for holding+len(waiting) > 0 {
		if holding == 0 {
			return errors.New("nobody has a slot, and somebody waits")
		}
		holding--
		q.give()
		synctest.Wait()
		var still []*stander
		for _, s := range waiting {
			select {
			case <-s.got:
				holding++
			default:
				still = append(still, s)
			}
		}
		waiting = still
	}
	if q.free != all || len(q.urgent)+len(q.usual) != 0 {
		return errors.New("slots were lost, or somebody is left in line")
	}
	return nil
}

// Whoever is let in at the moment when it gives up passes its slot on; whoever was not takes
// none with it.
func TestASlotIsNotLostWithWhoWaited(t *testing.T) {
	t.Parallel()
	for _, urgent := range []bool{false, true} {
		var s slots
		first, second := &waiter{let: make(chan struct{})}, &waiter{let: make(chan struct{})}
		*s.line(urgent) = []*waiter{first, second}
		s.give()
		<-first.let
		s.withdraw(first, urgent)
		<-second.let
		if s.free != 0 {
			t.Errorf("%d slots are free, and one has it", s.free)
		}
		third := &waiter{let: make(chan struct{})}
		*s.line(urgent) = []*waiter{third}
		s.withdraw(third, urgent)
		if s.give(); s.free != 1 {
			t.Errorf("%d slots are free, want the one", s.free)
		}
	}
}
