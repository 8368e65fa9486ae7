package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/client"
	"rapport/pkg/event"
)

func TestWhatIsSaidArrives(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := open(t, s, nil)
	ctx, at := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 3600))
	stock := 3
	for name, err := range map[string]error{
		"track":    c.Track(ctx, "c-1", order{"1001", "49.90"}, client.ID("o-1001"), client.At(at), client.Traits(map[string]any{"email": "ada@example.com"})),
		"named":    c.TrackNamed(ctx, client.Anonymous("x"), "Product Viewed", map[string]any{"product_id": "p"}, client.ID("v"), client.At(at)),
		"identify": c.Identify(ctx, "c-1", map[string]any{"first_name": "Ada"}, client.ID("i"), client.At(at), client.Also("anonymous:x")),
		"consent": c.Consent(ctx, "c-1", []client.Consent{{Channel: "email", Purpose: "marketing", Granted: true, Source: "form", At: at.UTC(), Proof: "p"}},
			client.ID("c"), client.At(at)),
		"alias":   c.Alias(ctx, "c-1", "old", client.ID("a"), client.At(at)),
		"unalias": c.Unalias(ctx, "c-1", "old", client.ID("u"), client.At(at)),
		"page":    c.Page(ctx, "c-1", "Home", map[string]any{"path": "/"}, client.ID("p"), client.At(at), client.Past()),
		"group":   c.Group(ctx, "c-1", "g", map[string]any{"name": "G"}, client.ID("g"), client.At(at)),
		"product": c.Product(ctx, client.Product{ProductID: "p", Price: "9.90", Stock: &stock, UpdatedAt: at.UTC()}, client.ID("pr")),
		"gone":    c.ProductRemoved(ctx, "p", client.ID("gone"), client.At(at)),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed(t, c)
	got := map[string]string{}
	for _, e := range s.stored() {
		got[e["id"].(string)] = fmt.Sprint(e["type"], " ", e["subject"], " ", e["time"], " ", e["rapportpast"], " ", jsonOf(e["data"]))
	}
	want := map[string]string{
		"o-1001": `order.completed c-1 2026-03-02T08:00:00Z <nil> {"$profile":{"traits":{"email":"ada@example.com"}},"order_id":"1001","total":49.9}`,
		"v":      `product.viewed anonymous:x 2026-03-02T08:00:00Z <nil> {"product_id":"p"}`,
		"i":      `profile.identified c-1 2026-03-02T08:00:00Z <nil> {"$profile":{"also":["anonymous:x"],"traits":{"first_name":"Ada"}}}`,
		"c":      `profile.updated c-1 2026-03-02T08:00:00Z <nil> {"$profile":{"consent":[{"at":"2026-03-02T08:00:00Z","channel":"email","granted":true,"proof":"p","purpose":"marketing","source":"form"}]}}`,
		"a":      `profile.aliased c-1 2026-03-02T08:00:00Z <nil> {"previous_id":"old"}`,
		"u":      `profile.unaliased c-1 2026-03-02T08:00:00Z <nil> {"previous_id":"old"}`,
		"p":      `page.viewed c-1 2026-03-02T08:00:00Z true {"name":"Home","path":"/"}`,
		"g":      `group.joined c-1 2026-03-02T08:00:00Z <nil> {"group_id":"g","traits":{"name":"G"}}`,
		"pr":     `product.updated p 2026-03-02T08:00:00Z <nil> {"price":9.9,"product_id":"p","stock":3,"updated_at":"2026-03-02T08:00:00Z"}`,
		"gone":   `product.delisted p 2026-03-02T08:00:00Z <nil> {"product_id":"p"}`,
	}
	if !reflect.DeepEqual(got, want) {
		for id := range want {
			if got[id] != want[id] {
				t.Errorf("%s is\n%s, want\n%s", id, got[id], want[id])
			}
		}
		t.Errorf("%d events, want %d", len(got), len(want))
	}
	if user, key := s.heads[0].Get("Authorization"), "Basic a2V5Og=="; user != key {
		t.Errorf("the write key went as %q, want %q", user, key)
	}
}

