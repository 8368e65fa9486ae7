package mailer

import (
	"strings"
	"testing"

	"rapport/pkg/message"
)

// One mail goes as a Mailer would send it, and a failure says what failed.
func TestSend(t *testing.T) {
	t.Parallel()
	server := startServer(t, nil)
	m, err := greeting(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := command("m1", message.Marketing)
	got, err := Send(within(t), SMTP{Addr: server.addr, TLS: NoTLS}, Identity{}, c, m, decided)
	if err != nil {
		t.Fatal(err)
	}
	mails := server.mails()
	if len(mails) != 1 || got.To != c.To || got.From != "shop@shop.test" {
		t.Fatalf("sent %+v, taken %d", got, len(mails))
	}
	for name, want := range map[string]string{"X-Rapport-Journey": "thank-you", "Auto-Submitted": "auto-generated", "Message-ID": "<m1.0@shop.test>"} {
		if is := headerOf(mails[0].mime, name); is != want {
			t.Errorf("%s is %q, want %q", name, is, want)
		}
	}
	if size := len(mails[0].mime); got.Bytes < size-2 || got.Bytes > size+2 {
		t.Errorf("told of %d bytes, sent %d", got.Bytes, size)
	}
	for name, o := range map[string]struct {
		server SMTP
		who    Identity
		to     string
		want   string
	}{
		"no address":  {SMTP{Addr: "nowhere"}, Identity{}, c.To, "must be host:port"},
		"nobody":      {SMTP{Addr: "127.0.0.1:1"}, Identity{}, c.To, "refused"},
		"no provider": {SMTP{Addr: server.addr}, Identity{Metadata: "pigeon"}, c.To, "no headers are known"},
		"no mailbox":  {SMTP{Addr: server.addr}, Identity{}, "nobody", "recipient"},
	} {
		other := *c
		other.To = o.to
		if _, err := Send(within(t), o.server, o.who, &other, m, decided); err == nil || !strings.Contains(err.Error(), o.want) {
			t.Errorf("%s: %v, want %q", name, err, o.want)
		}
	}
}
