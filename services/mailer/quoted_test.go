package mailer

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	gomail "github.com/wneessen/go-mail"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

func quotedByLibrary(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func quoted(text string) string {
	var b bytes.Buffer
	writeQuoted(&b, text)
	return b.String()
}

// FuzzWriteQuoted holds the encoder against the standard library's, to the byte. Lone
// carriage returns are left out: the library loses a line break some way behind one.
func FuzzWriteQuoted(f *testing.F) {
	for _, text := range []string{
		"", " ", "a\n", "a \r\n\tb\t", "=", "é", "\n\n.\n..a", "caf\xff\x00",
		strings.Repeat("a", 75), strings.Repeat("a", 76), strings.Repeat("a", 75) + "\n", strings.Repeat("a", 75) + " \n",
		strings.Repeat("a", 74) + " \nb", strings.Repeat("a", 73) + "é" + strings.Repeat(" ", 80), strings.Repeat("=é ", 60),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", ""), "\n", "\r\n")
		for _, text := range []string{text, strings.ReplaceAll(text, "\r\n", "\n")} {
			if got, want := quoted(text), quotedByLibrary(t, text); got != want {
				t.Errorf("%q is written as\n%q, want\n%q", text, got, want)
			}
		}
	})
}

func TestLoneCarriageReturn(t *testing.T) {
	t.Parallel()
	if got, want := quoted("a\ré\nb\r"), "a\r\n=C3=A9\r\nb\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestComposeAsTheLibrary holds a whole mail against the one that go-mail writes: the same
// fields, however they are folded, and the same body to the byte.
func TestComposeAsTheLibrary(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{
		"alternatives": "<p>" + strings.Repeat("Größe 42 = groß. \n", 300) + "</p>", "text alone": "",
	} {
		m, err := greeting(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.HTML = html
		m.Subject += strings.Repeat(" und vieles Schöne mehr", 20)
		m.Unsubscribe, m.UnsubscribeMail = "https://shop.test/u/"+strings.Repeat("x", 200), "mailto:shop@shop.test?subject=unsubscribe"
		c := command("m1", message.Marketing)
		l, err := compose(c, m, Identity{}, "", decided)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if _, err := asTheLibrary(t, l, m).WriteTo(&want); err != nil {
			t.Fatal(err)
		}
		got, wanted := fieldsOf(t, l.mime), fieldsOf(t, want.Bytes())
		if !maps.Equal(got, wanted) {
			t.Errorf("%s: the fields are\n%q\nwant\n%q", name, got, wanted)
		}
	}
}

// asTheLibrary is a mail with the fields of ours as go-mail has it.
func asTheLibrary(t *testing.T, l *letter, m render.Mail) *gomail.Msg {
	t.Helper()
	ours, err := mail.ReadMessage(bytes.NewReader(l.mime))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(ours.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithBoundary(params["boundary"]))
	msg.FromMailAddress(&mail.Address{Name: m.FromName, Address: m.FromAddress})
	msg.ToMailAddress(&mail.Address{Address: l.to})
	if err := msg.ReplyTo(m.ReplyTo); err != nil {
		t.Fatal(err)
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(decided)
	msg.SetMessageIDWithValue(strings.Trim(ours.Header.Get("Message-Id"), "<>"))
	for _, name := range []string{"Auto-Submitted", "X-Rapport-Message", "X-Rapport-Ref", "X-Rapport-Journey", "Feedback-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"} {
		msg.SetGenHeader(gomail.Header(name), ours.Header.Get(name))
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg
}

// fieldsOf are the fields of a message as they read when they are unfolded, and its body.
func fieldsOf(t *testing.T, text []byte) map[string]string {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(msg.Body)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{"": string(body)}
	for name, values := range msg.Header {
		fields[name] = strings.Join(values, "\n")
	}
	return fields
}
