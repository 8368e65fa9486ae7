package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/services/ingest"
)

// limit gives the stream of events another size.
func limit(t *testing.T, js jetstream.JetStream, bytes int64) {
	t.Helper()
	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxBytes = bytes
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// A full stream refuses: senders are told to come back, what was accepted stays, and when
// room is made the same requests are taken and stored once.
func TestAFullStreamRefusesAndGoesOn(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{MaxBytes: 128 << 20})
	limit(t, b.JS, 200_000)
	h := newService(t, ingest.NewBroker(b.JS), func(o *ingest.Options) { o.Limits.Event = ingest.MaxEvent }).Handler()
	accepted, refusedAt := map[int]bool{}, -1
	for i := range 20 { // of 700 events: two atomic batches, of which one may be stored alone
		a := post(t, h, "/v1/batch", batchOf(i*700, 700))
		if a.status == http.StatusOK {
			accepted[i] = true
			continue
		}
		p := refused(t, a, http.StatusServiceUnavailable)
		if p.Type != "urn:rapport:problem:broker_full" || a.header.Get("Retry-After") != "30" {
			t.Fatalf("answered %v %s", a.header, a.body)
		}
		refusedAt = i
		break
	}
	single := post(t, h, "/v1/track", `{"messageId":"last","userId":"c1","event":"Cart Viewed","properties":{"x":"`+strings.Repeat("x", 100_000)+`"}}`)
	if refusedAt < 0 || single.status != http.StatusServiceUnavailable {
		t.Fatalf("refused batch %d and answered %d to one event", refusedAt, single.status)
	}
	count := func() map[string]int {
		ids := map[string]int{}
		for _, e := range bustest.Stored(t, b.JS) {
			ids[e.ID]++
		}
		return ids
	}
	for i := range accepted {
		ids := count()
		for n := i * 700; n < (i+1)*700; n++ {
			if ids["m"+strconv.Itoa(n)] != 1 {
				t.Fatalf("event %d of an accepted batch is there %d times", n, ids["m"+strconv.Itoa(n)])
			}
		}
	}
	limit(t, b.JS, 96<<20)
	for i := range refusedAt + 1 { // Senders repeat; those that were accepted do no harm.
		if a := post(t, h, "/v1/batch", batchOf(i*700, 700)); a.status != http.StatusOK {
			t.Fatalf("with room again: %d %s", a.status, a.body)
		}
	}
	ids := count()
	for id, n := range ids {
		if n != 1 {
			t.Errorf("event %s is stored %d times", id, n)
		}
	}
	if len(ids) != (refusedAt+1)*700 || ids["last"] != 0 {
		t.Errorf("%d events are stored, want %d", len(ids), (refusedAt+1)*700)
	}
}

// silent is a Publisher that never answers.
type silent struct {
	mu      sync.Mutex
	largest int
}

func (s *silent) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	s.mu.Lock()
	s.largest = max(s.largest, len(msgs))
	s.mu.Unlock()
	<-ctx.Done()
	return context.Cause(ctx)
}

// A broker that does not answer holds up neither requests nor memory: as many wait as may,
// the others are told at once, and nobody is told that an event is stored.
func TestABrokerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const senders, waiting, within = 2000, 100, 3 * time.Second
		h := newService(t, &silent{}, func(o *ingest.Options) {
			o.Limits.Waiting, o.Limits.Atomic, o.AnswerWithin = waiting, 10, within
		}).Handler()
		type told struct {
			answer
			after time.Duration
		}
		answers := make(chan told, senders)
		began := time.Now()
		for i := range senders {
			go func() {
				a := post(t, h, "/v1/track", fmt.Sprintf(`{"messageId":"m%d","userId":"c1","event":"Cart Viewed"}`, i))
				answers <- told{a, time.Since(began)}
			}()
		}
		atOnce := 0
		for range senders {
			a := <-answers
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			if a.after == 0 {
				atOnce++
			}
			if a.after > within {
				t.Errorf("answered after %s", a.after)
			}
		}
		if atOnce < senders-waiting {
			t.Errorf("%d were told at once, want all but the %d that may wait", atOnce, waiting)
		}
	})
}

