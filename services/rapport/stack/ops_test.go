package stack_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/services/rapport/stack"
)

// Whoever cannot have a partition that is its share says so, once it has lasted, and only as
// long as it lasts.
func TestReadinessFollowsThePartitionsThatAreHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for two lives of a lease")
	}
	t.Parallel()
	st := open(t, func(c *stack.Config) { c.Ops, c.Hold = "127.0.0.1:0", []string{"orchestrator"} })
	leases, err := bus.OpenLeases(t.Context(), st.JS, bus.LeaseOptions{Holder: "somebody-else"})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := leases.Try(t.Context(), "2")
	if err != nil {
		t.Fatal(err)
	}
	st.Release("orchestrator")
	waitReady(t, st, http.StatusServiceUnavailable, "3 of the 4 partitions that are its share are held")
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitReady(t, st, http.StatusOK, "")
}

// waitReady waits until /readyz answers with a status, and its check of partitions with a reason.
func waitReady(t *testing.T, st *stack.Stack, status int, reason string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		w := httptest.NewRecorder()
		st.Ops.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		var said struct {
			Checks []struct{ Name, Reason string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
		for _, c := range said.Checks {
			if c.Name == "partitions" && w.Code == status && strings.Contains(c.Reason, reason) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("/readyz answers %d %s, want %d and of the partitions %q", w.Code, w.Body, status, reason)
		}
	}
}
