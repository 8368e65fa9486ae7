package main_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/routing"
	"rapport/services/listener"
	"rapport/services/mailer"
)

// Those who take in what comes back do their work with their own keys: they tell it, remember what they must, and what was
// told is applied; what belongs to somebody who was erased is forgotten.
func TestAnswersComeWithTheirOwnKeys(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	ctx := g.deadline()
	g.check("admin provisions", bus.Provision(ctx, g.as("admin"), guardedLayout()))
	for range 2 {
		g.check("admin makes the buckets", bus.ProvisionBuckets(ctx, g.as("admin"), guardedLayout()))
	}
	for _, user := range []string{"portal", "listener", "postmaster", "mailer"} {
		g.check(user+" finds everything provisioned", bus.Provision(ctx, g.as(user), guardedLayout()))
	}
	o := g.orchestrator(ctx)

	g.check("the portal tells", bus.NewBroker(g.as("portal")).PublishBatch(ctx, []*nats.Msg{told(t, event.EmailClicked)}))
	door := bus.NewBroker(g.as("listener"))
	g.check("the listener is ready", door.Ready(ctx))
	g.check("the listener tells", door.PublishBatch(ctx, []*nats.Msg{told(t, event.EmailDelivered), told(t, event.EmailComplained)}))
	g.check("the postmaster tells", bus.NewBroker(g.as("postmaster")).PublishBatch(ctx, []*nats.Msg{told(t, event.EmailReplied)}))
	_, err := g.as("mailer").PublishMsg(ctx, told(t, event.EmailBounced))
	g.check("the mailer tells", err)
	g.applied(ctx, o, 5)

	g.remembers(t)
	before, err := bus.LastSeq(ctx, g.as("orchestrator"), bus.StreamEvents)
	g.check("look how far events go", err)
	g.check("the orchestrator forgets", bus.Forget(ctx, g.as("orchestrator"), bus.ForgetSubject(event.Key("ada")), before+1, func([]byte) string { return event.Key("ada") }))
	stream, err := g.as("admin").Stream(ctx, bus.StreamEvents)
	g.check("look at the events", err)
	if info := stream.CachedInfo(); info.State.Msgs != 0 {
		t.Errorf("%d events of who was erased are left", info.State.Msgs)
	}
}

// remembers uses the buckets with the keys of those whose they are.
func (g *guarded) remembers(t *testing.T) {
	t.Helper()
	ctx := g.deadline()
	nonces, err := listener.NewBucket(ctx, g.as("listener"), 3)
	g.check("the listener opens its bucket", err)
	for _, claim := range []struct {
		digest string
		good   bool
	}{{"one", true}, {"one", true}, {"another", false}} {
		if good, err := nonces.Claim(ctx, "token", claim.digest); err != nil || good != claim.good {
			t.Errorf("a nonce with %q is taken: %v (%v)", claim.digest, good, err)
		}
	}
	for sent := range 3 {
		tally, err := mailer.NewTally(ctx, g.as("mailer"), 3)
		g.check("the mailer opens its bucket", err)
		p, err := tally.Change(ctx, "new.gmail", func(p routing.Progress) routing.Progress { p.Sent++; return p })
		if err != nil || p.Sent != sent+1 {
			t.Errorf("the warm-up has %+v (%v), want %d", p, err, sent+1)
		}
	}
}

// told is something that came back from ada.
func told(t *testing.T, typ string) *nats.Msg {
	t.Helper()
	e := event.Event{ID: typ, Source: "test", Type: typ, Subject: "ada", Time: time.Now(), Data: json.RawMessage(`{}`)}
	body, err := event.Encode(&e)
	if err != nil {
		t.Fatal(err)
	}
	return bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), body)
}

// Who may not make a bucket is told who may.
func TestBucketsAreTheAdministrators(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.check("admin provisions", bus.Provision(g.deadline(), g.as("admin"), guardedLayout()))
	_, err := listener.NewBucket(g.deadline(), g.as("listener"), 3)
	_, err2 := mailer.NewTally(g.deadline(), g.as("mailer"), 3)
	for user, err := range map[string]error{"listener": err, "mailer": err2} {
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), "provision with an administrator's key first") {
			t.Errorf("the %s makes a bucket: %v", user, err)
		}
	}
}
