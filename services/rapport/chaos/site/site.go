//go:build linux

package site

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rapport/pkg/bus/natslocal"
	"rapport/pkg/store/postgres/pglocal"
	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/plan"
	"rapport/services/rapport/chaos/process"
	"rapport/services/rapport/chaos/proxy"
	"rapport/services/rapport/chaos/smtpsink"
	"rapport/services/rapport/chaos/twiliosink"
)

//go:embed workspace
var workspace embed.FS

// Options say where and with what.
type Options struct {
	Dir        string // of this run alone
	Binary     string // rapport
	Seed       uint64 // of how the servers outside misbehave
	Partitions int
	Key        string // the producers' write key
	Source     string // and its name
	Log        func(format string, args ...any)
}

// Site is the installation.
type Site struct {
	o       Options
	nats    *natslocal.Cluster
	pg      *pglocal.Server
	mail    *smtpsink.Sink
	text    *twiliosink.Sink
	disks   map[string]*disk // by the name of the process whose it is
	proxies []*proxy.Proxy
	links   map[string][]*proxy.Proxy // by group
	names   []string                  // of processes, in the order of starting
	parts   map[string]*process.Process
	doors   []string // where producers go
	closers []func() error

	mu     sync.Mutex
	broken []audit.Broken
	busy   map[string]*sync.Mutex // one fault at a time for each target
}

const (
	nodes    = 3
	database = "rapport"
	// fullNode is the node whose disk can be filled.
	fullNode = "n2"
	postgres = "postgres"
)

// Open starts everything and returns when the doors are open. On an error nothing is left
// running.
func Open(ctx context.Context, o Options) (_ *Site, err error) {
	s := &Site{
		o: o, disks: map[string]*disk{}, links: map[string][]*proxy.Proxy{}, parts: map[string]*process.Process{}, busy: map[string]*sync.Mutex{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(true))
		}
	}()
	for _, part := range []func(context.Context) error{s.files, s.smallDisks, s.brokers, s.database, s.outside, s.services} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Doors are the addresses of the event API, as producers see them.
func (s *Site) Doors() []string { return s.doors }

// NATS are the brokers' own addresses, without a proxy.
func (s *Site) NATS() []string { return s.nats.URLs() }

// Postgres is the database's own address.
func (s *Site) Postgres() string { return s.pg.URL(database) }

// MailJournal and TextJournal are where the servers outside record.
func (s *Site) MailJournal() string { return filepath.Join(s.o.Dir, "mail.jsonl") }

// TextJournal is the text message server's.
func (s *Site) TextJournal() string { return filepath.Join(s.o.Dir, "text.jsonl") }

// files lays out the directory and the workspace.
func (s *Site) files(context.Context) error {
	// PostgreSQL runs as another user, who has to get through.
	if err := os.MkdirAll(s.o.Dir, 0o755); err != nil {
		return fmt.Errorf("make the run's directory: %w", err)
	}
	if err := os.Chmod(s.o.Dir, 0o755); err != nil { //nolint:gosec // Test data.
		return fmt.Errorf("open the run's directory: %w", err)
	}
	files, err := fs.Sub(workspace, "workspace")
	if err == nil {
		err = os.CopyFS(filepath.Join(s.o.Dir, "workspace"), files)
	}
	if err != nil {
		return fmt.Errorf("write the workspace: %w", err)
	}
	return nil
}

// smallDisks mounts what can be filled. Without the right to mount there is none.
func (s *Site) smallDisks(context.Context) error {
	for name, bytes := range map[string]int64{fullNode: 512 << 20, postgres: 1 << 30} {
		dir := filepath.Join(s.o.Dir, "nats", name)
		if name == postgres {
			dir = filepath.Join(s.o.Dir, postgres)
		}
		d, err := mount(dir, bytes)
		if err != nil {
			s.o.Log("no disk will be full here: %v", err)
			return nil
		}
		s.disks[name] = d
	}
	return nil
}

// brokers starts the nodes, with a proxy on each way from one to another.
func (s *Site) brokers(ctx context.Context) (err error) {
	var failed error
	s.nats, err = natslocal.Start(ctx, natslocal.Options{
		Dir: filepath.Join(s.o.Dir, "nats"), Nodes: nodes,
		Route: func(from, to int, addr string) string {
			group := "n2~nodes"
			if from < 2 && to < 2 {
				group = "n0~n1"
			}
			through, err := s.link(group, fmt.Sprintf("n%d~n%d", from, to), addr)
			failed = errors.Join(failed, err)
			return through
		},
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	s.closing(s.nats.Close)
	return nil
}

func (s *Site) database(ctx context.Context) (err error) {
	s.pg, err = pglocal.Start(ctx, pglocal.Options{
		Dir: filepath.Join(s.o.Dir, postgres), Settings: map[string]string{"max_wal_size": "128MB", "min_wal_size": "32MB"},
	})
	if err != nil {
		return err
	}
	s.closing(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return s.pg.Stop(ctx)
	})
	_, err = s.pg.Database(ctx, database)
	return err
}

func (s *Site) outside(context.Context) (err error) {
	if s.mail, err = smtpsink.New(s.MailJournal(), plan.Mail{Seed: s.o.Seed}); err != nil {
		return err
	}
	s.closing(s.mail.Close)
	if s.text, err = twiliosink.New(s.TextJournal(), plan.Text(s.o.Seed)); err != nil {
		return err
	}
	s.closing(s.text.Close)
	return nil
}

// link puts a proxy before an address and returns where it listens.
func (s *Site) link(group, name, addr string) (string, error) {
	p, err := proxy.Listen(name, addr)
	if err != nil {
		return addr, err
	}
	s.closing(p.Close)
	s.proxies = append(s.proxies, p)
	s.links[group] = append(s.links[group], p)
	return p.Addr(), nil
}

func (s *Site) closing(f func() error) { s.closers = append(s.closers, f) }

const stopWithin = 20 * time.Second

// Quiet stops the rapport processes as an operator does, so that nothing moves any more.
func (s *Site) Quiet() error {
	errs := make([]error, len(s.names))
	var stopping sync.WaitGroup
	for i, name := range s.names {
		stopping.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
			defer cancel()
			errs[i] = s.parts[name].Stop(ctx)
		})
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// Close ends everything, in reverse. keep saves what lies on the small disks.
func (s *Site) Close(keep bool) error {
	var errs []error
	for _, name := range s.names {
		errs = append(errs, s.parts[name].Kill())
	}
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	for _, d := range s.disks {
		errs = append(errs, d.unmount(keep))
	}
	return errors.Join(errs...)
}
