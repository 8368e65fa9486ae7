package mailer

import (
	"bufio"
	"bytes"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestDotted: a message goes over the wire as the standard library would write it, and a
// server reads what was composed.
func TestDotted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`\.{0,3}[a-c=]{0,3}\.?`), 0, 12).Draw(t, "lines")
		mime := []byte(strings.Join(lines, "\r\n"))
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		dot := textproto.NewWriter(w).DotWriter()
		_, err := dot.Write(mime)
		if err != nil || dot.Close() != nil {
			t.Fatal("not written")
		}
		want := b.String()
		if len(mime) == 0 {
			want = "\r\n.\r\n"
		}
		if got := string(dotted(bytes.Clone(mime))); got != want {
			t.Fatalf("%q goes as %q, want %q", mime, got, want)
		}
	})
}

// scripted is a server that says what it is told: one answer for each command and, after
// 354, for the message; then yes to everything. heard ends when the connection does.
func scripted(t *testing.T, greeting string, answers ...string) (addr string, heard func() []string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done, lines := make(chan struct{}), []string(nil)
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		text := textproto.NewConn(conn)
		_ = text.PrintfLine("220 ready")
		answers := append([]string{greeting}, answers...)
		for i := 0; ; i++ {
			answer := "250 and so on"
			if i < len(answers) {
				answer = answers[i]
			}
			line, err := text.ReadLine()
			if err != nil {
				return
			}
			lines = append(lines, line)
			if _ = text.PrintfLine("%s", answer); !strings.HasPrefix(answer, "354") {
				continue
			}
			body, err := text.ReadDotBytes()
			if err != nil {
				return
			}
			lines = append(lines, string(body))
			_ = text.PrintfLine("250 OK id=abcdef")
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return ln.Addr().String(), func() []string { _ = ln.Close(); <-done; return lines }
}

const pipelines = "250-mx.test\r\n250-PIPELINING\r\n250 8BITMIME"

// TestTransactions is what is said to servers that take commands together, and to those
// that want one at a time.
func TestTransactions(t *testing.T) {
	t.Parallel()
	l := aLetter(t, "m1")
	mail, rcpt := "MAIL FROM:<"+l.from+"> BODY=8BITMIME", "RCPT TO:<"+l.to+">"
	for name, tc := range map[string]struct {
		greeting string
		answers  []string
		heard    []string
		want     error // of the kind
	}{
		"together":                   {pipelines, []string{"250 ok", "250 ok", "354 go on"}, []string{mail, rcpt, "DATA", ""}, nil},
		"in turn":                    {"250-mx.test\r\n250 8BITMIME", []string{"250 ok", "250 ok", "354 go on"}, []string{mail, rcpt, "DATA", ""}, nil},
		"nobody, and DATA refused":   {pipelines, []string{"250 ok", "550 5.1.1 no", "503 nobody"}, []string{mail, rcpt, "DATA"}, invalid},
		"nobody, and DATA all right": {pipelines, []string{"250 ok", "550 5.1.1 no", "354 go on"}, []string{mail, rcpt, "DATA"}, invalid},
		"too much mail":              {pipelines, []string{"452 4.3.1 later", "503 no", "503 no"}, []string{mail, rcpt, "DATA"}, transient},
		"no DATA":                    {pipelines, []string{"250 ok", "250 ok", "451 4.3.0 later"}, []string{mail, rcpt, "DATA"}, transient},
		"no DATA in turn":            {"250 mx.test", []string{"250 ok", "250 ok", "451 4.3.0 later"}, []string{strings.TrimSuffix(mail, " BODY=8BITMIME"), rcpt, "DATA"}, transient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, heard := scripted(t, tc.greeting, tc.answers...)
			p := newPool(t, &mailServer{addr: addr}, nil)
			id, err := p.send(within(t), &letter{from: l.from, to: l.to, mime: bytes.Clone(l.mime)})
			if tc.want == nil && (err != nil || id != "abcdef") || tc.want != nil && !sameKind(err, tc.want) {
				t.Errorf("id %q, error %v, want the kind of %v", id, err, tc.want)
			}
			if name == "nobody, and DATA all right" && len(p.idle) != 0 {
				t.Error("the connection is kept although the server waits for a message")
			}
			p.close()
			got := heard()[1:] // without EHLO
			for i, want := range tc.heard {
				if want == "" {
					want = strings.ReplaceAll(string(l.mime), "\r\n", "\n")
				}
				if i >= len(got) || got[i] != want {
					t.Fatalf("it heard %q in place %d, want %q", got, i, want)
				}
			}
			for _, line := range got[len(tc.heard):] {
				if line != "RSET" && line != "QUIT" {
					t.Errorf("it heard %q after all", line)
				}
			}
		})
	}
}
