package load_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/chaos/journal"
	"rapport/services/rapport/chaos/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOneSeedOneTape(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a, b := load.NewTape(5, 1, 4, 100, began).Next(500), load.NewTape(5, 1, 4, 100, began).Next(500)
	next, types := map[string]int{}, map[string]int{}
	for i := range a {
		if string(a[i].Call) != string(b[i].Call) {
			t.Fatalf("event %d is %s and %s", i, a[i].Call, b[i].Call)
		}
		if e := &a[i]; e.N != next[e.Profile] || e.N == 0 && e.Type != load.Identified {
			t.Errorf("%s: event %d is number %d, %s", e.Profile, next[e.Profile], e.N, e.Type)
		}
		next[a[i].Profile]++
		types[a[i].Type]++
	}
	if len(next) != 25 || len(types) != 4 || types[load.Completed] < 100 {
		t.Errorf("%d customers, types %v", len(next), types)
	}
	other := load.NewTape(5, 2, 4, 100, began).Next(500)
	if slices.ContainsFunc(other, func(e load.Event) bool { return next[e.Profile] > 0 }) {
		t.Error("two producers tell of one customer")
	}
}

// A door that fails every other request still hears everything, and the journal knows what.
func TestProducersInsist(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	requests, heard := 0, map[string]int{}
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var b struct{ Batch []struct{ MessageID string } }
		if err := json.Unmarshal(body, &b); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		requests++
		if requests%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		for _, c := range b.Batch {
			heard[c.MessageID]++
		}
		_, _ = fmt.Fprintf(w, `{"success":true,"accepted":%d}`, len(b.Batch))
	}))
	t.Cleanup(door.Close)
	path := filepath.Join(t.TempDir(), "load.jsonl")
	j, err := journal.Open[load.Entry](path)
	if err != nil {
		t.Fatal(err)
	}
	s := load.NewShop(load.Options{Seed: 1, Customers: 8, Producers: 2, Rate: 400, Doors: []string{door.URL}, Key: "k", Journal: j})
	during, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Run(during, t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := journal.Read[load.Entry](path)
	if err != nil {
		t.Fatal(err)
	}
	offered, accepted := 0, 0
	for _, e := range entries {
		offered += len(e.Offered)
		accepted += len(e.Accepted)
		for _, id := range e.Accepted {
			if heard[id] == 0 {
				t.Errorf("%s is noted as accepted and was never heard", id)
			}
		}
	}
	if accepted == 0 || accepted != offered || accepted != s.Accepted() || s.Retries() == 0 || s.Copies() == 0 {
		t.Errorf("%d offered, %d accepted (%d), %d retries, %d copies", offered, accepted, s.Accepted(), s.Retries(), s.Copies())
	}
}
