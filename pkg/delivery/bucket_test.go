package delivery

import (
	"fmt"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"pgregory.net/rapid"

	"rapport/pkg/policy"
)

// TestNoWindowHoldsMore: whenever messages come, no window of a rule's length ever holds
// more of them than the rule allows, over all processes together; and nobody waits when the
// rule has been idle.
func TestNoWindowHoldsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := policy.Throttle{
			AtMost: rapid.IntRange(1, 300).Draw(t, "at most"),
			Per:    time.Duration(rapid.IntRange(1, 7200).Draw(t, "per")) * time.Second,
		}
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		var sent []time.Time
		for range workers {
			now := start
			b := newBucket(&r, workers, now)
			for range rapid.IntRange(1, 400).Draw(t, "messages") {
				if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
					now = now.Add(r.Per / time.Duration(rapid.IntRange(1, 20).Draw(t, "part")))
				}
				if opens := b.opens(); opens.After(now) {
					now = opens // waits for its turn
				}
				b.take(now)
				sent = append(sent, now)
			}
			if idle := now.Add(2 * r.Per * time.Duration(workers)); b.opens().After(idle) {
				t.Fatalf("after a pause the next message waits until %v", b.opens())
			}
		}
		for _, from := range sent {
			n := 0
			for _, at := range sent {
				if !at.Before(from) && at.Before(from.Add(r.Per)) {
					n++
				}
			}
			// Fewer messages than processes: each keeps its own window, all together at most
			// one each.
			if most := max(r.AtMost, workers); n > most {
				t.Fatalf("%d messages within %v from %v, at most %d are allowed", n, r.Per, from, most)
			}
		}
	})
}

// TestBreakersAreBounded: hosts come and go without end, and those that are broken keep
// their breakers.
func TestBreakersAreBounded(t *testing.T) {
	t.Parallel()
	b := breakers{of: map[string]breaker{}, make: func(string) breaker {
		return circuitbreaker.NewBuilder[any]().WithFailureThreshold(1).WithDelay(time.Hour).Build()
	}}
	b.get("broken").RecordFailure()
	for i := range 2 * maxHosts {
		b.get(fmt.Sprint("host-", i))
	}
	if len(b.of) > maxHosts || !b.get("broken").IsOpen() {
		t.Errorf("%d breakers are kept, the broken host's is open: %v", len(b.of), b.get("broken").IsOpen())
	}
	for i := range 2 * maxHosts {
		b.get(fmt.Sprint("broken-", i)).RecordFailure()
	}
	if len(b.of) > maxHosts+1 {
		t.Errorf("%d breakers are kept", len(b.of))
	}
}
