package bus_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
)

func emails(from, n int) []*nats.Msg {
	var msgs []*nats.Msg
	for i := from; i < from+n; i++ {
		msgs = append(msgs, bus.NewMsg(bus.SendSubject("email", "ada"), fmt.Sprint(i), []byte("x")))
	}
	return msgs
}

func TestPublishBatchStoresAllAtOnce(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	got, err := bus.PublishBatch(deadline(t), js, emails(0, 100))
	if err != nil || got != (bus.BatchResult{Stored: 100, LastSeq: 100}) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// Events of many profiles in one batch keep ids, transform and order.
func TestPublishBatchOfEvents(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	var msgs []*nats.Msg
	for i := range bus.MaxBatch {
		msgs = append(msgs, bus.NewMsg(bus.EventSubject(fmt.Sprint(i%7)), fmt.Sprint(i), fmt.Append(nil, i)))
	}
	if got, err := bus.PublishBatch(deadline(t), js, msgs); err != nil || got.Stored != bus.MaxBatch {
		t.Fatalf("got %+v, %v", got, err)
	}
	r, err := bus.Read(deadline(t), js, bus.StreamEvents, nil, 0, bus.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for i, d := range readN(t, r, bus.MaxBatch) {
		if string(d.Data) != fmt.Sprint(i) || d.ID() != fmt.Sprint(i) || !strings.HasPrefix(d.Subject, "evp.") {
			t.Fatalf("message %d is %+v", i, d)
		}
	}
}

// A repeat after a lost answer: the server refuses the whole batch for one known id
// (10201), and the rest must still be stored.
func TestPublishBatchRepeated(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	if _, err := bus.PublishBatch(deadline(t), js, emails(0, 10)); err != nil {
		t.Fatal(err)
	}
	got, err := bus.PublishBatch(deadline(t), js, emails(5, 10))
	if err != nil || got != (bus.BatchResult{Stored: 5, Duplicates: 5, LastSeq: 15}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	msgs := emails(15, 10)
	for range 2 { // the same messages again, as a relay would
		if got, err = bus.PublishBatch(deadline(t), js, msgs); err != nil {
			t.Fatal(err)
		}
	}
	if got != (bus.BatchResult{Duplicates: 10, LastSeq: 25}) {
		t.Fatalf("got %+v", got)
	}
}

func TestPublishBatchOfOneAndNone(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	if got, err := bus.PublishBatch(deadline(t), js, nil); err != nil || got != (bus.BatchResult{}) {
		t.Fatalf("none: %+v, %v", got, err)
	}
	if got, err := bus.PublishBatch(deadline(t), js, emails(0, 1)); err != nil || got.Stored != 1 {
		t.Fatalf("one: %+v, %v", got, err)
	}
}

func TestPublishBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	foreign := emails(0, 10)
	foreign[4].Subject = "events.ada"
	large := emails(0, 10)
	large[4].Data = bytes.Repeat([]byte("x"), 2<<20)
	full := emails(0, 20)
	for _, m := range full {
		m.Data = bytes.Repeat([]byte("x"), 1000<<10)
	}
	for name, msgs := range map[string][]*nats.Msg{
		"on another stream": foreign, "too large": large, "more than fits the stream": full, "too many": emails(0, bus.MaxBatch+1),
	} {
		if _, err := bus.PublishBatch(deadline(t), js, msgs); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			t.Log(name, err)
		}
	}
	if _, err := bus.PublishBatch(deadline(t), js, large); !errors.Is(err, nats.ErrMaxPayload) || !strings.Contains(err.Error(), "message 5 of 10") {
		t.Errorf("too large: %v", err)
	}
	if seq, err := bus.LastSeq(deadline(t), js, bus.StreamSend); err != nil || seq != 0 {
		t.Fatalf("%d messages stored, %v; want none", seq, err)
	}
}

// Far more publishers than the 50 open batches that the server allows.
func TestManyPublishBatchesAtOnce(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const publishers, each = 150, 25
	ctx, errs := deadline(t), make(chan error, publishers)
	for i := range publishers {
		go func() {
			_, err := bus.PublishBatch(ctx, js, emails(i*each, each))
			errs <- err
		}()
	}
	for range publishers {
		if err := receive(t, errs); err != nil {
			t.Error(err)
		}
	}
	if seq, err := bus.LastSeq(deadline(t), js, bus.StreamSend); err != nil || seq != publishers*each {
		t.Fatalf("stored %d, %v", seq, err)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	var sizes []int
	for batch := range bus.Split(emails(0, 2*bus.MaxBatch+1), 0) {
		sizes = append(sizes, len(batch))
	}
	if !slices.Equal(sizes, []int{bus.MaxBatch, bus.MaxBatch, 1}) {
		t.Errorf("by number: %v", sizes)
	}
	sizes = nil
	msgs := emails(0, 3)
	msgs[1].Data = make([]byte, 1000)
	for batch := range bus.Split(msgs, 500) {
		sizes = append(sizes, len(batch))
	}
	if !slices.Equal(sizes, []int{1, 1, 1}) {
		t.Errorf("by size: %v", sizes)
	}
}
