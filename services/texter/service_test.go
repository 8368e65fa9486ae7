package texter

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/delivery"
	"rapport/pkg/delivery/deliverytest"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/catcher"
)

// none is neither a subscriber nor a publisher, for tests that go around the broker.
type none struct{}

func (none) Subscribe(context.Context, string) (<-chan *wm.Message, error) { return nil, nil }
func (none) Publish(string, ...*wm.Message) error                          { return nil }
func (none) Close() error                                                  { return nil }

// nothing is no store.
type nothing struct{}

func (nothing) Claim(context.Context, []store.Claim) ([]store.Prior, error) { return nil, nil }
func (nothing) Claimed(context.Context, int, string) (store.Prior, error)   { return store.Prior{}, nil }
func (nothing) Record(context.Context, []store.Result) error                { return nil }

// TestService runs commands through broker, store and Twilio: one is opted out, one has no
// mobile number, one's answer is lost, all come twice, and nothing of a recipient is in the log.
func TestService(t *testing.T) {
	t.Parallel()
	const n = 60
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	js, st := deliverytest.Broker(ctx, t), deliverytest.Store(ctx, t)
	sub, err := bus.NewSubscriber(js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "texter", Lanes: 32})
	if err != nil {
		t.Fatal(err)
	}

	s := startTwilio(t, func(w http.ResponseWriter, n int) bool {
		switch n {
		case 7:
			refuse(w, 400, 21610, "Attempt to send to unsubscribed recipient "+number)
			return true
		case 8:
			refuse(w, 400, 21614, "'To' number is not a valid mobile number: "+number)
			return true
		case 9:
			return breakOff(w)
		}
		return false
	})
	var logs deliverytest.Log
	x := newTexter(t, s, func(o *Options) {
		o.Subscriber = sub
		o.Delivery = delivery.Options{
			Claims: st, Publisher: bus.NewPublisher(js), First: time.Millisecond,
			Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
	})
	stop := deliverytest.Run(ctx, t, x.Run)
	for _, round := range []string{"", "-again"} {
		for i := range n {
			c := command(fmt.Sprintf("m%03d", i))
			c.Profile = fmt.Sprintf("customer-%d", i)
			deliverytest.Send(ctx, t, js, c.ID+round, c)
		}
	}
	outcomes, told := readOutcomes(ctx, t, js, n)
	stop()
	want := map[string]int{"sent ": n - 3, "failed invalid_address 21614 ": 1, "failed rejected opted_out: 21610 Attempt to send to unsubscribed recipient <number> (the recipient has opted out by replying STOP)": 1, "uncertain in_flight": 1}
	for outcome, n := range want {
		found := 0
		for got, m := range outcomes {
			if strings.HasPrefix(got, outcome) {
				found += m
			}
		}
		if found != n {
			t.Errorf("%d receipts are %q, want %d of %v", found, outcome, n, outcomes)
		}
	}
	if got := len(s.requests()); got != n {
		t.Errorf("Twilio got %d requests, want %d", got, n)
	}
	slices.Sort(told)
	if want := []string{"sms.failed hard 21614 invalid_address " + number, "sms.failed opted_out 21610 rejected " + number}; !slices.Equal(told, want) {
		t.Errorf("told beside the receipts: %q, want %q", told, want)
	}
	for _, secret := range []string{number, number[1:], token, "We miss you"} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
}

// TestWhatsAppService runs commands of WhatsApp through the broker to a catcher, which takes
// them as Twilio does; text messages on the other subject are none of its business.
func TestWhatsAppService(t *testing.T) {
	t.Parallel()
	const n = 20
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	js, st := deliverytest.Broker(ctx, t), deliverytest.Store(ctx, t)
	c, err := catcher.New(catcher.Options{Dir: t.TempDir(), SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := bus.NewSubscriber(js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: "texter-whatsapp"})
	if err != nil {
		t.Fatal(err)
	}
	x := newTexter(t, &twilio{Server: &httptest.Server{URL: c.URL()}}, func(o *Options) {
		o.Channel, o.Subscriber, o.Twilio.From = message.WhatsApp, sub, "+447700900999"
		o.Twilio.StatusCallback = "https://callbacks.invalid/twilio"
		o.Delivery = delivery.Options{Claims: st, Publisher: bus.NewPublisher(js), First: time.Millisecond}
	})
	stopCatcher, stop := deliverytest.Run(ctx, t, c.Run), deliverytest.Run(ctx, t, x.Run)
	for i := range n {
		for _, ch := range []message.Channel{message.WhatsApp, message.SMS} {
			cmd := command(fmt.Sprintf("%s-%02d", ch, i))
			cmd.Channel, cmd.Profile = ch, fmt.Sprintf("customer-%d", i)
			deliverytest.Send(ctx, t, js, cmd.ID, cmd)
		}
	}
	if got, told := readOutcomes(ctx, t, js, n); got["sent  "] != n || len(told) > 0 {
		t.Errorf("receipts %v, want %d sent; told %v", got, n, told)
	}
	caught, err := c.Messages(ctx, catcher.Filter{Limit: 100})
	if err != nil || len(caught) != n {
		t.Fatalf("%d messages were caught, %v; want %d", len(caught), err, n)
	}
	for _, m := range caught {
		if m.Channel != catcher.WhatsApp || m.To[0] != number || !strings.HasPrefix(m.MessageID, "whatsapp-") || m.Journey != "win-back" {
			t.Errorf("caught %+v", m)
		}
	}
	stop()
	stopCatcher()
}

// readOutcomes counts the first n receipts by outcome, reason and detail, and lists what was told
// before each.
func readOutcomes(ctx context.Context, t *testing.T, js jetstream.JetStream, n int) (got map[string]int, told []string) {
	t.Helper()
	got = map[string]int{}
	seen := 0
	for r, err := range deliverytest.Receipts(ctx, js) {
		if err != nil {
			t.Fatalf("%d of %d receipts: %v", seen, n, err)
		}
		if r.Outcome == "" {
			told = append(told, fmt.Sprintf("%s %s %s %s %s", r.Type, r.Kind, r.Code, r.Reason, r.Address))
			continue
		}
		got[fmt.Sprintf("%s %s %s", r.Outcome, r.Reason, r.Detail)]++
		if seen++; seen == n {
			break
		}
	}
	return got, told
}
