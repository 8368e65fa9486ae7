package stack

import (
	"os"
	"sync"

	"rapport/pkg/event"
	"rapport/pkg/lifecycle"
	"rapport/pkg/shophook"
	"rapport/pkg/workspace"
	"rapport/services/ingest"
	"rapport/services/ingest/natsdoor"
	"rapport/services/orchestrator"
	"rapport/services/rapport/inforce"
)

func (s *Stack) ingest() (lifecycle.Service, error) {
	broker := ingest.NewBroker(s.JS)
	o := ingest.Options{
		Addr: orLoopback(s.cfg.HTTP), Publisher: broker, DeadLetters: broker, Keys: s.cfg.Keys, Limits: s.cfg.Limits, Now: wallClock(),
		Logger: s.cfg.Logger.With("component", "ingest"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	}
	// What a replay repeats was accepted once, whatever the plan says today.
	if s.cfg.Clock != orchestrator.EventClock {
		o.Plan, o.Webhooks = plan{s.inForce}, (&webhooks{inForce: s.inForce}).find
	}
	if s.shelf != nil {
		o.Catalogue = s.shelf
	}
	in, err := ingest.New(o)
	if err != nil {
		return nil, err
	}
	s.Ingest = in
	return in, nil
}

// natsDoor takes what shops publish over NATS. Replays have no such shops.
func (s *Stack) natsDoor() (lifecycle.Service, error) {
	if s.cfg.Clock == orchestrator.EventClock {
		return nil, nil //nolint:nilnil // No service is no error.
	}
	// The embedded broker has this door alone, and may be asked to take off IN what is stored.
	o := natsdoor.Options{
		Purge: s.cfg.NATSURL == "",
		JS:    s.JS, Plan: plan{s.inForce},
		Logger: s.cfg.Logger.With("component", "ingest"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	}
	if s.shelf != nil {
		o.Catalogue = s.shelf
	}
	return natsdoor.New(o) //nolint:wrapcheck // It says what it was doing.
}

// plan is the tracking plan of the workspace in force.
type plan struct{ inForce *inforce.Keeper }

func (p plan) Check(e *event.Event) *event.FieldError { return p.inForce.Snapshot().Events().Check(e) }

func (p plan) Keeps(typ string) bool { return p.inForce.Snapshot().Events().Keeps(typ) }

func (p plan) TypeOf(name string) string { return p.inForce.Snapshot().Events().TypeOf(name) }

// webhooks are the sources of the workspace in force, with their secrets.
type webhooks struct {
	inForce *inforce.Keeper

	mu      sync.Mutex
	of      *workspace.Snapshot
	sources *shophook.Sources
}

func (w *webhooks) find(name string) ingest.Webhook {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.inForce.Snapshot(); now != w.of {
		w.of, w.sources = now, shophook.Open(now.Sources(), os.Getenv)
	}
	if source := w.sources.Get(name); source != nil {
		return source
	}
	return nil
}
