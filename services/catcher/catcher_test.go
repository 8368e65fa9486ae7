package catcher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wneessen/go-mail"
	"go.uber.org/goleak"

	"rapport/services/catcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a catcher until the test ends, and checks that it stops well.
func start(tb testing.TB, o catcher.Options) *catcher.Catcher {
	tb.Helper()
	if o.Dir == "" {
		o.Dir = tb.TempDir()
	}
	c, err := catcher.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				tb.Errorf("the catcher ended with %v", err)
			}
		case <-time.After(time.Minute):
			tb.Error("the catcher did not stop")
		}
		http.DefaultClient.CloseIdleConnections()
	})
	select {
	case <-c.Ready():
	case <-time.After(time.Minute):
		tb.Fatal("the catcher is not ready")
	}
	return c
}

// mailClient returns a go-mail client of a catcher.
func mailClient(tb testing.TB, c *catcher.Catcher, with ...mail.Option) *mail.Client {
	tb.Helper()
	host, port := split(tb, c.SMTPAddr())
	client, err := mail.NewClient(host, append([]mail.Option{
		mail.WithPort(port), mail.WithTLSPolicy(mail.NoTLS), mail.WithHELO("localhost"), mail.WithTimeout(5 * time.Second),
	}, with...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// letter is a mail with both bodies, as the mailer sends them.
func letter(tb testing.TB, to string) *mail.Msg {
	tb.Helper()
	m := mail.NewMsg()
	for _, err := range []error{m.FromFormat("Linden & Söhne", "shop@example.com"), m.To(to)} {
		if err != nil {
			tb.Fatal(err)
		}
	}
	m.Subject("Danke für Ihre Bestellung, Zoë")
	m.SetMessageIDWithValue("abc@example.com")
	m.SetGenHeader("X-Rapport-Message", "msg-1")
	m.SetGenHeader("X-Rapport-Journey", "thank-you")
	m.SetBodyString(mail.TypeTextPlain, "Danke, Zoë.\n")
	m.AddAlternativeString(mail.TypeTextHTML, `<html><head><title>x</title></head><body><p>Danke, <b>Zoë</b>.</p><img src="cid:logo.png"></body></html>`)
	return m
}

func TestMailIsCaughtAsItWasSent(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	m := letter(t, "zoe@example.com")
	if err := m.AddCc("boss@example.com"); err != nil {
		t.Fatal(err)
	}
	m.EmbedReader("logo.png", strings.NewReader("not really a picture")) //nolint:errcheck // A reader in memory.
	m.AttachReader("invoice.txt", strings.NewReader("one pot"))          //nolint:errcheck // A reader in memory.
	if err := mailClient(t, c).DialAndSend(m); err != nil {
		t.Fatal(err)
	}
	found, err := c.Messages(t.Context(), catcher.Filter{})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %d messages, %v", len(found), err)
	}
	got := found[0]
	if got.Channel != catcher.Email || got.From != "Linden & Söhne <shop@example.com>" || strings.Join(got.To, " ") != "zoe@example.com boss@example.com" ||
		got.Subject != "Danke für Ihre Bestellung, Zoë" || got.ProviderID != "abc@example.com" || got.MessageID != "msg-1" || got.Journey != "thank-you" {
		t.Errorf("caught %+v", got)
	}
	content, err := c.Read(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(content.Text) != "Danke, Zoë." || !strings.Contains(content.HTML, "<b>Zoë</b>") || len(content.Problems) > 0 {
		t.Errorf("text %q, HTML %q, problems %q", content.Text, content.HTML, content.Problems)
	}
	if len(content.Attachments) != 2 || content.Attachments[0].Name != "invoice.txt" || content.Attachments[1].ContentID != "logo.png" {
		t.Errorf("attachments %+v", content.Attachments)
	}
	if len(content.Raw) != got.Size || !bytes.Contains(content.Raw, []byte("Message-ID: <abc@example.com>")) {
		t.Errorf("%d bytes of source, size says %d", len(content.Raw), got.Size)
	}
}

func TestAnyUserMayLogIn(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	client := mailClient(t, c, mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc), mail.WithUsername("shop"), mail.WithPassword("secret"))
	if err := client.DialAndSend(letter(t, "zoe@example.com")); err != nil {
		t.Error(err)
	}
}

func TestFailuresOnPurpose(t *testing.T) {
	t.Parallel()
	for local, want := range map[string]struct {
		temporary bool
		text      string
	}{
		"bounce": {false, "550"}, "bounce+7": {false, "550"}, "Bounce": {false, "550"}, "defer": {true, "451"},
	} {
		t.Run(local, func(t *testing.T) {
			t.Parallel()
			c := start(t, catcher.Options{})
			err := mailClient(t, c).DialAndSend(letter(t, local+"@example.com"))
			var failure *mail.SendError
			if err == nil || !strings.Contains(err.Error(), want.text) {
				t.Fatalf("answered with %v, want %s", err, want.text)
			}
			if ok := asSendError(err, &failure); ok && failure.IsTemp() != want.temporary {
				t.Errorf("temporary is %v: %v", failure.IsTemp(), err)
			}
			expectCount(t, c, 0)
		})
	}
}

func TestCutLeavesTheSenderUncertain(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	if err := mailClient(t, c).DialAndSend(letter(t, "cut@example.com")); err == nil {
		t.Error("the sender got an answer")
	}
	expectCount(t, c, 1)
}

func TestSlowAnswersLate(t *testing.T) {
	t.Parallel()
	const pause = 200 * time.Millisecond
	c := start(t, catcher.Options{SlowAnswer: pause})
	began := time.Now()
	if err := mailClient(t, c).DialAndSend(letter(t, "slow@example.com")); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < pause {
		t.Errorf("answered after %s, want at least %s", took, pause)
	}
}

func TestBoundsOfAMail(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{MaxMessageBytes: 20_000, MaxRecipients: 2})
	large := letter(t, "zoe@example.com")
	large.SetBodyString(mail.TypeTextPlain, strings.Repeat("lorem ipsum\n", 4000))
	if err := mailClient(t, c).DialAndSend(large); err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("a mail that is too large was answered with %v, want 552", err)
	}
	crowd := letter(t, "zoe@example.com")
	if err := crowd.Cc("b@example.com", "c@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := mailClient(t, c).DialAndSend(crowd); err == nil || !strings.Contains(err.Error(), "452") {
		t.Errorf("too many recipients were answered with %v, want 452", err)
	}
	expectCount(t, c, 0)
}

func TestWhatIsCaughtSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	c, err := catcher.New(catcher.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	if err := mailClient(t, c).DialAndSend(letter(t, "zoe@example.com")); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err == nil {
		t.Error("Run twice was not an error")
	}
	expectCount(t, start(t, catcher.Options{Dir: dir}), 1)
}

func TestAStopAnswersWhatHasBegun(t *testing.T) {
	t.Parallel()
	c, err := catcher.New(catcher.Options{Dir: t.TempDir(), SlowAnswer: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	idle := mailClient(t, c) // a pooled connection must not hold up the stop
	if err := idle.DialWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer idle.Close() //nolint:errcheck // The server has closed it.
	busy, m := mailClient(t, c), letter(t, "slow@example.com")
	if err := busy.DialWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := events(t, c)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_ = busy.Send(m) // It wants to reset the connection, which is closed by then.
	}()
	<-stored // and its answer is a minute away
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the stop waits for the answer")
	}
	if <-sent; !m.IsDelivered() {
		t.Error("a mail that was being answered got no answer")
	}
}

func TestLogsHoldNoAddresses(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	c := start(t, catcher.Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for _, to := range []string{"zoe@example.com", "bounce@example.com", "cut@example.com"} {
		_ = mailClient(t, c).DialAndSend(letter(t, to)) // failures are what is wanted
	}
	if text := log.String(); strings.Contains(text, "example.com") || strings.Contains(text, "Zo") {
		t.Errorf("the log holds what it must not:\n%s", text)
	}
}

func TestDirIsRequired(t *testing.T) {
	t.Parallel()
	if _, err := catcher.New(catcher.Options{}); err == nil || !strings.Contains(err.Error(), "Options.Dir") {
		t.Errorf("got %v", err)
	}
}

func TestCloseWithoutRun(t *testing.T) {
	t.Parallel()
	c, err := catcher.New(catcher.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// expectCount compares the number of messages caught.
func expectCount(tb testing.TB, c *catcher.Catcher, want int) {
	tb.Helper()
	counts, err := c.Counts(context.Background())
	if err != nil || counts.Total != want {
		tb.Errorf("caught %d messages (%v), want %d", counts.Total, err, want)
	}
}

// getJSON reads an answer of the API.
func getJSON(tb testing.TB, url string, into any) int {
	tb.Helper()
	resp, err := http.Get(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Read to its end.
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		tb.Fatalf("%s answered with %q: %v", url, body, err)
	}
	return resp.StatusCode
}

// lockedBuffer is a buffer that several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
