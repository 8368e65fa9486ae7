package recommender

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"rapport/pkg/bus"
	"rapport/pkg/catalogue"
	"rapport/pkg/event"
	"rapport/pkg/recommend"
)

// Options are what a recommender is made of. Conn is required.
type Options struct {
	Conn *nats.Conn
	// Model configures the model; nil: its defaults.
	Model recommend.Config
	// Catalogue is what the shop sells now; nil: whatever was bought once. Replays have none, so
	// that their answers follow from the orders alone.
	Catalogue Catalogue
	// Wait is how long a request may wait for the reader; zero: 1 second.
	Wait          time.Duration
	Logger        *slog.Logger
	MeterProvider metric.MeterProvider
}

// Catalogue has the shop's products as they are now (package catalogue/live).
type Catalogue interface {
	// Product is the record of a product; ok is false when nobody spoke of it.
	Product(id string) (p catalogue.Product, ok bool)
}

// Recommender learns from orders and answers requests.
type Recommender struct {
	o       Options
	log     *slog.Logger
	answers metric.Float64Histogram

	mu       sync.Mutex
	model    *recommend.Model
	excluded map[string]struct{} // of the request in hand
	through  uint64              // sequence of the last event read
	moved    chan struct{}       // closed and replaced whenever through grows
	ready    chan struct{}       // closed when requests are answered
}

// New makes a recommender; Run starts it.
func New(o Options) (*Recommender, error) {
	if o.Conn == nil {
		return nil, errors.New("recommender: Options.Conn is missing")
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	answers, err := o.MeterProvider.Meter("rapport/recommender").Float64Histogram("recommender_answer_seconds",
		metric.WithUnit("s"), metric.WithDescription("Time to answer a request, once everything it needs has been read."))
	if err != nil {
		return nil, fmt.Errorf("recommender: make the metrics: %w", err)
	}
	return &Recommender{
		o: o, log: o.Logger, answers: answers, model: recommend.New(o.Model),
		excluded: map[string]struct{}{}, moved: make(chan struct{}), ready: make(chan struct{}),
	}, nil
}

// Ready is closed when requests are answered.
func (r *Recommender) Ready() <-chan struct{} { return r.ready }

// Run reads and answers until ctx ends.
func (r *Recommender) Run(ctx context.Context) error {
	js, err := bus.JetStream(r.o.Conn)
	if err != nil {
		return fmt.Errorf("recommender: %w", err)
	}
	reader, err := bus.Read(ctx, js, bus.StreamEvents, nil, 0, bus.ReadOptions{})
	if err != nil {
		return fmt.Errorf("recommender: %w", err)
	}
	defer reader.Close() //nolint:errcheck // The consumer runs out by itself; nothing is lost with it.
	requests := make(chan *nats.Msg, 1024)
	// A queue group: of several recommenders one answers.
	sub, err := r.o.Conn.ChanQueueSubscribe(recommend.Subject, "recommender", requests)
	if err != nil {
		return fmt.Errorf("recommender: listen on %s: %w", recommend.Subject, err)
	}
	var working sync.WaitGroup
	defer working.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range answerers {
		working.Go(func() { r.serve(ctx, requests) })
	}
	defer sub.Unsubscribe() //nolint:errcheck // The connection may be gone already.
	if err := r.o.Conn.Flush(); err != nil {
		return fmt.Errorf("recommender: listen on %s: %w", recommend.Subject, err)
	}
	close(r.ready)
	for {
		deliveries, err := reader.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("recommender: read events: %w", err)
		}
		r.learn(deliveries)
	}
}

// answerers is how many requests may wait at once; the model answers one at a time.
const answerers = 64

