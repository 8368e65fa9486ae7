package stack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/catalogue/live"
	"rapport/pkg/delivery"
	"rapport/pkg/lifecycle"
	"rapport/pkg/link"
	"rapport/pkg/routing"
	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/sqlite"
	"rapport/services/catcher"
	"rapport/services/ingest"
	"rapport/services/listener"
	"rapport/services/orchestrator"
	"rapport/services/portal"
	"rapport/services/postmaster"
	"rapport/services/rapport/inforce"
	"rapport/services/rapport/ops"
	"rapport/services/rapport/ops/measured"
)

// Stack is a running Rapport. Its parts are there for the commands that use them; parts
// that Config.Services leaves out are nil.
type Stack struct {
	Broker       *embedded.Server // nil with Config.NATSURL
	JS           jetstream.JetStream
	Store        store.Store // nil when only ingest, the recommender or the catcher runs here
	Orchestrator *orchestrator.Orchestrator
	Ingest       *ingest.Service
	Catcher      *catcher.Catcher
	Portal       *portal.Service
	Listener     *listener.Service
	Postmaster   *postmaster.Service
	Ops          *ops.Server

	keys    *link.Keys  // open what links of messages carry; nil: there are none
	maker   *link.Maker // makes them; nil: there are none, and without a base until the portal listens
	local   sync.Once
	nearby  *link.Maker // maker, with the address that the portal listens on
	placing bus.Placing // of profiles in the stream of events

	measured  store.Store // Store with metrics, for those who work with it
	cfg       Config
	conn      *nats.Conn
	inForce   *inforce.Keeper
	standing  *delivery.Standing     // the last look, of all workers
	throttles *delivery.Throttles    // of all workers
	routing   *routing.Config        // of the mailer; nil: none
	suggester orchestrator.Suggester // nil when the recommender does not run here
	shelf     *live.Shelf            // what the shop sells now; nil: nobody here asks
	held      map[string]*gate
	group     *lifecycle.Group
	closers   []closer // in the order of acquiring
}

type closer struct {
	name  string
	close func(context.Context) error
}

// Open acquires everything and starts the services. On an error nothing is left behind.
func Open(ctx context.Context, cfg Config) (_ *Stack, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Stack{cfg: cfg, held: map[string]*gate{}}
	defer func() {
		if err != nil {
			err = cfg.listening(errors.Join(err, s.Close(context.WithoutCancel(ctx))))
		}
	}()
	for _, acquire := range []func(context.Context) error{s.directory, s.broker, s.streams, s.store, s.restored, s.workspace, s.catalogue, s.judges, s.links} {
		if err := acquire(ctx); err != nil {
			return nil, err
		}
	}
	named, err := s.services()
	if err != nil {
		return nil, err
	}
	s.group = lifecycle.New(cfg.Logger, named...)
	s.opened("services", s.group.Stop)
	if err := s.group.Start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Failed is closed when a service has ended by itself; Close says which and why.
func (s *Stack) Failed() <-chan struct{} { return s.group.Failed() }

// Connect opens another connection to the broker.
func (s *Stack) Connect(name string) (*nats.Conn, error) {
	opts := bus.ConnOptions(name, s.cfg.Logger)
	if s.Broker != nil {
		return s.Broker.Connect(opts...)
	}
	secure, err := s.cfg.NATSSecurity.Options()
	if err != nil {
		return nil, fmt.Errorf("connect to the broker at %s: %w", s.cfg.NATSURL, err)
	}
	conn, err := nats.Connect(s.cfg.NATSURL, append(opts, secure...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to the broker at %s: %w: start it, or name another with --nats-url", s.cfg.NATSURL, err)
	}
	return conn, nil
}

// Close stops the services and gives everything back, in reverse. The context bounds it.
func (s *Stack) Close(ctx context.Context) error {
	if s.Ops != nil {
		s.Ops.Drain()
	}
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i].close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.closers[i].name, err))
		}
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Stack) opened(name string, closing func(context.Context) error) {
	s.closers = append(s.closers, closer{name, closing})
}

