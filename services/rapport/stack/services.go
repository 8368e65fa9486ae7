package stack

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/lifecycle"
	"rapport/services/catcher"
	"rapport/services/orchestrator"
	"rapport/services/recommender"
)

// services makes the chosen services, in the order of the flow. They are made from the
// end, because the workers have to know where the catcher listens.
func (s *Stack) services() ([]lifecycle.Named, error) {
	var flow []lifecycle.Named
	for _, part := range []struct {
		name, of string // of: the service that it belongs to
		make     func() (lifecycle.Service, error)
	}{
		{"catcher", "catcher", s.catcher},
		{"postmaster", "postmaster", s.postmaster},
		{"listener", "listener", s.listener},
		{"portal", "portal", s.portal},
		{"caller", "caller", s.caller},
		{"texter-whatsapp", "texter", s.whatsApp},
		{"texter", "texter", s.texter},
		{"mailer", "mailer", s.mailer},
		{"recommender", "recommender", s.recommender},
		{"relay", "orchestrator", s.relay},
		{"orchestrator", "orchestrator", s.orchestrator},
		{"ingest-nats", "ingest", s.natsDoor},
		{"ingest-feeds", "ingest", s.feeds},
		{"ingest", "ingest", s.ingest},
	} {
		if !s.cfg.runs(part.of) {
			continue
		}
		service, err := part.make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		if service == nil {
			continue // It has nothing to do here.
		}
		if slices.Contains(s.cfg.Hold, part.name) {
			s.held[part.name] = newGate(service)
			service = s.held[part.name]
		}
		flow = append([]lifecycle.Named{{Name: part.name, Service: service}}, flow...)
	}
	if s.Store != nil {
		flow = append(flow, lifecycle.Named{Name: "workspace", Service: s.inForce})
	}
	if s.shelf != nil {
		flow = append(flow, lifecycle.Named{Name: "catalogue", Service: s.shelf})
	}
	if st, ok := s.Store.(restorable); ok {
		flow = append(flow, lifecycle.Named{Name: "store", Service: lifecycle.Func(st.Watch)})
	}
	if s.Orchestrator != nil {
		flow = append(flow, lifecycle.Named{Name: "housekeeping", Service: &housekeeping{
			js: s.JS, positions: s.Store.Positions, retain: s.retention(time.Now), every: time.Minute, log: s.cfg.Logger.With("component", "housekeeping"),
		}})
	}
	if err := s.look(); err != nil {
		return nil, err
	}
	return s.watched(flow)
}

func (s *Stack) catcher() (lifecycle.Service, error) {
	c, err := catcher.New(catcher.Options{
		Dir: filepath.Join(s.cfg.Dir, "catcher"), SMTPAddr: s.cfg.CatcherSMTP, HTTPAddr: s.cfg.CatcherHTTP,
		Logger: s.cfg.Logger.With("component", "catcher"),
	})
	if err != nil {
		return nil, err
	}
	s.Catcher = c
	return c, nil
}

func (s *Stack) orchestrator() (lifecycle.Service, error) { return s.Orchestrator, nil }

// relay is made before the orchestrator that it belongs to, and makes it.
func (s *Stack) relay() (lifecycle.Service, error) {
	holder, err := s.holder()
	if err != nil {
		return nil, err
	}
	s.Orchestrator, err = orchestrator.New(orchestrator.Options{
		Conn: s.conn, Store: planted(s.measured), Now: wallClock(), Journeys: s.inForce.Journeys, Changed: s.inForce.Changed, Clock: s.cfg.Clock, Holder: holder, Suggester: s.suggester,
		Logger: s.cfg.Logger.With("component", "orchestrator"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	})
	if err != nil {
		return nil, err
	}
	return s.Orchestrator.Relay(), nil
}

// recommender is made before the orchestrator, which asks it directly when both run here.
func (s *Stack) recommender() (lifecycle.Service, error) {
	o := recommender.Options{Conn: s.conn, Logger: s.cfg.Logger.With("component", "recommender"), MeterProvider: s.cfg.Meters}
	if s.shelf != nil {
		o.Catalogue = s.shelf
	}
	r, err := recommender.New(o)
	if err != nil {
		return nil, err
	}
	s.suggester = r
	return r, nil
}

func orLoopback(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	return addr
}

func hostPort(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("%q is no address: write host:port, such as 127.0.0.1:4222", addr)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q has no port from 0 to 65535", addr)
	}
	if port == 0 {
		port = -1
	}
	return host, port, nil
}
