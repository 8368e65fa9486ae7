package storetest

import (
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// testErasure forgets one of two people: nothing of theirs can be read any more, and every
// count and whatever is the other's is as it was.
func testErasure(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	from := store.Position{}
	for _, e := range []struct{ who, event string }{{"ada", "e1"}, {"bob", "e2"}, {"ada", "e3"}} {
		b := eventBatch(1, 1, from, e.who, e.event)
		b.Outbox[0].Subject = "send.email." + e.who
		b.Phones = []store.PhoneRow{{Profile: e.who, Number: "+447700900001"}}
		b.Messages[0].Detail, b.Messages[0].Trace = "to "+e.who, "t"
		b.Timeline = append(b.Timeline, store.TimelineRow{Profile: e.who, At: at(0), ID: "in" + e.event, Kind: store.KindEntered, Name: "thank-you"})
		from = f.commit(b)
	}
	shared := &store.Batch{Partition: 1, Epoch: 1, From: from, To: from}
	shared.Outbox = []store.Outgoing{{Subject: "events.ada", ID: "f1"}, {Subject: "events.bob", ID: "f2"}, {Subject: "events.xada", ID: "f3"}}
	sent := newMessage("sent", "ada", at(time.Hour))
	sent.Detail, sent.ProviderID = "to ada", "p1"
	shared.Messages = []store.MessageRow{sent}
	shared.Outcomes = []store.OutcomeRow{{MessageID: "sent", Outcome: message.Sent, At: at(2 * time.Hour), Detail: "250 ok", ProviderID: "p1"}}
	f.commit(shared)
	before := f.counts()
	bobs := f.timeline(1, "bob", 100)
	claimed := f.claim(claimOf("m-e1", "w"))
	equal(t, "claim", claimed[0].State, store.Fresh)

	when := at(24 * time.Hour)
	b := &store.Batch{Partition: 1, Epoch: 1, From: from, To: store.Position{Seq: from.Seq + 1, Clock: when}}
	b.Erasures = []store.Erasure{{Profile: "ada", At: when, Key: "ada"}}
	two := f.commit(b)

	f.checkErased(when)
	equal(t, "timeline of another", f.timeline(1, "bob", 100), bobs)
	after := f.counts()
	equal(t, "events counted", after.Events, before.Events)
	equal(t, "journeys counted", after.Journeys, before.Journeys)
	equal(t, "open", after.Open, before.Open-2)
	equal(t, "pending", after.Pending, before.Pending-3)
	total := func(c store.Counts) (n int) {
		for _, m := range c.Messages {
			n += m.Count
		}
		return n
	}
	equal(t, "messages counted", total(after), total(before))
	equal(t, "claims stay", f.claim(claimOf("m-e1", "x")), []store.Prior{{State: store.Open, Worker: "w"}})

	// A command of theirs was on its way after all; its receipt counts, and tells no more.
	late := &store.Batch{Partition: 1, Epoch: 1, From: two, To: two}
	late.Outcomes = []store.OutcomeRow{{MessageID: "m-e1", Outcome: message.Sent, At: when, Detail: "to ada", Provider: "smtp", ProviderID: "p2"}}
	f.commit(late)
	m := f.message(1, "m-e1")
	equal(t, "outcome after all", [4]any{m.Outcome, m.Provider, m.Detail, m.ProviderID}, [4]any{message.Sent, "smtp", "", ""})

	// The same id, as somebody new, in the batch that erases it again.
	next := eventBatch(1, 1, two, "ada", "e1")
	next.Messages, next.Erasures = nil, []store.Erasure{{Profile: "ada", At: when.Add(time.Hour), Key: "ada"}}
	f.commit(next)
	l := f.load(1, store.Want{Profile: "ada", Events: []string{"e1", "e3"}})[0]
	equal(t, "somebody new", [3]any{string(l.State), len(l.Seen), l.Erased}, [3]any{"state after e1", 1, when.Add(time.Hour)})
	equal(t, "counted on", f.counts().Events["order.completed"], 4)
}

// checkErased checks that nothing of ada is left but numbers.
func (f fixture) checkErased(when time.Time) {
	f.t.Helper()
	equal(f.t, "states", f.load(1, store.Want{Profile: "ada", Events: []string{"e1"}}, store.Want{Profile: "nobody"}), []store.Loaded{{Erased: when}, {}})
	equal(f.t, "timeline", len(f.timeline(1, "ada", 100)), 0)
	equal(f.t, "messages", len(f.messages(store.MessageFilter{Profile: "ada"})), 0)
	equal(f.t, "number", f.byPhone("+447700900001"), []store.ProfileRef{{Partition: 1, Profile: "bob"}})
	equal(f.t, "due", len(f.due(1, at(1000*time.Hour), 10)), 1)
	m, sent := f.message(1, "m-e1"), newMessage("m-e1", "", at(0))
	sent.Instance, sent.Outcome, sent.Reason, sent.OutcomeAt = "", message.Suppressed, message.ReasonSuppressed, when
	equal(f.t, "a message that had not gone out", m, sent)
	m, sent = f.message(1, "sent"), newMessage("sent", "", at(time.Hour))
	sent.Instance, sent.Outcome, sent.OutcomeAt = "", message.Sent, at(2*time.Hour)
	equal(f.t, "a message that was sent", m, sent)
	var left []string
	for _, b := range f.outbox(1, 0, 100) {
		for _, out := range b.Messages {
			left = append(left, out.ID)
		}
	}
	equal(f.t, "outbox", left, []string{"m-e2", "f2", "f3"})
}

// testErasureOfNobody erases who was never there, and in a partition that was not acquired
// by this store since.
func testErasureOfNobody(t *testing.T, o Options) {
	dir := t.TempDir()
	s := o.Open(t, dir)
	f := fixture{s, t}
	f.acquire(1, 1)
	b := &store.Batch{Partition: 1, Epoch: 1, Erasures: []store.Erasure{{Profile: "ada", At: day}}}
	f.commit(b)
	b.Erasures[0].At = at(-time.Hour)
	f.commit(b)
	equal(t, "the later time stays", f.load(1, store.Want{Profile: "ada"})[0].Erased, day)
	equal(t, "in another partition", f.load(2, store.Want{Profile: "ada"})[0].Erased, time.Time{})
	b.Erasures[0].At = time.Time{}
	if err := f.Commit(t.Context(), b); err == nil {
		t.Error("an erasure without a time is taken")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f = fixture{o.Open(t, dir), t}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	equal(t, "after opening", f.load(1, store.Want{Profile: "ada"})[0].Erased, day)
	f.acquire(1, 2)
	equal(t, "after acquiring", f.load(1, store.Want{Profile: "ada"})[0].Erased, day)
}
