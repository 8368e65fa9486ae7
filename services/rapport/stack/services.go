package stack

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/lifecycle"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/services/catcher"
	"rapport/services/ingest"
	"rapport/services/mailer"
	"rapport/services/orchestrator"
	"rapport/services/recommender"
	"rapport/services/texter"
)

// services makes the chosen services, in the order of the flow. They are made from the
// end, because the mailer and the texter have to know where the catcher listens.
func (s *Stack) services() ([]lifecycle.Named, error) {
	var flow []lifecycle.Named
	for _, part := range []struct {
		name string
		make func() (lifecycle.Service, error)
	}{
		{"catcher", s.catcher},
		{"texter", s.texter},
		{"mailer", s.mailer},
		{"recommender", s.recommender},
		{"relay", s.relay},
		{"orchestrator", s.orchestrator},
		{"ingest", s.ingest},
	} {
		if !s.cfg.runs(strings.Replace(part.name, "relay", "orchestrator", 1)) {
			continue // The relay is a part of the orchestrator.
		}
		service, err := part.make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		if slices.Contains(s.cfg.Hold, part.name) {
			s.held[part.name] = newGate(service)
			service = s.held[part.name]
		}
		flow = append([]lifecycle.Named{{Name: part.name, Service: service}}, flow...)
	}
	if s.Orchestrator != nil {
		flow = append(flow, lifecycle.Named{Name: "workspace", Service: s.inForce}, lifecycle.Named{Name: "housekeeping", Service: &housekeeping{
			js: s.JS, positions: s.Orchestrator.Positions, every: time.Minute, log: s.cfg.Logger.With("component", "housekeeping"),
		}})
	}
	return flow, nil
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

func (s *Stack) ingest() (lifecycle.Service, error) {
	in, err := ingest.New(ingest.Options{
		Addr: orLoopback(s.cfg.HTTP), Publisher: ingest.NewBroker(s.JS), Keys: s.cfg.Keys,
		Logger: s.cfg.Logger.With("component", "ingest"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	})
	if err != nil {
		return nil, err
	}
	s.Ingest = in
	return in, nil
}

func (s *Stack) orchestrator() (lifecycle.Service, error) { return s.Orchestrator, nil }

// relay is made before the orchestrator that it belongs to, and makes it.
func (s *Stack) relay() (lifecycle.Service, error) {
	holder, err := s.holder()
	if err != nil {
		return nil, err
	}
	s.Orchestrator, err = orchestrator.New(orchestrator.Options{
		Conn: s.conn, Store: s.Store, Journeys: s.inForce.Journeys, Changed: s.inForce.Changed, Clock: s.cfg.Clock, Holder: holder, Suggester: s.suggester,
		Logger: s.cfg.Logger.With("component", "orchestrator"), TracerProvider: s.cfg.Traces, MeterProvider: s.cfg.Meters,
	})
	if err != nil {
		return nil, err
	}
	return s.Orchestrator.Relay(), nil
}

// recommender is made before the orchestrator, which asks it directly when both run here.
func (s *Stack) recommender() (lifecycle.Service, error) {
	r, err := recommender.New(recommender.Options{
		Conn: s.conn, Logger: s.cfg.Logger.With("component", "recommender"), MeterProvider: s.cfg.Meters,
	})
	if err != nil {
		return nil, err
	}
	s.suggester = r
	return r, nil
}

func (s *Stack) mailer() (lifecycle.Service, error) {
	smtp := mailer.SMTP{
		Addr: s.cfg.SMTP.Addr, TLS: mailer.TLS(s.cfg.SMTP.TLS),
		Username: s.cfg.SMTP.Username, Password: s.cfg.SMTP.Password,
	}
	if smtp.Addr == "" {
		if s.Catcher == nil {
			return nil, fmt.Errorf("no mail server: name one with --smtp, or run the catcher here")
		}
		smtp.Addr, smtp.TLS, smtp.Connections = s.Catcher.SMTPAddr(), mailer.NoTLS, toCatcher
	}
	sub, err := s.subscriber("mailer")
	if err != nil {
		return nil, err
	}
	return mailer.New(mailer.Options{
		SMTP: smtp, Subscriber: sub, Delivery: s.delivery("mailer"),
		Render: func(ctx context.Context, c *message.Command) (render.Mail, error) {
			snap, err := s.inForce.For(ctx, c)
			if err != nil {
				return render.Mail{}, err
			}
			return snap.Mail(ctx, c)
		},
	})
}

func (s *Stack) texter() (lifecycle.Service, error) {
	twilio := texter.Twilio{
		AccountSID: s.cfg.Twilio.AccountSID, Password: s.cfg.Twilio.AuthToken,
		From: s.cfg.Twilio.From, MessagingService: s.cfg.Twilio.MessagingServiceSID,
	}
	if twilio.AccountSID == "" {
		if s.Catcher == nil {
			return nil, fmt.Errorf("no Twilio account: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or run the catcher here")
		}
		twilio.AccountSID, twilio.Password, twilio.BaseURL = catcherAccount, "caught", s.Catcher.URL()
		twilio.Concurrency = toCatcher
		// The catcher reads the message's id from this address and, as it is not on this
		// machine, leaves it alone.
		twilio.StatusCallback = "https://callbacks.invalid/twilio"
	}
	sub, err := s.subscriber("texter")
	if err != nil {
		return nil, err
	}
	return texter.New(texter.Options{
		Twilio: twilio, Subscriber: sub, Delivery: s.delivery("texter"),
		Render: func(ctx context.Context, c *message.Command) (render.SMS, error) {
			snap, err := s.inForce.For(ctx, c)
			if err != nil {
				return render.SMS{}, err
			}
			return snap.SMS(ctx, c)
		},
	})
}

// toCatcher is how many messages the catcher is given at a time. It answers when they are
// on disk, many with one write.
const toCatcher = 32

// catcherAccount has the shape of Twilio's account SIDs; the catcher takes any.
const catcherAccount = "AC00000000000000000000000000000000"

// subscriber shares the SEND stream among all workers of a name.
func (s *Stack) subscriber(name string) (*bus.Subscriber, error) {
	return bus.NewSubscriber(s.JS, bus.SubscriberOptions{
		Stream: bus.StreamSend, Durable: name, Lanes: lanes, AckWait: ackWait,
		Logger: s.cfg.Logger.With("component", name),
	})
}

// lanes is how many messages a worker has in hand. They share commits to the store and
// batches to the broker, so that more of them make less work for the disk; a kill leaves at
// most as many uncertain.
const lanes = 64

// ackWait is how long messages of a killed process wait for the next one.
const ackWait = 5 * time.Second

func (s *Stack) delivery(name string) delivery.Options {
	return delivery.Options{
		Claims: s.Store, Publisher: bus.NewGatherer(s.JS, 0), Worker: name + "-" + random(),
		EventTime: s.cfg.Clock == orchestrator.EventClock,
		Logger:    s.cfg.Logger.With("component", name), Tracer: s.cfg.Traces, Meter: s.cfg.Meters,
	}
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