// learn takes orders in; anything else only moves the position.
func (r *Recommender) learn(deliveries []bus.Delivery) {
	orders := make([]recommend.Order, 0, len(deliveries))
	for _, d := range deliveries {
		if o, ok := order(d); ok {
			orders = append(orders, o)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range orders {
		r.model.Learn(o)
	}
	r.through = deliveries[len(deliveries)-1].Seq
	close(r.moved)
	r.moved = make(chan struct{})
}

// order reads a delivery as a completed order. What cannot be read is the orchestrator's
// to complain about, once.
func order(d bus.Delivery) (recommend.Order, bool) {
	if d.IsReceipt() {
		return recommend.Order{}, false
	}
	e, err := event.Decode(d.Data)
	if err != nil || e.Type != event.OrderCompleted || e.Of != "" { // What is passed on has been counted under the id it came with.
		return recommend.Order{}, false
	}
	o, err := e.Order()
	if err != nil {
		return recommend.Order{}, false
	}
	out := recommend.Order{ID: e.UID(), At: e.Time, Items: make([]recommend.Item, 0, len(o.Products))}
	for i := range o.Products {
		if p := &o.Products[i]; p.Sellable() {
			out.Items = append(out.Items, recommend.Item{ID: p.Key(), Name: p.Name, Category: p.Category, URL: p.URL, ImageURL: p.ImageURL})
		}
	}
	return out, len(out.Items) > 0
}

func (r *Recommender) serve(ctx context.Context, requests <-chan *nats.Msg) {
	for {
		select {
		case <-ctx.Done():
			return
		case msg := <-requests:
			body, err := json.Marshal(r.reply(ctx, msg.Data))
			if err == nil {
				err = msg.Respond(body)
			}
			if err != nil {
				r.log.Warn("reply not sent", "error", err)
			}
		}
	}
}

func (r *Recommender) reply(ctx context.Context, data []byte) recommend.Reply {
	var req recommend.Request
	if err := json.Unmarshal(data, &req); err != nil {
		return recommend.Reply{Error: "the request is not JSON of the form of recommend.Request: " + err.Error()}
	}
	got, err := r.Suggest(ctx, req)
	if err != nil {
		return recommend.Reply{Error: err.Error()}
	}
	return recommend.Reply{Suggestions: got}
}

// Suggest answers a request, for who is in the same process and need not ask over NATS. It
// waits for what has to be read first, briefly; an error means that there is no answer now.
func (r *Recommender) Suggest(ctx context.Context, req recommend.Request) ([]recommend.Suggestion, error) {
	if err := r.wait(ctx, req.Through); err != nil {
		return nil, err
	}
	start := time.Now()
	got := r.suggest(&req)
	r.answers.Record(ctx, time.Since(start).Seconds())
	return got, nil
}

func (r *Recommender) suggest(req *recommend.Request) []recommend.Suggestion {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.excluded)
	for _, id := range req.Exclude {
		r.excluded[id] = struct{}{}
	}
	got := r.model.Suggest(recommend.Query{
		AsOf: req.AsOf, Basket: req.Basket, Min: req.Min, Max: req.Max, Basis: req.From, Exclude: r.excludes,
	})
	r.describe(got)
	return got
}

// excludes reports what the request does not want, and what the shop does not sell now.
func (r *Recommender) excludes(id string) bool {
	if _, yes := r.excluded[id]; yes || r.o.Catalogue == nil {
		return yes
	}
	p, known := r.o.Catalogue.Product(id)
	return known && !p.ForSale()
}

// describe puts what the catalogue says in the place of what orders said of products.
func (r *Recommender) describe(list []recommend.Suggestion) {
	if r.o.Catalogue == nil {
		return
	}
	for i := range list {
		s := &list[i]
		if p, known := r.o.Catalogue.Product(s.ID); known {
			s.Name, s.Category = cmp.Or(p.Name, s.Name), cmp.Or(p.Category, s.Category)
			s.URL, s.ImageURL = cmp.Or(p.URL, s.URL), cmp.Or(p.ImageURL, s.ImageURL)
		}
	}
}

// wait returns when everything up to the sequence has been read.
func (r *Recommender) wait(ctx context.Context, through uint64) error {
	var timeout *time.Timer // made only when there is something to wait for
	defer func() {
		if timeout != nil {
			timeout.Stop()
		}
	}()
	for {
		r.mu.Lock()
		at, moved := r.through, r.moved
		r.mu.Unlock()
		if at >= through {
			return nil
		}
		if timeout == nil {
			timeout = time.NewTimer(r.o.Wait)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return errors.New("stopping")
		case <-timeout.C:
			return fmt.Errorf("has read up to sequence %d, %d is asked for; try again", at, through)
		}
	}
}
