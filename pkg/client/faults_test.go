package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/client"
)

// What fails for the moment is repeated until it is stored, as the same event.
func TestFailuresThatPass(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(s *shop, w http.ResponseWriter, events []map[string]any){
		"503":   func(_ *shop, w http.ResponseWriter, _ []map[string]any) { w.WriteHeader(http.StatusServiceUnavailable) },
		"429":   func(_ *shop, w http.ResponseWriter, _ []map[string]any) { w.WriteHeader(http.StatusTooManyRequests) },
		"408":   func(_ *shop, w http.ResponseWriter, _ []map[string]any) { w.WriteHeader(http.StatusRequestTimeout) },
		"502":   func(_ *shop, w http.ResponseWriter, _ []map[string]any) { w.WriteHeader(http.StatusBadGateway) },
		"reset": func(_ *shop, _ http.ResponseWriter, _ []map[string]any) { panic(http.ErrAbortHandler) },
		"reset after it was stored": func(s *shop, _ http.ResponseWriter, events []map[string]any) {
			for _, e := range events {
				if s.ids[e["id"].(string)]++; s.ids[e["id"].(string)] == 1 {
					s.events = append(s.events, e)
				}
			}
			panic(http.ErrAbortHandler)
		},
		"another page": func(_ *shop, w http.ResponseWriter, _ []map[string]any) { _, _ = fmt.Fprint(w, "<html>Log in") },
		"413": func(_ *shop, w http.ResponseWriter, events []map[string]any) {
			if len(events) > 2 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.first = func(n int, w http.ResponseWriter, events []map[string]any) bool {
				if n <= 2 {
					fail(s, w, events)
					return true
				}
				return false
			}
			var mu sync.Mutex
			troubles := 0
			c := open(t, s, func(o *client.Options) {
				o.Trouble = func(error, time.Duration) { mu.Lock(); defer mu.Unlock(); troubles++ }
			})
			for i := range 5 {
				if err := c.TrackNamed(t.Context(), "a", "a.b", map[string]int{"i": i}); err != nil {
					t.Fatal(err)
				}
			}
			closed(t, c)
			if got := s.stored(); len(got) != 5 {
				t.Errorf("%d events are stored, want 5", len(got))
			}
			if name != "413" && troubles != 2 {
				t.Errorf("told of %d troubles, want 2", troubles)
			}
		})
	}
}

