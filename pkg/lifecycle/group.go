package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Service works until its context ends and returns nil then. It is run once. An
// error, or nil while the context still stands, means that it cannot go on.
type Service interface {
	Run(ctx context.Context) error
}

// Readier is a Service that needs a moment before others may rely on it. The
// channel is closed at that moment. Other services count as ready at once.
type Readier interface {
	Ready() <-chan struct{}
}

// Func is a function as a Service.
type Func func(ctx context.Context) error

// Run calls the function.
func (f Func) Run(ctx context.Context) error { return f(ctx) }

// Named is a service with the name that errors and log lines give it.
type Named struct {
	Name    string
	Service Service
}

// Group runs services, see the package. It is used once: Start, then Stop; or Run,
// which does both. Its methods are not to be called from two goroutines at a time,
// except Failed.
type Group struct {
	log      *slog.Logger
	services []Named
	running  []*running // in the order of starting: from the end of the flow
	failed   chan struct{}
	fail     sync.Once
	started  bool
}

// running is a service that was started.
type running struct {
	name   string
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // of Run, valid after ended
}

// New makes a group of services in the order of the flow. A nil logger is silence.
func New(log *slog.Logger, services ...Named) *Group {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Group{log: log, services: services, failed: make(chan struct{})}
}

// Start starts all services from the end of the flow and returns when all are
// ready. The context bounds only the start; the values in it reach the services.
// When one fails, or is not ready in time, Start says which; the caller then calls
// Stop as it always does.
func (g *Group) Start(ctx context.Context) error {
	if g.started {
		return errors.New("start services: this group was started before; make a new one")
	}
	g.started = true
	for i := len(g.services) - 1; i >= 0; i-- {
		r := g.launch(context.WithoutCancel(ctx), g.services[i])
		g.running = append(g.running, r)
		select {
		case <-ready(g.services[i].Service):
			g.log.Debug("service ready", "service", r.name)
		case <-g.failed:
			return fmt.Errorf("start %s: a service ended meanwhile", r.name)
		case <-ctx.Done():
			return fmt.Errorf("start %s: not ready: %w", r.name, context.Cause(ctx))
		}
	}
	return nil
}

func (g *Group) launch(ctx context.Context, n Named) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{name: n.Name, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		err := n.Service.Run(ctx)
		switch {
		case ctx.Err() == nil && err == nil:
			err = errors.New("ended without being asked to")
		case ctx.Err() != nil && errors.Is(err, context.Canceled):
			err = nil // it was asked to stop and says so
		}
		if err != nil {
			r.err = fmt.Errorf("%s: %w", n.Name, err)
		}
		if ctx.Err() == nil {
			g.fail.Do(func() { close(g.failed) })
		}
	}()
	return r
}

func ready(s Service) <-chan struct{} {
	if r, ok := s.(Readier); ok {
		return r.Ready()
	}
	now := make(chan struct{})
	close(now)
	return now
}

// Failed is closed when a service has ended without being asked to. Stop returns
// its error.
func (g *Group) Failed() <-chan struct{} { return g.failed }

// Stop stops the services from the beginning of the flow and returns their errors,
// joined. The context bounds it: each service may take an even share of the time
// that is left, and those that are still running at the end are named. Stopping
// what was never started, or again, does nothing.
func (g *Group) Stop(ctx context.Context) error {
	started := g.running
	g.running = nil
	for left := len(started); left > 0; left-- {
		r := started[left-1]
		r.cancel()
		share, cancel := fraction(ctx, left)
		select {
		case <-r.ended:
			g.log.Debug("service stopped", "service", r.name)
		case <-share.Done():
			g.log.Warn("service does not stop; going on with the next", "service", r.name)
		}
		cancel()
	}
	return collect(ctx, started)
}

// collect waits for those that overran their share, and gathers the errors in the
// order of the flow.
func collect(ctx context.Context, started []*running) error {
	var errs []error
	var late []string
	for i := len(started) - 1; i >= 0; i-- {
		r := started[i]
		select {
		case <-r.ended:
			errs = append(errs, r.err)
			continue
		default:
		}
		select {
		case <-r.ended:
			errs = append(errs, r.err)
		case <-ctx.Done():
			late = append(late, r.name)
		}
	}
	if len(late) > 0 {
		errs = append(errs, fmt.Errorf("did not stop in time: %s", strings.Join(late, ", ")))
	}
	return errors.Join(errs...)
}

// fraction bounds one of n waits, so that the first cannot use up all the time.
func fraction(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(n))
}

// Run starts the group, waits until ctx ends or a service fails, and stops it
// within the timeout. It returns nil when all ran until they were asked to stop
// and then stopped in time.
func (g *Group) Run(ctx context.Context, stopWithin time.Duration) error {
	err := g.Start(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
		case <-g.failed:
		}
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // asked to stop while starting
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, g.Stop(bounded))
}
