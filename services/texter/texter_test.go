package texter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 60 * time.Second
	account  = "AC00000000000000000000000000000000"
	token    = "t0psecret"
	number   = "+447700900123"
)

// twilio is a Twilio-shaped server: it checks the request as Twilio's API does and
// answers as its script says, or with a new message.
type twilio struct {
	*httptest.Server
	mu     sync.Mutex
	forms  []url.Values
	answer func(w http.ResponseWriter, n int) (done bool) // n counts requests from 1
}

func startTwilio(t *testing.T, answer func(w http.ResponseWriter, n int) bool) *twilio {
	t.Helper()
	s := &twilio{answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP is the resource "messages" of the account.
func (s *twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/2010-04-01/Accounts/"+account+"/Messages.json":
		refuse(w, 404, 20404, "The requested resource was not found")
		return
	case user != account || password != token:
		refuse(w, 401, 20003, "Authenticate")
		return
	}
	if err := r.ParseForm(); err != nil {
		refuse(w, 400, 20001, err.Error())
		return
	}
	s.mu.Lock()
	s.forms = append(s.forms, r.PostForm)
	n := len(s.forms)
	s.mu.Unlock()
	if s.answer != nil && s.answer(w, n) {
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"sid":"SM%032d","status":"queued","to":%q}`, n, r.PostForm.Get("To"))
}

func (s *twilio) requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.forms...)
}

func refuse(w http.ResponseWriter, status, code int, words string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": words, "status": status, "more_info": "https://www.twilio.com/docs/errors/x"})
}

// breakOff ends the connection without an answer.
func breakOff(w http.ResponseWriter) bool {
	c, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = c.Close()
	}
	return true
}

func command(id string) *message.Command {
	return &message.Command{
		ID: id, Partition: 7, Profile: "customer-17", Journey: "win-back", Version: "v1", Instance: "i-" + id, Step: "text", Channel: message.SMS,
		Category: message.Marketing, Template: "win-back", To: number, DecidedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
}

func hello(context.Context, *message.Command) (render.SMS, error) {
	return render.SMS{From: "Bluem", Body: "We miss you, Zoë! £5 off: https://shop.test/x"}, nil
}

// newTexter makes a texter whose parts are not wired to a broker.
func newTexter(t *testing.T, s *twilio, change func(*Options)) *Texter {
	t.Helper()
	o := Options{
		Twilio: Twilio{AccountSID: account, Password: token, BaseURL: s.URL}, Render: hello, Subscriber: none{},
		Delivery: delivery.Options{Claims: nothing{}, Publisher: none{}},
	}
	if change != nil {
		change(&o)
	}
	x, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if own, ok := x.o.Twilio.Transport.(*http.Transport); ok {
		t.Cleanup(own.CloseIdleConnections)
	}
	return x
}

// try renders and sends one command.
func try(t *testing.T, x *Texter, c *message.Command) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	hand, err := x.Render(ctx, c)
	if err != nil {
		return "", err
	}
	return hand(ctx)
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Options)
		want   url.Values
	}{
		"the template's sender":    {nil, url.Values{"From": {"Bluem"}}},
		"a number":                 {func(o *Options) { o.Twilio.From = "+447700900000" }, url.Values{"From": {"+447700900000"}}},
		"WhatsApp from a number":   {func(o *Options) { o.Channel, o.Twilio.From = message.WhatsApp, "+447700900000" }, url.Values{"From": {"whatsapp:+447700900000"}}},
		"WhatsApp from an address": {func(o *Options) { o.Channel, o.Twilio.From = message.WhatsApp, "whatsapp:+447700900000" }, url.Values{"From": {"whatsapp:+447700900000"}}},
		"WhatsApp through a messaging service": {
			func(o *Options) { o.Channel, o.Twilio.MessagingService = message.WhatsApp, "MG1" }, url.Values{"MessagingServiceSid": {"MG1"}},
		},
		"a messaging service, told about delivery": {
			func(o *Options) {
				o.Twilio.MessagingService, o.Twilio.StatusCallback = "MG1", "https://shop.test/hooks/twilio?source=a"
			},
			url.Values{"MessagingServiceSid": {"MG1"}, "StatusCallback": {"https://shop.test/hooks/twilio?journey=win-back&message=m1&partition=7&source=a"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startTwilio(t, nil)
			x := newTexter(t, s, tc.change)
			sid, err := try(t, x, command("m1"))
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("SM%032d", 1); sid != want {
				t.Errorf("sid %q, want %q", sid, want)
			}
			tc.want.Set("To", number)
			if x.o.Channel == message.WhatsApp {
				tc.want.Set("To", "whatsapp:"+number)
			}
			tc.want.Set("Body", "We miss you, Zoë! £5 off: https://shop.test/x")
			if got := s.requests(); len(got) != 1 || got[0].Encode() != tc.want.Encode() {
				t.Errorf("requests %v, want %v", got, tc.want)
			}
		})
	}
}

var (
	unavailable = delivery.Unavailable(errors.New(""))
	transient   = delivery.Transient(errors.New(""))
	unknown     = delivery.Unknown(errors.New(""))
	rejected    = delivery.Permanent(message.ReasonRejected, "")
	invalid     = delivery.Permanent(message.ReasonInvalidAddress, "")
)

// TestWhatsAppFaults are the errors that only channels have.
func TestWhatsAppFaults(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]error{63003: invalid, 63024: invalid, 63016: rejected, 63033: rejected, 21910: unavailable, 63007: unavailable, 63018: unavailable, 63012: unavailable} {
		s := startTwilio(t, func(w http.ResponseWriter, _ int) bool { refuse(w, 400, code, "words"); return true })
		x := newTexter(t, s, func(o *Options) { o.Channel = message.WhatsApp })
		if _, err := try(t, x, command("m1")); !delivery.SameKind(err, want) {
			t.Errorf("%d: error %v, want the kind of %#v", code, err, want)
		}
	}
}

// TestFaults is the table of what Twilio, or what stands before it, can answer.
func TestFaults(t *testing.T) {
	t.Parallel()
	says := func(status, code int) func(http.ResponseWriter, int) bool {
		return func(w http.ResponseWriter, _ int) bool { refuse(w, status, code, "words"); return true }
	}
	page := func(status int) func(http.ResponseWriter, int) bool {
		return func(w http.ResponseWriter, _ int) bool {
			http.Error(w, "<html>gateway</html>", status)
			return true
		}
	}
	for name, tc := range map[string]struct {
		answer func(http.ResponseWriter, int) bool
		want   error // nil: sent
	}{
		"invalid number":       {says(400, 21211), invalid},
		"landline":             {says(400, 21614), invalid},
		"opted out":            {says(400, 21610), rejected},
		"region not enabled":   {says(400, 21408), rejected},
		"a trial account":      {says(400, 21608), rejected},
		"filtered":             {says(400, 30007), rejected},
		"handset away":         {says(400, 30003), transient},
		"someone else's From":  {says(400, 21660), unavailable},
		"an unknown 400":       {says(400, 99999), rejected},
		"wrong credentials":    {says(401, 20003), unavailable},
		"no sender in service": {says(400, 21703), unavailable},
		"too many requests":    {says(429, 20429), unavailable},
		"sender's queue full":  {says(400, 21611), unavailable},
		"an unknown 429":       {says(429, 99999), unavailable},
		"Twilio broken":        {says(500, 20500), unavailable},
		"Twilio away":          {says(503, 20503), unavailable},
		"a page with 503":      {page(503), unavailable},
		"a page with 500":      {page(500), unavailable},
		"gateway lost it":      {page(502), unknown},
		"gateway gave up":      {page(504), unknown},
		"a page with 401":      {page(401), unavailable},
		"a page with 400":      {page(400), rejected},
		"a redirect": {func(w http.ResponseWriter, _ int) bool {
			w.Header().Set("Location", "/")
			w.WriteHeader(302)
			return true
		}, unavailable},
		"no answer": {func(w http.ResponseWriter, _ int) bool { return breakOff(w) }, unknown},
		"created, unreadable": {func(w http.ResponseWriter, _ int) bool {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, "{")
			return true
		}, nil},
		"created, without body": {func(w http.ResponseWriter, _ int) bool { w.WriteHeader(201); return true }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startTwilio(t, tc.answer)
			_, err := try(t, newTexter(t, s, nil), command("m1"))
			if tc.want == nil && err != nil || tc.want != nil && !delivery.SameKind(err, tc.want) {
				t.Errorf("error %v, want the kind of %#v", err, tc.want)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// TestEveryCode: all of Twilio's published messaging errors have a meaning that sends
// nothing twice and nothing to nobody: none of them may become Unknown.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(testdata(t), "twilio", "messaging_error_codes.json"))
	if err != nil {
		t.Skipf("Twilio's table of codes is not here: %v", err)
	}
	var codes []struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(b, &codes); err != nil {
		t.Fatal(err)
	}
	var now int
	s := startTwilio(t, func(w http.ResponseWriter, n int) bool {
		now = n - 1
		refuse(w, 400, codes[now].Code, codes[now].Message)
		return true
	})
	x := newTexter(t, s, nil)
	kinds := map[string]int{}
	for _, c := range codes {
		_, err := try(t, x, command("m1"))
		switch {
		case delivery.SameKind(err, invalid):
			kinds["invalid"]++
		case delivery.SameKind(err, rejected):
			kinds["rejected"]++
		case delivery.SameKind(err, unavailable):
			kinds["unavailable"]++
		case delivery.SameKind(err, transient):
			kinds["transient"]++
		default:
			t.Errorf("%d %s: error %v has no meaning", c.Code, c.Message, err)
		}
	}
	if kinds["unavailable"] < 6 || kinds["rejected"] < 100 {
		t.Errorf("of %d codes: %v", len(codes), kinds)
	}
}

// testdata is the directory of third-party test data beside the repository.
func testdata(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("RAPPORT_TESTDATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return filepath.Join(dir, "..", "shared", "testdata")
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no go.work above the test: set RAPPORT_TESTDATA")
	return ""
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &twilio{Server: &httptest.Server{URL: "http://" + l.Addr().String()}}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := try(t, newTexter(t, s, nil), command("m1")); !delivery.SameKind(err, unavailable) {
		t.Errorf("error %v, want unavailable", err)
	}
}

// TestTimeout: a request without an answer in time is in doubt.
func TestTimeout(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s := startTwilio(t, func(http.ResponseWriter, int) bool { <-stop; return true })
	t.Cleanup(func() { close(stop) })
	x := newTexter(t, s, func(o *Options) { o.Twilio.Timeout = 100 * time.Millisecond })
	if _, err := try(t, x, command("m1")); !delivery.SameKind(err, unknown) {
		t.Errorf("error %v, want unknown", err)
	}
}

func TestRefusesBeforeAsking(t *testing.T) {
	t.Parallel()
	s := startTwilio(t, nil)
	x := newTexter(t, s, func(o *Options) {
		o.Render = func(_ context.Context, c *message.Command) (render.SMS, error) {
			if c.ID == "no sender" {
				return render.SMS{Body: "hello"}, nil
			}
			return render.SMS{From: "Bluem"}, nil
		}
	})
	for to, want := range map[string]error{"": invalid, "07700900123": invalid, "+0447700900123": invalid, "jane@example.com": invalid, number: delivery.Permanent(message.ReasonRender, "")} {
		c := command("m1")
		c.To = to
		if _, err := try(t, x, c); !delivery.SameKind(err, want) {
			t.Errorf("to %q: error %v", to, err)
		}
	}
	if _, err := try(t, x, command("no sender")); !delivery.SameKind(err, delivery.Permanent(message.ReasonRender, "")) {
		t.Errorf("without a sender: error %v", err)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Channel: message.Email, Twilio: Twilio{AccountSID: account, Password: token}, Render: hello, Subscriber: none{}}); err == nil || !strings.Contains(err.Error(), "Channel") {
		t.Errorf("error %v, want one that names Channel", err)
	}
	for want, o := range map[string]Twilio{
		"Twilio.AccountSID":     {Password: token},
		"Twilio.Password":       {AccountSID: account},
		"Twilio.BaseURL":        {AccountSID: account, Password: token, BaseURL: "api.twilio.com"},
		"Twilio.StatusCallback": {AccountSID: account, Password: token, StatusCallback: "/hooks"},
	} {
		_, err := New(Options{Twilio: o, Render: hello, Subscriber: none{}, Delivery: delivery.Options{Claims: nothing{}, Publisher: none{}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that names %s", err, want)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("the error has the secret: %v", err)
		}
	}
}
