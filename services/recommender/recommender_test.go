package recommender_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/pkg/recommend"
	"rapport/services/recommender"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// rig is a broker with a recommender on it.
type rig struct {
	t    *testing.T
	conn *nats.Conn
	js   jetstream.JetStream
}

func newRig(t *testing.T) *rig {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Second, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := bus.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), js, bus.Layout{Partitions: 4, MaxBytes: 256 << 20}); err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, conn: conn, js: js}
}

// run starts a recommender.
func (r *rig) run(wait time.Duration) { r.t.Helper(); r.runWith(recommender.Options{Wait: wait}) }

func (r *rig) runWith(o recommender.Options) {
	r.t.Helper()
	o.Conn = r.conn
	rec, err := recommender.New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- rec.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("recommender: %v", err)
		}
	})
	<-rec.Ready()
}

// order publishes an order some hours after the start and returns its sequence.
func (r *rig) order(hours int, id string, products ...string) uint64 {
	r.t.Helper()
	lines := []map[string]any{{"product_id": "POST", "name": "Postage", "recommendable": false}}
	for _, p := range products {
		lines = append(lines, map[string]any{"product_id": p, "name": "The " + p})
	}
	data, err := json.Marshal(map[string]any{"order_id": id, "total": 1, "products": lines})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.publish(event.Event{
		ID: id, Source: "test", Type: event.OrderCompleted, Subject: "customer-" + id,
		Time: start().Add(time.Duration(hours) * time.Hour), Data: data,
	})
}

func (r *rig) publish(e event.Event) uint64 {
	r.t.Helper()
	body, err := event.Encode(&e)
	if err != nil {
		r.t.Fatal(err)
	}
	ack, err := r.js.Publish(r.t.Context(), bus.EventSubject(e.Key()), body)
	if err != nil {
		r.t.Fatal(err)
	}
	return ack.Sequence
}

func (r *rig) ask(req any) recommend.Reply {
	r.t.Helper()
	body, err := json.Marshal(req)
	if err != nil {
		r.t.Fatal(err)
	}
	msg, err := r.conn.Request(recommend.Subject, body, patience)
	if err != nil {
		r.t.Fatal(err)
	}
	var reply recommend.Reply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		r.t.Fatal(err)
	}
	return reply
}

// shop publishes a week of orders in which lamps go with bulbs and shades, and mugs with
// plates, and returns the last sequence.
func (r *rig) shop() uint64 {
	last := uint64(0)
	for i := range 12 {
		r.order(i, fmt.Sprintf("mug-%d", i), "mug", "plate")
		last = r.order(i, fmt.Sprintf("lamp-%d", i), "lamp", "bulb", "shade")
	}
	return last
}

func names(list []recommend.Suggestion) string {
	var out []string
	for _, s := range list {
		out = append(out, s.ID+"="+s.Name)
	}
	return strings.Join(out, " ")
}

// What the engine passes on from one id of a person to the other was bought once.
func TestCopiesAreNotCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	last := r.shop()
	for i := range 12 {
		data := []byte(`{"order_id":"k","total":1,"products":[{"product_id":"kettle","name":"Kettle"},{"product_id":"cup","name":"Cup"}]}`)
		last = r.publish(event.Event{
			ID: fmt.Sprintf("k-%d", i), Source: "test", Type: event.OrderCompleted, Subject: "root", Of: "guest",
			Time: start().Add(time.Duration(i) * time.Hour), Data: data,
		})
	}
	r.run(patience)
	q := recommend.Request{AsOf: start().Add(100 * time.Hour), Through: last, Basket: []string{"kettle"}, Min: 1, Max: 4}
	if reply := r.ask(q); reply.Error != "" || len(reply.Suggestions) != 0 {
		t.Errorf("what was passed on taught %s, %s", names(reply.Suggestions), reply.Error)
	}
}

func TestAnswersWhatGoesTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	last := r.shop()
	r.run(patience)
	r.publish(event.Event{ID: "x", Source: "test", Type: "page.viewed", Subject: "ada", Time: start(), Data: []byte(`{}`)})
	for name, c := range map[string]struct {
		change func(*recommend.Request)
		want   string
	}{
		"together":             {func(*recommend.Request) {}, "bulb=The bulb shade=The shade"},
		"without what is had":  {func(q *recommend.Request) { q.Exclude = []string{"bulb"} }, "shade=The shade"},
		"too few are none":     {func(q *recommend.Request) { q.Exclude, q.Min = []string{"bulb"}, 2 }, ""},
		"as of the first hour": {func(q *recommend.Request) { q.AsOf = start().Add(time.Hour) }, ""},
		"of an unknown thing":  {func(q *recommend.Request) { q.Basket = []string{"anvil"} }, ""},
	} {
		q := recommend.Request{AsOf: start().Add(100 * time.Hour), Through: last, Basket: []string{"lamp"}, Min: 1, Max: 4}
		c.change(&q)
		if reply := r.ask(q); reply.Error != "" || names(reply.Suggestions) != c.want {
			t.Errorf("%s: %q, error %q, want %q", name, names(reply.Suggestions), reply.Error, c.want)
		}
	}
}

// An answer waits for the events it is to be based on, and never counts later ones.
func TestAnswersWaitForTheStream(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(patience)
	answers := make(chan recommend.Reply, 1)
	last := r.shop()
	go func() {
		answers <- r.ask(recommend.Request{AsOf: start().Add(100 * time.Hour), Through: last + 1, Basket: []string{"lamp"}, Min: 1, Max: 1})
	}()
	r.order(200, "later", "lamp", "plate") // the event that is waited for, from after the time asked about
	if reply := <-answers; reply.Error != "" || names(reply.Suggestions) != "bulb=The bulb" {
		t.Errorf("reply %+v", reply)
	}
}

func TestWhatHasNoAnswerSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	last := r.shop()
	r.run(50 * time.Millisecond)
	if reply := r.ask(recommend.Request{Through: last + 1000, Basket: []string{"lamp"}, Max: 1}); !strings.Contains(reply.Error, fmt.Sprint(last+1000)) {
		t.Errorf("a request for what is not there yet: %+v", reply)
	}
	if reply := r.ask("nonsense"); !strings.Contains(reply.Error, "not JSON of the form") {
		t.Errorf("nonsense: %+v", reply)
	}
}
