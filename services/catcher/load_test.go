package catcher_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"

	"rapport/services/catcher"
)

// source is a mail of about ten kilobytes, as a template makes it.
func source(id int) string {
	return fmt.Sprintf("From: shop@example.com\r\nTo: zoe@example.com\r\nSubject: Order %d\r\nMessage-ID: <%d@example.com>\r\n"+
		"X-Rapport-Message: msg-%d\r\nX-Rapport-Journey: thank-you\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s",
		id, id, id, strings.Repeat("<tr><td style=\"padding:8px\">WHITE HANGING HEART T-LIGHT HOLDER</td></tr>\r\n", 130))
}

// flood sends mails over several connections until next returns false, and returns how many were answered with 250.
func flood(tb testing.TB, addr string, connections int, next func() (id int, more bool)) int64 {
	tb.Helper()
	var accepted atomic.Int64
	var working sync.WaitGroup
	for range connections {
		working.Go(func() {
			c, err := smtp.Dial(addr)
			if err != nil {
				tb.Error(err)
				return
			}
			defer c.Close() //nolint:errcheck // The server may be dead by now.
			for {
				id, more := next()
				if !more {
					return
				}
				if err := c.SendMail("shop@example.com", []string{"zoe@example.com"}, strings.NewReader(source(id))); err != nil {
					return // the server is dead
				}
				accepted.Add(1)
			}
		})
	}
	working.Wait()
	return accepted.Load()
}

func BenchmarkMail(b *testing.B) {
	for _, connections := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("%d connections", connections), func(b *testing.B) {
			c := start(b, catcher.Options{})
			var sent atomic.Int64
			b.ResetTimer()
			flood(b, c.SMTPAddr(), connections, func() (int, bool) {
				n := int(sent.Add(1))
				return n, n <= b.N
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
			expectCount(b, c, b.N)
		})
	}
}

// TestKilled is run by TestWhatIsAnsweredSurvivesAKill in a process of its own.
func TestKilled(t *testing.T) {
	dir := os.Getenv("CATCHER_TEST_DIR")
	if dir == "" {
		t.Skip("this is the process that another test kills")
	}
	c := start(t, catcher.Options{Dir: dir})
	fmt.Println("listening", c.SMTPAddr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
}

func TestWhatIsAnsweredSurvivesAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process and kills it; run without -short")
	}
	t.Parallel()
	dir := t.TempDir()
	process := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	process.Env = append(os.Environ(), "CATCHER_TEST_DIR="+dir)
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close() //nolint:errcheck // It keeps the process alive, which is dead by then.
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := textproto.NewReader(bufio.NewReader(stdout)).ReadLine()
	addr, listening := strings.CutPrefix(line, "listening ")
	if err != nil || !listening {
		t.Fatalf("the process said %q, %v", line, err)
	}
	var sent atomic.Int64
	accepted := flood(t, addr, 8, func() (int, bool) {
		n := int(sent.Add(1))
		if n == 500 {
			_ = process.Process.Kill()
		}
		return n, true
	})
	_ = process.Wait() // It was killed.
	found, err := start(t, catcher.Options{Dir: dir}).Counts(t.Context())
	if err != nil || int64(found.Total) < accepted || int64(found.Total) > accepted+8 {
		t.Errorf("%d mails were answered, %d were kept (at most one more for each connection), %v", accepted, found.Total, err)
	}
}

// TestManyAtOnce checks that senders who share commits each get their own mail stored, once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{})
	const mails = 200
	var sent atomic.Int64
	if accepted := flood(t, c.SMTPAddr(), 16, func() (int, bool) {
		n := int(sent.Add(1))
		return n, n <= mails
	}); accepted != mails {
		t.Fatalf("%d of %d were accepted", accepted, mails)
	}
	found, err := c.Messages(t.Context(), catcher.Filter{After: -1, Limit: 1000})
	if err != nil || len(found) != mails {
		t.Fatalf("found %d, %v", len(found), err)
	}
	ids := map[string]bool{}
	for i, m := range found {
		ids[m.MessageID] = true
		if i > 0 && found[i-1].ID >= m.ID {
			t.Error("after=0 is not oldest first")
		}
	}
	if len(ids) != mails {
		t.Errorf("%d different mails of %d", len(ids), mails)
	}
}

func TestOnlyTheLatestAreKept(t *testing.T) {
	t.Parallel()
	c := start(t, catcher.Options{Keep: 10})
	n := 0
	flood(t, c.SMTPAddr(), 1, func() (int, bool) { n++; return n, n <= 25 })
	found, err := c.Messages(t.Context(), catcher.Filter{})
	if err != nil || len(found) != 10 || found[0].Subject != "Order 25" {
		t.Errorf("kept %d, %v", len(found), err)
	}
}

func BenchmarkSMS(b *testing.B) {
	c := start(b, catcher.Options{})
	form := url.Values{"To": {"+447700900123"}, "From": {"Linden"}, "Body": {"We miss you"}, "StatusCallback": {"https://shop.example.com/?message=m"}}.Encode()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	b.Cleanup(client.CloseIdleConnections)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, c.URL()+"/2010-04-01/Accounts/AC1/Messages.json", strings.NewReader(form))
			if err != nil {
				b.Error(err)
				return
			}
			r.SetBasicAuth("AC1", "secret")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusCreated {
				b.Error(resp.Status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "SMS/s")
}
