package doctor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/dkim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var today = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// key is of Ed25519, the same in each run.
func key(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, ed25519.SeedSize)))
}

func ringOf(t *testing.T, keys ...dkim.Key) *dkim.Ring {
	t.Helper()
	r, err := dkim.NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// record is what is published of a key.
func record(t *testing.T, k dkim.Key) string {
	t.Helper()
	text, err := dkim.Record(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func examine(t *testing.T, zone string, s Setup) []Finding {
	t.Helper()
	d := New(Options{DNS: serveZone(t, zone), Now: func() time.Time { return today }, Patience: 2 * time.Second})
	return d.Examine(t.Context(), s)
}

// has looks for findings: "check subject status words", where the words stand in the detail or the remedy.
func has(t *testing.T, all []Finding, wants ...string) {
	t.Helper()
	for _, want := range wants {
		parts := strings.SplitN(want, " ", 4)
		found := false
		for _, f := range all {
			if f.Check == parts[0] && f.Subject == parts[1] && string(f.Status) == parts[2] && strings.Contains(f.Detail+" -> "+f.Remedy, parts[3]) {
				found = true
			}
		}
		if !found {
			var b bytes.Buffer
			if err := Write(&b, all); err != nil {
				t.Fatal(err)
			}
			t.Errorf("no finding %q among:\n%s", want, b.String())
		}
	}
}

// TestGoodSender is a sender that does all that is asked of him in the DNS.
func TestGoodSender(t *testing.T) {
	t.Parallel()
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ed := dkim.Key{Domain: "shop.example", Selector: "a", Private: key("a")}
	r := dkim.Key{Domain: "shop.example", Selector: "a-rsa", Private: long}
	zone := `
shop.example. TXT "v=spf1 include:_spf.mailhouse.example ip4:192.0.2.1 " "-all"
shop.example. TXT "something=else"
_spf.mailhouse.example. TXT "v=spf1 ip4:198.51.100.0/24 +all"
bounces.shop.example. TXT "v=spf1 redirect=shop.example"
bounces.shop.example. MX 10 in.shop.example.
replies.shop.example. MX 10 in.shop.example.
in.shop.example. CNAME host.shop.example.
in.shop.example. A 192.0.2.1
host.shop.example. A 192.0.2.1
1.2.0.192.in-addr.arpa. PTR host.shop.example.
_dmarc.shop.example. TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@shop.example"
a._domainkey.shop.example. TXT ` + fmt.Sprintf("%q", record(t, ed)) + `
a-rsa._domainkey.shop.example. TXT "` + strings.Join(dkim.Strings(record(t, r)), `" "`) + `"
default._bimi.shop.example. TXT "v=BIMI1; l=https://shop.example/logo.svg"
_mta-sts.bounces.shop.example. TXT "v=STSv1; id=1"
`
	all := examine(t, zone, Setup{
		Senders: []string{"shop.example", "shop.example"}, BounceDomain: "bounces.shop.example", ReplyDomain: "replies.shop.example",
		Keys: ringOf(t, ed, r), SendingHosts: []string{"192.0.2.1"},
	})
	has(t, all,
		"spf shop.example ok (1 of 10 lookups)", "spf bounces.shop.example ok (2 of 10 lookups)",
		"dkim a._domainkey.shop.example ok published", "dkim a-rsa._domainkey.shop.example ok published",
		"dmarc shop.example ok p=quarantine", "alignment shop.example ok signed by shop.example",
		"bounce-mx bounces.shop.example ok in.shop.example", "reply-mx replies.shop.example ok in.shop.example",
		"ptr 192.0.2.1 ok host.shop.example", "bimi shop.example info logo.svg", "mta-sts bounces.shop.example info STSv1",
		"tls-rpt replies.shop.example info nobody is told", "unsubscribe portal warn no portal is named", "clock localhost unknown no server told the time",
	)
	if Failed(all) {
		t.Error("a sender that does everything right fails")
	}
}

// TestBadSenders: each mistake is found, and said with what to do.
func TestBadSenders(t *testing.T) {
	t.Parallel()
	mine := dkim.Key{Domain: "shop.example", Selector: "a", Private: key("a")}
	later := dkim.Key{Domain: "shop.example", Selector: "b", Private: key("b"), From: today.AddDate(0, 1, 0)}
	many := ""
	for i := range 9 {
		many += fmt.Sprintf(" a:h%d.shop.example", i)
	}
	for name, tc := range map[string]struct {
		zone  string
		setup Setup
		want  []string
	}{
		"nothing": {"", Setup{Senders: []string{"shop.example"}, Keys: ringOf(t, mine, later), BounceDomain: "b.shop.example", SendingHosts: []string{"192.0.2.9"}}, []string{
			"spf b.shop.example fail publish a TXT record at b.shop.example: v=spf1", "spf shop.example warn there is no SPF record",
			"dkim a._domainkey.shop.example fail p=", "dkim b._domainkey.shop.example warn signs from 2026-04-02",
			"dmarc shop.example fail p=none; rua=mailto:dmarc@shop.example", "bounce-mx b.shop.example fail no MX record",
			"ptr 192.0.2.9 fail no name (PTR)", "bimi shop.example info no logo",
		}},
		"two of each": {
			`shop.example. TXT "v=spf1 -all"
shop.example. TXT "v=spf1 mx -all"
_dmarc.shop.example. TXT "v=DMARC1; p=none"
_dmarc.shop.example. TXT "v=DMARC1; p=reject"
a._domainkey.shop.example. TXT "v=DKIM1; p="
a._domainkey.shop.example. TXT "v=DKIM1; p=AAAA"`,
			Setup{Senders: []string{"shop.example"}, Keys: ringOf(t, mine)},
			[]string{
				"spf shop.example fail 2 SPF records", "dmarc shop.example fail several DMARC records", "dkim a._domainkey.shop.example fail 2 records",
			},
		},
		"weak": {
			`shop.example. TXT "v=spf1 ?all"
_dmarc.shop.example. TXT "v=DMARC1; p=none"
a._domainkey.shop.example. TXT "v=DKIM1; k=ed25519; t=y; p=` + strings.TrimPrefix(record(t, mine), "v=DKIM1; k=ed25519; p=") + `"`,
			Setup{Senders: []string{"shop.example"}, Keys: ringOf(t, mine)},
			[]string{
				"spf shop.example warn end the record with ~all", "dmarc shop.example warn add rua", "dkim a._domainkey.shop.example warn t=y",
			},
		},
		"open to all": {`shop.example. TXT "v=spf1 +all"`, Setup{Senders: []string{"shop.example"}}, []string{"spf shop.example fail end the record", "dkim shop.example warn no DKIM key"}},
		"too many lookups": {
			`shop.example. TXT "v=spf1 include:more.example mx -all"
more.example. TXT "v=spf1` + many + ` -all"` + hosts(9),
			Setup{Senders: []string{"shop.example"}},
			[]string{"spf shop.example fail more than 10 times"},
		},
		"ten lookups are not too many": {
			`shop.example. TXT "v=spf1 include:more.example -all"
more.example. TXT "v=spf1` + many + ` -all"` + hosts(9),
			Setup{Senders: []string{"shop.example"}},
			[]string{"spf shop.example ok (10 of 10 lookups)"},
		},
		"a circle":         {`shop.example. TXT "v=spf1 include:shop.example -all"`, Setup{Senders: []string{"shop.example"}}, []string{"spf shop.example fail more than 10 times"}},
		"a dead include":   {`shop.example. TXT "v=spf1 include:gone.example -all"`, Setup{Senders: []string{"shop.example"}}, []string{"spf shop.example fail include:gone.example leads to no SPF record"}},
		"dead names":       {`shop.example. TXT "v=spf1 a:x.example a:y.example a:z.example -all"`, Setup{Senders: []string{"shop.example"}}, []string{"spf shop.example fail more than 2 names"}},
		"a typo":           {`shop.example. TXT "v=spf1 inculde:x.example -all"`, Setup{Senders: []string{"shop.example"}}, []string{"spf shop.example fail which no receiver knows"}},
		"without provider": {`shop.example. TXT "v=spf1 -all"`, Setup{Senders: []string{"shop.example"}, Servers: []Server{{Name: "main", Addr: "127.0.0.1:1", Service: "ses"}}}, []string{"spf shop.example warn include:amazonses.com"}},
		"another key":      {`a._domainkey.shop.example. TXT ` + fmt.Sprintf("%q", record(t, later)), Setup{Senders: []string{"shop.example"}, Keys: ringOf(t, mine)}, []string{"dkim a._domainkey.shop.example fail another key"}},
		"revoked":          {`a._domainkey.shop.example. TXT "v=DKIM1; k=ed25519; p="`, Setup{Senders: []string{"shop.example"}, Keys: ringOf(t, mine)}, []string{"dkim a._domainkey.shop.example fail revoked"}},
		"foreign path":     {`_dmarc.shop.example. TXT "v=DMARC1; p=reject; rua=mailto:a@shop.example"`, Setup{Senders: []string{"shop.example"}, BounceDomain: "bounces.other.example"}, []string{"alignment shop.example fail neither a signature nor the return path"}},
		"foreign path, signed": {`_dmarc.shop.example. TXT "v=DMARC1; p=reject"`, Setup{Senders: []string{"shop.example"}, BounceDomain: "bounces.other.example", Keys: ringOf(t, mine)}, []string{
			"alignment shop.example warn of another domain",
		}},
		"strict": {`_dmarc.shop.example. TXT "v=DMARC1; p=reject; adkim=s; aspf=s"`, Setup{Senders: []string{"news.shop.example"}, BounceDomain: "bounces.shop.example", Keys: ringOf(t, mine)}, []string{
			"alignment news.shop.example fail neither a signature",
		}},
		"above": {`_dmarc.shop.example. TXT "v=DMARC1; p=reject; rua=mailto:a@shop.example"`, Setup{Senders: []string{"news.shop.example"}, Keys: ringOf(t, mine)}, []string{
			"dmarc news.shop.example ok p=reject", "alignment news.shop.example ok signed by shop.example",
		}},
		"null mx":     {`b.shop.example. MX 0 .`, Setup{BounceDomain: "b.shop.example"}, []string{"bounce-mx b.shop.example fail null MX"}},
		"dead mx":     {`b.shop.example. MX 5 gone.shop.example.`, Setup{BounceDomain: "b.shop.example"}, []string{"bounce-mx b.shop.example fail no host of its MX records has an address"}},
		"only a":      {`b.shop.example. A 192.0.2.1`, Setup{BounceDomain: "b.shop.example"}, []string{"bounce-mx b.shop.example warn only addresses"}},
		"ptr astray":  {"9.2.0.192.in-addr.arpa. PTR other.example.\nother.example. A 192.0.2.10", Setup{SendingHosts: []string{"192.0.2.9"}}, []string{"ptr 192.0.2.9 fail does not lead back"}},
		"not encrypt": {"news.shop.example. A 127.0.0.1", Setup{Portal: "http://news.shop.example"}, []string{"portal http://news.shop.example fail not https", "unsubscribe http://news.shop.example fail needs https"}},
		"no portal":   {"", Setup{Portal: "https://news.shop.example"}, []string{"portal https://news.shop.example fail no address in the DNS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			has(t, examine(t, tc.zone, tc.setup), tc.want...)
		})
	}
}

func hosts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\nh%d.shop.example. A 192.0.2.%d", i, i)
	}
	return b.String()
}

// TestUnknown: who does not answer, or cannot, leaves a check unknown, whichever it is.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"broken.example", "silent.example"} {
		t.Run(domain, func(t *testing.T) {
			t.Parallel()
			mine := dkim.Key{Domain: domain, Selector: "a", Private: key("a")}
			d := New(Options{DNS: serveZone(t, ""), Now: func() time.Time { return today }, Patience: 100 * time.Millisecond})
			for _, f := range d.Examine(t.Context(), Setup{
				Senders: []string{domain}, BounceDomain: "b." + domain, ReplyDomain: "r." + domain, Keys: ringOf(t, mine), Portal: "https://www." + domain,
			}) {
				if f.Status != Unknown || f.Detail == "" {
					t.Errorf("%s %s is %s: %s", f.Check, f.Subject, f.Status, f.Detail)
				}
			}
		})
	}
}
