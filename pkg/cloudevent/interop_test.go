package cloudevent_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	nats "github.com/cloudevents/sdk-go/protocol/nats/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	natsgo "github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

// theirs is an event as CloudEvents' own library has it.
func theirs(t *testing.T, id string) cloudevents.Event {
	t.Helper()
	e := cloudevents.NewEvent()
	e.SetID(id)
	e.SetSource("https://shop.example/orders")
	e.SetType("order.completed")
	e.SetSubject("ada lovelace")
	e.SetTime(arrival.Add(-time.Hour))
	e.SetExtension("zone", "eu")
	e.SetExtension("rapportpast", true)
	if err := e.SetData(cloudevents.ApplicationJSON, map[string]any{"order_id": "A-1", "total": 12.75}); err != nil {
		t.Fatal(err)
	}
	return e
}

func checkTheirs(t *testing.T, mode string, e event.Event, id string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", mode, err)
		return
	}
	const data = `{"$extensions":{"zone":"eu"},"order_id":"A-1","total":12.75}`
	if e.ID != id || e.Source != "https://shop.example/orders" || e.Type != "order.completed" || e.Subject != "ada lovelace" ||
		!e.Past || !e.Time.Equal(arrival.Add(-time.Hour)) || string(e.Data) != data {
		t.Errorf("%s: %+v with %s", mode, e, e.Data)
	}
}

// What CloudEvents' own library sends over HTTP is read, in each mode that it has.
func TestTheirsOverHTTP(t *testing.T) {
	t.Parallel()
	got := make(chan []cloudevent.Item, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		items, _, err := cloudevent.FromHTTP(r.Header, body, arrival)
		if err != nil {
			t.Error(err)
		}
		got <- items
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(srv.Close)
	client, err := cloudevents.NewClientHTTP(cehttp.WithClient(*srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	target := cloudevents.ContextWithTarget(t.Context(), srv.URL)
	for mode, ctx := range map[string]context.Context{"binary": binding.WithForceBinary(target), "structured": binding.WithForceStructured(target)} {
		if result := client.Send(ctx, theirs(t, "1")); cloudevents.IsUndelivered(result) {
			t.Fatalf("%s: %v", mode, result)
		}
		for _, item := range <-got {
			checkTheirs(t, mode, item.Event, "1", item.Err)
		}
	}
	r, err := cehttp.NewHTTPRequestFromEvents(t.Context(), srv.URL, []cloudevents.Event{theirs(t, "1"), theirs(t, "2")})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	items := <-got
	if len(items) != 2 {
		t.Fatalf("%d events of a batch of 2", len(items))
	}
	for i, item := range items {
		checkTheirs(t, "batched", item.Event, []string{"1", "2"}[i], item.Err)
	}
}

// ours is what CloudEvents' own library has to read from what we write.
func ours() event.Event {
	return event.Event{ID: "A-1 ü", Source: "shop", Type: "order.completed", Subject: "ada", Time: arrival, Past: true, Data: []byte(`{"order_id":"A-1","total":12.75}`)}
}

func checkOurs(t *testing.T, mode string, e cloudevents.Event) {
	t.Helper()
	want := ours()
	if err := e.Validate(); err != nil {
		t.Errorf("%s: %v", mode, err)
	}
	if e.ID() != want.ID || e.Source() != want.Source || e.Type() != want.Type || e.Subject() != want.Subject || !e.Time().Equal(want.Time) ||
		string(e.Data()) != string(want.Data) || e.DataMediaType() != "application/json" || e.Extensions()["rapportpast"] == nil {
		t.Errorf("%s: read as %v", mode, e)
	}
}

func TestOursOverHTTP(t *testing.T) {
	t.Parallel()
	want := ours()
	one, err := cloudevent.Encode(&want)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cloudevent.EncodeBatch([]event.Event{want, want})
	if err != nil {
		t.Fatal(err)
	}
	read, err := cehttp.NewEventFromHTTPRequest(request(t, cloudevent.Structured, one))
	if err != nil {
		t.Fatal(err)
	}
	checkOurs(t, "structured", *read)
	all, err := cehttp.NewEventsFromHTTPRequest(request(t, cloudevent.Batched, batch))
	if err != nil || len(all) != 2 {
		t.Fatalf("%d events: %v", len(all), err)
	}
	for _, e := range all {
		checkOurs(t, "batched", e)
	}
}

func request(t *testing.T, typ string, body []byte) *http.Request {
	t.Helper()
	pr, pw := io.Pipe()
	go func() {
		_, err := pw.Write(body)
		_ = pw.CloseWithError(err)
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/cloudevents", pr)
	r.Header.Set("Content-Type", typ)
	return r
}

// Both ways over NATS, in the one mode that their library has there.
func TestOverNATS(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute, MaxStore: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	conn, err := srv.Connect(bus.ConnOptions("test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	sub, err := conn.SubscribeSync("in.shop")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := nats.NewSenderFromConn(conn, "in.shop")
	if err != nil {
		t.Fatal(err)
	}
	client, err := cloudevents.NewClient(sender)
	if err != nil {
		t.Fatal(err)
	}
	if result := client.Send(t.Context(), theirs(t, "1")); cloudevents.IsUndelivered(result) {
		t.Fatal(result)
	}
	msg, err := sub.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	e, err := cloudevent.FromNATS(msg.Header, msg.Data, arrival)
	checkTheirs(t, "NATS", e, "1", err)

	want := ours()
	one, err := cloudevent.Encode(&want)
	if err != nil {
		t.Fatal(err)
	}
	read, err := binding.ToEvent(t.Context(), nats.NewMessage(&natsgo.Msg{Data: slices.Clone(one)}))
	if err != nil {
		t.Fatal(err)
	}
	checkOurs(t, "NATS", *read)
}
