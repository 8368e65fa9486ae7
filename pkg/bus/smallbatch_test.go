package bus_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// few are n commands of each of two keys, in turn; body and id are key-number.
func few(from, n int) []*nats.Msg {
	var msgs []*nats.Msg
	for i := from; i < from+n; i++ {
		for _, key := range []string{"ada", "bob"} {
			id := fmt.Sprintf("%s-%d", key, i)
			msgs = append(msgs, bus.NewMsg(bus.SendSubject("email", key), id, []byte(id)))
		}
	}
	return msgs
}

func wholeBatch(t *testing.T, js jetstream.JetStream, seq uint64) bool {
	t.Helper()
	s, err := js.Stream(deadline(t), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetMsg(deadline(t), seq)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Nats-Batch-Id") != ""
}

// A small batch makes no batch at the server, keeps the order of its keys, and is stored once
// when it is repeated.
func TestSmallBatchIsPublishedSingly(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	if got, err := bus.PublishBatch(deadline(t), js, few(0, 3)); err != nil || got != (bus.BatchResult{Stored: 6, LastSeq: 6}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if wholeBatch(t, js, 1) {
		t.Error("it is an atomic batch")
	}
	if got, err := bus.PublishBatch(deadline(t), js, few(1, 4)); err != nil || got != (bus.BatchResult{Stored: 4, Duplicates: 4, LastSeq: 10}) {
		t.Fatalf("repeated: %+v, %v", got, err)
	}
	inOrder(t, bodies(t, js, bus.StreamSend), 5)
	if got, err := bus.PublishBatch(deadline(t), js, few(5, 9)); err != nil || got.Stored != 18 || !wholeBatch(t, js, 11) {
		t.Errorf("a large batch: %+v, %v, or not atomic", got, err)
	}
}

// inOrder checks that there are n messages of each key, none twice, in their order.
func inOrder(t *testing.T, got []string, n int) {
	t.Helper()
	for _, key := range []string{"ada", "bob"} {
		of := slices.DeleteFunc(slices.Clone(got), func(b string) bool { return b[:3] != key })
		want := make([]string, n)
		for i := range want {
			want[i] = fmt.Sprintf("%s-%d", key, i)
		}
		if !slices.Equal(of, want) {
			t.Errorf("%s: %v, want %v", key, of, want)
		}
	}
}

// A full stream takes some of a small batch, but nothing behind what it refused of the same
// key; whoever tries again adds nothing while it is full, and everything once when there
// is room.
func TestSmallBatchAndAFullStream(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	s, err := js.Stream(deadline(t), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	config := s.CachedInfo().Config
	room := config.MaxBytes
	config.MaxBytes = 100 << 10
	if _, err := js.UpdateStream(deadline(t), config); err != nil {
		t.Fatal(err)
	}
	msgs := few(0, 3)
	msgs[2].Data = bytes.Repeat([]byte("x"), 200<<10) // ada-1
	_, err = bus.PublishBatch(deadline(t), js, msgs)
	if !bus.IsFull(err) {
		t.Fatalf("got %v, want that the stream is full", err)
	}
	stored := bodies(t, js, bus.StreamSend)
	if !slices.Equal(stored, []string{"ada-0", "bob-0", "bob-1"}) {
		t.Fatalf("stored %v", stored)
	}
	for range 3 {
		if _, err := bus.PublishBatch(deadline(t), js, msgs); !bus.IsFull(err) {
			t.Fatalf("again: %v", err)
		}
		if _, err := bus.PublishBatch(deadline(t), js, slices.Concat(few(7, 1), msgs[2:3])); !bus.IsFull(err) {
			t.Fatalf("others: %v", err)
		}
	}
	if again := bodies(t, js, bus.StreamSend); !slices.Equal(again, stored) {
		t.Fatalf("stored %v", again)
	}
	config.MaxBytes = room
	if _, err := js.UpdateStream(deadline(t), config); err != nil {
		t.Fatal(err)
	}
	msgs[2].Data = []byte("ada-1")
	if got, err := bus.PublishBatch(deadline(t), js, msgs); err != nil || got.Stored != 3 || got.Duplicates != 3 {
		t.Fatalf("with room: %+v, %v", got, err)
	}
	inOrder(t, bodies(t, js, bus.StreamSend), 3)
}

// What cannot be stored at all fails before anything is.
func TestSmallBatchOfWhatNobodyTakes(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	foreign, large := few(0, 3), few(0, 3)
	foreign[3].Subject = bus.EventSubject("bob")
	large[3].Data = make([]byte, 2<<20)
	if _, err := bus.PublishBatch(deadline(t), js, foreign); err == nil {
		t.Error("of two streams: no error")
	}
	if _, err := bus.PublishBatch(deadline(t), js, large); !errors.Is(err, nats.ErrMaxPayload) || !bus.IsTooLarge(err) {
		t.Errorf("too large: %v", err)
	}
	if seq, err := bus.LastSeq(deadline(t), js, bus.StreamSend); err != nil || seq != 0 {
		t.Errorf("%d messages stored, %v", seq, err)
	}
}
