package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/services/rapport/ops"
)

const patience = 60 * time.Second

type state struct {
	Status  string
	Version string
	Checks  []struct {
		Name   string
		OK     bool
		Reason string
	}
}

func server(t *testing.T, o ops.Options) *ops.Server {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s, err := ops.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask is one request to the handler.
func ask(t *testing.T, h http.Handler, path string) (int, state) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	var s state
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatalf("%s answered %d %q: %v", path, w.Code, w.Body, err)
	}
	return w.Code, s
}

// until asks /readyz until it answers with the code.
func until(t *testing.T, s *ops.Server, code int) state {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		got, st := ask(t, s.Handler(), "/readyz")
		if got == code {
			return st
		}
		if time.Now().After(deadline) {
			t.Fatalf("/readyz answers %d %+v, want %d", got, st, code)
		}
		pause(t, 50*time.Millisecond)
	}
}

// pause lets a kept answer grow old.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

func TestReadinessFollowsBrokerAndStore(t *testing.T) {
	t.Parallel()
	log, logs := telemetrytest.NewLogger()
	broker, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := broker.Connect(bus.ConnOptions("test", log)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := bus.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s := server(t, ops.Options{Version: "1.2.3", Logger: log, Checks: []ops.Check{ops.Broker(js, bus.StreamEvents), ops.Store(db)}})

	st := until(t, s, http.StatusServiceUnavailable)
	if st.Checks[0].OK || !strings.Contains(st.Checks[0].Reason, "EVENTS") || !st.Checks[1].OK {
		t.Errorf("before the streams are there: %+v, want the broker's check to name EVENTS and the store's to pass", st)
	}
	if err := bus.Provision(t.Context(), js, bus.Layout{Partitions: 2}); err != nil {
		t.Fatal(err)
	}
	if st = until(t, s, http.StatusOK); st.Status != "ready" || st.Version != "1.2.3" || len(st.Checks) != 2 {
		t.Errorf("ready: %+v", st)
	}

	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	st = until(t, s, http.StatusServiceUnavailable)
	if !st.Checks[0].OK || st.Checks[1].OK || st.Checks[1].Reason == "" {
		t.Errorf("with a closed store: %+v, want its check to fail with a reason, and the broker's to pass", st)
	}
	closing, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := broker.Shutdown(closing); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for st.Checks[0].OK {
		if time.Now().After(deadline) {
			t.Fatal("the broker has stopped, and its check still passes")
		}
		pause(t, 50*time.Millisecond)
		_, st = ask(t, s.Handler(), "/readyz")
	}
	if code, alive := ask(t, s.Handler(), "/healthz"); code != http.StatusOK || alive.Status != "alive" {
		t.Errorf("without broker and store the process is %d %+v; it is alive all the same", code, alive)
	}
	if text := logs.String(); strings.Count(text, "readiness changed") < 2 || !strings.Contains(text, `"store"`) {
		t.Errorf("the log does not tell the changes and their reasons: %s", text)
	}
}

func TestDrainIsNotReady(t *testing.T) {
	t.Parallel()
	s := server(t, ops.Options{})
	until(t, s, http.StatusOK)
	s.Drain()
	if code, st := ask(t, s.Handler(), "/readyz"); code != http.StatusServiceUnavailable || st.Status != "draining" {
		t.Errorf("draining: %d %+v", code, st)
	}
	if code, _ := ask(t, s.Handler(), "/healthz"); code != http.StatusOK {
		t.Errorf("a process that drains is alive; /healthz says %d", code)
	}
}

func TestStartedRunningAndShare(t *testing.T) {
	t.Parallel()
	ready, failed, held := make(chan struct{}), make(chan struct{}), 1
	for _, step := range []struct {
		name  string
		check ops.Check
		then  func()
	}{
		{"started", ops.Started("mailer", ready), func() { close(ready) }},
		{"share", ops.Share(func() (int, int) { return held, 2 }), func() { held = 2 }},
	} {
		if err := step.check.Ready(t.Context()); err == nil {
			t.Errorf("%s passes too early", step.name)
		}
		step.then()
		if err := step.check.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	running := ops.Running("services", failed)
	if err := running.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	close(failed)
	if err := running.Ready(t.Context()); err == nil {
		t.Error("a service has ended, and the check passes")
	}
}

func TestManyProbesAreOneQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked, together, most atomic.Int32
		s := server(t, ops.Options{Checks: []ops.Check{{Name: "slow", Ready: func(context.Context) error {
			asked.Add(1)
			most.Store(max(most.Load(), together.Add(1)))
			time.Sleep(100 * time.Millisecond)
			together.Add(-1)
			return nil
		}}}})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for range 20 { // Two seconds and some, at ten a second each.
					if code, _ := ask(t, s.Handler(), "/readyz"); code != http.StatusOK {
						t.Errorf("answered %d", code)
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if asked.Load() > 3 || most.Load() != 1 {
			t.Errorf("2,000 probes in two seconds asked %d times, %d at a time; want at most 3, one at a time", asked.Load(), most.Load())
		}
	})
}

func TestACheckThatHangsIsBoundedAndAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		release := make(chan struct{})
		hangs := ops.Check{Name: "hangs", Ready: func(context.Context) error { asked.Add(1); <-release; return nil }}
		s := server(t, ops.Options{Checks: []ops.Check{hangs, {Name: "fine", Ready: func(context.Context) error { return nil }}}})
		for range 5 {
			began := time.Now()
			code, st := ask(t, s.Handler(), "/readyz")
			if code != http.StatusServiceUnavailable || st.Checks[0].OK || st.Checks[0].Reason == "" || !st.Checks[1].OK {
				t.Errorf("answered %d %+v", code, st)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("a probe took %s, want at most a second", took)
			}
			time.Sleep(time.Second)
		}
		if asked.Load() != 1 {
			t.Errorf("the hanging check was asked %d times; it had not answered the first", asked.Load())
		}
		close(release)
		synctest.Wait()
		if code, _ := ask(t, s.Handler(), "/readyz"); code != http.StatusOK {
			t.Error("not ready although it answers again")
		}
	})
}

