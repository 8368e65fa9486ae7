package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/shophook"
	"rapport/services/ingest"
)

// withKeys gives a door a server's key "secret" and a browser's "pk".
func withKeys(t testing.TB, extra string) func(*ingest.Options) {
	t.Helper()
	keys, err := ingest.ParseKeys("shop:secret,web:pk:browser;origin=https://shop.example" + extra)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *ingest.Options) { o.Keys = keys }
}

const fromShop, fromElsewhere = "https://shop.example", "https://elsewhere.example"

func TestWhatPagesMaySend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"track":                    {"/v1/t", `{"userId":"c1","anonymousId":"a1","event":"Cart Viewed"}`, 200},
		"page":                     {"/v1/p", `{"anonymousId":"a1","name":"Home"}`, 200},
		"screen":                   {"/v1/s", `{"anonymousId":"a1","name":"Cart"}`, 200},
		"identify":                 {"/v1/i", `{"userId":"c1","anonymousId":"a1","traits":{"plan":"gold"}}`, 200},
		"a visitor's address":      {"/v1/i", `{"anonymousId":"a1","traits":{"email":"a@example.com"}}`, 200},
		"alias of the visitor":     {"/v1/a", `{"userId":"c1","anonymousId":"a1","previousId":"a1"}`, 200},
		"consent":                  {"/v1/i", `{"userId":"c1","context":{"consent":[{"channel":"email","purpose":"m","granted":true}]}}`, 200},
		"what libraries measure":   {"/v1/m", `{"series":[]}`, 200},
		"a customer's address":     {"/v1/i", `{"userId":"c1","traits":{"email":"mallory@example.com"}}`, 403},
		"the same, in the context": {"/v1/t", `{"userId":"c1","event":"Cart Viewed","context":{"traits":{"phone":"+447700900123"}}}`, 403},
		"alias of another":         {"/v1/a", `{"userId":"c1","anonymousId":"a1","previousId":"c2"}`, 403},
		"unalias":                  {"/v1/unalias", `{"userId":"c1","previousId":"c2"}`, 403},
		"unalias by name":          {"/v1/t", `{"userId":"c1","event":"profile.unaliased","properties":{"previous_id":"c2"}}`, 403},
		"erasure":                  {"/v1/t", `{"userId":"c1","event":"profile.erased"}`, 403},
		"a provider's word":        {"/v1/t", `{"userId":"c1","event":"email.bounced"}`, 403},
		"a product":                {"/v1/t", `{"userId":"c1","event":"product.updated","properties":{"product_id":"p1"}}`, 403},
		"a proof":                  {"/v1/i", `{"userId":"c1","context":{"consent":[{"channel":"email","purpose":"m","granted":true,"proof":"x"}]}}`, 403},
		"a confirmation":           {"/v1/i", `{"userId":"c1","context":{"consent":[{"channel":"email","purpose":"m","granted":true,"confirmed":true}]}}`, 403},
		"the reserved property":    {"/v1/t", `{"userId":"c1","event":"Cart Viewed","properties":{"$profile":{}}}`, 403},
		"the reserved in disguise": {"/v1/t", `{"userId":"c1","event":"Cart Viewed","properties":{"\u0024profile":{"traits":{"email":"m@example.com"}}}}`, 403},
		"a group":                  {"/v1/g", `{"userId":"c1","groupId":"g1"}`, 403},
		"products":                 {"/v1/products", `{"product_id":"p1"}`, 403},
		"CloudEvents":              {"/v1/cloudevents", `{}`, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			a := send(t, newService(t, r, withKeys(t, "")).Handler(), http.MethodPost, c.path, []byte(c.body), map[string]string{
				"Authorization": "Bearer pk", "Origin": fromShop, "Content-Type": "application/json",
			})
			if c.status != http.StatusOK {
				refused(t, a, c.status)
				if n := len(r.Events(t)); n != 0 {
					t.Errorf("%d events were published", n)
				}
			} else if a.status != http.StatusOK {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
		})
	}
}

