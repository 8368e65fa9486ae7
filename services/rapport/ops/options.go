package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Check is one thing that must be true for the process to do its work.
type Check struct {
	// Name is what answers, metrics and alerts call it: "broker", "store".
	Name string
	// Ready returns nil when it is true, and otherwise why it is not. It has a second; the
	// context ends then. It may be called from any goroutine, but from one at a time.
	Ready func(ctx context.Context) error
}

// Options says where to listen and what to answer.
type Options struct {
	// Addr is host:port; port 0 takes a free one. Required.
	Addr string
	// Checks decide about readiness. None: ready until Drain.
	Checks []Check
	// Alive decide about /healthz. They must ask nothing outside the process, such as whether a
	// lock can still be taken; one that fails, or hangs for ten seconds, has the process
	// restarted. None: alive as long as it answers.
	Alive []Check
	// Metrics answers /metrics, see telemetry.Providers.Scrape. Nil: 404.
	Metrics http.Handler
	// Meters gets the gauge ops_check_ok, 1 or 0 by check. Nil: none.
	Meters metric.MeterProvider
	// Version is the program's, told by /healthz and /readyz.
	Version string
	// Profile serves /debug/pprof/, which tells much and costs much.
	Profile bool
	// Logger is told when readiness changes; nil is silence.
	Logger *slog.Logger

	within time.Duration // for a check, a second
	fresh  time.Duration // how long an answer is kept, a second
	stuck  time.Duration // for a check of Alive, ten seconds
}

func (o Options) withDefaults() (Options, error) {
	if o.Addr == "" {
		return o, errors.New("ops: Options.Addr is missing: name host:port")
	}
	seen := map[string]bool{}
	for _, c := range append(append([]Check{}, o.Checks...), o.Alive...) {
		if c.Name == "" || c.Ready == nil || seen[c.Name] {
			return o, fmt.Errorf("ops: check %q: it needs a function and a name of its own", c.Name)
		}
		seen[c.Name] = true
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.within == 0 {
		o.within, o.fresh, o.stuck = time.Second, time.Second, 10*time.Second
	}
	return o, nil
}
