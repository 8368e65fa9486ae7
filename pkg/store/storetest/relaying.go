package storetest

import (
	"fmt"
	"testing"

	"rapport/pkg/store"
)

func testOutbox(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	f.acquire(2, 1)
	var want [][]store.Outgoing
	for i := range 5 {
		out := []store.Outgoing{
			{Subject: "send.email", ID: fmt.Sprint(i, "a"), Header: map[string]string{"traceparent": "00-ab-cd-01"}, Data: []byte{0, 1, 255}},
			{Subject: "send.sms", ID: fmt.Sprint(i, "b"), Data: []byte("ünï")},
		}
		f.commit(&store.Batch{Partition: 1, Epoch: 1, Outbox: out})
		f.commit(&store.Batch{Partition: 1, Epoch: 1}) // has none, is none
		want = append(want, out)
	}
	f.commit(&store.Batch{Partition: 2, Epoch: 1, Outbox: []store.Outgoing{{Subject: "s", ID: "elsewhere"}}})

	all := f.outbox(1, 0, 100)
	equal(t, "number of batches", len(all), len(want))
	for i, b := range all {
		equal(t, "partition", b.Partition, 1)
		equal(t, "messages", b.Messages, want[i])
		if i > 0 && b.Seq <= all[i-1].Seq {
			t.Errorf("batch %d has number %d after %d", i, b.Seq, all[i-1].Seq)
		}
	}
	equal(t, "read again", f.outbox(1, 0, 100), all)
	equal(t, "limited", f.outbox(1, 0, 2), all[:2])
	equal(t, "limited to none", len(f.outbox(1, 0, 0)), 0)
	equal(t, "after the second", f.outbox(1, all[1].Seq, 2), all[2:4])
	equal(t, "after the last", len(f.outbox(1, all[4].Seq, 100)), 0)
	equal(t, "pending", f.counts().Pending, 11)
	f.outboxDone(1, all[2].Seq)
	equal(t, "after done", f.outbox(1, 0, 100), all[3:])
	f.outboxDone(1, all[2].Seq) // a relay that died before it noted this says it again
	equal(t, "after done again", f.outbox(1, 0, 100), all[3:])
	equal(t, "pending after done", f.counts().Pending, 5)
	equal(t, "the other partition", len(f.outbox(2, 0, 100)), 1)
}

// testOutboxNumbers empties an outbox and opens the store again: a relay that remembers
// the last number it saw must not miss what comes after.
func testOutboxNumbers(t *testing.T, o Options) {
	dir := t.TempDir()
	var last uint64
	for range 3 {
		f := fixture{o.Open(t, dir), t}
		f.acquire(1, 1)
		for range 2 {
			f.commit(&store.Batch{Partition: 1, Epoch: 1, Outbox: []store.Outgoing{{Subject: "s", ID: "i", Data: []byte("d")}}})
			batches := f.outbox(1, last, 10)
			equal(t, "new batches", len(batches), 1)
			last = batches[0].Seq
			f.outboxDone(1, last)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