func TestPagesOfWhichOrigin(t *testing.T) {
	t.Parallel()
	body := `{"anonymousId":"a1","event":"Cart Viewed","messageId":"m1"`
	for name, c := range map[string]struct {
		key, inBody, origin, contentType string
		status                           int
		shared                           string
	}{
		"its own page":                  {"pk", "", fromShop, "application/json", 200, fromShop},
		"a beacon":                      {"", "pk", fromShop, "text/plain;charset=UTF-8", 200, fromShop},
		"an app, which has no origin":   {"pk", "", "", "application/json", 200, ""},
		"another page":                  {"pk", "", fromElsewhere, "application/json", 403, ""},
		"a server's key in a page":      {"secret", "", fromShop, "application/json", 403, ""},
		"a server's key in a beacon":    {"", "secret", "", "text/plain", 415, ""},
		"a server":                      {"secret", "", "", "application/json", 200, ""},
		"a wrong key, told to the page": {"wrong", "", fromShop, "application/json", 401, fromShop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headers := map[string]string{"Content-Type": c.contentType}
			if c.key != "" {
				headers["X-Write-Key"] = c.key
			}
			if c.origin != "" {
				headers["Origin"] = c.origin
			}
			full := body + `}`
			if c.inBody != "" {
				full = body + `,"writeKey":"` + c.inBody + `"}`
			}
			a := send(t, newService(t, &recording{}, withKeys(t, "")).Handler(), http.MethodPost, "/v1/t", []byte(full), headers)
			if a.status != c.status || a.header.Get("Access-Control-Allow-Origin") != c.shared {
				t.Errorf("answered %d, shared with %q: %s", a.status, a.header.Get("Access-Control-Allow-Origin"), a.body)
			}
		})
	}
}

func TestBrowsersAskFirst(t *testing.T) {
	t.Parallel()
	h := newService(t, &recording{}, withKeys(t, "")).Handler()
	for name, c := range map[string]struct {
		path, origin string
		status       int
	}{
		"welcome":         {"/v1/t", fromShop, 204},
		"a slash too":     {"/v1/batch/", fromShop, 204},
		"another page":    {"/v1/t", fromElsewhere, 403},
		"servers' things": {"/v1/products", fromShop, 405},
		"nothing there":   {"/v1/x", fromShop, 404},
	} {
		a := send(t, h, http.MethodOptions, c.path, nil, map[string]string{"Origin": c.origin, "Access-Control-Request-Method": "POST"})
		if a.status != c.status || (a.header.Get("Access-Control-Allow-Origin") != "") != (c.status == 204) {
			t.Errorf("%s: answered %d %v", name, a.status, a.header)
		}
	}
	a := send(t, h, http.MethodGet, "/v1/projects/pk/settings", nil, map[string]string{"Origin": fromShop})
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"apiHost":"example.com/v1"`) {
		t.Errorf("settings: %d %s", a.status, a.body)
	}
	refused(t, send(t, h, http.MethodGet, "/v1/projects/secret/settings", nil, nil), http.StatusForbidden)
}

func TestEachKeyHasItsRate(t *testing.T) {
	t.Parallel()
	h := newService(t, &recording{}, withKeys(t, ",slow:third:rate=1,slow:fourth:rate=1")).Handler()
	try := func(key string) answer {
		return send(t, h, http.MethodPost, "/v1/batch", []byte(batchOf(0, 5)), map[string]string{"X-Write-Key": key})
	}
	if a := try("third"); a.status != http.StatusOK {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	a := try("third")
	if refused(t, a, http.StatusTooManyRequests); a.header.Get("Retry-After") == "" {
		t.Errorf("answered %v", a.header)
	}
	for _, key := range []string{"fourth", "secret", "secret"} {
		if a := try(key); a.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", key, a.status, a.body)
		}
	}
}

// shelf is a Catalogue that keeps what it is told.
type shelf struct {
	mu   sync.Mutex
	told []event.Event
	err  error
}

func (s *shelf) Check(e *event.Event) *event.FieldError {
	if strings.Contains(string(e.Data), `"price":"`) {
		return &event.FieldError{Field: "data.price", Reason: "is a string, must be a number"}
	}
	return nil
}

func (s *shelf) Put(_ context.Context, told []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, told...)
	return s.err
}