func TestMistakesAreRefusedWhereTheyAreMade(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := open(t, s, nil)
	ctx := t.Context()
	for want, err := range map[string]error{
		"subject: is missing":                       c.TrackNamed(ctx, "", "a.b", nil),
		"subject: is an anonymous id without":       c.TrackNamed(ctx, client.Anonymous(""), "a.b", nil),
		"subject: has a control character":          c.TrackNamed(ctx, "a\nb", "a.b", nil),
		"subject: begins or ends with a space":      c.TrackNamed(ctx, " a", "a.b", nil),
		"subject: has 300 bytes":                    c.TrackNamed(ctx, strings.Repeat("a", 300), "a.b", nil),
		"type: is missing":                          c.TrackNamed(ctx, "a", " ", nil),
		"type: is one that only Rapport":            c.TrackNamed(ctx, "a", "message.sent", nil),
		"type: is missing: there is no event":       c.Track(ctx, "a", nil),
		"data: is no JSON object":                   c.TrackNamed(ctx, "a", "a.b", []int{1}),
		"data: is no JSON object: give":             c.TrackNamed(ctx, "a", "a.b", json.RawMessage("{")),
		"data: invalid character 'x'":               c.TrackNamed(ctx, "a", "a.b", json.RawMessage("{x}")),
		"data: invalid character 'y'":               c.TrackNamed(ctx, "a", "a.b", json.RawMessage("{y}"), client.Also("b")),
		"data: cannot be written as JSON":           c.TrackNamed(ctx, "a", "a.b", func() {}),
		"data: makes an event of":                   c.TrackNamed(ctx, "a", "a.b", map[string]string{"a": strings.Repeat("a", 33<<10)}),
		"data: has $profile of its own":             c.TrackNamed(ctx, "a", "a.b", map[string]any{"$profile": nil}, client.Also("b")),
		"data.order_id: is missing":                 c.Track(ctx, "a", order{}),
		"data.total: is \"x\", must be a number":    c.TrackNamed(ctx, "a", event.OrderCompleted, map[string]any{"order_id": "1", "total": "x"}),
		"data.products[0].product_id: is missing":   c.TrackNamed(ctx, "a", event.OrderCompleted, map[string]any{"order_id": "1", "products": []any{map[string]any{}}}),
		"data.previous_id: is missing":              c.Alias(ctx, "a", ""),
		"data.product_id: is missing":               c.Product(ctx, client.Product{}),
		"time: is in the year 1500":                 c.TrackNamed(ctx, "a", "a.b", nil, client.At(time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC))),
		"id: has a control character: use printabl": c.Wait().TrackNamed(ctx, "a", "a.b", nil, client.ID("\x00")),
	} {
		var r *client.Rejection
		if !errors.As(err, &r) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want a rejection that begins with %q", err, want)
		}
	}
	closed(t, c)
	if got := s.stored(); len(got) > 0 {
		t.Errorf("%v went out", got)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]client.Options{
		"nowhere to send to":                {},
		"set one of them":                   {URL: "http://a", NATSURL: "nats://a"},
		"Options.URL \"a:1\" is no address": {URL: "a:1", WriteKey: "k"},
		"Options.WriteKey is missing":       {URL: "http://a"},
		"Options.Source is \"a.b\"":         {NATSURL: "nats://a", Source: "a.b"},
		"Options.Batch is 2501":             {URL: "http://a", WriteKey: "k", Batch: 2501},
		"Options.BatchBytes is 500001":      {URL: "http://a", WriteKey: "k", BatchBytes: 500_001},
		"Options.QueueBytes is 10":          {URL: "http://a", WriteKey: "k", QueueBytes: 10},
		"a negative Concurrency":            {URL: "http://a", WriteKey: "k", Concurrency: -1},
	} {
		if _, err := client.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}

