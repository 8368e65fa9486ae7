package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/natslocal"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/recommend"
	"rapport/pkg/store/sqlite"
	"rapport/services/ingest"
	"rapport/services/orchestrator"
	"rapport/services/recommender"
)

// brokerPatience is the deadline of every wait in these tests.
const brokerPatience = 60 * time.Second

// guarded is a cluster with the files of deploy/nats, and the keys of a trial.
type guarded struct {
	t       *testing.T
	cluster *natslocal.Cluster
	keys    string // directory
}

func startGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, keys: filepath.Join(t.TempDir(), "keys")}
	if _, err := natslocal.Binary(t.Context()); err != nil { // A first build takes its time.
		t.Fatal(err)
	}
	ctx := g.deadline()
	out, err := exec.CommandContext(ctx, "go", "run", "rapport/pkg/bus/natskeys", "--dir", g.keys, "--hosts", "127.0.0.1").CombinedOutput()
	if err != nil {
		t.Fatalf("natskeys: %v: %s", err, out)
	}
	env, err := os.ReadFile(filepath.Join(g.keys, "nats.env"))
	if err != nil {
		t.Fatal(err)
	}
	g.cluster, err = natslocal.Start(ctx, natslocal.Options{
		Dir: t.TempDir(), ConfigFile: filepath.Join("..", "..", "deploy", "nats", "cluster.conf"), Env: strings.Fields(string(env)), TLS: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *guarded) deadline() context.Context {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), brokerPatience)
	g.t.Cleanup(cancel)
	return ctx
}

// as connects with the key of a user.
func (g *guarded) as(user string, more ...nats.Option) jetstream.JetStream {
	g.t.Helper()
	opts, err := bus.Security{CA: filepath.Join(g.keys, "ca.pem"), NKeySeedFile: filepath.Join(g.keys, user+".nk")}.Options()
	if err != nil {
		g.t.Fatal(err)
	}
	opts = slices.Concat(bus.ConnOptions(user, g.log()), opts, more)
	nc, err := nats.Connect(strings.Join(g.cluster.URLs(), ","), opts...)
	if err != nil {
		g.t.Fatalf("%s: %v", user, err)
	}
	g.t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		g.t.Fatal(err)
	}
	return js
}

// running runs a service until the test ends. It must not fail.
func (g *guarded) running(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	g.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			g.t.Errorf("%s: %v", name, err)
		}
	})
}

// log is what a failed test shows: denied publishes are told to the connection only.
func (g *guarded) log() *slog.Logger { return slog.New(slog.NewTextHandler(g.t.Output(), nil)) }

func (g *guarded) check(what string, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatalf("%s: %v", what, err)
	}
}

// guardedLayout is that of a cluster.
func guardedLayout() bus.Layout { return bus.Layout{Partitions: 4, Replicas: 3, MaxBytes: 64 << 20} }

// Every service does its work with its own key, on the cluster as it is deployed: an order
// comes in, is applied, becomes a command, is taken by a worker, and its receipt is applied.
func TestServicesWorkWithTheirOwnKeys(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	ctx := g.deadline()
	g.check("admin provisions", bus.Provision(ctx, g.as("admin"), guardedLayout()))
	for _, user := range []string{"ingest", "orchestrator", "recommender", "mailer", "texter", "caller"} {
		g.check(user+" finds everything provisioned", bus.Provision(ctx, g.as(user), guardedLayout()))
	}
	o := g.orchestrator(ctx)
	door := ingest.NewBroker(g.as("ingest"))
	g.check("ingest is ready", door.Ready(ctx))
	g.check("ingest accepts", door.PublishBatch(ctx, []*nats.Msg{thankedOrder(t)}))
	g.overNATS(ctx)
	g.sells(ctx)

	g.recommends(ctx)
	g.works(ctx, "mailer", "mailer", "email")
	g.applied(ctx, o, 3) // the order, what came over NATS, and the receipt

	// What the orchestrator's process does beside its work.
	js := g.as("orchestrator")
	through, err := bus.Acknowledged(ctx, js, bus.StreamSend)
	g.check("look what is handled", err)
	_, err = bus.Trim(ctx, js, bus.StreamSend, through)
	g.check("trim SEND", err)
	_, err = bus.Trim(ctx, js, bus.StreamEvents, 1)
	g.check("trim EVENTS", err)
	g.check("bury", bus.DeadLetter(ctx, js, "orchestrator", bus.Delivery{Stream: bus.StreamEvents, Subject: "evp.1.x", Seq: 1}, errors.New("a test")))

	for durable, channel := range map[string]string{"texter": "sms", "texter-whatsapp": "whatsapp", "caller": "webhook"} {
		user, _, _ := strings.Cut(durable, "-")
		_, err := js.Publish(ctx, bus.SendSubject(channel, "ada"), []byte("{}"))
		g.check("publish a command", err)
		g.works(ctx, user, durable, channel)
	}
	g.applied(ctx, o, 6)
	dead, err := g.as("admin").Stream(ctx, bus.StreamDead)
	g.check("look at the dead letters", err)
	info, err := dead.Info(ctx, jetstream.WithSubjectFilter("dead.orchestrator.>"))
	g.check("look at the dead letters", err)
	if len(info.State.Subjects) != 1 {
		t.Errorf("the orchestrator buried %v, want nothing but what the test did", info.State.Subjects)
	}
}

