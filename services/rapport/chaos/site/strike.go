//go:build linux

package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"rapport/pkg/bus/natslocal"
	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/plan"
	"rapport/services/rapport/chaos/proxy"
)

// Cast is who can be hit by what.
func (s *Site) Cast() plan.Cast {
	c := plan.Cast{Restart: []string{postgres, "orchestrator-2", "mailer-1", "ingest-1"}, Streams: []string{"EVENTS", "SEND"}}
	for _, p := range parts {
		c.Kill = append(c.Kill, p.name)
		c.Stop = append(c.Stop, p.name)
		c.Clocks = append(c.Clocks, p.name)
	}
	for i := range s.nats.Size() {
		c.Kill = append(c.Kill, s.nats.Node(i).Name())
		c.Stop = append(c.Stop, s.nats.Node(i).Name())
	}
	c.Kill = append(c.Kill, postgres)
	for group := range s.links {
		c.Links = append(c.Links, group)
	}
	for name := range s.disks {
		c.Full = append(c.Full, name)
	}
	slices.Sort(c.Links)
	slices.Sort(c.Full)
	return c
}

// Shared are the names that all workers depend on.
func (s *Site) Shared() []string {
	names := []string{postgres}
	for i := range s.nats.Size() {
		names = append(names, s.nats.Node(i).Name())
	}
	for _, group := range []string{"n0~n1", "n2~nodes"} {
		for _, p := range s.links[group] {
			names = append(names, p.Name())
		}
	}
	return names
}

// aftermath is how long a fault is felt after it is over: a message of a dead worker comes
// to another after 5 s.
const aftermath = 6 * time.Second

// Strike breaks one thing, waits, and makes it whole. What cannot be made whole is an error:
// then the run is worth nothing.
func (s *Site) Strike(ctx context.Context, f plan.Fault) error {
	target := f.Target
	if f.Kind == plan.Leader {
		n, err := s.nats.Leader(ctx, f.Target)
		if err != nil {
			s.o.Log("nobody leads %s at this moment, so nobody is killed", f.Target)
			return nil
		}
		target = n.Name()
	}
	turn := s.turn(target)
	turn.Lock()
	defer turn.Unlock()
	from := time.Now()
	heal, hits, err := s.hurt(f, target)
	if err != nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	pause(ctx, f.For)
	err = heal()
	s.mu.Lock()
	s.broken = append(s.broken, audit.Broken{From: from, To: time.Now().Add(aftermath), What: f.String(), Hits: hits})
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("make whole after %s: %w", f, err)
	}
	return nil
}

// turn is the lock of a target.
func (s *Site) turn(target string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[target] == nil {
		s.busy[target] = &sync.Mutex{}
	}
	return s.busy[target]
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// hurt does what a fault says and returns how to undo it, and whom it touches.
func (s *Site) hurt(f plan.Fault, target string) (heal func() error, hits []string, err error) {
	switch f.Kind {
	case plan.Cut, plan.Hold, plan.Delay:
		link := proxy.Link{Cut: f.Kind == plan.Cut, Hold: f.Kind == plan.Hold, Delay: f.Amount}
		for _, p := range s.links[target] {
			p.Set(link)
			if f.Kind != plan.Delay { // A slow link loses nothing and is no excuse.
				hits = append(hits, p.Name())
			}
		}
		return func() error { s.restore(target); return nil }, hits, nil
	case plan.Jump:
		set := func(d time.Duration) error { return os.WriteFile(s.clockFile(target), []byte(d.String()+"\n"), 0o600) }
		return func() error { return set(0) }, nil, set(f.Amount)
	}
	hits = []string{target}
	switch {
	case target == postgres:
		heal, err = s.hurtPostgres(f)
	case strings.HasPrefix(target, "n"):
		heal, err = s.hurtNode(f, target)
	default:
		p := s.parts[target]
		if p == nil {
			return nil, nil, fmt.Errorf("there is no process %q", target)
		}
		switch f.Kind {
		case plan.Stop:
			return func() error { return p.Signal(syscall.SIGCONT) }, hits, p.Signal(syscall.SIGSTOP)
		case plan.Restart:
			ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
			defer cancel()
			if err := p.Stop(ctx); err != nil {
				s.o.Log("%v", err) // With its links broken it cannot always end in peace.
			}
			return p.Launch, hits, nil
		}
		return p.Launch, hits, p.Kill()
	}
	return heal, hits, err
}

func (s *Site) restore(group string) {
	for _, p := range s.links[group] {
		p.Set(proxy.Link{})
	}
}

// startWithin bounds the start of a server, on a busy machine.
const startWithin = 2 * time.Minute

func (s *Site) hurtPostgres(f plan.Fault) (heal func() error, err error) {
	again := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), startWithin)
		defer cancel()
		return s.pg.Restart(ctx)
	}
	switch f.Kind {
	case plan.Restart:
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return again, s.pg.Stop(ctx)
	case plan.Full:
		return s.overflow(postgres, again)
	}
	return again, s.pg.Kill()
}

func (s *Site) hurtNode(f plan.Fault, name string) (heal func() error, err error) {
	n := s.node(name)
	again := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), startWithin)
		defer cancel()
		return n.Start(ctx)
	}
	switch f.Kind {
	case plan.Stop:
		return func() error { return n.Signal(syscall.SIGCONT) }, n.Signal(syscall.SIGSTOP)
	case plan.Full:
		return s.overflow(name, func() error { return errors.Join(n.Kill(), again()) })
	}
	return again, n.Kill()
}

func (s *Site) node(name string) *natslocal.Node {
	for i := range s.nats.Size() {
		if n := s.nats.Node(i); n.Name() == name {
			return n
		}
	}
	return nil
}

// overflow fills a disk. When there is room again, whoever lives on it is started again, as
// an operator would: a node that met a full disk has switched its streams off.
func (s *Site) overflow(name string, again func() error) (heal func() error, err error) {
	d := s.disks[name]
	n, err := d.fill()
	if err != nil {
		return nil, err
	}
	s.o.Log("the disk of %s is full: %d MiB were left", name, n>>20)
	return func() error { return errors.Join(d.clear(), again()) }, nil
}

// Broken is everything that was broken so far, processes that ended by themselves among
// them.
func (s *Site) Broken() []audit.Broken {
	s.mu.Lock()
	all := slices.Clone(s.broken)
	s.mu.Unlock()
	for _, name := range s.names {
		for _, e := range s.parts[name].Exits() {
			all = append(all, audit.Broken{
				From: e.At.Add(-time.Second), To: e.At.Add(aftermath), What: name + " ended by itself: " + e.How, Hits: []string{name},
			})
		}
	}
	slices.SortFunc(all, func(a, b audit.Broken) int { return a.From.Compare(b.From) })
	return all
}

// Exits counts the processes that ended by themselves.
func (s *Site) Exits() int {
	n := 0
	for _, name := range s.names {
		n += len(s.parts[name].Exits())
	}
	return n
}
