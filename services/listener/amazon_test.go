package listener_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/services/listener"
)

func confirmation() call {
	return signed("ses", func(s *signer) { s.snsType = "SubscriptionConfirmation" })
}

func TestSubscriptionIsConfirmed(t *testing.T) {
	t.Parallel()
	amazon := &fakeAmazon{}
	s := start(t, &recording{}, func(o *listener.Options) { o.Amazon = amazon })
	s.want(t, http.StatusOK, confirmation())
	if asked := amazon.requests(); !slices.Equal(asked, []string{certURL, confirmURL}) {
		t.Errorf("asked for %v", asked)
	}
	if s.count(t, "listener.callbacks", "confirmed") != 1 {
		t.Error("it is not counted")
	}
	// That it ended is no reason to take it up again.
	s.want(t, http.StatusOK, signed("ses", func(s *signer) { s.snsType = "UnsubscribeConfirmation" }))
	if asked := amazon.requests(); len(asked) != 2 {
		t.Errorf("asked for %v", asked)
	}
}

func TestNothingIsFetchedForStrangers(t *testing.T) {
	t.Parallel()
	amazon := &fakeAmazon{}
	s := start(t, &recording{}, func(o *listener.Options) { o.Amazon = amazon })
	for from, to := range map[string]string{
		certURL:                 "https://sns.evil.example/cert.pem",
		topicARN:                "arn:aws:sns:eu-west-1:999999999999:other",
		"https://sns.eu-west-1": "http://sns.eu-west-1",
		".pem":                  ".pem?x=1",
	} {
		c := signed("ses", nil)
		c.body = []byte(strings.ReplaceAll(string(c.body), from, to))
		s.want(t, http.StatusForbidden, c)
	}
	if asked := amazon.requests(); len(asked) != 0 {
		t.Errorf("asked for %v", asked)
	}
}

// TestCertificates are fetched once in a day, and again a minute after that failed.
func TestCertificates(t *testing.T) {
	t.Parallel()
	var now, status atomic.Int64
	status.Store(http.StatusInternalServerError)
	amazon := &fakeAmazon{}
	amazon.answer = func(*http.Request) (*http.Response, error) { return respond(int(status.Load()), keys().cert), nil }
	r := &recording{}
	s := start(t, r, func(o *listener.Options) {
		o.Amazon = amazon
		o.Now = func() time.Time { return moment.Add(time.Duration(now.Load())) }
	})
	s.want(t, http.StatusServiceUnavailable, signed("ses", nil))
	status.Store(http.StatusOK)
	s.want(t, http.StatusServiceUnavailable, signed("ses", nil))
	now.Store(int64(2 * time.Minute))
	s.want(t, http.StatusOK, signed("ses", nil))
	s.want(t, http.StatusOK, signed("ses", nil))
	if n := len(amazon.requests()); n != 2 || s.count(t, "listener.callbacks", "unverifiable") != 2 {
		t.Errorf("asked %d times", n)
	}
	if len(r.Events(t)) != 2 {
		t.Error("what was verified is not published")
	}
}

func TestHostileAmazon(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]*http.Response{
		"a redirect":     {StatusCode: http.StatusFound, Header: http.Header{"Location": {"http://169.254.169.254/latest"}}, Body: http.NoBody},
		"no PEM":         respond(http.StatusOK, []byte("<html>")),
		"too much":       respond(http.StatusOK, append(keys().cert, make([]byte, 1<<20)...)),
		"no certificate": respond(http.StatusOK, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
	} {
		amazon := &fakeAmazon{answer: func(*http.Request) (*http.Response, error) { return answer, nil }}
		s := start(t, &recording{}, func(o *listener.Options) { o.Amazon = amazon })
		s.want(t, http.StatusServiceUnavailable, signed("ses", nil))
		if n := len(amazon.requests()); n != 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
	}
}
