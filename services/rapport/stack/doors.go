package stack

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
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
	o := ingest.Options{
		Addr: orLoopback(s.cfg.HTTP), Publisher: ingest.NewBroker(s.JS), Keys: s.cfg.Keys, Limits: s.cfg.Limits, Now: wallClock(),
		DeadLetters: letters{s.JS},
		Logger:      s.cfg.Logger.With("component", "ingest"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
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
	o := natsdoor.Options{
		JS: s.JS, Plan: plan{s.inForce},
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
func (p plan) Keeps(typ string) bool                  { return p.inForce.Snapshot().Events().Keeps(typ) }
func (p plan) TypeOf(name string) string              { return p.inForce.Snapshot().Events().TypeOf(name) }

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

// letters keeps what the HTTP door cannot make events of.
type letters struct{ js jetstream.JetStream }

// Bury is ingest.DeadLetters. Signatures are left out: the letter is read by those whom the
// broker lets, which proves nothing to others.
func (l letters) Bury(ctx context.Context, d ingest.DeadLetter) error {
	return bus.Bury(ctx, l.js, "ingest", bus.Body{ //nolint:wrapcheck // It says what it was doing.
		Source: d.Source, Header: described(d), Data: d.Body, Received: d.Arrival,
	}, bus.Because(bus.Refused, d.Reason))
}

// described are the headers by which a letter is found and mapped again.
func described(d ingest.DeadLetter) nats.Header {
	h := nats.Header{}
	for name, values := range d.Header {
		if len(values) > 0 && !proves(name) {
			h[http.CanonicalHeaderKey(name)] = values
		}
	}
	for name, value := range map[string]string{"Rapport-Door": d.Door, "Rapport-Topic": d.Topic, "Rapport-Delivery": d.ID, "Content-Type": d.Type} {
		if value != "" {
			h.Set(name, value)
		}
	}
	return h
}

// proves reports whether a header may prove who sent it.
func proves(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"authorization", "cookie", "signature", "hmac", "token", "secret", "key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
