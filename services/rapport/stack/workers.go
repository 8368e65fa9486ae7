package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/journey"
	"rapport/pkg/lifecycle"
	"rapport/pkg/message"
	"rapport/pkg/workspace"
	"rapport/services/caller"
	"rapport/services/catcher"
	"rapport/services/orchestrator"
	"rapport/services/texter"
)

// judges makes what all workers share: the last look, and the throttles, which count what
// goes through a provider on every channel.
func (s *Stack) judges(ctx context.Context) error {
	if s.Store == nil {
		return nil
	}
	codec, err := journey.NewCodec()
	if err != nil {
		return fmt.Errorf("prepare to read states: %w", err)
	}
	s.standing = delivery.NewStanding(s.Store, codec, s.inForce.Journeys, s.partitionOf, wallClock())
	senders, err := s.senders(ctx)
	if err != nil {
		return err
	}
	s.routing = s.routed()
	s.throttles = delivery.NewThrottles(s.paces(), senders)
	return nil
}

func (s *Stack) texter() (lifecycle.Service, error) {
	return s.twilio(texter.Options{Channel: message.SMS, Render: renderedWith(s, (*workspace.Snapshot).SMSWith)}, "texter")
}

func (s *Stack) whatsApp() (lifecycle.Service, error) {
	return s.twilio(texter.Options{Channel: message.WhatsApp, Render: renderedWith(s, (*workspace.Snapshot).WhatsAppWith)}, "texter-whatsapp")
}

// region is the country of the shop in force, of which numbers without a country code are.
func (s *Stack) region() string {
	_, region, _ := strings.Cut(s.inForce.Snapshot().Shop().Locale, "-")
	return region
}

// twilio makes a texter of one channel.
func (s *Stack) twilio(o texter.Options, name string) (_ lifecycle.Service, err error) {
	o.Region = s.region
	o.Twilio = texter.Twilio{
		AccountSID: s.cfg.Twilio.AccountSID, Password: s.cfg.Twilio.AuthToken,
		From: s.cfg.Twilio.From, MessagingService: s.cfg.Twilio.MessagingServiceSID, BaseURL: s.cfg.Twilio.BaseURL,
		StatusCallback: s.statusCallback(),
	}
	if o.Twilio.AccountSID == "" {
		if s.catcherURL() == "" {
			return nil, errors.New("no Twilio account: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, run the catcher here, or name one with --catcher-url")
		}
		o.Twilio.AccountSID, o.Twilio.Password, o.Twilio.BaseURL = catcherAccount, catcherToken, s.catcherURL()
		o.Twilio.Concurrency = toCatcher
	}
	if o.Subscriber, err = s.subscriber(name); err != nil {
		return nil, err
	}
	o.Delivery = s.delivery(name)
	return texter.New(o)
}

func (s *Stack) caller() (_ lifecycle.Service, err error) {
	o := caller.Options{
		Render: renderedWith(s, (*workspace.Snapshot).WebhookWith), Signing: s.cfg.Webhooks.Signing,
		AllowPrivate: s.cfg.Webhooks.AllowPrivate, Delivery: s.delivery("caller"),
	}
	switch {
	case s.catchesWebhooks():
		o.Catcher = s.catcherURL() + catcher.WebhookPath
	case s.cfg.Webhooks.Catch:
		return nil, errors.New("nobody catches webhooks here: run the catcher too, name one with --catcher-url, or leave --catch-webhooks out")
	}
	if o.Subscriber, err = s.subscriber("caller"); err != nil {
		return nil, err
	}
	return caller.New(o)
}

// catchesWebhooks: whoever has no mail server, or names another process's catcher, is trying
// things, and nobody's systems should notice.
func (s *Stack) catchesWebhooks() bool {
	return s.cfg.CatcherURL != "" || s.Catcher != nil && (s.cfg.Webhooks.Catch || s.catchesMail())
}

// catcherURL is where the catcher is: the one that was named, or the one here; empty: nowhere.
func (s *Stack) catcherURL() string {
	switch {
	case s.cfg.CatcherURL != "":
		return strings.TrimSuffix(s.cfg.CatcherURL, "/")
	case s.Catcher != nil:
		return s.Catcher.URL()
	}
	return ""
}

// Roads says of the channels that are worked on here which ones the catcher takes, and
// which ones lead to the world.
func (s *Stack) Roads() (caught, out []message.Channel) {
	for _, road := range []struct {
		worker  string
		channel message.Channel
		caught  bool
	}{
		{"mailer", message.Email, s.catchesMail()},
		{"texter", message.SMS, s.cfg.Twilio.AccountSID == ""},
		{"texter", message.WhatsApp, s.cfg.Twilio.AccountSID == ""},
		{"caller", message.Webhook, s.catchesWebhooks()},
	} {
		switch {
		case !s.cfg.runs(road.worker):
		case road.caught:
			caught = append(caught, road.channel)
		default:
			out = append(out, road.channel)
		}
	}
	return caught, out
}

// rendered renders a message with the snapshot that has its journey's version.
func rendered[T any](s *Stack, by func(*workspace.Snapshot, context.Context, *message.Command) (T, error)) func(context.Context, *message.Command) (T, error) {
	return func(ctx context.Context, c *message.Command) (T, error) {
		snap, err := s.inForce.For(ctx, c)
		if err != nil {
			var none T
			return none, err
		}
		return by(snap, ctx, c)
	}
}

// toCatcher is how many messages the catcher is given at a time. It answers when they are
// on disk, many with one write.
const toCatcher = 32

// catcherAccount has the shape of Twilio's account SIDs; the catcher takes any.
const catcherAccount = "AC00000000000000000000000000000000"

// catcherToken is what it signs its callbacks with then.
const catcherToken = "caught"

// subscriber shares the SEND stream among all workers of a name. What somebody waits for has
// lanes of its own, except in replays, which hand everything over in one order.
func (s *Stack) subscriber(name string) (wm.Subscriber, error) {
	o := bus.SubscriberOptions{
		Stream: bus.StreamSend, Durable: name, Lanes: lanes, AckWait: ackWait,
		Logger: s.cfg.Logger.With("component", name), Meters: s.cfg.Meters,
	}
	if s.cfg.Clock == orchestrator.EventClock {
		return bus.NewSubscriber(s.JS, o)
	}
	o.MaxInFlight = waiting
	return bus.NewExpedited(s.JS, o, urgentLanes)
}

// lanes is how many messages a worker has in hand. They share commits to the store and
// batches to the broker, so that more of them make less work for the disk; a kill leaves at
// most as many uncertain.
const lanes = 64

// urgentLanes is how many it has in hand beside them of those that somebody waits for.
const urgentLanes = 64

// waiting is how many messages of a channel may be here while throttles and broken hosts
// hold them up. Those behind them go on as long as it is not reached. Replays wait for
// nobody and keep the bus's own bound.
const waiting = 2000

// ackWait is how long messages of a killed process wait for the next one.
const ackWait = 5 * time.Second

func (s *Stack) delivery(name string) delivery.Options {
	return delivery.Options{
		Claims: s.measured, Publisher: bus.NewGatherer(s.JS, 0), Worker: name + "-" + random(),
		Receipts: s.placing.Receipt,
		Now:      wallClock(), Recheck: s.standing.Recheck, Throttles: s.throttles,
		Lateness:  func(c *message.Command) time.Duration { return s.inForce.Journeys().Lateness(c.Journey, c.Version) },
		EventTime: s.cfg.Clock == orchestrator.EventClock,
		Logger:    s.cfg.Logger.With("component", name), Tracer: s.cfg.Traces, Meter: s.cfg.Meters,
	}
}
