package stack

import (
	"context"

	"rapport/pkg/bus"
	"rapport/pkg/lifecycle"
	"rapport/services/rapport/ops"
	"rapport/services/rapport/ops/watch"
)

// watched adds the endpoint for operators to the end of the flow: it answers first and falls
// silent last. What the process cannot do its work without decides about readiness.
func (s *Stack) watched(flow []lifecycle.Named) ([]lifecycle.Named, error) {
	if s.cfg.Ops == "" {
		return flow, nil
	}
	checks := []ops.Check{ops.Broker(s.JS, bus.StreamEvents)}
	if s.Store != nil {
		checks = append(checks, ops.Store(s.Store))
	}
	if s.Orchestrator != nil {
		checks = append(checks, ops.Share(s.Orchestrator.Steady))
	}
	for _, n := range flow {
		if r, ok := n.Service.(lifecycle.Readier); ok {
			checks = append(checks, ops.Started(n.Name, r.Ready()))
		}
	}
	server, err := ops.New(ops.Options{
		Addr: s.cfg.Ops, Checks: checks, Metrics: s.cfg.Scrape, Meters: s.cfg.Meters, Version: s.cfg.Version,
		Profile: s.cfg.Profile, Logger: s.cfg.Logger.With("component", "ops"),
	})
	if err != nil {
		return nil, err
	}
	s.Ops = server
	return append(flow, lifecycle.Named{Name: "ops", Service: server}), nil
}

// look tells, as metrics, what lies between the services: lag, streams, leases, late timers.
// Only a process with an orchestrator does; the keys of the others do not reach that far.
func (s *Stack) look() error {
	if s.Orchestrator == nil || s.cfg.Meters == nil {
		return nil
	}
	w, err := watch.New(watch.Options{JS: s.JS, Store: s.Store, Meters: s.cfg.Meters, Logger: s.cfg.Logger.With("component", "watch")})
	if err != nil {
		return err //nolint:wrapcheck // It says what it was doing.
	}
	s.opened("watch", func(context.Context) error { return w.Close() })
	return nil
}