// thankedOrder is an order that a journey thanks for.
func thankedOrder(t *testing.T) *nats.Msg {
	t.Helper()
	e := event.Event{ID: "1", Source: "shop", Type: event.OrderCompleted, Subject: "ada", Time: time.Now(), Data: json.RawMessage(
		`{"order_id":"1","total":12.5,"products":[{"product_id":"soap","name":"Soap","price":12.5,"quantity":1}],` +
			`"` + event.ProfileProperty + `":{"traits":{"email":"ada@example.com"},"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"test"}]}}`)}
	body, err := event.Encode(&e)
	if err != nil {
		t.Fatal(err)
	}
	return bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), body)
}

func (g *guarded) orchestrator(ctx context.Context) *orchestrator.Orchestrator {
	g.t.Helper()
	st, err := sqlite.Open(ctx, sqlite.Options{Dir: g.t.TempDir()})
	g.check("open the store", err)
	g.t.Cleanup(func() { _ = st.Close() })
	set, err := journey.NewSet(journey.Config{Journeys: []*journey.Definition{{
		Name: "thank-you", Version: "1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: event.OrderCompleted},
		Steps: []journey.Step{{ID: "thanks", Send: &journey.Send{Channel: message.Email, Template: "thank-you"}}},
	}}})
	g.check("make the journeys", err)
	o, err := orchestrator.New(orchestrator.Options{
		Conn: g.as("orchestrator").Conn(), Store: st, Holder: "one", Logger: g.log(), Journeys: func() *journey.Set { return set },
	})
	g.check("make the orchestrator", err)
	g.running("relay", o.Relay().Run)
	g.running("orchestrator", o.Run)
	select {
	case <-o.Ready():
	case <-ctx.Done():
		g.t.Fatal("the orchestrator is not ready")
	}
	return o
}

// recommends has a recommender answer the orchestrator.
func (g *guarded) recommends(ctx context.Context) {
	g.t.Helper()
	r, err := recommender.New(recommender.Options{Conn: g.as("recommender").Conn()})
	g.check("make the recommender", err)
	g.running("recommender", r.Run)
	select {
	case <-r.Ready():
	case <-ctx.Done():
		g.t.Fatal("the recommender is not ready")
	}
	body, err := json.Marshal(recommend.Request{Through: 1, Max: 1})
	g.check("ask for a recommendation", err)
	answer, err := g.as("orchestrator").Conn().RequestWithContext(ctx, recommend.Subject, body)
	g.check("ask for a recommendation", err)
	var reply recommend.Reply
	g.check("read the answer", json.Unmarshal(answer.Data, &reply))
	if reply.Error != "" {
		g.t.Fatalf("the recommender answers %q", reply.Error)
	}
}

// works does with a worker's key what a worker does: it joins the others, takes a command, buries
// it as a copy, reports, takes an urgent one, and leaves.
func (g *guarded) works(ctx context.Context, user, durable, channel string) {
	g.t.Helper()
	js := g.as(user)
	members, err := bus.Join(ctx, js, bus.MembersOptions{Group: user, Name: durable})
	g.check(user+" joins", err)
	if members.Count() != 1 {
		g.t.Fatalf("%s counts %v", user, members.Names())
	}
	sub, err := bus.NewExpedited(js, bus.SubscriberOptions{Stream: bus.StreamSend, Durable: durable}, 1)
	g.check("make the subscriber", err)
	commands, err := sub.Subscribe(ctx, "send."+channel+".*")
	g.check(user+" subscribes", err)
	select {
	case m := <-commands:
		d, _ := bus.Received(m.Context())
		g.check(user+" buries a copy", bus.DeadLetter(ctx, js, durable, d, errors.New("a test")))
		g.check(user+" reports", g.report(js, m.UUID))
		m.Ack()
	case <-ctx.Done():
		g.t.Fatalf("%s gets no command", user)
	}
	_, err = g.as("orchestrator").Publish(ctx, bus.Urgent(bus.SendSubject(channel, "ada")), []byte("urgent"))
	g.check("publish an urgent command", err)
	select {
	case m := <-commands:
		d, _ := bus.Received(m.Context())
		g.check(user+" buries an urgent copy", bus.DeadLetter(ctx, js, user, d, errors.New("a test")))
		m.Ack()
	case <-ctx.Done():
		g.t.Fatalf("%s gets no urgent command", user)
	}
	g.check(user+" closes", sub.Close())
	g.check(user+" leaves", members.Leave(ctx))
}

