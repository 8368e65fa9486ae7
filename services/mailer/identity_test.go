package mailer

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	msgauth "github.com/emersion/go-msgauth/dkim"

	"rapport/pkg/dkim"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/verp"
)

// shopRing signs for shop.test with a key that is the same in each run.
func shopRing(t testing.TB) *dkim.Ring {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	ring, err := dkim.NewRing(dkim.Key{Domain: "shop.test", Selector: "2026a", Private: private})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// whole is an identity with everything that there is.
func whole(t testing.TB) Identity {
	t.Helper()
	keys, err := verp.NewKeys(strings.Repeat("s", 32))
	if err != nil {
		t.Fatal(err)
	}
	return Identity{
		Addresses: keys, BounceDomain: "bounces.shop.test", ReplyDomain: "replies.shop.test", Sign: shopRing(t).Signer, Metadata: "sendgrid",
	}
}

// reference is an id as the engine makes them.
var reference = message.ID("instance", "mail", 1)

// newsletter is a marketing mail with both ways out.
func newsletter(t testing.TB) (*message.Command, render.Mail) {
	t.Helper()
	m, err := greeting(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Unsubscribe, m.UnsubscribeMail = "https://news.shop.test/u/AbCd_-12", "mailto:unsubscribe@news.shop.test?subject=AbCd_-12"
	c := command(reference, message.Marketing)
	c.Partition, c.Journey, c.Purpose = 7, "spring sale", "newsletter"
	return c, m
}

// TestHeadersGolden holds the whole head of a marketing mail and of a transactional one.
func TestHeadersGolden(t *testing.T) {
	t.Parallel()
	c, m := newsletter(t)
	receipt := command(reference, message.Transactional)
	for name, one := range map[string]struct {
		command *message.Command
		mail    render.Mail
	}{"marketing": {c, m}, "transactional": {receipt, render.Mail{
		Subject: "Your order 536365", FromName: "Blüm", FromAddress: "Shop@Shop.test", Text: "Thank you.\n",
	}}} {
		l, err := compose(one.command, one.mail, whole(t), "", decided)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(l.mime), "\r\n\r\n")
		got := "MAIL FROM:<" + l.from + ">\nRCPT TO:<" + l.to + ">\n" + strings.ReplaceAll(head, "\r\n", "\n") + "\n"
		golden := filepath.Join("testdata", name+".head")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the head differs from %s (run with -update to accept):\n%s", golden, got)
		}
	}
}

// TestSignedAsSent: what comes out of the composer is verified by a library that did not sign it, also when the provider
// has taken its own headers out, and no longer when somebody changed a header that one click acts on.
func TestSignedAsSent(t *testing.T) {
	t.Parallel()
	ring := shopRing(t)
	record, err := dkim.Record(ring.Keys("shop.test")[0].Private)
	if err != nil {
		t.Fatal(err)
	}
	verified := func(mime string) bool {
		all, err := msgauth.VerifyWithOptions(strings.NewReader(mime), &msgauth.VerifyOptions{LookupTXT: func(string) ([]string, error) { return []string{record}, nil }})
		return err == nil && len(all) == 1 && all[0].Err == nil
	}
	c, m := newsletter(t)
	l, err := compose(c, m, whole(t), "", decided)
	if err != nil {
		t.Fatal(err)
	}
	sent := string(l.mime)
	start := strings.Index(sent, "DKIM-Signature")
	for name, one := range map[string]struct {
		mime string
		want bool
	}{
		"as sent":                   {sent, true},
		"without provider's":        {sent[start:], true},
		"another unsubscribe URL":   {strings.Replace(sent, "/u/AbCd", "/u/aBCd", 1), false},
		"no one-click":              {strings.Replace(sent, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "", 1), false},
		"another journey to blame":  {strings.Replace(sent, "Feedback-ID: spring", "Feedback-ID: autumn", 1), false},
		"another reply address":     {strings.Replace(sent, "@replies.shop.test", "@replies.evil.test", 1), false},
		"another word of the texts": {strings.Replace(sent, "Dear", "Deer", 1), false},
	} {
		if got := verified(one.mime); got != one.want || (!one.want && one.mime == sent) {
			t.Errorf("%s: verified %v, want %v", name, got, one.want)
		}
	}
}

// TestAmazonSignsItself: what SES would break is not signed.
func TestAmazonSignsItself(t *testing.T) {
	t.Parallel()
	c, m := newsletter(t)
	id := whole(t)
	id.Metadata, id.ConfigurationSet = ses, "rapport"
	l, err := compose(c, m, id, "", decided)
	if err != nil {
		t.Fatal(err)
	}
	head := string(l.mime)
	if strings.Contains(head, "DKIM-Signature") || !strings.Contains(head, "X-SES-CONFIGURATION-SET: rapport\r\n") {
		t.Errorf("through SES: %s", head)
	}
}

