package caller

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 60 * time.Second
	key      = "a key that nobody guesses"
	token    = "t0psecret"
)

// none is neither a subscriber nor a publisher nor a store, for tests that go around them.
type none struct{}

func (none) Subscribe(context.Context, string) (<-chan *wm.Message, error) { return nil, nil }
func (none) Publish(string, ...*wm.Message) error                          { return nil }
func (none) Close() error                                                  { return nil }
func (none) Claim(context.Context, []store.Claim) ([]store.Prior, error)   { return nil, nil }
func (none) Claimed(context.Context, int, string) (store.Prior, error)     { return store.Prior{}, nil }
func (none) Record(context.Context, []store.Result) error                  { return nil }

func command(id string) *message.Command {
	return &message.Command{
		ID: id, Profile: "customer-17", Journey: "win-back", Version: "v1", Instance: "i-" + id, Step: "tell", Channel: message.Webhook,
		Category: message.Marketing, Template: "crm", DecidedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
}

// webhook is a call to an address of a test's server.
func webhook(url string) render.Call {
	return render.Call{
		Method: "POST", URL: url, Body: []byte(`{"customer":"customer-17"}`), Timeout: patience, AllowPrivate: true,
		Headers: []render.Header{{Name: "Authorization", Value: "Bearer ${CRM_TOKEN}"}},
	}
}

func secrets(name string) (string, bool) {
	value, ok := map[string]string{"CRM_TOKEN": token}[name]
	return value, ok
}

// newCaller makes a caller that is not wired to a broker, all of whose commands are one call.
func newCaller(t *testing.T, call render.Call, change func(*Options)) *Caller {
	t.Helper()
	o := Options{
		Render: func(context.Context, *message.Command) (render.Call, error) { return call, nil }, Secret: secrets, Subscriber: none{}, AllowPrivate: true,
		Delivery: delivery.Options{Claims: none{}, Publisher: none{}},
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.public.CloseIdleConnections)
	t.Cleanup(c.anywhere.CloseIdleConnections)
	return c
}

// try renders and makes one call.
func try(t *testing.T, c *Caller, cmd *message.Command) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	hand, err := c.Render(ctx, cmd)
	if err != nil {
		return err
	}
	_, err = hand(ctx)
	return err
}

// serve starts a server that answers with f, and counts what came.
func serve(t *testing.T, f http.HandlerFunc) (s *httptest.Server, count func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		if f != nil {
			f(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// TestRequest reads the call as a receiver does.
func TestRequest(t *testing.T) {
	t.Parallel()
	now := time.Unix(1772442000, 0)
	var got *http.Request
	var body []byte
	s, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	provider := trace.NewTracerProvider()
	c := newCaller(t, webhook(s.URL+"/hooks?source=rapport"), func(o *Options) {
		o.Signing, o.Delivery.Now = []string{key, "and the one that replaces it"}, func() time.Time { return now }
	})
	ctx, span := provider.Tracer("test").Start(t.Context(), "send")
	hand, err := c.Render(ctx, command("m1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hand(ctx); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.RequestURI != "/hooks?source=rapport" || string(body) != `{"customer":"customer-17"}` {
		t.Errorf("%s %s with %s", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer " + token, "Idempotency-Key": "m1", "Content-Type": "application/json", "User-Agent": "Rapport",
		"Traceparent": fmt.Sprintf("00-%s-%s-01", span.SpanContext().TraceID(), span.SpanContext().SpanID()),
	} {
		if g := got.Header.Get(name); g != want {
			t.Errorf("%s: %q, want %q", name, g, want)
		}
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("1772442000." + string(body)))
	signed := got.Header.Get("Rapport-Signature")
	if want := "t=1772442000,v1=" + hex.EncodeToString(mac.Sum(nil)) + ",v1="; !strings.HasPrefix(signed, want) || len(signed) != len(want)+64 {
		t.Errorf("signature %q, want one that begins with %q", signed, want)
	}
}

func TestTheFilesHeadersStay(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "their own" || r.Header.Get("Rapport-Signature") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	call := webhook(s.URL)
	call.Headers = append(call.Headers, render.Header{Name: "Idempotency-Key", Value: "their own"})
	if err := try(t, newCaller(t, call, nil), command("m1")); err != nil {
		t.Error(err)
	}
}

var (
	rejected    = delivery.Permanent(message.ReasonRejected, "")
	transient   = delivery.Transient(errors.New(""))
	unavailable = delivery.Unavailable(errors.New(""))
	repeatable  = delivery.Repeatable(errors.New(""))
)

// TestAnswers is the table of what a receiver can answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	says := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   error // nil: taken
	}{
		"200": {says(200), nil}, "201": {says(201), nil}, "202": {says(202), nil}, "204": {says(204), nil},
		"302": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(302)
		}, rejected},
		"400":       {says(400), rejected},
		"401":       {says(401), rejected},
		"404":       {says(404), rejected},
		"408":       {says(408), transient},
		"410":       {says(410), rejected},
		"422":       {says(422), rejected},
		"425":       {says(425), transient},
		"429":       {says(429), transient},
		"500":       {says(500), unavailable},
		"502":       {says(502), repeatable},
		"503":       {says(503), unavailable},
		"504":       {says(504), repeatable},
		"no answer": {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, repeatable},
		"half a body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}, nil},
		"an endless body": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, count := serve(t, tc.answer)
			err := try(t, newCaller(t, webhook(s.URL), nil), command("m1"))
			if tc.want == nil && err != nil || tc.want != nil && !delivery.SameKind(err, tc.want) {
				t.Errorf("error %v, want the kind of %#v", err, tc.want)
			}
			if n := count(); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func hangUp(w http.ResponseWriter) {
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = c.Close()
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "1h": 0, "1.5": 0, "soon": 0, "99999999999999999999": 0,
		"Mon, 02 Mar 2026 09:00:30 GMT": 30 * time.Second, "Mon, 02 Mar 2026 08:00:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("Retry-After: %s is %v, want %v", value, got, want)
		}
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s, _ := serve(t, func(http.ResponseWriter, *http.Request) { <-stop })
	t.Cleanup(func() { close(stop) })
	call := webhook(s.URL)
	call.Timeout = 100 * time.Millisecond
	if err := try(t, newCaller(t, call, nil), command("m1")); !delivery.SameKind(err, repeatable) {
		t.Errorf("error %v, want repeatable", err)
	}
}

// closedPort is an address on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	if err := try(t, newCaller(t, webhook(closedPort(t)), nil), command("m1")); !delivery.SameKind(err, unavailable) {
		t.Errorf("error %v, want unavailable", err)
	}
}