func TestProducts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		status int
		stored []string
	}{
		"one":            {`{"product_id":"p1","price":1.50}`, 200, []string{"p1"}},
		"an array":       {`[{"product_id":"p1"},{"product_id":7},5,{"sku":"x"}]`, 200, []string{"p1", "7"}},
		"lines":          {"{\"product_id\":\"p1\"}\n\n{\"product_id\":\"p2\",\"price\":\"x\"}\n{\"product_id\":\"p3\"}\n", 200, []string{"p1", "p3"}},
		"nothing":        {" ", 400, nil},
		"an empty array": {"[]", 400, nil},
		"none is good":   {`[{}]`, 400, nil},
		"broken":         {"{\"product_id\":\"p1\"}\n{", 400, nil},
		"a broken array": {`[{"product_id":"p1"}`, 400, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{}
			a := post(t, newService(t, &recording{}, func(o *ingest.Options) { o.Catalogue = s }).Handler(), "/v1/products", c.body)
			if a.status != c.status {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			var got []string
			for _, e := range s.told {
				got = append(got, e.Subject)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.stored) {
				t.Errorf("stored %v, want %v; answered %s", got, c.stored, a.body)
			}
		})
	}
	refused(t, post(t, newService(t, &recording{}, nil).Handler(), "/v1/products", `{"product_id":"p1"}`), http.StatusNotImplemented)
}

func TestProductsOfOtherDoorsGoToTheCatalogue(t *testing.T) {
	t.Parallel()
	s, r := &shelf{}, &recording{}
	h := newService(t, r, func(o *ingest.Options) { o.Catalogue = s }).Handler()
	a := post(t, h, "/v1/batch", `{"batch":[{"type":"track","userId":"c1","event":"Product Updated","properties":{"product_id":"p1"}},
		{"type":"track","userId":"c1","event":"product.updated","properties":{"product_id":"p1","price":"x"}},
		{"type":"track","userId":"c1","event":"Cart Viewed"}]}`)
	if a.status != http.StatusOK || len(s.told) != 1 || len(r.Events(t)) != 1 || !strings.Contains(string(a.body), `"field":"properties.price"`) {
		t.Errorf("answered %d %s; %d products, %d events", a.status, a.body, len(s.told), len(r.Events(t)))
	}
	s.err = errors.New("gone")
	refused(t, post(t, h, "/v1/track", `{"userId":"c1","event":"product.delisted","properties":{"product_id":"p1"}}`), http.StatusServiceUnavailable)
}

func TestCloudEvents(t *testing.T) {
	t.Parallel()
	const structured, batched = "application/cloudevents+json", "application/cloudevents-batch+json"
	one := func(members string) string {
		return `{"specversion":"1.0","id":"1","source":"till","type":"cart.viewed","subject":"c1","data":{"n":1.50}` + members + `}`
	}
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		source, field     string
	}{
		"structured":       {structured, one(""), 200, "shop/till", ""},
		"batched":          {batched, "[" + one("") + "," + one(`,"x":1`) + `,{"id":"2"}]`, 200, "shop/till", ""},
		"ours":             {structured, strings.Replace(one(""), "cart.viewed", "message.sent", 1), 400, "", "type"},
		"identity":         {structured, strings.Replace(one(""), "cart.viewed", "identity.stated", 1), 400, "", "type"},
		"a subject":        {structured, strings.Replace(one(""), `"c1"`, `"$identity"`, 1), 400, "", "subject"},
		"no CloudEvent":    {"application/json", `{}`, 415, "", ""},
		"an empty batch":   {batched, "[]", 400, "", "the batch"},
		"no JSON":          {structured, "{", 400, "", ""},
		"the future":       {structured, one(`,"time":"2030-01-01T00:00:00Z"`), 200, "shop/till", ""},
		"within the name":  {structured, strings.Replace(one(""), `"till"`, `"shop/till"`, 1), 200, "shop/till", ""},
		"a sharp source":   {structured, strings.Replace(one(""), `"till"`, `"a#b"`, 1), 200, "shop/a%23b", ""},
		"an unalias of us": {structured, strings.Replace(one(""), "cart.viewed", "profile.unaliased", 1), 400, "", "data.previous_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			a := send(t, newService(t, r, nil).Handler(), http.MethodPost, "/v1/cloudevents", []byte(c.body), map[string]string{"Content-Type": c.contentType, "X-Write-Key": "secret"})
			if c.status != http.StatusOK {
				if p := refused(t, a, c.status); c.field != "" && p.Field != c.field {
					t.Errorf("the field is %q, want %q: %s", p.Field, c.field, a.body)
				}
				return
			}
			if a.status != http.StatusOK {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			if e := only(t, r); e.Source != c.source || e.Time.After(received.Add(5*time.Minute)) || !strings.Contains(string(e.Data), "1.50") {
				t.Errorf("stored %+v", e)
			}
		})
	}
}

// hook is a Webhook that gives what it was told to.
type hook struct {
	d   shophook.Delivery
	err error
}

