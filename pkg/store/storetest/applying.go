package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

func testAcquire(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "position of a new partition", f.acquire(3, 5), store.Position{})
	equal(t, "position, acquired again by its owner", f.acquire(3, 5), store.Position{})
	end := f.commit(eventBatch(3, 5, store.Position{}, "ada", "e1"))
	equal(t, "position after a commit", f.acquire(3, 6), end)
	if _, err := f.Acquire(t.Context(), 3, 5); !errors.Is(err, store.ErrFenced) {
		t.Errorf("acquire with a lower epoch: %v, want ErrFenced", err)
	}
	equal(t, "position, acquired by the owner after that", f.acquire(3, 6), end)
	equal(t, "position of another partition", f.acquire(4, 1), store.Position{})
}

func testFencing(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.refused(eventBatch(1, 0, store.Position{}, "ada", "e1"), store.ErrFenced) // nobody's yet
	f.acquire(1, 7)
	from := f.commit(eventBatch(1, 7, store.Position{}, "ada", "e1"))
	f.acquire(1, 8)
	before := f.look(1, 8, []string{"ada", "bob"}, []string{"e1", "e2"})
	f.refused(eventBatch(1, 7, from, "bob", "e2"), store.ErrFenced)
	f.refused(eventBatch(1, 9, from, "bob", "e2"), store.ErrFenced)
	equal(t, "partition after refusals", f.look(1, 8, []string{"ada", "bob"}, []string{"e1", "e2"}), before)
	f.commit(eventBatch(1, 8, from, "bob", "e2"))
}

// testReplay delivers batches again, out of order and with holes: the position decides.
func testReplay(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	first := eventBatch(1, 1, store.Position{}, "ada", "e1")
	one := f.commit(first)
	second := eventBatch(1, 1, one, "ada", "e2")
	two := f.commit(second)
	before := f.look(1, 1, []string{"ada"}, []string{"e1", "e2", "e3"})
	otherClock := two
	otherClock.Clock = two.Clock.Add(time.Nanosecond)
	for name, b := range map[string]*store.Batch{
		"the last batch again":        second,
		"the first batch again":       first,
		"from an old position":        eventBatch(1, 1, one, "ada", "e3"),
		"from a position to come":     eventBatch(1, 1, store.Position{Seq: 9, Clock: two.Clock}, "ada", "e3"),
		"from another clock":          eventBatch(1, 1, otherClock, "ada", "e3"),
		"from the start, with no row": {Partition: 1, Epoch: 1, To: two},
	} {
		if err := f.Commit(t.Context(), b); !errors.Is(err, store.ErrPosition) {
			t.Errorf("%s: %v, want ErrPosition", name, err)
		}
	}
	backwards := &store.Batch{Partition: 1, Epoch: 1, From: two, To: one}
	if err := f.Commit(t.Context(), backwards); err == nil {
		t.Error("a batch that ends before it starts was taken")
	}
	equal(t, "partition after refusals", f.look(1, 1, []string{"ada"}, []string{"e1", "e2", "e3"}), before)
	// Timers move no sequence, and time alone may pass.
	three := f.commit(&store.Batch{Partition: 1, Epoch: 1, From: two, To: store.Position{Seq: two.Seq, Clock: at(time.Hour)}})
	f.commit(eventBatch(1, 1, three, "ada", "e3"))
}

