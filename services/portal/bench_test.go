package portal_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// perSecond is the load of the benchmark: what a mailing to a million people brings in its first minute when 3 % of them
// click.
const perSecond = 500

// BenchmarkClick follows links at a steady rate, each of another message, while the broker stores what comes of it; and, for
// what the machine and the client take of it, a server that only redirects.
func BenchmarkClick(b *testing.B) {
	b.Run("portal", func(b *testing.B) {
		follow(b, start(b, bus.NewBroker(broker(b))).base)
	})
	b.Run("bare", func(b *testing.B) {
		srv := httptest.NewServer(http.RedirectHandler(target, http.StatusFound))
		b.Cleanup(srv.Close)
		follow(b, srv.URL)
	})
}

// follow clicks. A click's time counts from when it was due, so that a server which falls behind cannot hide it.
func follow(b *testing.B, base string) {
	b.Helper()
	c := client(b)
	c.Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	paths := make([]string, b.N)
	for i := range paths {
		paths[i] = base + "/c/" + seal(b, ticket(link.Click, func(t *link.Ticket) {
			t.Ref = message.Ref{ID: fmt.Sprintf("%032x", i), Partition: i % 64}
		}))
	}
	took := make([]time.Duration, b.N)
	var running sync.WaitGroup
	b.ResetTimer()
	began := time.Now()
	due := time.NewTicker(time.Second / perSecond)
	defer due.Stop()
	for i := range b.N {
		at := began.Add(time.Duration(i) * time.Second / perSecond)
		for time.Now().Before(at) {
			<-due.C
		}
		running.Go(func() {
			if err := clickOn(b.Context(), c, paths[i]); err != nil {
				b.Error(err)
			}
			took[i] = time.Since(at)
		})
	}
	running.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "clicks/s")
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[(len(took)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}

func clickOn(ctx context.Context, c *http.Client, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", iPhone)
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}