func (s *Stack) directory(context.Context) error {
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("the data directory %s cannot be made: %w: choose another with --data", s.cfg.Dir, err)
	}
	return nil
}

func (s *Stack) broker(context.Context) error {
	if s.cfg.NATSURL == "" {
		opts := embedded.Options{StoreDir: filepath.Join(s.cfg.Dir, "nats"), Logger: s.cfg.Logger.With("component", "broker")}
		if s.cfg.NATS != "" {
			host, port, err := hostPort(s.cfg.NATS)
			if err != nil {
				return fmt.Errorf("--nats: %w", err)
			}
			opts.Host, opts.Port = host, port
		}
		srv, err := embedded.Start(opts)
		if err != nil {
			return err // It says what it was doing.
		}
		s.Broker = srv
		s.opened("broker", srv.Shutdown)
	}
	conn, err := s.Connect("rapport")
	if err != nil {
		return err
	}
	s.conn = conn
	s.opened("connection", func(context.Context) error { conn.Close(); return nil })
	return nil
}

func (s *Stack) streams(ctx context.Context) error {
	js, err := bus.JetStream(s.conn)
	if err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	layout := bus.Layout{Partitions: s.cfg.Partitions, Replicas: s.cfg.NATSReplicas, Slots: s.cfg.NATSSlots}
	if s.Broker != nil {
		layout.Slots = true // Nobody else applies what is in a broker of our own.
		layout.Duplicates = remembered
		most := s.Broker.MaxStore()
		layout.MaxBytes = min(defaultStreams, max(most*9/10-forBuckets, most/2))
	}
	if err := bus.Provision(ctx, js, layout); err != nil {
		return fmt.Errorf("provision the streams: %w", err)
	}
	s.JS = js
	if s.placing, err = bus.PlacingOf(ctx, js); err != nil {
		return fmt.Errorf("count the partitions: %w", err)
	}
	return nil
}

// remembered is how long the embedded broker knows ids. It spares work after an acknowledgement that got lost, which is
// repeated within seconds; whatever comes later is known to the store, for good. Two minutes of a thousand mails a second,
// with their events and receipts, took 28 of the 158 MiB that the process has for what Go keeps.
const remembered = 30 * time.Second

// defaultStreams is what the embedded broker's streams may take on disk.
const defaultStreams = 4 << 30

// forBuckets is what the buckets of services take beside them, that of the catalogue most of it.
const forBuckets = 340 << 20

func (s *Stack) store(ctx context.Context) error {
	doors := s.cfg.Portal.runs(s.cfg.runs) || s.cfg.Listener.runs(s.cfg.runs) || s.cfg.Inbound.runs(s.cfg.runs)
	if !doors && !slices.ContainsFunc([]string{"orchestrator", "mailer", "texter", "caller"}, s.cfg.runs) {
		return nil
	}
	st, err := s.openStore(ctx)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	s.Store = st
	s.opened("store", func(context.Context) error { return st.Close() })
	if s.measured, err = measured.New(st, s.cfg.Meters, s.cfg.Clock != orchestrator.EventClock); err != nil {
		return err //nolint:wrapcheck // It says what it was doing.
	}
	return nil
}

func (s *Stack) openStore(ctx context.Context) (store.Store, error) {
	log := s.cfg.Logger.With("component", "store")
	if s.cfg.StoreURL == "" {
		return sqlite.Open(ctx, sqlite.Options{Dir: s.cfg.Dir, Logger: log})
	}
	return postgres.Open(ctx, postgres.Options{URL: s.cfg.StoreURL, Logger: log})
}

// holder names this process in leases. With a store of its own that is its data directory's
// name, which the store locks: a start after a kill takes its partitions over at once instead
// of waiting until they run out. Processes that share a store may share a directory by
// mistake; two that lived under one name would take partitions from each other for ever.
func (s *Stack) holder() (string, error) {
	if s.cfg.StoreURL != "" {
		return random(), nil
	}
	path := filepath.Join(s.cfg.Dir, "holder")
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	id := random()
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("name the data directory: %w", err)
	}
	return id, nil
}

func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // It never fails (crypto/rand).
	return hex.EncodeToString(b[:])
}