func testLoad(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	b := &store.Batch{Partition: 1, Epoch: 1, To: store.Position{Seq: 1, Clock: day}}
	var wants []store.Want
	var want []store.Loaded
	for i := range 300 { // beyond what an implementation would ask for at once
		id := fmt.Sprintf("profile-%d", i)
		state := fmt.Appendf(nil, "state of %d", i)
		events := []string{id + "/no", id + "/1", id + "/2"}
		wants = append(wants, store.Want{Profile: id, Events: events})
		if i%3 == 0 {
			want = append(want, store.Loaded{})
			continue
		}
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: state})
		for _, e := range events[1:] {
			b.Timeline = append(b.Timeline, store.TimelineRow{Profile: id, At: day, ID: e, Kind: store.KindEvent, Name: "x"})
		}
		want = append(want, store.Loaded{State: state, Seen: events[1:]})
	}
	f.commit(b)
	equal(t, "loaded", f.load(1, wants...), want)
	equal(t, "loaded twice in one call", f.load(1, wants[4], wants[4]), []store.Loaded{want[4], want[4]})
	equal(t, "loaded from another partition", f.load(2, wants[4])[0], store.Loaded{})
	equal(t, "another profile's event", f.load(1, store.Want{Profile: "profile-4", Events: []string{"profile-5/1"}})[0].Seen, []string(nil))
	equal(t, "nothing wanted", len(f.load(1)), 0)

	f.commit(&store.Batch{
		Partition: 1, Epoch: 1, From: b.To, To: b.To,
		Profiles: []store.ProfileRow{{ID: "profile-4", State: []byte{}}, {ID: "profile-5", State: []byte{0, 255, 0}}},
	})
	if state := f.load(1, store.Want{Profile: "profile-4"})[0].State; state == nil || len(state) != 0 {
		t.Errorf("an empty state came back as %v: it has to differ from an unknown profile's", state)
	}
	equal(t, "a state of any bytes", f.load(1, store.Want{Profile: "profile-5"})[0].State, []byte{0, 255, 0})
}

// testDuplicates asks for events that were applied long ago, whatever time the producer
// gives them now.
func testDuplicates(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	b := eventBatch(1, 1, store.Position{}, "ada", "old")
	b.Timeline[0].At = at(-10 * 365 * 24 * time.Hour)
	from := f.commit(b)
	for i := range 200 {
		from = f.commit(eventBatch(1, 1, from, "ada", fmt.Sprintf("e%d", i)))
	}
	equal(t, "seen", f.load(1, store.Want{Profile: "ada", Events: []string{"e199", "never", "old", "e0"}})[0].Seen, []string{"e199", "old", "e0"})
	// The same id under another time is still the same event, and adding it is refused.
	again := eventBatch(1, 1, from, "ada", "old")
	again.Messages = nil
	f.refused(again, store.ErrExists)
	// An id is the profile's own.
	other := eventBatch(1, 1, from, "bob", "old")
	other.Messages = nil
	f.commit(other)
}

// testAllOrNothing puts a part that fails at each place of a batch whose other parts would
// be fine.
func testAllOrNothing(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	from := f.commit(eventBatch(1, 1, store.Position{}, "ada", "e1"))
	profiles, events := []string{"ada", "bob"}, []string{"e1", "e2"}
	before := f.look(1, 1, profiles, events)
	for name, spoil := range map[string]func(*store.Batch){
		"a timeline row that exists": func(b *store.Batch) {
			b.Timeline = append(b.Timeline, store.TimelineRow{Profile: "ada", At: day, ID: "e1", Kind: store.KindEvent, Name: "x"})
		},
		"a timeline row twice": func(b *store.Batch) { b.Timeline = append(b.Timeline, b.Timeline[0]) },
		"a message that exists": func(b *store.Batch) {
			b.Messages = append(b.Messages, newMessage("m-e1", "bob", day))
		},
		"a message twice": func(b *store.Batch) { b.Messages = append(b.Messages, b.Messages[0]) },
	} {
		b := eventBatch(1, 1, from, "bob", "e2")
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: "ada", State: []byte("spoiled")})
		b.Outcomes = append(b.Outcomes, store.OutcomeRow{MessageID: "m-e1", Outcome: message.Sent, At: day})
		spoil(b)
		if err := f.Commit(t.Context(), b); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s: %v, want ErrExists", name, err)
		}
		equal(t, "partition after "+name, f.look(1, 1, profiles, events), before)
	}
	f.commit(eventBatch(1, 1, from, "bob", "e2"))
}

