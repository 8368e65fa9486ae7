package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/services/ingest"
	"rapport/services/ingest/natsdoor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the deadline of every wait.
const patience = 60 * time.Second

// doors are a broker with the streams of production, and both doors before it.
type doors struct {
	server *embedded.Server
	js     jetstream.JetStream
	url    string // of the HTTP door
	// handler is the HTTP door itself, for tests that stand something in front of it.
	handler http.Handler
}

// open starts everything; what it returns ends it.
func open(dir string) (d *doors, end func() error, err error) {
	var ends []func() error
	end = func() error {
		var all []error
		for i := len(ends) - 1; i >= 0; i-- {
			all = append(all, ends[i]())
		}
		return errors.Join(all...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	server, err := embedded.Start(embedded.Options{StoreDir: dir, SyncInterval: time.Minute, MaxStore: 1 << 30})
	if err != nil {
		return nil, end, err
	}
	d = &doors{server: server}
	ends = append(ends, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return server.Shutdown(ctx)
	})
	nc, err := d.connect()
	if err != nil {
		return nil, end, err
	}
	ends = append(ends, func() error { nc.Close(); return nil })
	if d.js, err = bus.JetStream(nc); err != nil {
		return nil, end, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err = bus.Provision(ctx, d.js, bus.Layout{Partitions: 4, MaxBytes: 512 << 20}); err != nil {
		return nil, end, err
	}
	keys, err := ingest.ParseKeys("shop:secret")
	if err != nil {
		return nil, end, err
	}
	s, err := ingest.New(ingest.Options{Publisher: ingest.NewBroker(d.js), Keys: keys})
	if err != nil {
		return nil, end, err
	}
	d.handler = s.Handler()
	front := httptest.NewServer(d.handler)
	d.url = front.URL
	ends = append(ends, func() error { front.Close(); return nil })
	stop, err := besideNATS(d.js)
	if err == nil {
		ends = append(ends, stop)
	}
	return d, end, err
}

// besideNATS runs the door over NATS.
func besideNATS(js jetstream.JetStream) (stop func() error, err error) {
	door, err := natsdoor.New(natsdoor.Options{JS: js, AckWait: time.Second})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- door.Run(ctx) }()
	return func() error { cancel(); return <-over }, nil
}

func (d *doors) connect() (*nats.Conn, error) {
	return d.server.Connect(bus.ConnOptions("client-test", nil)...)
}

// begin is open for a test.
func begin(t *testing.T) *doors {
	t.Helper()
	d, end, err := open(embeddedtest.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// conn is a connection of the test's.
func (d *doors) conn(t *testing.T) *nats.Conn {
	t.Helper()
	nc, err := d.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// stored are the events of EVENTS from a position on, in their order.
func (d *doors) stored(ctx context.Context, from uint64) (events []event.Event, last uint64, err error) {
	stream, err := d.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return nil, 0, err
	}
	last = stream.CachedInfo().State.LastSeq
	for seq := from + 1; seq <= last; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		e, err := event.Decode(m.Data)
		if err != nil {
			return nil, 0, fmt.Errorf("message %d: %w", seq, err)
		}
		events = append(events, e)
	}
	return events, last, nil
}

// await waits until EVENTS has n events behind a position: the door over NATS stores them a
// moment after the client is told that they are safe.
func (d *doors) await(ctx context.Context, from uint64, n int) ([]event.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		events, _, err := d.stored(ctx, from)
		if err != nil || len(events) >= n {
			return events, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return events, fmt.Errorf("%d of %d events are stored: %w", len(events), n, ctx.Err())
		}
	}
}

// example runs with a broker and doors of its own.
func example(run func(d *doors) error) {
	dir, err := os.MkdirTemp("", "client-example")
	if err == nil {
		var d *doors
		var end func() error
		if d, end, err = open(dir); err == nil {
			err = errors.Join(run(d), end())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Println(err)
	}
}

// shaky is a way to the HTTP door on which things go wrong.
type shaky struct {
	door http.Handler
	// fate says what becomes of the request with this number, from 1 on.
	fate func(n int) fate
	n    chan int // holds the number of the last request
}

type fate int

const (
	arrives fate = iota
	busy         // 503 with Retry-After
	tooFast      // 429
	lostBefore
	lostAfter // the door stored it, and its answer got lost
	gateway   // a proxy answers 502 with a page, after the door stored it
	portal    // something else answers 200
	fates
)

func newShaky(t *testing.T, door http.Handler, fate func(int) fate) *httptest.Server {
	t.Helper()
	s := &shaky{door: door, fate: fate, n: make(chan int, 1)}
	s.n <- 0
	front := httptest.NewServer(s)
	t.Cleanup(front.Close)
	return front
}

func (s *shaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := <-s.n + 1
	s.n <- n
	switch s.fate(n) {
	case busy:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	case tooFast:
		w.WriteHeader(http.StatusTooManyRequests)
	case lostBefore:
		panic(http.ErrAbortHandler)
	case lostAfter:
		s.door.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case gateway:
		s.door.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusBadGateway)
	case portal:
		_, _ = fmt.Fprint(w, "<html>Log in</html>") // Nobody is left to tell.
	default:
		s.door.ServeHTTP(w, r)
	}
}