// report publishes that a message was sent.
func (g *guarded) report(js jetstream.JetStream, id string) error {
	r := message.Receipt{MessageID: id, Outcome: message.Sent, At: time.Now()}
	e, err := r.Event("test", "ada")
	if err != nil {
		return err
	}
	body, err := event.Encode(&e)
	if err != nil {
		return err
	}
	return bus.NewGatherer(js, 0).Publish(bus.Placing{Partitions: guardedLayout().Partitions}.Receipt(e.Key()), wm.NewMessage(e.UID(), body))
}

// applied waits until so many events are applied.
func (g *guarded) applied(ctx context.Context, o *orchestrator.Orchestrator, seq uint64) {
	g.t.Helper()
	for {
		moved, top := o.Moved(), uint64(0)
		for _, p := range o.Positions() {
			top = max(top, p.Seq)
		}
		if top >= seq {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			g.t.Fatalf("positions %v, want one at %d", o.Positions(), seq)
		}
	}
}

// What each user must not do is refused by the broker: that is what keys of their own are for.
func TestKeysOpenNoOtherDoor(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	g.check("admin provisions", bus.Provision(g.deadline(), g.as("admin"), guardedLayout()))
	const api = "$JS.API."
	for user, refused := range map[string][]string{
		"shop": {
			api + "STREAM.INFO.EVENTS", api + "CONSUMER.CREATE.EVENTS.x", api + "DIRECT.GET.EVENTS", api + "STREAM.MSG.GET.EVENTS", api + "STREAM.NAMES",
			"send.email.ada", "evp.1.ada", "evp.1.receipt.ada", "dead.x.y", "$KV.LEASE.1", recommend.Subject, "in.till", "in", api + "CONSUMER.MSG.NEXT.IN.door",
		},
		"operator": {"evp.1.ada", "evp.1.clock.tick", "dead.ingest.x", "$KV.LEASE.1", api + "STREAM.PURGE.DEAD", api + "STREAM.MSG.DELETE.EVENTS", api + "CONSUMER.CREATE.EVENTS.x"},
		"ingest":   {api + "STREAM.PURGE.KV_CATALOGUE", api + "STREAM.DELETE.KV_CATALOGUE", api + "STREAM.PURGE.IN", api + "CONSUMER.CREATE.IN.other", "dead.orchestrator.x", "in.shop", "send.email.ada", "evp.1.receipt.ada", api + "CONSUMER.CREATE.EVENTS.x", api + "STREAM.PURGE.EVENTS", "$KV.LEASE.1"},
		"orchestrator": {
			api + "STREAM.DELETE.EVENTS", api + "STREAM.UPDATE.EVENTS", api + "STREAM.DELETE.KV_LEASE", api + "STREAM.PURGE.DEAD",
			api + "CONSUMER.DELETE.SEND.mailer", api + "CONSUMER.MSG.NEXT.SEND.mailer", "dead.mailer.x", "$KV.LEASE.member.mailer.x",
		},
		"recommender": {"$KV.CATALOGUE.a", "events.ada", "send.email.ada", "evp.1.receipt.ada", api + "STREAM.PURGE.EVENTS", "$KV.LEASE.1"},
		"mailer": {
			"$KV.CATALOGUE.a", api + "STREAM.PURGE.KV_CATALOGUE", api + "STREAM.INFO.KV_NONCES", "$KV.NONCES.a", api + "STREAM.DELETE.KV_WARMUP", api + "STREAM.PURGE.KV_WARMUP", api + "CONSUMER.CREATE.KV_WARMUP.x",
			"evp.1.ada", "evp.1.clock.tick", "send.email.ada", "dead.orchestrator.x", "$KV.LEASE.1", "$KV.LEASE.member.orchestrator.x",
			api + "STREAM.DELETE.SEND", api + "STREAM.PURGE.SEND", api + "STREAM.CREATE.X", api + "STREAM.UPDATE.SEND",
			api + "CONSUMER.CREATE.SEND.mailer.send.sms.*", api + "CONSUMER.CREATE.SEND.mailer", api + "CONSUMER.CREATE.SEND.other.send.email.*",
			api + "CONSUMER.MSG.NEXT.SEND.texter", api + "CONSUMER.DELETE.SEND.mailer", "$JS.ACK.SEND.texter.1.1.1.1.1",
			api + "CONSUMER.CREATE.EVENTS.x", api + "DIRECT.GET.EVENTS", recommend.Subject,
		},
		"texter": {"$KV.CATALOGUE.a", "events.ada", "send.sms.ada", api + "CONSUMER.CREATE.SEND.mailer.send.email.*", api + "CONSUMER.MSG.NEXT.SEND.caller", api + "STREAM.DELETE.SEND"},
		"caller": {"$KV.CATALOGUE.a", "events.ada", "send.webhook.ada", api + "CONSUMER.MSG.NEXT.SEND.mailer", api + "STREAM.DELETE.SEND"},
		"portal": {
			"$KV.CATALOGUE.a", api + "STREAM.INFO.KV_CATALOGUE", "evp.1.receipt.ada", "send.email.ada", "$KV.LEASE.1", "$KV.NONCES.a", "$KV.WARMUP.a", api + "STREAM.INFO.KV_NONCES",
			api + "CONSUMER.CREATE.EVENTS.x", api + "DIRECT.GET.EVENTS", api + "STREAM.PURGE.EVENTS", recommend.Subject,
		},
		"listener": {
			"evp.1.receipt.ada", "send.email.ada", "$KV.LEASE.1", "$KV.WARMUP.a", "$KV.NONCES.a.b", api + "STREAM.DELETE.KV_NONCES",
			api + "STREAM.PURGE.KV_NONCES", api + "CONSUMER.CREATE.KV_NONCES.x", api + "CONSUMER.CREATE.EVENTS.x", api + "DIRECT.GET.EVENTS", recommend.Subject,
		},
		"postmaster": {
			"evp.1.receipt.ada", "send.email.ada", "$KV.LEASE.1", "$KV.NONCES.a", "$KV.WARMUP.a",
			api + "CONSUMER.CREATE.EVENTS.x", api + "DIRECT.GET.EVENTS", api + "STREAM.PURGE.EVENTS",
		},
		"admin": {"events.ada", "send.email.ada", "evp.1.receipt.ada", "$KV.LEASE.1"},
	} {
		denied := make(chan error, 100)
		js := g.as(user, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
		for _, subject := range refused {
			g.refused(denied, user, subject, js.Conn().PublishMsg(&nats.Msg{Subject: subject, Reply: js.Conn().NewInbox()}))
		}
		for _, subject := range []string{">", "evp.>", "events.*", "send.>", "_INBOX.>", "$KV.>"} {
			_, err := js.Conn().SubscribeSync(subject)
			g.refused(denied, user, subject, err)
		}
	}
	// What is allowed is not only not refused: it is stored.
	_, err := g.as("shop").PublishMsg(g.deadline(), thankedOrder(t))
	g.check("the shop publishes an event", err)
	began := time.Now()
	if _, err := bus.PublishBatch(g.deadline(), g.as("shop"), []*nats.Msg{bus.NewMsg("send.email.ada", "1", nil)}); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("the shop publishes a command: %v after %s, want it to say that this is not allowed", err, time.Since(began))
	}
}

