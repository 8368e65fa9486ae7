package mailer

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

var update = flag.Bool("update", false, "write golden files")

func TestComposeGolden(t *testing.T) {
	t.Parallel()
	m, err := greeting(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := compose(command("m1", message.Transactional), m, Identity{}, "", decided)
	if err != nil {
		t.Fatal(err)
	}
	if l.from != "shop@shop.test" || l.to != "customer-17@example.com" {
		t.Errorf("envelope from %s to %s", l.from, l.to)
	}
	golden := filepath.Join("testdata", "thank-you.eml")
	if *update {
		if err := os.WriteFile(golden, l.mime, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.mime, want) {
		t.Errorf("the message differs from %s (run with -update to accept):\n%s", golden, l.mime)
	}
}

// TestComposeRoundTrip: whatever a template printed arrives as it was printed, in lines
// that every server passes on.
func TestComposeRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringOf(rapid.RuneFrom([]rune("aZ .=-_?\t\n,;:<>\"'@éЖ漢🙂")))
		m := render.Mail{
			Subject: words.Draw(t, "subject"), FromName: words.Draw(t, "name"), FromAddress: "shop@shop.test",
			Text: words.Draw(t, "text"), HTML: "<p>" + words.Draw(t, "html"),
		}
		l, err := compose(command("m1", message.Marketing), m, Identity{}, "mail.test", decided)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(l.mime, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		got, err := mail.ReadMessage(bytes.NewReader(l.mime))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || strings.Join(strings.Fields(subject), "") != strings.Join(strings.Fields(m.Subject), "") {
			t.Fatalf("subject %q (%v), want %q", subject, err, m.Subject)
		}
		if from, err := mail.ParseAddress(got.Header.Get("From")); err != nil || from.Address != m.FromAddress {
			t.Fatalf("from %v (%v)", from, err)
		}
		parts := alternatives(t, got)
		for i, want := range []string{m.Text, m.HTML} {
			if parts[i] != strings.ReplaceAll(want, "\n", "\r\n") {
				t.Fatalf("part %d is %q, want %q", i, parts[i], want)
			}
		}
	})
}

// alternatives decodes the parts of a multipart/alternative message.
func alternatives(t *rapid.T, m *mail.Message) []string {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", m.Header.Get("Content-Type"), err)
	}
	var parts []string
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(b))
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	good, err := greeting(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		to     string
		change func(*render.Mail)
		want   string
	}{
		"no recipient":             {"", nil, "recipient's address cannot be read"},
		"no address":               {"nobody", nil, "recipient's address cannot be read"},
		"a second header":          {"a@b.test\r\nBcc: c@d.test", nil, "recipient's address cannot be read"},
		"no sender":                {"a@b.test", func(m *render.Mail) { m.FromAddress = "" }, "no sender address"},
		"a reply address of words": {"a@b.test", func(m *render.Mail) { m.ReplyTo = "the shop" }, "reply address cannot be read"},
	} {
		m := good
		if tc.change != nil {
			tc.change(&m)
		}
		c := command("m1", message.Marketing)
		c.To = tc.to
		if _, err := compose(c, m, Identity{}, "", decided); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tc.want)
		}
	}
}

func TestQueueID(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"2.0.0 Ok: queued as 4ZxYb12Qz":                              "4ZxYb12Qz",
		"OK id=1tKxAb-0003Zk-2M":                                     "1tKxAb-0003Zk-2M",
		"Ok 0102018f3c2e-7d1b-4c5e-9c3e-000000":                      "0102018f3c2e-7d1b-4c5e-9c3e-000000",
		"2.0.0 OK  1700000000 d9443c01a7336-21c0eb9f8d6si12 - gsmtp": "1700000000",
		"2.0.0 OK: queued":                                           "",
		"Thanks":                                                     "",
	} {
		if got := queueID(answer); got != want {
			t.Errorf("queueID(%q) = %q, want %q", answer, got, want)
		}
	}
}
