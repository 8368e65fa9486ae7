package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// testModel gives random calls to the store and to the model. The names, times and epochs
// are few, so that repeats, ties, duplicates, stale owners and misplaced batches are common.
//
// All sequences of calls run on one store, since opening costs more than calling; each has
// partitions and names of its own, and the counts are over all. After a failure a sequence
// starts on a fresh store, so that what failed before does not confuse the search for the
// shortest that does.
func testModel(t *testing.T, o Options) {
	var m *machine
	rapid.Check(t, func(r *rapid.T) {
		if m == nil {
			m = &machine{fixture: newFixture(t, o), model: newModel()}
		}
		now := m
		m = nil
		now.sequence++
		r.Repeat(map[string]func(*rapid.T){
			"acquire":    now.stepAcquire,
			"commit":     now.stepCommit,
			"commit too": now.stepCommit, // twice as likely
			"load":       now.stepLoad,
			"due":        now.stepDue,
			"relay":      now.stepRelay,
			"claim":      now.stepClaim,
			"record":     now.stepRecord,
			"read":       now.stepRead,
			"stale":      now.stepStale,
			"history":    now.stepHistory,
			"list":       now.stepList,
			"identify":   now.stepIdentities,
			"count":      now.stepCount,
		})
		now.stepCount(r)
		m = now
	})
}

// machine is the store and the model side by side, in one sequence of calls after another.
type machine struct {
	fixture
	model    *model
	sequence int
}