// stuck is a Publisher that takes nothing until it is let go, and then everything.
type stuck struct {
	recording
	once        sync.Once
	asked, free chan struct{}
}

func (s *stuck) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	s.once.Do(func() { close(s.asked) })
	<-s.free
	return s.recording.PublishBatch(ctx, msgs)
}

// The bound is in bytes, too: however large the requests, no more than WaitingBytes of them
// are kept.
func TestWaitingIsBoundedInMemory(t *testing.T) {
	// Not parallel: it looks at the heap of the process.
	p := &stuck{asked: make(chan struct{}), free: make(chan struct{})}
	h := newService(t, p, func(o *ingest.Options) {
		o.Limits.WaitingBytes, o.Limits.Event, o.AnswerWithin = 8<<20, ingest.MaxEvent, time.Minute
	}).Handler()
	body := `{"messageId":"m%d","userId":"c1","event":"Cart Viewed","properties":{"x":"` + strings.Repeat("x", 400<<10) + `"}}`
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	statuses := make(chan int, 181)
	go func() { statuses <- post(t, h, "/v1/track", fmt.Sprintf(body, 0)).status }()
	<-p.asked
	var senders sync.WaitGroup
	for i := range 180 {
		senders.Go(func() { statuses <- post(t, h, "/v1/track", fmt.Sprintf(body, i+1)).status })
	}
	// 72 MB were sent; all but the 8 MiB that may wait have been refused.
	got := map[int]int{}
	for range 160 {
		got[<-statuses]++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 45<<20 { //nolint:gosec // Far below 2^63.
		t.Errorf("the heap has grown by %d MiB while 8 MiB may wait", grown>>20)
	}
	if got[http.StatusServiceUnavailable] != 160 {
		t.Errorf("answers %v", got)
	}
	close(p.free)
	senders.Wait()
	for range 21 {
		got[<-statuses]++
	}
	if n := len(p.Events(t)); n != got[http.StatusOK] || n < 10 {
		t.Errorf("%d events are stored, %d were accepted", n, got[http.StatusOK])
	}
}

func TestASourceThatIsTooFast(t *testing.T) {
	t.Parallel()
	now := received
	r := &recording{}
	h := newService(t, r, func(o *ingest.Options) {
		o.Limits.PerSource = 100
		o.Now = func() time.Time { return now }
	}).Handler()
	for i := range 2 { // the second is taken whole, beyond what is left
		if a := post(t, h, "/v1/batch", batchOf(i*150, 150)); a.status != http.StatusOK {
			t.Fatalf("answered %d %s", a.status, a.body)
		}
	}
	a := post(t, h, "/v1/track", `{"messageId":"m","userId":"c1","event":"Cart Viewed"}`)
	if p := refused(t, a, http.StatusTooManyRequests); p.Type != "urn:rapport:problem:too_fast" || a.header.Get("Retry-After") != "2" {
		t.Errorf("answered %v %s", a.header, a.body)
	}
	other := send(t, h, http.MethodPost, "/v1/track", []byte(`{"messageId":"m","userId":"c1","event":"Cart Viewed"}`), map[string]string{"Authorization": "Bearer different"})
	if other.status != http.StatusOK {
		t.Errorf("another source was answered %d", other.status)
	}
	now = now.Add(2 * time.Second)
	if a := post(t, h, "/v1/track", `{"messageId":"m","userId":"c1","event":"Cart Viewed"}`); a.status != http.StatusOK {
		t.Errorf("two seconds later: %d %s", a.status, a.body)
	}
	if n := len(r.Events(t)); n != 302 {
		t.Errorf("%d events are stored, want 302", n)
	}
}

// Every refusal that the store may be blamed for says when to come back.
func TestRefusalsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	full := &jetstream.APIError{Code: 503, ErrorCode: 10077, Description: "maximum bytes exceeded"}
	for name, err := range map[string]error{
		"full":  fmt.Errorf("publish: %w", full),
		"gone":  nats.ErrConnectionClosed,
		"other": errors.New("unheard of"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := post(t, newService(t, bustest.Refusing(err), nil).Handler(), "/v1/track", `{"messageId":"m","userId":"c1","event":"Cart Viewed"}`)
			refused(t, a, http.StatusServiceUnavailable)
			if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
		})
	}
}