// refused waits until the broker says that it refuses the subject.
func (g *guarded) refused(denied <-chan error, user, subject string, err error) {
	g.t.Helper()
	g.check(user+" uses "+subject, err)
	select {
	case err := <-denied:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), fmt.Sprintf("%q", subject)) {
			g.t.Errorf("%s uses %s: %v", user, subject, err)
		}
	case <-time.After(brokerPatience):
		g.t.Errorf("%s may use %s", user, subject)
	}
}

// Who has no key, no certificate of the authority, or no TLS does not come in; who may not provision is told what is missing.
func TestStrangersStayOutside(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	ca, url := filepath.Join(g.keys, "ca.pem"), g.cluster.URLs()[0]
	for name, opts := range map[string][]nats.Option{
		"no authority": {nats.Secure()},
		"no key":       {nats.RootCAs(ca)},
		"a password":   {nats.RootCAs(ca), nats.UserInfo("admin", "admin")},
	} {
		nc, err := nats.Connect(url, opts...)
		if err == nil {
			nc.Close()
			t.Errorf("%s: connected", name)
			continue
		}
		t.Logf("%s: %v", name, err)
	}
	if nc, err := nats.Connect(strings.Replace(url, "tls://", "nats://", 1)); err == nil {
		nc.Close()
		t.Error("without TLS and key: connected")
	}
	err := bus.Provision(g.deadline(), g.as("orchestrator"), guardedLayout())
	if err == nil || !strings.Contains(err.Error(), "provision with an administrator's key first") {
		t.Errorf("the orchestrator provisions: %v", err)
	}
}