// An id that is not given is a UUIDv7, and every event has its own.
func TestIdsAreMade(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := open(t, s, nil)
	for range 100 {
		if err := c.TrackNamed(t.Context(), "a", "a.b", nil); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, c)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for id := range s.ids {
		if !form.MatchString(id) {
			t.Errorf("%q is no UUIDv7", id)
		}
	}
	if len(s.ids) != 100 {
		t.Errorf("%d ids, want 100", len(s.ids))
	}
}

func TestBatchesKeepTheirBounds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := open(t, s, func(o *client.Options) { o.Interval, o.Batch, o.BatchBytes = time.Hour, 10, 2000 })
	for i := range 25 {
		if err := c.TrackNamed(t.Context(), "a", "a.b", map[string]string{"pad": strings.Repeat("x", 4*i)}); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, c)
	n := 0
	for _, size := range s.batches {
		n += size
		if size > 10 {
			t.Errorf("a batch of %d, want at most 10", size)
		}
	}
	if n != 25 || len(s.batches) < 4 {
		t.Errorf("%d events in the batches %v", n, s.batches)
	}
	for i, e := range s.stored() {
		if pad := e["data"].(map[string]any)["pad"].(string); len(pad) != 4*i {
			t.Fatalf("event %d is not in its place", i)
		}
	}
}

func TestTracesTravel(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := open(t, s, func(o *client.Options) { o.Interval = time.Hour })
	traced := func(id byte) context.Context {
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{id}, SpanID: trace.SpanID{id}, TraceFlags: trace.FlagsSampled,
		}))
	}
	parent := func(id byte) string { return fmt.Sprintf("00-%02x%030d-%02x%014d-01", id, 0, id, 0) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.TrackNamed(traced(1), "a", "a.b", nil))
	must(c.TrackNamed(traced(1), "a", "a.b", nil))
	must(c.Flush(t.Context()))
	must(c.TrackNamed(traced(2), "a", "a.b", nil))
	must(c.TrackNamed(traced(3), "a", "a.b", nil))
	must(c.TrackNamed(t.Context(), "a", "a.b", nil))
	closed(t, c)
	if got := s.heads[0].Get("Traceparent"); got != parent(1) {
		t.Errorf("the trace of a batch of one trace is %q, want %q", got, parent(1))
	}
	if got := s.heads[1].Get("Traceparent"); got != "" {
		t.Errorf("the trace of a batch of several is %q, want none", got)
	}
	var got []any
	for _, e := range s.stored() {
		got = append(got, e["traceparent"])
	}
	if want := []any{nil, nil, parent(2), parent(3), nil}; !reflect.DeepEqual(got, want) {
		t.Errorf("the events' traces are %v, want %v", got, want)
	}
}

func TestAFullQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	let := make(chan struct{})
	s.first = func(int, http.ResponseWriter, []map[string]any) bool { <-let; return false }
	c := open(t, s, func(o *client.Options) { o.Queue, o.WhenFull = 2, client.Refuse })
	for range 2 {
		if err := c.TrackNamed(t.Context(), "a", "a.b", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.TrackNamed(t.Context(), "a", "a.b", nil); !errors.Is(err, client.ErrFull) {
		t.Errorf("%v, want ErrFull", err)
	}
	close(let)
	closed(t, c)
	if err := c.TrackNamed(t.Context(), "a", "a.b", nil); !errors.Is(err, client.ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}

	let = make(chan struct{})
	c = open(t, s, func(o *client.Options) { o.Queue = 1 })
	if err := c.TrackNamed(t.Context(), "a", "a.b", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.TrackNamed(ended(), "a", "a.b", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that of the context", err)
	}
	third := make(chan error)
	go func() { third <- c.TrackNamed(context.Background(), "a", "a.b", nil) }()
	close(let)
	if err := <-third; err != nil {
		t.Errorf("with room again: %v", err)
	}
	closed(t, c)
}
