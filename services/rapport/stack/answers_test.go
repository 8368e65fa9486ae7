package stack_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signature is of it.
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/verp"
	"rapport/services/catcher"
	"rapport/services/rapport/stack"
)

// answering is a workspace whose mail can be answered in every way.
func answering(journey string) fstest.MapFS {
	files := shop("purposes: [marketing]\n", journey)
	files["email/note.html.liquid"] = &fstest.MapFile{Data: []byte("---\nsubject: Your order\n---\n<html><body><p>Thank you</p>" +
		`<a href="https://shop.example/cakes?x=1" data-link="cakes" data-category="Cakes">Cakes</a> <a href="{{ links.unsubscribe }}">Unsubscribe</a></body></html>` + "\n")}
	return files
}

// free is an address of this machine that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // It is only asked for its address.
	return l.Addr().String()
}

// ask makes a request and returns the answer, which is not followed.
func ask(t *testing.T, method, to string, form url.Values, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // Reading it tells.
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A mail's links lead to the portal of the same process: a click leads on and is told, one
// click unsubscribes, and from then on nothing is sent.
func TestLinksOfMailsAreAnswered(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) {
		c.Starter = answering("category: marketing\n" + byMail)
		c.Portal = stack.Portal{Addr: "127.0.0.1:0", Clicks: true, Opens: true}
	})
	tell(t, st, "A1", "email", true)
	m := caught(t, st, catcher.Filter{Channel: "email"}, 1)
	mail, err := st.Catcher.Read(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`href="(http://[^"]+/([cu])/[^"]+)"`).FindAllStringSubmatch(mail.HTML, -1)
	if len(links) != 2 || !strings.Contains(mail.HTML, "/o/") {
		t.Fatalf("want a tracked link, one to unsubscribe and a picture in %s", mail.HTML)
	}
	browser := http.Header{"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}}
	if res, _ := ask(t, http.MethodGet, links[0][1], nil, browser); res.StatusCode != http.StatusFound || res.Header.Get("Location") != "https://shop.example/cakes?x=1" {
		t.Errorf("a click is answered by %s to %s", res.Status, res.Header.Get("Location"))
	}
	applied(t, st, "email.scanned", 1) // Nobody reads a mail within a second.

	if res, page := ask(t, http.MethodGet, links[1][1], nil, browser); res.StatusCode != http.StatusOK || !strings.Contains(page, "<form") {
		t.Errorf("the page to unsubscribe is %s: %s", res.Status, page)
	}
	if res, _ := ask(t, http.MethodPost, links[1][1], url.Values{"List-Unsubscribe": {"One-Click"}}, nil); res.StatusCode != http.StatusOK {
		t.Errorf("one click is answered by %s", res.Status)
	}
	applied(t, st, "email.unsubscribed", 1)
	order(t, st, "A2")
	rows := until(t, st, 2, decided)
	if reason := rows[0].Reason + rows[1].Reason; reason != message.ReasonNoConsent {
		t.Errorf("after unsubscribing: %q, want %q for the second", reason, message.ReasonNoConsent)
	}
}