// TestComesBack: reports and replies name their message.
func TestComesBack(t *testing.T) {
	t.Parallel()
	c, m := newsletter(t)
	who := whole(t)
	l, err := compose(c, m, who, "mail.shop.test", decided)
	if err != nil {
		t.Fatal(err)
	}
	got, err := mail.ReadMessage(bytes.NewReader(l.mime))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := mail.ParseAddress(got.Header.Get("Reply-To"))
	if err != nil || reply.Name != m.FromName {
		t.Fatalf("Reply-To %v, %v", reply, err)
	}
	for address, want := range map[string]verp.Kind{l.from: verp.Bounce, reply.Address: verp.Reply} {
		if ref, kind, err := who.Addresses.Parse(address); err != nil || ref != c.Ref() || kind != want {
			t.Errorf("%s is read as %v, %q, %v", address, ref, kind, err)
		}
	}
	left, domain, _ := strings.Cut(strings.Trim(got.Header.Get("Message-ID"), "<>"), "@")
	if ref, err := message.ParseRef(left); err != nil || ref != c.Ref() || domain != "mail.shop.test" {
		t.Errorf("Message-ID %q", got.Header.Get("Message-ID"))
	}
}

// TestWaysOut: one-click needs https, and what cannot stand in a header stops the mail.
func TestWaysOut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		category   message.Category
		url, mail  string
		list, post string
		want       string
	}{
		"both":             {message.Marketing, "https://a.test/u/1", "mailto:u@a.test", "<https://a.test/u/1>, <mailto:u@a.test>", "List-Unsubscribe=One-Click", ""},
		"no mail":          {message.Marketing, "https://a.test/u/1", "", "<https://a.test/u/1>", "List-Unsubscribe=One-Click", ""},
		"not encrypted":    {message.Marketing, "http://a.test/u/1", "", "<http://a.test/u/1>", "", ""},
		"mail alone":       {message.Marketing, "", "mailto:u@a.test", "<mailto:u@a.test>", "", ""},
		"neither":          {message.Marketing, "", "", "", "", ""},
		"transactional":    {message.Transactional, "https://a.test/u/1", "", "", "", ""},
		"a second header":  {message.Marketing, "https://a.test/\r\nBcc: x@y.test", "", "", "", "cannot stand in a header"},
		"a second address": {message.Marketing, "https://a.test/>,<https://b.test/", "", "", "", "cannot stand in a header"},
		"a script":         {message.Marketing, "javascript:alert(1)", "", "", "", "neither https nor mailto"},
		"too long":         {message.Marketing, "https://a.test/" + strings.Repeat("a", 990), "", "", "", "cannot stand in a header"},
		"long":             {message.Marketing, "https://a.test/" + strings.Repeat("a", 900), "", "<https://a.test/" + strings.Repeat("a", 900) + ">", "List-Unsubscribe=One-Click", ""},
	} {
		c, m := newsletter(t)
		c.Category, m.Unsubscribe, m.UnsubscribeMail = tc.category, tc.url, tc.mail
		l, err := compose(c, m, Identity{}, "", decided)
		if tc.want != "" {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want one with %q", name, err, tc.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if list, post := headerOf(l.mime, "List-Unsubscribe"), headerOf(l.mime, "List-Unsubscribe-Post"); list != tc.list || post != tc.post {
			t.Errorf("%s: List-Unsubscribe %q, List-Unsubscribe-Post %q; want %q, %q", name, list, post, tc.list, tc.post)
		}
	}
}

func TestFeedbackID(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string][3]string{
		"win-back:newsletter:email:shoptest":             {"win-back", "newsletter", "shop.test"},
		"newsletter::email:shoptest":                     {"newsletter", "newsletter", "shop.test"},
		"spring-sale---90-:marketing:email:news-theshop": {"Spring sale: (90%", "", "news-the.shop"},
		"a:marketing:email:averylongdomain":              {"a", "", "averylongdomainofashop.example"},
		"b:marketing:email:abde-mail":                    {"b", "", "ab.de"},
	} {
		c := command("m1", message.Marketing)
		c.Journey, c.Purpose = tc[0], tc[1]
		if got := feedbackID(c, tc[2]); got != want {
			t.Errorf("%v: %q, want %q", tc, got, want)
		}
	}
}

func TestIdentityRefused(t *testing.T) {
	t.Parallel()
	for want, who := range map[string]Identity{
		"need Identity.Addresses": {BounceDomain: "bounces.shop.test"},
		"use one of brevo, mail":  {Metadata: "pigeon"},
		"must have letters":       {Metadata: "ses", ConfigurationSet: "a\r\nBcc: x@y.test"},
	} {
		if err := who.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// BenchmarkCompose is what signatures, addresses and metadata cost on top of the MIME message.
func BenchmarkCompose(b *testing.B) {
	ed := whole(b)
	text, err := dkim.NewKey("rsa")
	if err != nil {
		b.Fatal(err)
	}
	private, err := dkim.ReadKey(text)
	if err != nil {
		b.Fatal(err)
	}
	both, err := dkim.NewRing(append(shopRing(b).Keys("shop.test"), dkim.Key{Domain: "shop.test", Selector: "rsa", Private: private})...)
	if err != nil {
		b.Fatal(err)
	}
	two := ed
	two.Sign = both.Signer
	c, m := newsletter(b)
	m.HTML = strings.Repeat(m.HTML, 600)
	for name, who := range map[string]Identity{"plain": {}, "ed25519": ed, "both": two} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				l, err := compose(c, m, who, "", decided)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Discard.Write(l.mime)
			}
		})
	}
}
