package client_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a door of a few lines: it takes batches of CloudEvents, and stores each id once. What a door
// does to what arrives is for the tests beside the real one.
type shop struct {
	*httptest.Server
	mu      sync.Mutex
	events  []map[string]any
	ids     map[string]int // how often each came, and was accepted
	batches []int
	heads   []http.Header
	came    chan struct{} // has one when a batch was stored
	// first looks at each request before it is taken; true means that it has answered.
	first func(n int, w http.ResponseWriter, events []map[string]any) bool
	tries int
}

func newShop(t testing.TB) *shop {
	s := &shop{ids: map[string]int{}, came: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in = unzipped
	}
	var events []map[string]any
	if err := json.NewDecoder(in).Decode(&events); err != nil || r.URL.Path != "/v1/cloudevents" {
		http.Error(w, "no batch", http.StatusNotFound)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	s.heads = append(s.heads, r.Header.Clone())
	if s.first != nil && s.first(s.tries, w, events) {
		return
	}
	s.take(w, events)
}

// take stores all but those whose type is unwanted.
func (s *shop) take(w http.ResponseWriter, events []map[string]any) {
	var rejected []string
	s.batches = append(s.batches, len(events))
	for i, e := range events {
		if e["type"] == "unwanted.thing" {
			rejected = append(rejected, `{"index":`+jsonOf(i)+`,"field":"type","error":"is not wanted"}`)
			continue
		}
		id := e["id"].(string)
		if s.ids[id]++; s.ids[id] == 1 {
			s.events = append(s.events, e)
		}
	}
	s.came <- struct{}{}
	status := http.StatusOK
	if len(rejected) == len(events) {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"success":true,"accepted":`+jsonOf(len(events)-len(rejected))+`,"rejected":[`+strings.Join(rejected, ",")+`]}`)
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s *shop) stored() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]any(nil), s.events...)
}

// open makes a client of the shop's, which is closed with the test.
func open(t testing.TB, s *shop, change func(*client.Options)) *client.Client {
	t.Helper()
	o := client.Options{URL: s.URL, WriteKey: "key", Interval: time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := client.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ended()) }) // Tests that ask close it themselves.
	return c
}

// ended is a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func closed(t testing.TB, c *client.Client) {
	t.Helper()
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// order is an event with a type in Go.
type order struct {
	OrderID string      `json:"order_id"`
	Total   json.Number `json:"total"`
}

func (order) EventType() string { return "order.completed" }