// What phones answer comes by the same door as from Twilio: that a message arrived, and STOP.
func TestPhonesAnswer(t *testing.T) {
	t.Parallel()
	addr := free(t)
	st := open(t, func(c *stack.Config) {
		files := answering("category: marketing\nsteps:\n  - {id: sms, send: {sms: note}}\n")
		files["rapport.yaml"] = &fstest.MapFile{Data: []byte("shop: {name: Shop, currency: GBP, timezone: Europe/London}\n" +
			"email: {from: {name: Shop, address: a@shop.example}}\nwhatsapp: {from: \"+447700900999\"}\nsms: {from: Shop, replies: {en: {stop: \"Shop: you get no more messages.\"}}}\n")}
		c.Starter = files
		c.Listener = stack.Listener{Addr: addr}
	})
	post(t, st, "A1")
	applied(t, st, "sms.delivered", 1)

	stop := url.Values{"MessageSid": {"SM0123456789abcdef0123456789abcdef"}, "From": {"+447700900123"}, "To": {"+447700900999"}, "Body": {"stop"}}
	hook := "http://" + addr + "/callbacks/twilio"
	if res, _ := ask(t, http.MethodPost, hook, stop, http.Header{"X-Twilio-Signature": {"AAAA"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a forged STOP is answered by %s", res.Status)
	}
	if res, said := ask(t, http.MethodPost, hook, stop, http.Header{"X-Twilio-Signature": {twilioSignature("caught", hook, stop)}}); res.StatusCode != http.StatusOK || !strings.Contains(said, "Shop: you get no more messages.") {
		t.Errorf("STOP is answered by %s: %s", res.Status, said)
	}
	applied(t, st, "sms.received", 1)
	order(t, st, "A2")
	until(t, st, 1, func(m *store.MessageRow) bool {
		return m.Reason == message.ReasonSuppressed || m.Reason == message.ReasonNoConsent
	})
	grounds, err := st.Store.Suppressed(context.Background(), []store.Address{{Channel: message.SMS, Address: "+447700900123"}})
	if err != nil || grounds[0] == "" {
		t.Errorf("the number is listed on the grounds %v, %v", grounds, err)
	}
}

// twilioSignature is X-Twilio-Signature of a form
// (https://www.twilio.com/docs/usage/security#validating-requests).
func twilioSignature(token, to string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	text := to
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	mac.Write([]byte(text)) // A hash takes everything.
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Mail that comes back to the return path of a message is about its person: a mailbox that is
// not there is not written to again, and what somebody answers is an event.
func TestMailComesBack(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	st := open(t, func(c *stack.Config) {
		c.Starter = answering("category: transactional\n" + byMail)
		c.Secrets = []string{secret}
		c.Identity = stack.Identity{BounceDomain: "bounces.shop.example", ReplyDomain: "replies.shop.example"}
		c.Inbound = stack.Inbound{SMTP: "127.0.0.1:0"}
	})
	post(t, st, "A1")
	m := until(t, st, 1, ended)[0]
	keys, err := verp.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	for partition := range 4 { // The row does not say in which one it lies; only one of these finds it.
		ref := message.Ref{ID: m.ID, Partition: partition}
		comeBack(t, st, keys, verp.Reply, ref, "From: ada@example.com\r\nSubject: Re: Your order\r\nMessage-ID: <1@example.com>\r\n\r\nCan I still change it?\r\n")
		comeBack(t, st, keys, verp.Bounce, ref, "From: MAILER-DAEMON@example.com\r\nSubject: failed\r\nMIME-Version: 1.0\r\n"+
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"+
			"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; ada@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"+
			"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n--b--\r\n")
	}
	applied(t, st, "email.replied", 1)
	applied(t, st, "email.bounced", 1)
	order(t, st, "A2")
	until(t, st, 1, func(m *store.MessageRow) bool { return m.Reason == message.ReasonSuppressed })
}

// comeBack delivers a mail to an address of a message.
func comeBack(t *testing.T, st *stack.Stack, keys *verp.Keys, kind verp.Kind, ref message.Ref, mail string) {
	t.Helper()
	domain := map[verp.Kind]string{verp.Bounce: "bounces.shop.example", verp.Reply: "replies.shop.example"}[kind]
	to, err := keys.Address(kind, ref, domain)
	if err != nil {
		t.Fatal(err)
	}
	<-st.Postmaster.Ready()
	if err := smtp.SendMail(st.Postmaster.Addr(), nil, "", []string{to}, []byte(mail)); err != nil {
		t.Fatalf("mail to %s: %v", to, err)
	}
}

// A yes that has to be confirmed sends nothing but the question, until the button of the page
// behind its link was pressed.
func TestASecondYesIsAskedFor(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) {
		files := shop("purposes: [marketing]\ndouble_opt_in: {email: [marketing]}\n", "category: marketing\n"+byMail)
		files["journeys/ask.yaml"] = &fstest.MapFile{Data: []byte("journey: ask\nstatus: active\ncategory: transactional\npurpose: marketing\n" +
			"enter:\n  on: consent.granted\n  if: event.channel == \"email\" and not event.confirmed\n  again: always\nsteps:\n  - {id: mail, send: {email: ask}}\n")}
		files["email/ask.html.liquid"] = &fstest.MapFile{Data: []byte("---\nsubject: Is it you?\n---\n<p><a href=\"{{ links.confirm }}\">Yes</a></p>\n")}
		c.Starter, c.Portal = files, stack.Portal{Addr: "127.0.0.1:0"}
	})
	tell(t, st, "A1", "email", true)
	m := caught(t, st, catcher.Filter{Channel: "email", Journey: "ask"}, 1)
	mail, err := st.Catcher.Read(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`http://[^"\s]+/k/[^"\s]+`).FindString(mail.HTML)
	until(t, st, 1, func(m *store.MessageRow) bool { return m.Journey == "note" && m.Reason == message.ReasonUnconfirmed })
	if res, page := ask(t, http.MethodGet, link, nil, nil); res.StatusCode != http.StatusOK || !strings.Contains(page, "<button") {
		t.Fatalf("%s is %s: %s", link, res.Status, page)
	}
	if res, page := ask(t, http.MethodPost, link, url.Values{}, nil); res.StatusCode != http.StatusOK {
		t.Fatalf("pressing the button: %s: %s", res.Status, page)
	}
	applied(t, st, "consent.confirmed", 1)
	order(t, st, "A2")
	caught(t, st, catcher.Filter{Channel: "email", Journey: "note"}, 1)
}