func (h hook) Receive(map[string][]string, []byte, time.Time) (shophook.Delivery, error) {
	return h.d, h.err
}

// graves are DeadLetters that are kept.
type graves struct {
	letters []ingest.DeadLetter
	err     error
}

func (g *graves) Bury(_ context.Context, l ingest.DeadLetter) error {
	g.letters = append(g.letters, l)
	return g.err
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	good := event.Event{ID: "1", Source: "shopify", Type: "order.completed", Subject: "shopify:1", Time: received, Data: json.RawMessage(`{"order_id":"1"}`)}
	engines := good
	engines.Subject = "$identity"
	for name, c := range map[string]struct {
		hook           hook
		grave          *graves
		status         int
		events, buried int
	}{
		"mapped":           {hook{d: shophook.Delivery{Outcome: shophook.Mapped, Events: []event.Event{good}}}, nil, 200, 1, 0},
		"ignored":          {hook{d: shophook.Delivery{Outcome: shophook.Ignored}}, nil, 200, 0, 0},
		"not signed":       {hook{err: shophook.ErrSignature}, nil, 401, 0, 0},
		"stale":            {hook{err: shophook.ErrStale}, nil, 400, 0, 0},
		"closed":           {hook{err: shophook.ErrClosed}, nil, 503, 0, 0},
		"other":            {hook{err: errors.New("x")}, nil, 400, 0, 0},
		"unmappable":       {hook{err: fmt.Errorf("%w: x", shophook.ErrMapping)}, &graves{}, 202, 0, 1},
		"nobody buries":    {hook{err: shophook.ErrMapping}, nil, 503, 0, 0},
		"burying fails":    {hook{err: shophook.ErrMapping}, &graves{err: errors.New("gone")}, 503, 0, 1},
		"of the engine's":  {hook{d: shophook.Delivery{Outcome: shophook.Mapped, Events: []event.Event{engines}}}, &graves{}, 202, 0, 1},
		"one bad, no good": {hook{d: shophook.Delivery{Outcome: shophook.Mapped, Events: []event.Event{good, engines}}}, &graves{}, 202, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			h := newService(t, r, func(o *ingest.Options) {
				o.Webhooks = func(source string) ingest.Webhook {
					if source == "shopify" {
						return c.hook
					}
					return nil
				}
				if c.grave != nil {
					o.DeadLetters = c.grave
				}
			}).Handler()
			a := send(t, h, http.MethodPost, "/v1/webhooks/shopify", []byte(`{"raw": 1 }`), nil)
			if a.status != c.status || len(r.Events(t)) != c.events {
				t.Errorf("answered %d %s; %d events", a.status, a.body, len(r.Events(t)))
			}
			if c.grave != nil && (len(c.grave.letters) != c.buried || string(c.grave.letters[0].Body) != `{"raw": 1 }` || c.grave.letters[0].ID == "") {
				t.Errorf("buried %+v", c.grave.letters)
			}
			if a := send(t, h, http.MethodPost, "/v1/webhooks/none", nil, nil); a.status != http.StatusNotFound {
				t.Errorf("a source that is not there: %d", a.status)
			}
		})
	}
}

// plan refuses what has no colour, and keeps it where told to.
type plan struct{ keeps bool }

func (p plan) Check(e *event.Event) *event.FieldError {
	if strings.Contains(string(e.Data), "colour") {
		return nil
	}
	return &event.FieldError{Field: "data.colour", Reason: "is missing: say which"}
}
func (p plan) Keeps(string) bool         { return p.keeps }
func (p plan) TypeOf(name string) string { return "planned." + strings.ToLower(name) }

func TestThePlanIsAsked(t *testing.T) {
	t.Parallel()
	body := `{"messageId":"m1","userId":"c1","event":"Dyed"}`
	h := newService(t, &recording{}, func(o *ingest.Options) { o.Plan = plan{} }).Handler()
	if p := refused(t, post(t, h, "/v1/track", body), http.StatusBadRequest); p.Field != "properties.colour" {
		t.Errorf("the field is %s", p.Field)
	}
	r := &recording{}
	h = newService(t, r, func(o *ingest.Options) { o.Plan = plan{keeps: true} }).Handler()
	if a := post(t, h, "/v1/track", body); a.status != http.StatusOK || only(t, r).Type != "planned.dyed" {
		t.Errorf("answered %d %s", a.status, a.body)
	}
}