// testUnstorableTimes gives times that are missing or that nanoseconds in 64 bits cannot
// tell: an error, where storing another time would be a lie.
func testUnstorableTimes(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	far := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(*store.Batch){
		"a timeline row without a time":   func(b *store.Batch) { b.Timeline[0].At = time.Time{} },
		"a message without a time":        func(b *store.Batch) { b.Messages[0].DecidedAt = time.Time{} },
		"a timeline row in the year 1":    func(b *store.Batch) { b.Timeline[0].At = time.Time{}.Add(time.Hour) },
		"a wake in the year 9999":         func(b *store.Batch) { b.Profiles[0].Wake = far },
		"a clock in the year 9999":        func(b *store.Batch) { b.To.Clock = far },
		"a former clock in the year 9999": func(b *store.Batch) { b.From.Clock = far },
	} {
		b := eventBatch(1, 1, store.Position{}, "ada", "e1")
		spoil(b)
		if err := f.Commit(t.Context(), b); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	equal(t, "position after refusals", f.acquire(1, 1), store.Position{})
	f.commit(eventBatch(1, 1, store.Position{}, "ada", "e1"))
	// To ask with such a time is fine: it is before or after everything.
	equal(t, "due before the year 9999", len(f.due(1, far, 10)), 1)
	equal(t, "due before the year 1", len(f.due(1, time.Time{}, 10)), 0)
}

// testCanceled ends contexts before, and at any moment during, commits: nil means
// committed, and a batch is there whole or not at all.
func testCanceled(t *testing.T, o Options) {
	f := newFixture(t, o)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.Acquire(ended, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("acquire: %v, want canceled", err)
	}
	if _, err := f.Load(ended, 1, []store.Want{{Profile: "ada"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("load: %v, want canceled", err)
	}
	var all sync.WaitGroup
	for p := range 8 {
		all.Go(func() { cancelAtRandom(f, p) })
	}
	all.Wait()
}

func cancelAtRandom(f fixture, partition int) {
	if _, err := f.Acquire(f.t.Context(), partition, 1); err != nil {
		f.t.Errorf("acquire: %v", err)
		return
	}
	var from store.Position
	for i := range 40 {
		ctx, cancel := context.WithTimeout(f.t.Context(), time.Duration(i*17)*time.Microsecond)
		b := eventBatch(partition, 1, from, "ada", fmt.Sprintf("e-%d-%d", partition, i))
		failed := f.Commit(ctx, b)
		cancel()
		now, err := f.Acquire(f.t.Context(), partition, 1)
		loaded, err2 := f.Load(f.t.Context(), partition, []store.Want{{Profile: "ada", Events: []string{b.Timeline[0].ID}}})
		switch {
		case err != nil || err2 != nil:
			f.t.Errorf("look: %v", errors.Join(err, err2))
			return
		case now != from && now != b.To:
			f.t.Errorf("position %v is neither before nor after the batch", now)
		case failed == nil && now != b.To:
			f.t.Error("a commit returned nil and is not there")
		case (now == b.To) != (len(loaded[0].Seen) == 1):
			f.t.Errorf("half a batch: position %v, seen %v", now, loaded[0].Seen)
		}
		from = now
	}
}

// testPartitions commits to many partitions at the same time, with fenced, misplaced and
// failing batches among them, none of which may touch the others.
func testPartitions(t *testing.T, o Options) {
	f := newFixture(t, o)
	const partitions, rounds = 16, 20
	var all sync.WaitGroup
	for p := range partitions {
		f.acquire(p, 1)
		all.Go(func() {
			var from store.Position
			for i := range rounds {
				event := fmt.Sprintf("e-%d-%d", p, i)
				b := eventBatch(p, 1, from, fmt.Sprintf("profile-%d", i%5), event)
				for name, bad := range badBatches(b, i) {
					if err := f.Commit(t.Context(), bad); err == nil {
						t.Errorf("%s was taken", name)
					}
				}
				if err := f.Commit(t.Context(), b); err != nil {
					t.Errorf("commit: %v", err)
				}
				from = b.To
			}
		})
	}
	all.Wait()
	for p := range partitions {
		equal(t, "position", f.acquire(p, 1).Seq, uint64(rounds))
		equal(t, "outbox batches", len(f.outbox(p, 0, 1000)), rounds)
	}
	c := f.counts()
	equal(t, "events", c.Events, map[string]int{"order.completed": partitions * rounds})
	equal(t, "open, pending", [2]int{c.Open, c.Pending}, [2]int{partitions * rounds, partitions * rounds})
}

// badBatches are variants of a good batch that have to fail.
func badBatches(good *store.Batch, i int) map[string]*store.Batch {
	fenced, misplaced, failing := *good, *good, *good
	fenced.Epoch = 0
	misplaced.From.Seq += 3
	misplaced.To.Seq += 3
	failing.Messages = append(failing.Messages[:1:1], failing.Messages[0])
	bad := map[string]*store.Batch{"a fenced batch": &fenced, "a misplaced batch": &misplaced, "a failing batch": &failing}
	if i%4 != 0 {
		delete(bad, "a failing batch")
	}
	return bad
}
