package listener_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/callback"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/services/listener"
)

func byProviderID(context.Context, string, string) (feedback.Origin, error) {
	return feedback.Origin{Profile: "customer-17"}, nil
}

func TestForeignAndUnnamed(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	foreign := strings.ReplaceAll(bounces["sendgrid"], ref, "f"+ref[1:])
	s.want(t, http.StatusOK, newSigner("sendgrid").sign(foreign))
	s.want(t, http.StatusOK, newSigner("sendgrid").sign(`[{"event":"open","sg_message_id":"m1","sg_event_id":"e9"}]`))
	s.want(t, http.StatusOK, newSigner("sendgrid").sign(`[{"event":"processed","sg_event_id":"e8"}]`))
	for outcome, n := range map[string]int64{"foreign": 1, "unnamed": 1, "needless": 1, "published": 0} {
		if got := s.count(t, "listener.events", outcome); got != n {
			t.Errorf("%s: %d, want %d", outcome, got, n)
		}
	}
	if n := len(r.Events(t)); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, func(o *listener.Options) {
		o.Find = func(context.Context, message.Ref) (feedback.Origin, error) {
			return feedback.Origin{}, errors.New("no connection to the database")
		}
	})
	s.want(t, http.StatusServiceUnavailable, signed("sendgrid", nil))
	if s.count(t, "listener.callbacks", "store_gone") != 1 || len(r.Events(t)) != 0 {
		t.Error("it is not counted, or published all the same")
	}
}

func TestUnreadableAndUnsupported(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, nil)
	if a := s.want(t, http.StatusBadRequest, newSigner("sendgrid").sign(`{"event":`)); a.body != "" {
		t.Errorf("it says %q", a.body)
	}
	s.want(t, http.StatusOK, newSigner("twilio").sign("CallSid=CA1"))
	s.want(t, http.StatusOK, newSigner("mandrill").sign(`[]`))
	s.want(t, http.StatusRequestEntityTooLarge, newSigner("mailersend").sign(`"`+strings.Repeat("x", 1<<20)))
	for outcome, n := range map[string]int64{"unreadable": 1, "unsupported": 1, "too_large": 1, "taken": 1} {
		if got := s.count(t, "listener.callbacks", outcome); got != n {
			t.Errorf("%s: %d, want %d", outcome, got, n)
		}
	}
	// One element that is none holds nobody up.
	partly := strings.Replace(bounces["sendgrid"], "[{", `[7,{`, 1)
	s.want(t, http.StatusOK, newSigner("sendgrid").sign(partly))
	if s.count(t, "listener.events", "unread") != 1 || s.count(t, "listener.events", "published") != 1 {
		t.Error("the element is not counted, or the other is lost")
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, nil)
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{http.MethodHead, "/callbacks/mandrill", http.StatusOK},
		{http.MethodGet, "/callbacks/mailjet", http.StatusOK},
		{http.MethodHead, "/callbacks/twilio", http.StatusOK},
		{http.MethodGet, "/callbacks/twilio", http.StatusForbidden},
		{http.MethodPut, "/callbacks/mandrill", http.StatusMethodNotAllowed},
		{http.MethodPost, "/callbacks/pigeon", http.StatusNotFound},
		{http.MethodGet, "/healthz", http.StatusNoContent},
		{http.MethodGet, "/readyz", http.StatusNoContent},
	} {
		if a := s.send(t, call{method: c.method, target: c.target}); a.status != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.target, a.status, c.status)
		}
	}
}

// TestTooMuchAtATime: beyond what may be in hand, callbacks are told to come again.
func TestTooMuchAtATime(t *testing.T) {
	t.Parallel()
	inside, goOn := make(chan struct{}), make(chan struct{})
	s := start(t, &recording{}, func(o *listener.Options) {
		o.InFlight = 1
		o.Find = func(ctx context.Context, r message.Ref) (feedback.Origin, error) {
			close(inside)
			<-goOn
			return findOne(ctx, r)
		}
	})
	first := make(chan answer, 1)
	go func() { first <- s.send(t, signed("sendgrid", nil)) }()
	<-inside
	s.want(t, http.StatusServiceUnavailable, signed("postmark", nil))
	close(goOn)
	if a := <-first; a.status != http.StatusOK {
		t.Errorf("the first was answered %d", a.status)
	}
	if s.count(t, "listener.callbacks", "busy") != 1 {
		t.Error("it is not counted")
	}
	tight := start(t, &recording{}, func(o *listener.Options) { o.Reading = 100 })
	tight.want(t, http.StatusServiceUnavailable, signed("sendgrid", nil))
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := func() listener.Options {
		o := listener.Options{Publisher: &recording{}, Find: findOne, Nonces: &noncesInMemory{}}
		o.Providers = map[string]callback.Config{"mailgun": newSigner("mailgun").cfg}
		return o
	}
	if _, err := listener.New(good()); err != nil {
		t.Fatal(err)
	}
	for word, change := range map[string]func(*listener.Options){
		"publisher": func(o *listener.Options) { o.Publisher = nil },
		"Find":      func(o *listener.Options) { o.Find = nil },
		"provider":  func(o *listener.Options) { o.Providers = nil },
		"Nonces":    func(o *listener.Options) { o.Nonces = nil },
		"PublicURL": func(o *listener.Options) { o.PublicURL = "hooks.shop.example" },
		`"pigeon"`:  func(o *listener.Options) { o.Providers = map[string]callback.Config{"pigeon": {}} },
		"ses":       func(o *listener.Options) { o.Providers = map[string]callback.Config{"ses": {}} },
	} {
		o := good()
		change(&o)
		if _, err := listener.New(o); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// TestTwiceInOneBatch: the stream would refuse a whole batch for an id that is in it twice.
func TestTwiceInOneBatch(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	one := strings.Trim(bounces["sendgrid"], "[]")
	s.want(t, http.StatusOK, newSigner("sendgrid").sign("["+strings.Repeat(one+",", 30)+one+"]"))
	if n := len(r.Events(t)); n != 1 {
		t.Errorf("%d messages are published, want one", n)
	}
}

// TestFutureIsNow: a provider whose clock is ahead does not move ours.
func TestFutureIsNow(t *testing.T) {
	t.Parallel()
	r := &recording{}
	s := start(t, r, nil)
	s.want(t, http.StatusOK, newSigner("sendgrid").sign(strings.Replace(bounces["sendgrid"], "1777890000", "4102444800", 1)))
	if events := r.Events(t); len(events) != 1 || !events[0].Time.Equal(moment) {
		t.Errorf("%+v", events)
	}
}
