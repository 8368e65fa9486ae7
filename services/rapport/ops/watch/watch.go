package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/store"
	"rapport/pkg/telemetry"
)

// Store is what watch needs of the store.
type Store interface {
	Positions(ctx context.Context) (map[int]store.Position, error)
	Unfinished(ctx context.Context) (store.Unfinished, error)
	NextDue(ctx context.Context, partition int) (at time.Time, ok bool, err error)
}

// Options says what to look at.
type Options struct {
	JS     jetstream.JetStream  // required
	Store  Store                // nil: what needs one is left out
	Meters metric.MeterProvider // nil: nothing is ever looked at
	Logger *slog.Logger         // nil is silence
	// Within bounds each look, three seconds when zero, and Fresh is how long what was seen
	// is told again without a new look, ten seconds when zero.
	Within, Fresh time.Duration

	now func() time.Time
}

// sample is one value of a gauge.
type sample struct {
	gauge string
	value float64
	about []attribute.KeyValue
}

// look is one question and its last answer.
type look struct {
	name string
	ask  func(ctx context.Context) ([]sample, error)

	busy   chan struct{} // closed when the question in hand is answered; nil before the first
	answer reply         // to it, valid then
	seen   []sample
	failed error
}

type reply struct {
	seen []sample
	err  error
}

// take asks, unless the former question hangs on, and keeps what was answered in time.
func (l *look) take(ctx context.Context) {
	if l.busy == nil || ended(l.busy) {
		busy := make(chan struct{})
		l.busy = busy
		go func() {
			defer close(busy)
			seen, err := l.ask(ctx)
			l.answer = reply{seen, err}
		}()
	}
	select {
	case <-l.busy:
		l.seen, l.failed = l.answer.seen, l.answer.err
	case <-ctx.Done():
		l.seen, l.failed = nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
	if l.failed != nil {
		l.seen = nil
	}
}

func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Watch holds the last answers.
type Watch struct {
	o      Options
	gauges map[string]metric.Float64ObservableGauge
	called metric.Registration

	mu    sync.Mutex // one round of looks at a time
	looks []*look
	at    time.Time // of the last round
}

// New registers the gauges with Options.Meters. It starts nothing; Close ends it.
func New(o Options) (*Watch, error) {
	if o.JS == nil {
		return nil, errors.New("watch: Options.JS is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Within == 0 {
		o.Within = 3 * time.Second
	}
	if o.Fresh == 0 {
		o.Fresh = 10 * time.Second
	}
	if o.now == nil {
		o.now = time.Now
	}
	w := &Watch{o: o, gauges: map[string]metric.Float64ObservableGauge{}}
	w.looks = []*look{
		{name: "streams", ask: w.streams},
		{name: "workers", ask: w.workers},
		{name: "letters", ask: w.letters},
		{name: "leases", ask: w.leases},
	}
	if o.Store != nil {
		w.looks = append(w.looks, &look{name: "lag", ask: w.lag}, &look{name: "unfinished", ask: w.unfinished}, &look{name: "timers", ask: w.timers})
	}
	if err := w.register(telemetry.Meter(o.Meters, "watch")); err != nil {
		return nil, fmt.Errorf("watch: make the metrics: %w", err)
	}
	return w, nil
}

func (w *Watch) register(m metric.Meter) error {
	var all []metric.Observable
	for _, g := range gauges {
		made, err := m.Float64ObservableGauge(g.name, metric.WithUnit(g.unit), metric.WithDescription(g.says))
		if err != nil {
			return fmt.Errorf("gauge %s: %w", g.name, err)
		}
		w.gauges[g.name], all = made, append(all, made)
	}
	var err error
	if w.called, err = m.RegisterCallback(w.observe, all...); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// Close ends the looking, so that the broker and the store can go. It waits for a round in hand, which
// is bounded.
func (w *Watch) Close() error {
	err := w.called.Unregister()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		return fmt.Errorf("watch: unregister: %w", err)
	}
	return nil
}

// observe tells what was seen, after a new round of looks when the last one is too old.
// Readers that come meanwhile wait for it and are told the same.
func (w *Watch) observe(ctx context.Context, o metric.Observer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.IsZero() || w.o.now().Sub(w.at) >= w.o.Fresh {
		w.round(ctx)
	}
	for _, l := range w.looks {
		ok := 1.0
		if l.failed != nil {
			ok = 0
		}
		o.ObserveFloat64(w.gauges[watchOK], ok, metric.WithAttributes(attribute.String("look", l.name)))
		for _, s := range l.seen {
			o.ObserveFloat64(w.gauges[s.gauge], s.value, metric.WithAttributes(s.about...))
		}
	}
	return nil
}

// round looks at everything, beside each other. It does not end with the reader that
// asked first: the next one wants to know too.
func (w *Watch) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.o.Within)
	defer cancel()
	var wg sync.WaitGroup
	for _, l := range w.looks {
		wg.Go(func() {
			before := l.failed
			l.take(ctx)
			if (before == nil) != (l.failed == nil) {
				w.o.Logger.Info("what the broker or the store say can be seen again, or not any more", "look", l.name, "error", l.failed)
			}
		})
	}
	wg.Wait()
	w.at = w.o.now()
}
