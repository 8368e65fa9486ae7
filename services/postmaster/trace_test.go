package postmaster_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestTraceAndLog: the trace of the message is linked to, and nothing personal gets into spans and log.
func TestTraceAndLog(t *testing.T) {
	t.Parallel()
	recorder := telemetrytest.NewRecorder(t)
	logger, logs := telemetrytest.NewLogger()
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) {
		o.TracerProvider, o.Logger = recorder.TracerProvider(), logger
		o.Forward = postmaster.Forwarder{Addr: (&mailbox{unknown: errors.New("zoe@home.example is not liked")}).serve(t, nil), To: "info@shop.example"}.Forward
		o.Find = func(ctx context.Context, ref message.Ref) (feedback.Origin, error) {
			if ref == other {
				return feedback.Origin{}, errors.New("the store is away")
			}
			return find(ctx, ref)
		}
	})
	path := address(t, verp.Bounce, sent)
	s.want(t, 250, report("failed", "5.1.1", zoe, ""), path)
	s.want(t, 451, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, other))
	s.want(t, 451, letter("t", "Re: a secret subject", "a secret word", answering), address(t, verp.Reply, sent))
	s.want(t, 250, report("failed", "5.1.1", zoe, ""), "postmaster@"+bounceDomain)
	s.want(t, 550, "", strings.Replace(path, "-"+mid, "-"+strings.Repeat("a", 32), 1))
	s.want(t, 550, "", zoe)
	r.Fail(errors.New("gone"))
	s.want(t, 451, report("failed", "5.1.1", zoe, ""), path)
	s.stop()
	local, _, _ := strings.Cut(path, "@")
	telemetrytest.NoSecrets(t, recorder, logs, "home.example", "zoe", "a secret word", "a secret subject", local, "127.0.0.1", "info@shop.example", "not liked")
	linked := false
	for _, span := range recorder.Named("publish feedback") {
		for _, link := range span.Links() {
			linked = linked || link.SpanContext.TraceID().String() == traceID
		}
	}
	if !linked {
		t.Error("no span is linked to the message's trace")
	}
	for _, word := range []string{"forged", "relay", "store_gone", "broker_gone", "box_gone", "unmatched"} {
		if !strings.Contains(logs.String(), `"outcome":"`+word+`"`) {
			t.Errorf("the log has nothing of %s:\n%s", word, logs.String())
		}
	}
}

// TestTheLogIsNotFilled: a stranger who comes often is told of once.
func TestTheLogIsNotFilled(t *testing.T) {
	t.Parallel()
	logger, logs := telemetrytest.NewLogger()
	s := start(t, &recording{}, func(o *postmaster.Options) { o.Logger = logger })
	for range 20 {
		s.want(t, 550, "", zoe)
	}
	if n := strings.Count(logs.String(), `"relay"`); n != 1 {
		t.Errorf("%d lines about 20 mails:\n%s", n, logs.String())
	}
}
