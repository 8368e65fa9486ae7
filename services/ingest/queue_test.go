package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/services/ingest"
)

// slow takes a time for each atomic batch and notes when it was asked.
type slow struct {
	takes time.Duration
	err   error
	began time.Time
	at    []time.Duration
	sizes []int
}

func (s *slow) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	s.at, s.sizes = append(s.at, time.Since(s.began)), append(s.sizes, len(msgs))
	select {
	case <-time.After(s.takes):
		return s.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// statuses posts calls, each after the pause before it, and counts the answers.
func statuses(t *testing.T, h http.Handler, pauses ...time.Duration) map[int]int {
	t.Helper()
	got := make(chan int, len(pauses))
	for i, p := range pauses {
		time.Sleep(p) // of the bubble's clock
		go func() {
			got <- post(t, h, "/v1/track", fmt.Sprintf(`{"messageId":"m%d","userId":"c1","event":"Cart Viewed"}`, i)).status
		}()
	}
	count := map[int]int{}
	for range pauses {
		count[<-got]++
	}
	return count
}

func TestRequestsAreCoalesced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: 5 * time.Millisecond, began: time.Now()}
		h := newService(t, p, nil).Handler()
		ms := time.Millisecond
		// One, four while that is published, one long after.
		got := statuses(t, h, 0, ms, ms/2, 2*ms, ms, 100*ms)
		if got[http.StatusOK] != 6 {
			t.Errorf("answers %v", got)
		}
		if want := []int{1, 4, 1}; !slices.Equal(p.sizes, want) {
			t.Errorf("atomic batches of %v, want %v", p.sizes, want)
		}
		if want := []time.Duration{0, 5 * ms, 104*ms + ms/2}; !slices.Equal(p.at, want) {
			t.Errorf("published at %v, want %v", p.at, want)
		}
	})
}

// TestManyLinger has more come together than are published singly: a batch of files is worth
// a moment's wait for more.
func TestManyLinger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: 5 * time.Millisecond, began: time.Now()}
		h := newService(t, p, nil).Handler()
		pauses := make([]time.Duration, 22)
		pauses[1] = time.Millisecond      // while the first is published
		pauses[20] = 5 * time.Millisecond // while they linger
		pauses[21] = time.Second          // long after
		if got := statuses(t, h, pauses...); got[http.StatusOK] != 22 {
			t.Errorf("answers %v", got)
		}
		if want := []int{1, 20, 1}; !slices.Equal(p.sizes, want) {
			t.Errorf("batches of %v, want %v", p.sizes, want)
		}
		if want := 7 * time.Millisecond; p.at[1] != want {
			t.Errorf("twenty were published after %s, want %s", p.at[1], want)
		}
	})
}

func TestEnoughDoesNotLinger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{began: time.Now()}
		h := newService(t, p, func(o *ingest.Options) { o.Linger = time.Second }).Handler()
		if a := post(t, h, "/v1/batch", batchOf(0, 100)); a.status != http.StatusOK {
			t.Fatal(a.status)
		}
		if p.at[0] != 0 {
			t.Errorf("100 messages were published after %s, want at once", p.at[0])
		}
	})
}

func TestBackPressure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: time.Second, began: time.Now()}
		h := newService(t, p, func(o *ingest.Options) { o.Limits.Waiting = 3; o.Limits.Atomic = 1 }).Handler()
		got := statuses(t, h, 0, 0, 0, 0, 0)
		if got[http.StatusOK] != 3 || got[http.StatusServiceUnavailable] != 2 {
			t.Errorf("answers %v, want 3 that fit and 2 that do not", got)
		}
	})
}

func TestBackPressureBySize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: time.Second, began: time.Now()}
		h := newService(t, p, func(o *ingest.Options) { o.Limits.WaitingBytes = 500 }).Handler()
		done := make(chan answer)
		go func() { done <- post(t, h, "/v1/batch", batchOf(0, 3)) }() // alone it may be too large
		synctest.Wait()
		a := post(t, h, "/v1/track", `{"messageId":"m","userId":"c1","event":"Cart Viewed"}`)
		if pr := refused(t, a, http.StatusServiceUnavailable); a.header.Get("Retry-After") != "1" || !strings.Contains(pr.Detail, "may wait") {
			t.Errorf("answered %s", a.body)
		}
		if a := <-done; a.status != http.StatusOK {
			t.Errorf("the first was answered %d", a.status)
		}
	})
}

func TestASlowBrokerIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: time.Hour, began: time.Now()}
		h := newService(t, p, func(o *ingest.Options) { o.AnswerWithin = 2 * time.Second; o.Limits.Atomic = 1 }).Handler()
		got := statuses(t, h, 0, 0, time.Second)
		if got[http.StatusServiceUnavailable] != 3 {
			t.Errorf("answers %v", got)
		}
		if took := time.Since(p.began); took > 3*time.Second {
			t.Errorf("the last answer came after %s", took)
		}
	})
}

func TestAFailureIsToldToAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &slow{takes: time.Second, began: time.Now(), err: errors.New("no responders")}
		h := newService(t, p, func(o *ingest.Options) { o.Limits.Atomic = 1 }).Handler()
		got := statuses(t, h, 0, 0, 0)
		if got[http.StatusServiceUnavailable] != 3 || len(p.sizes) != 1 {
			t.Errorf("answers %v after %d attempts, want 3 refused after the first", got, len(p.sizes))
		}
		p.err = nil
		if got := statuses(t, h, 0); got[http.StatusOK] != 1 {
			t.Errorf("afterwards: %v", got)
		}
	})
}