// TestSecrets: what is missing may yet be set, is named, and no secret is in an error.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s, count := serve(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })
	call := webhook(s.URL + "/${PATH_TOKEN}")
	err := try(t, newCaller(t, call, nil), command("m1"))
	if !delivery.SameKind(err, transient) || !strings.Contains(err.Error(), "PATH_TOKEN") || !strings.Contains(err.Error(), SecretPrefix) || count() != 0 {
		t.Errorf("error %v after %d calls, want one that names the secret", err, count())
	}
	all := func(string) (string, bool) { return token, true }
	for _, c := range []render.Call{call, {Method: "POST", URL: "https://${X}.invalid\x7f/", Headers: call.Headers}, {Method: "POST", URL: closedPort(t) + "/${PATH_TOKEN}", AllowPrivate: true}} {
		if err := try(t, newCaller(t, c, func(o *Options) { o.Secret = all }), command("m1")); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("error %v, want one without the secret", err)
		}
	}
}

// TestEnvironment: nothing but what has the prefix can be reached.
func TestEnvironment(t *testing.T) {
	t.Setenv("RAPPORT_SECRET_CRM_TOKEN", token)
	t.Setenv("CALLER_TEST_PASSWORD", "of something else")
	for name, want := range map[string]string{"CRM_TOKEN": token, "RAPPORT_SECRET_CRM_TOKEN": token, "CALLER_TEST_PASSWORD": ""} {
		if got, ok := environment(name); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v; want %q", name, got, ok, want)
		}
	}
}

// TestPrivateAddresses: what a name leads to decides, at the moment of connecting.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody was called") }))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]"} {
		call := webhook("https://" + host + ":" + port + "/")
		call.AllowPrivate = false
		err := try(t, newCaller(t, call, nil), command("m1"))
		if host == "2130706433" && delivery.SameKind(err, unavailable) {
			continue // not every resolver takes a number for an address
		}
		if !delivery.SameKind(err, rejected) || !strings.Contains(err.Error(), "allow_private") {
			t.Errorf("%s: error %v, want a refusal that names the remedy", host, err)
		}
	}
	plain := webhook("http://shop.example/")
	plain.AllowPrivate = false
	if err := try(t, newCaller(t, plain, nil), command("m1")); !delivery.SameKind(err, delivery.Permanent(message.ReasonRender, "")) {
		t.Errorf("over http: error %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := func() Options {
		return Options{
			Render: func(context.Context, *message.Command) (render.Call, error) { return render.Call{}, nil }, Subscriber: none{},
			Delivery: delivery.Options{Claims: none{}, Publisher: none{}},
		}
	}
	for want, change := range map[string]func(*Options){
		"Render":      func(o *Options) { o.Render = nil },
		"Subscriber":  func(o *Options) { o.Subscriber = nil },
		"Signing":     func(o *Options) { o.Signing = []string{"short"} },
		"Concurrency": func(o *Options) { o.Concurrency = -1 },
		"Catcher":     func(o *Options) { o.Catcher = "nowhere" },
		"Claims":      func(o *Options) { o.Delivery.Claims = nil },
	} {
		o := good()
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short") {
			t.Errorf("error %v, want one that names %s", err, want)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{"https://CRM.Example:8443/x?${A}": "crm.example", "https://[::1]:1/": "::1", "": "", "\x7f": ""} {
		if got := newCaller(t, render.Call{URL: url}, nil).Host(t.Context(), command("m1")); got != want {
			t.Errorf("%q goes to %q, want %q", url, got, want)
		}
	}
	c := newCaller(t, render.Call{}, func(o *Options) {
		o.Render = func(context.Context, *message.Command) (render.Call, error) {
			return render.Call{}, errors.New("no such webhook")
		}
	})
	if got := c.Host(t.Context(), command("m1")); got != "" {
		t.Errorf("what cannot be rendered goes to %q", got)
	}
}
