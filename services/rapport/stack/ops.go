package stack

import (
	"rapport/pkg/bus"
	"rapport/pkg/lifecycle"
	"rapport/services/rapport/ops"
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
