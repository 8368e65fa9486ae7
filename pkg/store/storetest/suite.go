package storetest

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Options say how to make the store under test.
type Options struct {
	// Open opens the store whose data lie in dir, an existing directory, empty at first.
	// The suite closes it. A second Open of the same dir after that has to find the data.
	Open func(t *testing.T, dir string) store.Store
}

// Run runs the suite. The calling test must do nothing else: to test what a killed process
// leaves behind, the suite starts the test binary again with just that test.
func Run(t *testing.T, o Options) {
	if dir := os.Getenv(childEnv); dir != "" {
		commitUntilKilled(t, o, dir)
		return
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T, Options)
	}{
		{"acquire", testAcquire},
		{"fencing", testFencing},
		{"positions", testPositions},
		{"replay", testReplay},
		{"load", testLoad},
		{"duplicates", testDuplicates},
		{"all or nothing", testAllOrNothing},
		{"unstorable times", testUnstorableTimes},
		{"canceled", testCanceled},
		{"partitions", testPartitions},
		{"due", testDue},
		{"due moves", testDueMoves},
		{"outbox", testOutbox},
		{"outbox numbers", testOutboxNumbers},
		{"claims", testClaims},
		{"claims race", testClaimsRace},
		{"record", testRecord},
		{"outcomes", testOutcomes},
		{"timeline", testTimeline},
		{"messages", testMessages},
		{"exact values", testExactValues},
		{"resting", testResting},
		{"arms", testArms},
		{"winners", testWinners},
		{"standing", testStanding},
		{"stale", testStale},
		{"versions", testVersions},
		{"applied", testApplied},
		{"pruning", testPruning},
		{"pruning races", testPruningRaces},
		{"history", testHistory},
		{"events", testEvents},
		{"profiles", testProfiles},
		{"suppressions", testSuppressions},
		{"suppressions in batches", testListing},
		{"numbers", testNumbers},
		{"look", testLook},
		{"erasure", testErasure},
		{"erasure of nobody", testErasureOfNobody},
		{"identities", testIdentities},
		{"reopen", testReopen},
		{"close", testClose},
		{"model", testModel},
		{"kill", testKill},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, o)
		})
	}
}

// fixture is a store with calls that fail the test where the port returns an error.
type fixture struct {
	store.Store
	t testing.TB
}

// newFixture opens an empty store, which the test's end closes.
func newFixture(t *testing.T, o Options) fixture {
	t.Helper()
	s := o.Open(t, t.TempDir())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return fixture{s, t}
}

func (f fixture) acquire(partition int, epoch uint64) store.Position {
	f.t.Helper()
	at, err := f.Acquire(f.t.Context(), partition, epoch)
	if err != nil {
		f.t.Fatalf("acquire partition %d as %d: %v", partition, epoch, err)
	}
	return at
}

func (f fixture) commit(b *store.Batch) store.Position {
	f.t.Helper()
	if err := f.Commit(f.t.Context(), b); err != nil {
		f.t.Fatalf("commit: %v", err)
	}
	return b.To
}

func (f fixture) load(partition int, wants ...store.Want) []store.Loaded {
	f.t.Helper()
	loaded, err := f.Load(f.t.Context(), partition, wants)
	if err != nil {
		f.t.Fatalf("load: %v", err)
	}
	if len(loaded) != len(wants) {
		f.t.Fatalf("load: %d answers to %d wants", len(loaded), len(wants))
	}
	return loaded
}

func (f fixture) due(partition int, before time.Time, limit int) []store.Wake {
	f.t.Helper()
	wakes, err := f.Due(f.t.Context(), partition, before, limit)
	if err != nil {
		f.t.Fatalf("due: %v", err)
	}
	return wakes
}

func (f fixture) outbox(partition int, after uint64, limit int) []store.OutboxBatch {
	f.t.Helper()
	batches, err := f.Outbox(f.t.Context(), partition, after, limit)
	if err != nil {
		f.t.Fatalf("outbox: %v", err)
	}
	return batches
}

func (f fixture) outboxDone(partition int, seq uint64) {
	f.t.Helper()
	if err := f.OutboxDone(f.t.Context(), partition, seq); err != nil {
		f.t.Fatalf("outbox done: %v", err)
	}
}

func (f fixture) claim(claims ...store.Claim) []store.Prior {
	f.t.Helper()
	priors, err := f.Claim(f.t.Context(), claims)
	if err != nil {
		f.t.Fatalf("claim: %v", err)
	}
	if len(priors) != len(claims) {
		f.t.Fatalf("claim: %d answers to %d claims", len(priors), len(claims))
	}
	return priors
}

func (f fixture) claimed(id string) store.Prior {
	f.t.Helper()
	prior, err := f.Claimed(f.t.Context(), 1, id)
	if err != nil {
		f.t.Fatalf("look at a claim: %v", err)
	}
	return prior
}

func (f fixture) record(results ...store.Result) {
	f.t.Helper()
	if err := f.Record(f.t.Context(), results); err != nil {
		f.t.Fatalf("record: %v", err)
	}
}