func TestAliveFailsWhenSomethingIsWedged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := make(chan struct{}, 1) // The bubble's clock does not advance while a mutex is waited for.
		s := server(t, ops.Options{Alive: []ops.Check{{Name: "engine", Ready: func(context.Context) error {
			lock <- struct{}{}
			<-lock
			return nil
		}}}})
		if code, _ := ask(t, s.Handler(), "/healthz"); code != http.StatusOK {
			t.Errorf("alive: %d", code)
		}
		time.Sleep(2 * time.Second)
		lock <- struct{}{}
		if code, st := ask(t, s.Handler(), "/healthz"); code != http.StatusServiceUnavailable || st.Status != "stuck" {
			t.Errorf("wedged: %d %+v", code, st)
		}
		<-lock
		synctest.Wait()
	})
}

func TestRunServesAndStops(t *testing.T) {
	t.Parallel()
	for _, profile := range []bool{false, true} {
		t.Run(fmt.Sprint("profile ", profile), func(t *testing.T) {
			t.Parallel()
			metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
			s := server(t, ops.Options{Metrics: metrics, Profile: profile})
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx) }()
			<-s.Ready()
			codes := map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/debug/pprof/": 404, "/debug/pprof/goroutine": 404, "/": 404}
			if profile {
				codes["/debug/pprof/"], codes["/debug/pprof/goroutine"] = 200, 200
			}
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for path, want := range codes {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
				}
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	fine := func(context.Context) error { return nil }
	for name, o := range map[string]ops.Options{
		"no address":  {},
		"no function": {Addr: "127.0.0.1:0", Checks: []ops.Check{{Name: "a"}}},
		"no name":     {Addr: "127.0.0.1:0", Checks: []ops.Check{{Ready: fine}}},
		"same name":   {Addr: "127.0.0.1:0", Checks: []ops.Check{{Name: "a", Ready: fine}}, Alive: []ops.Check{{Name: "a", Ready: fine}}},
	} {
		if _, err := ops.New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	s := server(t, ops.Options{Addr: "192.0.2.1:1"})
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "192.0.2.1:1") || errors.Is(err, context.Canceled) {
		t.Errorf("listening elsewhere: %v, want an error that names the address", err)
	}
}
