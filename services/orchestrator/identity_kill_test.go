package orchestrator_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// Visitors become known, and customers one, while those who work on the partitions come, are killed
// and leave: everybody ends up with what is theirs, each order counted and thanked for once.
func TestIDsAreJoinedWhileOwnersDie(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	const people = 120
	small := func(o *orchestrator.Options) { o.BatchSize = 4 } // So that many steps lie between.
	a, b := tm.start("a", small), tm.start("b", small)
	tm.shared(a, b)
	name := func(kind string, i int) string { return fmt.Sprintf("%s%d", kind, i) }
	for i := range people {
		at := start().Add(time.Duration(i) * time.Minute)
		tm.publish(tm.order(name("old", i), at, name("o", i)), tm.order(name("new", i), at, name("n", i)))
		tm.publish(tm.identify(name("new", i), at, name("anonymous:", i)), tm.order(name("anonymous:", i), at, name("v", i)))
		tm.publish(tm.alias(name("new", i), name("old", i), at.Add(time.Hour)))
		if i == people/2 {
			kill(a)
		}
	}
	tm.flows(100)
	c := tm.start("c", small)
	tm.shared(b, c)
	b.stop()
	tm.shared(c)
	tm.until(c.Orchestrator, func() bool { return tm.whole(people) == people })
	ids := map[string]bool{}
	for _, m := range tm.sends() {
		if ids[m.Instance] {
			t.Errorf("%s is thanked twice: %s", m.Profile, m.Vars)
		}
		ids[m.Instance] = true
	}
	if n := len(tm.letters()); n != 0 {
		t.Errorf("%d dead letters: %v", n, tm.letters())
	}
	if n := tm.counts().Events[event.OrderCompleted]; n != 3*people {
		t.Errorf("%d orders are counted, want %d", n, 3*people)
	}
}

// whole is how many of the people have all that is theirs.
func (tm *team) whole(people int) (n int) {
	for i := range people {
		id := fmt.Sprintf("new%d", i)
		st := tm.at(id)
		if st == nil || st.Profile.Orders.Count != 3 {
			continue
		}
		old, visitor := tm.at(fmt.Sprintf("old%d", i)), tm.at(fmt.Sprintf("anonymous:%d", i))
		if old != nil && visitor != nil && old.Follows() && visitor.Follows() {
			n++
		}
	}
	return n
}

// at is the state of an id; nil: there is none. A team has other partitions than a rig.
func (tm *team) at(id string) *journey.State {
	tm.t.Helper()
	row, err := tm.store.Profile(tm.t.Context(), bus.Partition(event.Key(id), teamPartitions), id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		tm.t.Fatal(err)
	}
	return must(must(journey.NewCodec())(tm.t).Decode(row.State))(tm.t)
}
