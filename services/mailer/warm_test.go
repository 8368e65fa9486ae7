package mailer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// warming is a warm-up of one provider, on a clock that the test sets.
type warming struct {
	mu  sync.Mutex
	at  time.Time
	cfg *routing.Config
}

func newWarming(ramp ...int) *warming {
	from := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	return &warming{at: from.Add(9 * time.Hour), cfg: &routing.Config{Providers: []routing.Provider{{Name: "new", WarmUp: &routing.WarmUp{
		From: from, Ramp: ramp, Parts: map[string]routing.Ramp{"gmail": {3}},
	}}}}}
}

func (w *warming) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *warming) on(day int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = time.Date(2026, 12, day, 9, 0, 0, 0, time.UTC)
}

func (w *warming) process(t Tally) *warmth {
	return &warmth{config: w.cfg, tally: t, now: w.now, of: map[string]*warmed{}}
}

// sent is how many of n messages a process may send, all at the same time.
func sent(t testing.TB, w *warmth, group string, n int) int {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	count := 0
	for range n {
		all.Go(func() {
			wait, err := w.take(t.Context(), "new", group, false)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if wait == 0 {
				count++
			}
		})
	}
	all.Wait()
	return count
}

// TestWarmUpInTheBroker: processes that share a broker together send what a day allows, across
// restarts, and the next stage follows a day that was filled.
func TestWarmUpInTheBroker(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	tally, err := NewTally(within(t), s.js, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := newWarming(50, 400)
	one, two := w.process(tally), w.process(tally)
	if got := sent(t, one, "web.de", 30) + sent(t, two, "x.example", 100); got != 50 {
		t.Errorf("%d were sent on the first day, want 50", got)
	}
	if before, spent := two.wait("new", "web.de"); before != 0 || spent != 15*time.Hour {
		t.Errorf("the next may go in %v, %v", before, spent)
	}
	if got := sent(t, one, "gmail", 10); got != 3 {
		t.Errorf("%d were sent to Gmail, want 3 of its own", got)
	}
	if again, err := NewTally(within(t), s.js, 1); err != nil || sent(t, w.process(again), "web.de", 10) != 0 {
		t.Errorf("after a restart there is room on the same day (%v)", err)
	}
	w.on(2)
	if got := sent(t, one, "web.de", 300); got != 300 {
		t.Errorf("%d were sent on the second day, want 300", got)
	}
	w.on(3) // The second stage was not filled.
	if got := sent(t, one, "web.de", 200) + sent(t, two, "web.de", 500); got != 400 {
		t.Errorf("%d were sent on the third day, want 400", got)
	}
	w.on(4)
	if got := sent(t, two, "web.de", 900); got != 900 {
		t.Errorf("%d were sent after the last stage, want all", got)
	}
}

// TestWarmUpOfWanted: mail that somebody waits for goes when the day's messages are gone, and
// before the first day nothing goes.
func TestWarmUpOfWanted(t *testing.T) {
	t.Parallel()
	w := newWarming(2)
	p := w.process(&memory{of: map[string]routing.Progress{}})
	if got := sent(t, p, "web.de", 5); got != 2 {
		t.Errorf("%d were sent, want 2", got)
	}
	if wait, err := p.take(t.Context(), "new", "web.de", true); wait != 0 || err != nil {
		t.Errorf("a transactional one waits %v (%v)", wait, err)
	}
	w.at = time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC)
	early := w.process(&memory{of: map[string]routing.Progress{}})
	if before, _ := early.wait("new", "web.de"); before != 2*time.Hour {
		t.Errorf("it begins in %v, want 2h", before)
	}
	if wait, err := early.take(t.Context(), "new", "web.de", true); wait != 2*time.Hour || err != nil {
		t.Errorf("before the first day a message waits %v (%v)", wait, err)
	}
}

// away is a tally that cannot be asked.
type away struct{}

func (away) Change(context.Context, string, func(routing.Progress) routing.Progress) (routing.Progress, error) {
	return routing.Progress{}, errors.New("away")
}

// TestTallyAway: what cannot be counted does not go.
func TestTallyAway(t *testing.T) {
	t.Parallel()
	if _, err := newWarming(2).process(away{}).take(t.Context(), "new", "web.de", false); err == nil {
		t.Error("it went uncounted")
	}
}

// TestWarmUpToServers: of a campaign the new provider gets what its day allows, and the other
// one the rest.
func TestWarmUpToServers(t *testing.T) {
	t.Parallel()
	const n, allowed = 60, 20
	s := newShop(t, nil)
	fresh := startServer(t, nil)
	tally, err := NewTally(within(t), s.js, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := newWarming() // Its clock stands still.
	run(t, fleetOf(t, s, nil, func(o *Options) { o.Tally, o.Delivery.Now = tally, w.now }, routing.Provider{
		Name: "fresh", Addr: fresh.addr, TLS: string(NoTLS),
		WarmUp: &routing.WarmUp{From: w.now().AddDate(0, 0, -3), Ramp: routing.Ramp{allowed, 10 * n}},
	}))
	s.send(t, "", many(n, message.Marketing)...)
	receipts, _ := s.ends(t, n)
	by := map[string]int{}
	for _, r := range receipts {
		by[fmt.Sprint(r.Outcome, " by ", r.Provider)]++
	}
	if by["sent by fresh"] != allowed || by["sent by spare"] != n-allowed || len(fresh.mails()) != allowed {
		t.Errorf("%v", by)
	}
}
