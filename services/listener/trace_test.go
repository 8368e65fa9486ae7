package listener_test

import (
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/telemetry/telemetrytest"
	"rapport/services/listener"
)

// TestTraceAndLog: the trace of the message is linked to, and nothing personal or secret gets into spans and log.
func TestTraceAndLog(t *testing.T) {
	t.Parallel()
	recorder := telemetrytest.NewRecorder(t)
	logger, logs := telemetrytest.NewLogger()
	s := start(t, &recording{}, func(o *listener.Options) {
		o.TracerProvider, o.Logger, o.FindByNumber = recorder.TracerProvider(), logger, numbers
	})
	s.want(t, http.StatusOK, signed("sendgrid", nil))
	s.want(t, http.StatusOK, written("+447700900999", "a secret word"))
	s.want(t, http.StatusForbidden, signed("postmark", func(s *signer) { s.secret, s.query = "a guess", "?secret=another-guess" }))
	s.want(t, http.StatusForbidden, signed("twilio", func(s *signer) { s.secret = "a guess" }))
	s.want(t, http.StatusBadRequest, newSigner("sendgrid").sign(`{"email":"zoe@home.example"`))
	forwarded := signed("sendgrid", nil)
	forwarded.header["X-Forwarded-For"] = "203.0.113.9"
	s.want(t, http.StatusOK, forwarded)
	telemetrytest.NoSecrets(t, recorder, logs, "203.0.113.9", "zoe@home.example", "7700900", "a secret word", "another-guess", "a guess")
	for _, span := range recorder.Ended() {
		for _, about := range span.Attributes() {
			if about.Key == "network.peer.address" || about.Key == "client.address" {
				t.Errorf("the span %s says who called: %s", span.Name(), about.Value.AsString())
			}
		}
	}
	found := false
	for _, span := range recorder.Named("publish feedback") {
		for _, link := range span.Links() {
			found = found || link.SpanContext.TraceID().String() == "4bf92f3577b34da6a3ce929d0e0e4736"
		}
	}
	if !found {
		t.Error("no span is linked to the message's trace")
	}
	for _, word := range []string{"forged", "unreadable", "stranger"} {
		if !strings.Contains(logs.String(), word) {
			t.Errorf("the log has nothing of %s:\n%s", word, logs.String())
		}
	}
}

// TestTheLogIsNotFilled: a stranger who calls often is told of once.
func TestTheLogIsNotFilled(t *testing.T) {
	t.Parallel()
	logger, logs := telemetrytest.NewLogger()
	s := start(t, &recording{}, func(o *listener.Options) { o.Logger = logger })
	for range 20 {
		s.want(t, http.StatusForbidden, signed("postmark", func(s *signer) { s.secret = "a guess" }))
	}
	if n := strings.Count(logs.String(), "forged"); n > 2 { // outcome and error, of one line
		t.Errorf("%d mentions of 20 calls:\n%s", n, logs.String())
	}
}
