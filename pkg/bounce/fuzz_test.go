package bounce_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rapport/pkg/bounce"
)

// FuzzRead reads anything: nothing panics, and what is kept stays within its bounds. Inputs that once failed are kept in
// testdata/fuzz.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "scenarios", "*.eml"))
	if err != nil || len(names) == 0 {
		f.Fatalf("%d seeds, %v", len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := bounce.Read(raw)
		if err != nil {
			return
		}
		sound(t, &r)
	})
}

// sound checks what holds for every report.
func sound(t interface{ Errorf(string, ...any) }, r *bounce.Report) {
	if len(r.Recipients) > 200 || len(r.References) > 100 || len(r.Text) > 64<<10 || len(r.Subject) > 1000 {
		t.Errorf("too much is kept: %d recipients, %d references, %d bytes of text", len(r.Recipients), len(r.References), len(r.Text))
	}
	for _, s := range []string{r.Text, r.Subject, r.Original("subject")} {
		if !utf8.ValidString(s) {
			t.Errorf("not UTF-8: %q", s)
		}
	}
	failed := r.Kind == bounce.Bounce || r.Kind == bounce.Delay
	for _, p := range r.Recipients {
		if len(p.Diagnostic) > 1000 || strings.ContainsAny(p.Diagnostic, "\n\r") {
			t.Errorf("the diagnostic is not one short line: %q", p.Diagnostic)
		}
		if open := p.Action == "failed" || p.Action == "delayed"; open != (p.Class != "") || open && !failed {
			t.Errorf("%s with action %q has class %q", r.Kind, p.Action, p.Class)
		}
	}
	if r.Kind == "" || r.Kind == bounce.Complaint && r.Feedback == "" || r.Kind == bounce.AutoReply && r.Auto == "" {
		t.Errorf("incomplete: %+v", r)
	}
}

// TestReadHostile draws mails whose parts are put together at random, and holds them against the same rules.
func TestReadHostile(t *testing.T) {
	t.Parallel()
	line := rapid.SampledFrom([]string{
		"", "--b", "--b--", "--", "Content-Type: multipart/mixed; boundary=b", "Content-Type: message/delivery-status",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b", "Content-Type: text/html; charset=nothing",
		"Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "Final-Recipient: rfc822; a@b.example",
		"Final-Recipient: rfc822;", "Action: failed", "Action: ", "Status: 5.1.1", "Status: 9.9.9.9", "Diagnostic-Code: smtp;",
		"From: MAILER-DAEMON", "Subject: failure notice", "<a@b.example>:", "550 5.1.1 x", "@", "a@", "@b", " folded", "=", "=3", "=\xff",
		"Content-Type: message/rfc822", "Received: x", "Message-ID: <x@y>", "> quoted", "-- ", "On 1 Jan x@y wrote:", "From: x", "\xff\xfe",
	})
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(line, 1, 60).Draw(t, "lines")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		r, err := bounce.Read([]byte("X: y" + end + strings.Join(lines, end)))
		if err != nil {
			t.Fatal(err)
		}
		sound(t, &r)
	})
}

// TestReadLarge reads the largest mails of the worst kinds. None of them may take more than time that grows with its
// size; with quadratic time the test would not end.
func TestReadLarge(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	head := "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n"
	nested := strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", size/47)
	for name, mail := range map[string]string{
		"folded header":     head + "X: y\n" + strings.Repeat(" z\n", size/3),
		"fields":            strings.Repeat("a: b\n", size/5),
		"at signs":          head + "\n" + strings.Repeat("@", size),
		"addresses":         head + "\n" + strings.Repeat("a@b.example ", size/12),
		"long address":      head + "\n" + strings.Repeat("a", size/2) + "@" + strings.Repeat("b", size/2),
		"empty lines":       head + "\n" + strings.Repeat("\n", size),
		"boundaries":        head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n", size/4),
		"nested":            head + nested,
		"guessed":           head + "Content-Type: multipart/mixed\n\n" + strings.Repeat("--x\ny", size/5),
		"almost a header":   head + "\n" + strings.Repeat("To: x\n", size/6),
		"html":              head + "Content-Type: text/html\n\n" + strings.Repeat("<div><style>", size/12),
		"html text":         head + "Content-Type: text/html\n\n" + strings.Repeat("x <b>", size/5),
		"quoted":            "From: a@b.example\n\n" + strings.Repeat("On 1 x@y\n", size/9),
		"equals":            head + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", size),
		"one line":          head + "\n" + strings.Repeat("550 user ", size/9),
		"encoded words":     "Subject: " + strings.Repeat("=?utf-8?q?x?= ", size/14) + "\nFrom: a@b.example\n\n",
		"groups":            head + "Content-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822; a@b\n\n", size/30),
		"references":        head + "References: " + strings.Repeat("<a@b> ", size/6),
		"rfc822 in rfc822s": head + strings.Repeat("Content-Type: message/rfc822\n\n"+head, size/90),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := bounce.Read([]byte(mail))
			if err != nil {
				t.Fatal(err)
			}
			sound(t, &r)
		})
	}
}

// BenchmarkRead reads one mail of each kind.
func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"dsn-two-recipients", "qmail", "html-only", "complaint", "reply-quoted", "vacation"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "scenarios", name+".eml"))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := bounce.Read(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
