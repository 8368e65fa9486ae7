package catcher_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
	"github.com/wneessen/go-mail"

	"rapport/services/catcher"
)

const (
	account = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	token   = "0123456789abcdef0123456789abcdef"
)

// redirect sends requests to a catcher, whatever host they name.
type redirect struct {
	host string
	via  *http.Transport
}

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = "http", r.host
	return r.via.RoundTrip(req)
}

// twilioClient returns Twilio's own client, with a transport that leads to the catcher.
func twilioClient(tb testing.TB, c *catcher.Catcher, secret string) *twilio.RestClient {
	tb.Helper()
	via := &http.Transport{}
	tb.Cleanup(via.CloseIdleConnections)
	base := &client.Client{
		Credentials: client.NewCredentials(account, secret),
		HTTPClient:  &http.Client{Transport: redirect{host: c.HTTPAddr(), via: via}},
	}
	base.SetAccountSid(account)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: base})
}

func text(to, from, body string) *openapi.CreateMessageParams {
	p := &openapi.CreateMessageParams{}
	if to != "" {
		p.SetTo(to)
	}
	if from != "" {
		p.SetFrom(from)
	}
	if body != "" {
		p.SetBody(body)
	}
	return p
}

func TestTwiliosClientWorksUnchanged(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{AccountSID: account, AuthToken: token})
	api := twilioClient(t, c, token).Api
	p := text("+447700900123", "Linden", "Zoe, we miss you. "+strings.Repeat("x", 150))
	p.SetStatusCallback("https://shop.example.com/status?message=msg-2&journey=win-back")
	sent, err := api.CreateMessage(p)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^SM[0-9a-f]{32}$`).MatchString(*sent.Sid) || *sent.Status != "queued" || *sent.NumSegments != "2" ||
		*sent.AccountSid != account || *sent.To != "+447700900123" || *sent.From != "Linden" || sent.ErrorCode != nil || sent.ErrorMessage != nil {
		t.Errorf("answered with %+v", sent)
	}
	if _, err := time.Parse(time.RFC1123Z, *sent.DateCreated); err != nil {
		t.Error(err)
	}
	fetched, err := api.FetchMessage(*sent.Sid, nil)
	if err != nil || *fetched.Status != "delivered" || *fetched.Body != *p.Body {
		t.Errorf("fetched %+v, %v", fetched, err)
	}
	found, err := c.Messages(t.Context(), catcher.Filter{MessageID: "msg-2"})
	if err != nil || len(found) != 1 || found[0].Channel != catcher.SMS || found[0].Journey != "win-back" || found[0].ProviderID != *sent.Sid {
		t.Errorf("caught %+v, %v", found, err)
	}
	counts, err := c.Counts(t.Context())
	if err != nil || counts.Callbacks != (catcher.CallbackCounts{}) {
		t.Errorf("a host that is not this machine was called: %+v, %v", counts, err)
	}
}

func TestWhatsApp(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	api := twilioClient(t, c, token).Api
	sent, err := api.CreateMessage(text("whatsapp:+447700900123", "whatsapp:+447700900999", "Zoe, <b>hello</b>"))
	if err != nil || *sent.To != "whatsapp:+447700900123" || *sent.From != "whatsapp:+447700900999" {
		t.Fatalf("answered with %+v, %v", sent, err)
	}
	service := text("whatsapp:+447700900123", "", "again")
	service.SetMessagingServiceSid("MG1")
	if _, err := api.CreateMessage(service); err != nil {
		t.Fatal(err)
	}
	if fetched, err := api.FetchMessage(*sent.Sid, nil); err != nil || *fetched.To != "whatsapp:+447700900123" {
		t.Errorf("fetched %+v, %v", fetched, err)
	}
	found, err := c.Messages(t.Context(), catcher.Filter{Channel: catcher.WhatsApp, To: "+447700900123"})
	if err != nil || len(found) != 2 || found[1].From != "+447700900999" || found[0].From != "MG1" {
		t.Fatalf("caught %+v, %v", found, err)
	}
	counts, err := c.Counts(t.Context())
	if err != nil || counts.WhatsApp != 2 || counts.SMS != 0 || counts.Email != 0 {
		t.Errorf("counts %+v, %v", counts, err)
	}
	for path, want := range map[string]string{
		"/?channel=whatsapp": `class="badge whatsapp"`, "/messages/1": `Zoe, &lt;b&gt;hello&lt;/b&gt;`, "/messages/1?tab=source": `whatsapp%3A`,
	} {
		resp, body := get(t, c.URL()+path)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, "WhatsApp") || strings.Contains(body, "GSM-7") {
			t.Errorf("%s: %s, want %q in\n%s", path, resp.Status, want, body)
		}
	}
}

func TestMessagingServiceMayStandForTheSender(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	p := text("+447700900123", "", "hello")
	p.SetMessagingServiceSid("MG1")
	sent, err := twilioClient(t, c, token).Api.CreateMessage(p)
	if err != nil || *sent.MessagingServiceSid != "MG1" || sent.From != nil {
		t.Errorf("answered with %+v, %v", sent, err)
	}
}

func TestTwiliosErrors(t *testing.T) {
	t.Parallel()
	const to, from = "+447700900123", "+447700900999"
	for name, c := range map[string]struct {
		params *openapi.CreateMessageParams
		secret string
		status int
		code   int
	}{
		"secret":        {text(to, from, "hi"), "wrong", 401, 20003},
		"no recipient":  {text("", from, "hi"), token, 400, 21604},
		"no sender":     {text(to, "", "hi"), token, 400, 21603},
		"no body":       {text(to, from, ""), token, 400, 21602},
		"long body":     {text(to, from, strings.Repeat("x", 1601)), token, 400, 21617},
		"not a number":  {text("07700 900123", from, "hi"), token, 400, 21211},
		"invalid":       {text("+15005550001", from, "hi"), token, 400, 21211},
		"no route":      {text("+15005550002", from, "hi"), token, 400, 21612},
		"no permission": {text("+15005550003", from, "hi"), token, 400, 21408},
		"unsubscribed":  {text("+15005550004", from, "hi"), token, 400, 21610},
		"not mobile":    {text("+15005550009", from, "hi"), token, 400, 21614},
		"bad sender":    {text(to, "+15005550001", "hi"), token, 400, 21212},
		"not ours":      {text(to, "+15005550007", "hi"), token, 400, 21606},
		"queue full":    {text(to, "+15005550008", "hi"), token, 429, 21611},
		"two channels":  {text("whatsapp:"+to, from, "hi"), token, 400, 21910},
		"blocked":       {text("whatsapp:+15005550004", "whatsapp:"+from, "hi"), token, 400, 21610},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, catcher.Options{AuthToken: token})
			_, err := twilioClient(t, server, c.secret).Api.CreateMessage(c.params)
			var failure *client.TwilioRestError
			if !errors.As(err, &failure) || failure.Code != c.code || failure.Status != c.status || failure.MoreInfo != fmt.Sprintf("https://www.twilio.com/docs/errors/%d", c.code) {
				t.Errorf("answered with %v, want status %d, code %d", err, c.status, c.code)
			}
			expectCount(t, server, 0)
		})
	}
}

func TestUnknownSid(t *testing.T) {
	t.Parallel()
	_, err := twilioClient(t, start(t, catcher.Options{}), token).Api.FetchMessage("SM00000000000000000000000000000000", nil)
	var failure *client.TwilioRestError
	if !errors.As(err, &failure) || failure.Code != 20404 || failure.Status != http.StatusNotFound {
		t.Errorf("answered with %v", err)
	}
}

// TestStatusCallbacksAreSigned checks the signature with Twilio's own validator.
func TestStatusCallbacksAreSigned(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	called := make(chan url.Values, 1)
	validator := client.NewRequestValidator(token)
	var shop *httptest.Server
	shop = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		params := map[string]string{}
		for name := range r.PostForm {
			params[name] = r.PostForm.Get(name)
		}
		if !validator.Validate(shop.URL+r.RequestURI, params, r.Header.Get("X-Twilio-Signature")) {
			t.Error("Twilio's validator does not take the signature")
		}
		called <- r.PostForm
	}))
	t.Cleanup(shop.Close)
	p := text("+447700900123", "Linden", "hello")
	p.SetStatusCallback(shop.URL + "/status?message=msg-2")
	sent, err := twilioClient(t, c, token).Api.CreateMessage(p)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case form := <-called:
		if form.Get("MessageSid") != *sent.Sid || form.Get("MessageStatus") != "delivered" || form.Get("To") != "+447700900123" || form.Get("AccountSid") != account {
			t.Errorf("called with %v", form)
		}
	case <-time.After(time.Minute):
		t.Fatal("the callback did not come")
	}
}

// events returns a channel that gets a value after each change that the catcher tells open pages of. It is connected when
// events returns.
func events(tb testing.TB, c *catcher.Catcher) <-chan struct{} {
	tb.Helper()
	resp, err := http.Get(c.URL() + "/events")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() {
		tb.Fatal("no greeting")
	}
	changes := make(chan struct{}, 100)
	go func() {
		for lines.Scan() {
			if lines.Text() == "data: changed" {
				changes <- struct{}{}
			}
		}
	}()
	return changes
}

func split(tb testing.TB, addr string) (host string, port int) {
	tb.Helper()
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	port, err = strconv.Atoi(number)
	if err != nil {
		tb.Fatal(err)
	}
	return host, port
}

func asSendError(err error, into **mail.SendError) bool { return errors.As(err, into) }
