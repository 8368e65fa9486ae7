package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/pkg/visitor"
)

// Each step is a click: when, of which message, on which link. What is judged, and when, is written down.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		clicks string // milliseconds:message:link
		want   string // milliseconds:message:link:why
	}{
		"alone":             {"0:m:a", "2000:m:a:"},
		"again":             {"0:m:a 1900:m:a", "2000:m:a:"},
		"again, later":      {"0:m:a 2000:m:a", "2000:m:a: 4000:m:a:"},
		"two messages":      {"0:m:a 100:n:b", "2000:m:a: 2100:n:b:"},
		"the later tells":   {"0:m:a 900:m:b", "2000:m:a:burst 2900:m:b:burst"},
		"three in two":      {"0:m:a 1050:m:b 1900:m:c", "2000:m:a:burst 3050:m:b:burst 3900:m:c:burst"},
		"two tabs":          {"0:m:a 1500:m:b", "2000:m:a: 3500:m:b:"},
		"a person, then":    {"0:m:a 5000:m:b 5100:m:c", "2000:m:a: 7000:m:b:burst 7100:m:c:burst"},
		"one after another": {"0:m:a 1500:m:b 3000:m:c 4500:m:d", "2000:m:a: 3500:m:b: 5000:m:c: 6500:m:d:"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				h := newHold(100)
				var got []string
				h.judged = func(_ context.Context, c *click, v visitor.Verdict) {
					got = append(got, fmt.Sprintf("%d:%s:%s:%s", time.Since(began).Milliseconds(), c.ticket.Ref.ID, c.visit.Link, v.Why))
				}
				h.again = func(context.Context) {}
				var running sync.WaitGroup
				running.Go(func() { h.run(t.Context(), time.Now, nil) })
				for step := range strings.FieldsSeq(c.clicks) {
					parts := strings.Split(step, ":")
					after, err := time.ParseDuration(parts[0] + "ms")
					if err != nil {
						t.Fatal(err)
					}
					<-time.After(time.Until(began.Add(after)))
					v := visitor.Visit{Method: "GET", Agent: "Mozilla/5.0 (X11)", Link: parts[2], At: time.Now()}
					h.add(t.Context(), &click{ticket: link.Ticket{Ref: message.Ref{ID: parts[1]}}, visit: v})
				}
				h.close()
				running.Wait()
				if all := strings.Join(got, " "); all != c.want {
					t.Errorf("judged %s\nwant   %s", all, c.want)
				}
				if len(h.recent) != 0 {
					t.Errorf("%d messages are still remembered", len(h.recent))
				}
			})
		})
	}
}

// What has no room, and what the stop does not wait for, is counted; what the broker takes is in order.
func TestOutboxCountsWhatIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		m, err := newMetrics(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test"))
		if err != nil {
			t.Fatal(err)
		}
		p := &flaky{failing: true}
		b := newOutbox(Options{Publisher: p, Waiting: 3}.withDefaults(), m)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { b.run(ctx) })
		add := func(names string) {
			for name := range strings.SplitSeq(names, "") {
				b.add(ctx, &nats.Msg{Subject: name})
			}
			synctest.Wait()
		}
		add("abcde")
		p.set(false)
		<-time.After(time.Minute)
		if got := p.got(); got != "abc" {
			t.Errorf("stored %q, want abc", got)
		}
		p.set(true)
		add("fg")
		stop()
		running.Wait()
		add("h")
		if full, stopped := sum(t, reader, "full"), sum(t, reader, "stopped"); full != 2 || stopped != 3 {
			t.Errorf("lost for want of room %d, at the stop %d; want 2 and 3", full, stopped)
		}
	})
}

// flaky is a publisher that works or does not.
type flaky struct {
	mu      sync.Mutex
	failing bool
	stored  string
}

func (f *flaky) set(failing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failing = failing
}

func (f *flaky) got() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stored
}

func (f *flaky) PublishBatch(_ context.Context, msgs []*nats.Msg) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failing {
		return errors.New("away")
	}
	for _, m := range msgs {
		f.stored += m.Subject
	}
	return nil
}

// sum is how many events were counted as dropped for a reason.
func sum(t *testing.T, reader *sdkmetric.ManualReader, why string) int64 {
	t.Helper()
	return telemetrytest.Count(t, reader, "portal.dropped", attribute.String("reason", why))
}