// differ fails the property when two answers differ, by more than nil and empty.
func differ(r *rapid.T, what string, got, want any) {
	r.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		r.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// own makes a name the sequence's own.
func (m *machine) own(name string) string { return fmt.Sprintf("%s-%d", name, m.sequence) }

func (m *machine) partition(r *rapid.T) int {
	return 2*m.sequence + rapid.IntRange(0, 1).Draw(r, "partition")
}

func (m *machine) profile(r *rapid.T) string {
	return m.own(rapid.SampledFrom([]string{"ada", "bob", "Cy"}).Draw(r, "profile"))
}

func (m *machine) id(r *rapid.T) string {
	return m.own(fmt.Sprint("id", rapid.IntRange(0, 30).Draw(r, "id")))
}

func (m *machine) name(r *rapid.T) string {
	return m.own(rapid.SampledFrom([]string{"x", "y"}).Draw(r, "name"))
}

func drawSnapshot(r *rapid.T) string {
	return rapid.SampledFrom([]string{"", "w1", "w2"}).Draw(r, "snapshot")
}

func drawEpoch(r *rapid.T) uint64 { return rapid.Uint64Range(1, 3).Draw(r, "epoch") }

// drawState draws a short state, or one that a store may want to pack.
func drawState(r *rapid.T) []byte {
	state := rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(r, "state")
	if rapid.Bool().Draw(r, "long") {
		state = append(state, long...)
	}
	return state
}

func drawTime(r *rapid.T) time.Time {
	return at(time.Duration(rapid.IntRange(-3, 3).Draw(r, "time")))
}

func drawOutcome(r *rapid.T) message.Outcome {
	return rapid.SampledFrom([]message.Outcome{message.Sent, message.Failed, message.Uncertain}).Draw(r, "outcome")
}

// drawBatch draws a batch that mostly starts where the partition is.
func (m *machine) drawBatch(r *rapid.T) *store.Batch {
	b := &store.Batch{Partition: m.partition(r), Epoch: drawEpoch(r)}
	if p := m.model.partitions[b.Partition]; p != nil && rapid.IntRange(0, 9).Draw(r, "placed") > 0 {
		b.From, b.Epoch = p.at, p.epoch
	}
	b.To = store.Position{Seq: b.From.Seq + rapid.Uint64Range(0, 2).Draw(r, "events"), Clock: drawTime(r)}
	some := func(what string, add func()) {
		for range rapid.IntRange(0, 2).Draw(r, what) {
			add()
		}
	}
	some("profiles", func() {
		row := store.ProfileRow{ID: m.profile(r), State: drawState(r)}
		row.Snapshot = drawSnapshot(r)
		if rapid.Bool().Draw(r, "wakes") {
			row.Wake = drawTime(r)
		}
		b.Profiles = append(b.Profiles, row)
	})
	some("timeline", func() {
		b.Timeline = append(b.Timeline, store.TimelineRow{
			Profile: m.profile(r), At: drawTime(r), ID: m.id(r), Name: m.name(r), Kind: rapid.SampledFrom(kinds).Draw(r, "kind"),
		})
	})
	some("messages", func() {
		row := newMessage(m.id(r), m.profile(r), drawTime(r))
		row.Journey = m.name(r)
		if rapid.Bool().Draw(r, "suppressed") {
			row.Outcome, row.Reason, row.OutcomeAt = message.Suppressed, message.ReasonCapped, drawTime(r)
		}
		b.Messages = append(b.Messages, row)
	})
	some("outcomes", func() {
		b.Outcomes = append(b.Outcomes, store.OutcomeRow{MessageID: m.id(r), Outcome: drawOutcome(r), At: drawTime(r), Resent: rapid.Bool().Draw(r, "resent")})
	})
	some("resting", func() {
		delta := rapid.IntRange(-2, 2).Draw(r, "delta")
		b.Resting = append(b.Resting, store.RestingDelta{Journey: m.name(r), Version: drawSnapshot(r), Delta: delta})
	})
	some("outbox", func() {
		b.Outbox = append(b.Outbox, store.Outgoing{Subject: "send." + m.profile(r), ID: m.id(r), Data: []byte{1}})
	})
	m.drawLists(r, b)
	return b
}

func (m *machine) stepAcquire(r *rapid.T) {
	partition, epoch := m.partition(r), drawEpoch(r)
	want, wantErr := m.model.acquire(partition, epoch)
	got, err := m.Acquire(r.Context(), partition, epoch)
	if !errors.Is(err, wantErr) {
		r.Fatalf("acquire: %v, want %v", err, wantErr)
	}
	differ(r, "acquired", got, want)
}

func (m *machine) stepCommit(r *rapid.T) {
	b := m.drawBatch(r)
	want := m.model.commit(b)
	if err := m.Commit(r.Context(), b); !errors.Is(err, want) {
		r.Fatalf("commit: %v, want %v", err, want)
	}
}

func (m *machine) stepLoad(r *rapid.T) {
	partition := m.partition(r)
	var wants []store.Want
	var want []store.Loaded
	for range rapid.IntRange(0, 3).Draw(r, "wants") {
		w := store.Want{Profile: m.profile(r), Events: []string{m.id(r), m.id(r)}}
		wants, want = append(wants, w), append(want, m.model.load(partition, w))
	}
	differ(r, "loaded", m.load(partition, wants...), want)
}

func (m *machine) stepDue(r *rapid.T) {
	partition, before, limit := m.partition(r), drawTime(r), rapid.IntRange(0, 4).Draw(r, "limit")
	all := m.model.due(partition)
	n := 0
	for n < len(all) && n < limit && all[n].Due.Before(before) {
		n++
	}
	differ(r, "due", m.due(partition, before, limit), all[:n])
	when, ok := m.nextDue(partition)
	differ(r, "whether anything is due", ok, len(all) > 0)
	if ok {
		differ(r, "next due", when, all[0].Due)
	}
}

// stepRelay reads an outbox and removes its first batches.
func (m *machine) stepRelay(r *rapid.T) {
	partition := m.partition(r)
	p := m.model.partitions[partition]
	if p == nil {
		return
	}
	got := m.outbox(partition, 0, 1000)
	var messages [][]store.Outgoing
	for _, b := range got {
		messages = append(messages, b.Messages)
	}
	differ(r, "outbox", messages, p.outbox)
	if n := rapid.IntRange(0, 2).Draw(r, "done"); n > 0 && n <= len(got) {
		m.outboxDone(partition, got[n-1].Seq)
		p.outbox = p.outbox[n:]
	}
}

func (m *machine) stepClaim(r *rapid.T) {
	c := claimOf(m.id(r), rapid.SampledFrom([]string{"w1", "w2"}).Draw(r, "worker"))
	looked := m.claimed(c.MessageID)
	want := m.model.claim(c)
	differ(r, "the claim before it is made", looked, want)
	differ(r, "claim", m.claim(c), []store.Prior{want})
}

func (m *machine) stepRecord(r *rapid.T) {
	result := resultOf(m.id(r), "w1", fmt.Sprint(rapid.IntRange(0, 9).Draw(r, "receipt")))
	want := m.model.record(result)
	if err := m.Record(r.Context(), []store.Result{result}); !errors.Is(err, want) {
		r.Fatalf("record: %v, want %v", err, want)
	}
}

// stepRead reads one profile's timeline, and all messages of a filter.
func (m *machine) stepRead(r *rapid.T) {
	partition, profile := m.partition(r), m.profile(r)
	filter := store.MessageFilter{Journey: m.name(r)}
	if rapid.Bool().Draw(r, "by profile") {
		filter = store.MessageFilter{Profile: profile}
	}
	var timeline []store.TimelineRow
	var messages []store.MessageRow
	for n, p := range m.model.partitions {
		for _, row := range p.timeline {
			if n == partition && row.Profile == profile {
				timeline = append(timeline, row)
			}
		}
		for _, row := range p.messages {
			if matches(&filter, &row) {
				messages = append(messages, row)
			}
		}
	}
	slices.SortFunc(timeline, newestFirst)
	differ(r, "timeline", m.timeline(partition, profile, 1000), timeline)
	got := m.messages(filter)
	if !slices.IsSortedFunc(got, byDecision) {
		r.Fatalf("messages are out of order: %+v", got)
	}
	// One id may be in two partitions at one time here; then either comes first.
	whole := func(a, b store.MessageRow) int {
		return cmp.Or(byDecision(a, b), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	}
	slices.SortFunc(messages, whole)
	slices.SortFunc(got, whole)
	differ(r, "messages", got, messages)
}

func (m *machine) stepCount(r *rapid.T) {
	got := m.counts()
	slices.SortFunc(got.Messages, compareCounts)
	differ(r, "counts", got, m.model.counts())
	differ(r, "resting", m.resting(), m.model.resting())
}

// stepStale asks which profiles have to be refreshed, and for their rows.
func (m *machine) stepStale(r *rapid.T) {
	partition, snapshot, limit := m.partition(r), drawSnapshot(r), rapid.IntRange(0, 4).Draw(r, "limit")
	after := rapid.SampledFrom([]string{"", "a", m.own("ada"), m.own("bob")}).Draw(r, "after")
	rows := m.model.after(partition, after)
	var ids []string
	for _, row := range rows {
		if row.Snapshot != snapshot {
			ids = append(ids, row.ID)
		}
	}
	differ(r, "stale", m.stale(partition, snapshot, after, limit), ids[:min(limit, len(ids))])
	differ(r, "profiles", m.profiles(partition, after, limit), rows[:min(limit, len(rows))])
}

// stepHistory reads what happened between two times, to one profile and to all.
func (m *machine) stepHistory(r *rapid.T) {
	partition, profile, from, to := m.partition(r), m.profile(r), drawTime(r), drawTime(r)
	var history, events []store.TimelineRow
	if p := m.model.partitions[partition]; p != nil {
		for _, row := range p.timeline {
			if row.At.Before(from) || !row.At.Before(to) {
				continue
			}
			if row.Profile == profile {
				history = append(history, row)
			}
			if row.Kind == store.KindEvent {
				events = append(events, row)
			}
		}
	}
	slices.SortStableFunc(history, oldestFirst)
	slices.SortStableFunc(events, oldestFirst)
	differ(r, "history", m.history(partition, profile, from, to), history)
	differ(r, "events", m.events(partition, from, to), events)
}