func (f fixture) counts() store.Counts {
	f.t.Helper()
	c, err := f.Counts(f.t.Context())
	if err != nil {
		f.t.Fatalf("counts: %v", err)
	}
	u, err := f.Unfinished(f.t.Context())
	if err != nil {
		f.t.Fatalf("unfinished: %v", err)
	}
	equal(f.t, "unfinished", u, store.Unfinished{Messages: c.Open, Outbox: c.Pending})
	return c
}

func (f fixture) timeline(partition int, profile string, limit int) []store.TimelineRow {
	f.t.Helper()
	rows, err := f.Timeline(f.t.Context(), partition, profile, limit)
	if err != nil {
		f.t.Fatalf("timeline: %v", err)
	}
	return rows
}

func (f fixture) message(partition int, id string) store.MessageRow {
	f.t.Helper()
	m, err := f.Message(f.t.Context(), partition, id)
	if err != nil {
		f.t.Fatalf("message %s: %v", id, err)
	}
	return m
}

func (f fixture) messages(filter store.MessageFilter) []store.MessageRow {
	f.t.Helper()
	rows, err := f.Messages(f.t.Context(), filter)
	if err != nil {
		f.t.Fatalf("messages: %v", err)
	}
	return rows
}

// refused checks that a batch fails with the error wanted.
func (f fixture) refused(b *store.Batch, want error) {
	f.t.Helper()
	if err := f.Commit(f.t.Context(), b); !errors.Is(err, want) {
		f.t.Fatalf("commit: %v, want %v", err, want)
	}
}

// equal fails the test when two values differ.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// day is when all of this happens; at is a while later, to the nanosecond.
var day = time.Date(2011, 1, 4, 10, 0, 0, 123456789, time.UTC)

func at(d time.Duration) time.Time { return day.Add(d) }

// eventBatch applies one event to one profile: its state, its row, a message with its
// command, all named after the event's sequence. It follows on from the position given.
func eventBatch(partition int, epoch uint64, from store.Position, profile, event string) *store.Batch {
	when := at(time.Duration(from.Seq) * time.Minute)
	return &store.Batch{
		Partition: partition, Epoch: epoch, From: from, To: store.Position{Seq: from.Seq + 1, Clock: when},
		Profiles: []store.ProfileRow{{
			ID: profile, State: []byte("state after " + event), Known: true, Orders: 1,
			LastOrderAt: when, UpdatedAt: when, Wake: when.Add(time.Hour), Snapshot: "w1",
		}},
		Resting: []store.RestingDelta{{Journey: "thank-you", Version: "v1", Step: "mail", Delta: 1}},
		Arms:    []store.ArmDelta{{Journey: "thank-you", Version: "v1", Arm: "sent", Entered: 1}},
		Timeline: []store.TimelineRow{{
			Profile: profile, At: when, ID: event, Kind: store.KindEvent, Name: "order.completed", Data: []byte(`{"total":"1.00"}`),
		}},
		Messages: []store.MessageRow{newMessage("m-"+event, profile, when)},
		Outbox:   []store.Outgoing{{Subject: "send.email", ID: "m-" + event, Data: []byte("command of " + event)}},
	}
}

func newMessage(id, profile string, when time.Time) store.MessageRow {
	return store.MessageRow{
		ID: id, Profile: profile, Journey: "thank-you", Version: "v1", Instance: "i-" + id, Step: "mail",
		Channel: message.Email, Category: message.Transactional, Template: "thank-you", DecidedAt: when,
	}
}

// snapshot is all that can be seen of a partition, to show that something changed nothing.
type snapshot struct {
	Position store.Position
	Loaded   []store.Loaded
	Timeline [][]store.TimelineRow
	Messages []store.MessageRow
	Outbox   []store.OutboxBatch
	Due      []store.Wake
	Counts   store.Counts
	Resting  []store.Resting
	Arms     []store.Arm
}

// look takes a snapshot. epoch has to be the owner's.
func (f fixture) look(partition int, epoch uint64, profiles, events []string) snapshot {
	f.t.Helper()
	s := snapshot{
		Position: f.acquire(partition, epoch),
		Messages: f.messages(store.MessageFilter{}),
		Outbox:   f.outbox(partition, 0, 1000),
		Due:      f.due(partition, at(1000*time.Hour), 1000),
		Counts:   f.counts(),
		Resting:  f.resting(),
		Arms:     f.arms(),
	}
	for _, p := range profiles {
		s.Loaded = append(s.Loaded, f.load(partition, store.Want{Profile: p, Events: events})...)
		s.Timeline = append(s.Timeline, f.timeline(partition, p, 1000))
	}
	return s
}

// long is data of an event, and part of a state, that a store may want to pack: odd, but kept to the byte.
const long = `{ "order_id": "A-1", "total": 27.50e0, "products": [ {"product_id":"22423","name":"Regency cake stand","price":12.75,"quantity":2},
	{"product_id":"21212","name":"Cake cases, retro spot","price":2.00,"quantity":1} ], "currency":"GBP" }`
