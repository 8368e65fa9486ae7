package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/services/portal"
)

// perSecond is the load of the benchmark: what a mailing to a million people brings in its first minute when 3 % of them
// click.
const perSecond = 500

// BenchmarkClick follows links at a steady rate, each of another message, while the broker stores what comes of it. A click's
// time counts from when it was due, so that a server which falls behind cannot hide it.
func BenchmarkClick(b *testing.B) {
	r := start(b, portal.NewBroker(broker(b)))
	c := client(b)
	c.Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	paths := make([]string, b.N)
	for i := range paths {
		paths[i] = r.base + "/c/" + seal(b, ticket(link.Click, func(t *link.Ticket) {
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
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, paths[i], nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("User-Agent", iPhone)
			resp, err := c.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusFound {
				b.Errorf("answered %d", resp.StatusCode)
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
