package portal_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/services/portal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
	target = "https://shop.example/p/teapot?utm_source=news#top"
)

var keys, keysErr = link.NewKeys("a secret of thirty-two bytes, or more")

// ticket is one of a message that was sent an hour ago.
func ticket(kind link.Kind, change ...func(*link.Ticket)) link.Ticket {
	t := link.Ticket{
		Kind: kind, Profile: "ada", Ref: message.Ref{ID: strings.Repeat("0a", 16), Partition: 3}, Journey: "win-back", Instance: "i1", Step: "mail",
		Template: "news", Channel: message.Email, Category: message.Marketing, SentAt: time.Now().Add(-time.Hour), Expires: time.Now().Add(24 * time.Hour),
	}
	if kind == link.Click {
		t.URL, t.Link, t.Product, t.LinkCategory = target, "hero", "teapot", "kitchen"
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func seal(t testing.TB, k link.Ticket) string {
	t.Helper()
	if keysErr != nil {
		t.Fatal(keysErr)
	}
	token := keys.Seal(k)
	if token == "" {
		t.Fatalf("%+v cannot be sealed", k)
	}
	return token
}

func expired(t *link.Ticket) { t.Expires = time.Now().Add(-time.Hour) }

func about(purpose string) func(*link.Ticket) { return func(t *link.Ticket) { t.Purpose = purpose } }

// shop is what a shop says of itself.
func shop() portal.Shop {
	return portal.Shop{
		Name: "Linden & Co.", URL: "https://shop.example/", Locale: "en", Channels: []message.Channel{message.Email, message.SMS, message.Webhook},
		Purposes: []portal.Purpose{
			{Name: "newsletter", Texts: map[string]portal.Text{
				"en": {"Newsletter", "What is new in the shop, every second Thursday."}, "de": {"Newsletter", "Neues aus dem Laden, jeden zweiten Donnerstag."},
			}},
			{Name: "offers", Texts: map[string]portal.Text{
				"en": {"Offers for you", "Discounts on what you like, and your birthday voucher."}, "de": {"Angebote für Sie", "Rabatte auf das, was Sie mögen, und Ihr Geburtstagsgutschein."},
			}},
			{Name: "back-in-stock", Channels: []message.Channel{message.Email}, Texts: map[string]portal.Text{
				"en": {"Back in stock", "When something that you looked at is there again."}, "de": {"Wieder da", "Wenn etwas, das Sie sich angesehen haben, wieder da ist."},
			}},
		},
	}
}

// ada agreed to two things.
func ada(_ context.Context, profile string) (portal.Person, error) {
	if profile != "ada" {
		return portal.Person{}, portal.ErrUnknown
	}
	return portal.Person{
		Addresses: map[message.Channel]string{message.Email: "ada@example.com", message.SMS: "+447700900123"},
		Consents: []portal.Consent{
			{Channel: message.Email, Purpose: "newsletter", Granted: true},
			{Channel: message.Email, Purpose: "offers", Granted: true},
			{Channel: message.SMS, Purpose: "newsletter", Granted: true, Pending: true},
			{Channel: message.SMS, Purpose: "offers"},
		},
	}, nil
}

// recording is a Publisher that tells of each try.
type recording struct {
	bustest.Recording
	tried chan struct{} // one token for each try
}

func newRecording() *recording { return &recording{tried: make(chan struct{}, 1000)} }

func (r *recording) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	defer func() { r.tried <- struct{}{} }()
	return r.Recording.PublishBatch(ctx, msgs)
}

var errAway = errors.New("the broker is away")

func (r *recording) events(t testing.TB) []event.Event {
	t.Helper()
	return ours(t, r.Events(t))
}

// ours checks that events are the portal's, about Ada.
func ours(t testing.TB, events []event.Event) []event.Event {
	t.Helper()
	for _, e := range events {
		if e.Source != portal.Source || e.Subject != "ada" {
			t.Errorf("published by %s for %s", e.Source, e.Subject)
		}
	}
	return events
}

// member is one of an event's data.
func member(t testing.TB, e event.Event, name string) string {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(e.Data, &d); err != nil {
		t.Fatal(err)
	}
	s, _ := d[name].(string)
	return s
}

// said are an event's consents, such as "email newsletter false".
func said(t testing.TB, e event.Event) []event.ConsentUpdate {
	t.Helper()
	p, err := e.Profile()
	if err != nil || p == nil {
		t.Fatalf("%s has no consent: %v", e.Data, err)
	}
	words := slices.Clone(p.Consent)
	slices.SortFunc(words, func(a, b event.ConsentUpdate) int {
		return cmp.Or(strings.Compare(a.Channel, b.Channel), strings.Compare(a.Purpose, b.Purpose))
	})
	return words
}

// running is a service under test, with how it is stopped.
type running struct {
	*portal.Service
	base string
	stop func() error // once; also called at the end of the test
}

func start(t testing.TB, p portal.Publisher, change ...func(*portal.Options)) *running {
	t.Helper()
	if keysErr != nil {
		t.Fatal(keysErr)
	}
	o := portal.Options{Addr: "127.0.0.1:0", Publisher: p, Tickets: keys, Shop: shop, Person: ada, FormsPerMinute: -1}
	for _, c := range change {
		c(&o)
	}
	s, err := portal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	r := &running{Service: s, base: "http://" + s.Addr()}
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// reply is what the portal answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// client follows no redirects and keeps no connections beyond a test.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (r *running) send(t testing.TB, method, path string, form url.Values, header map[string]string) reply {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", iPhone)
	req.Header.Set("Accept-Language", "en-GB,en;q=0.9")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Read to its end.
	var out bytes.Buffer
	if _, err := out.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, out.String()}
}

func (r *running) get(t testing.TB, path string) reply {
	t.Helper()
	return r.send(t, http.MethodGet, path, nil, nil)
}

func (r *running) post(t testing.TB, path string, form url.Values) reply {
	t.Helper()
	return r.send(t, http.MethodPost, path, form, map[string]string{"Sec-Fetch-Site": "same-origin"})
}

// broker has the streams as in production.
func broker(t testing.TB) jetstream.JetStream {
	t.Helper()
	return bustest.Start(t, bus.Layout{}).JS
}

// stored is what the stream of events holds, in its order.
func stored(t testing.TB, js jetstream.JetStream) []event.Event {
	t.Helper()
	return ours(t, bustest.Stored(t, js))
}

// types are the events' types, sorted.
func types(events []event.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Type)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