// A part that is rejected is reported with its reason and not repeated; the rest is stored.
func TestRejectionsAreTold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	told := map[string]error{}
	c := open(t, s, func(o *client.Options) {
		o.Interval = time.Hour
		o.Report = func(results []client.Result) {
			for _, r := range results {
				told[r.Call.Tag.(string)] = r.Err
			}
		}
	})
	for i, name := range []string{"a.b", "unwanted.thing", "a.b"} {
		if err := c.TrackNamed(t.Context(), "a", name, nil, client.Tag(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	var left *client.NotStored
	if err := c.Flush(t.Context()); !errors.As(err, &left) || len(left.Results) != 1 || left.Results[0].Call.Tag != "1" || left.Cause != nil {
		t.Errorf("Flush says %v", err)
	}
	var r *client.Rejection
	if !errors.As(told["1"], &r) || r.Field != "type" || r.Reason != "is not wanted" || told["0"] != nil || told["2"] != nil || len(told) != 3 {
		t.Errorf("told of %v", told)
	}
	if s.tries != 1 {
		t.Errorf("%d requests, want one", s.tries)
	}
	// Alone too, and to the one who waits.
	if err := c.Wait().TrackNamed(t.Context(), "a", "unwanted.thing", nil, client.Tag("3")); !errors.As(err, &r) || err.Error() != "type: is not wanted" {
		t.Errorf("a call that waits: %v", err)
	}
	if err := c.Wait().TrackNamed(t.Context(), "a", "a.b", nil, client.Tag("4")); err != nil || len(s.stored()) != 3 {
		t.Errorf("a call that waits: %v, with %d stored", err, len(s.stored()))
	}
	closed(t, c) // what was told already is not told again
}

// What is wrong with the key is not repeated, and an event that a door cannot even read is found by halves.
func TestFailuresThatDoNotPass(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.first = func(_ int, w http.ResponseWriter, events []map[string]any) bool {
		for _, e := range events {
			switch e["type"] {
			case "bad.key":
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = fmt.Fprint(w, `{"title":"Unknown write key","detail":"Set it."}`)
				return true
			case "bad.thing":
				w.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprint(w, `{"detail":"Cannot be read."}`)
				return true
			}
		}
		return false
	}
	c := open(t, s, func(o *client.Options) { o.Interval = time.Hour })
	for i := range 8 {
		name := "a.b"
		if i == 5 {
			name = "bad.thing"
		}
		if err := c.TrackNamed(t.Context(), "a", name, nil); err != nil {
			t.Fatal(err)
		}
	}
	var left *client.NotStored
	if err := c.Flush(t.Context()); !errors.As(err, &left) || len(left.Results) != 1 || !strings.Contains(err.Error(), "one event is not stored: bad.thing of ") ||
		!strings.HasSuffix(err.Error(), "400 Bad Request: Cannot be read.") {
		t.Errorf("Flush says %v", err)
	}
	if len(s.stored()) != 7 {
		t.Errorf("%d are stored, want 7", len(s.stored()))
	}
	if err := c.Wait().TrackNamed(t.Context(), "a", "bad.key", nil); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: Set it.") {
		t.Errorf("with a wrong key: %v", err)
	}
	closed(t, c)
}

// Pauses grow, are never shorter than what the door asks for, and end when patience does.
func TestPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var pauses []time.Duration
		after := ""
		c, err := client.New(client.Options{
			URL: "http://door.example", WriteKey: "k", GiveUpAfter: time.Hour,
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				h := http.Header{}
				h.Set("Retry-After", after)
				return &http.Response{StatusCode: 503, Status: "503 Busy", Header: h, Body: http.NoBody, Request: r}, nil
			})},
			Trouble: func(_ error, pause time.Duration) {
				pauses = append(pauses, pause)
				switch len(pauses) {
				case 12:
					after = "90"
				case 13:
					after = time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat)
				case 14:
					after = "86400"
				case 15:
					after = "soon"
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err = c.Wait().TrackNamed(t.Context(), "a", "a.b", nil)
		if err == nil || !strings.Contains(err.Error(), "not stored after") || !strings.Contains(err.Error(), "503 Busy") {
			t.Errorf("%v, want that it is given up", err)
		}
		if took := time.Since(began); took > time.Hour || took < 58*time.Minute {
			t.Errorf("given up after %s, want an hour", took)
		}
		for i, p := range pauses[:12] {
			least := min(50*time.Millisecond<<i, 15*time.Second)
			if p < least || p > 2*least {
				t.Errorf("pause %d is %s, want %s to %s", i, p, least, 2*least)
			}
		}
		// That of a date has lost the fraction of a second, and the pause until it is asked for again.
		for i, want := range []time.Duration{90 * time.Second, 20 * time.Second, 10 * time.Minute} {
			if p := pauses[12+i]; p < want {
				t.Errorf("pause %d is %s, want %s at least", 12+i, p, want)
			}
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Flush and Close that end early say what is left; nobody who waits is forgotten.
func TestEndingsThatAreTooEarly(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	let := make(chan struct{})
	s.first = func(int, http.ResponseWriter, []map[string]any) bool { <-let; return false }
	t.Cleanup(func() { close(let) })
	var told []client.Result
	c := open(t, s, func(o *client.Options) { o.Report = func(r []client.Result) { told = append(told, r...) } })
	for i := range 3 {
		if err := c.TrackNamed(t.Context(), "a", "a.b", nil, client.ID(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	var left *client.NotStored
	if err := c.Flush(ended()); !errors.As(err, &left) || len(left.Results) != 3 || !errors.Is(err, context.Canceled) {
		t.Errorf("Flush says %v", err)
	}
	waits := make(chan error, 1)
	go func() { waits <- c.Wait().TrackNamed(context.Background(), "a", "a.b", nil, client.ID("w")) }()
	if err := c.Wait().TrackNamed(ended(), "a", "a.b", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that ends early: %v", err)
	}
	if err := c.Close(ended()); !errors.As(err, &left) || len(left.Results) < 3 || !errors.Is(err, context.Canceled) {
		t.Errorf("Close says %v", err)
	}
	if err := <-waits; !errors.Is(err, client.ErrClosed) {
		t.Errorf("who waits is told %v", err)
	}
	if len(told) != len(left.Results) {
		t.Errorf("told of %d, and Close of %d", len(told), len(left.Results))
	}
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("a second Close says %v", err)
	}
}

// Any number of goroutines, with Flush in between.
func TestManyAtATime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.first = func(n int, w http.ResponseWriter, _ []map[string]any) bool {
		if n%3 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	c := open(t, s, func(o *client.Options) { o.Concurrency, o.Queue, o.Batch = 3, 50, 7 })
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 50 {
				put := c.Calls
				if i%10 == 0 {
					put = c.Wait()
				}
				if err := put.TrackNamed(t.Context(), "a", "a.b", nil, client.ID(fmt.Sprintf("%d-%d", g, i))); err != nil {
					t.Error(err)
				}
			}
			if err := c.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	closed(t, c)
	if got := s.stored(); len(got) != 400 {
		t.Errorf("%d events are stored, want 400", len(got))
	}
}
