package feeds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"rapport/pkg/catalogue"
	"rapport/pkg/event"
)

// Catalogue has the shop's products (package catalogue/live).
type Catalogue interface {
	// Put stores what events tell of products, in their order.
	Put(ctx context.Context, told []event.Event) error
	// Product is the record of a product; ok is false when nobody spoke of it.
	Product(id string) (p catalogue.Product, ok bool)
	// Each calls with every product until it answers false.
	Each(with func(p *catalogue.Product) bool)
}

// Options are what an agent is made of. URLs and Catalogue are required.
type Options struct {
	// URLs are those of the feeds, http or https.
	URLs      []string
	Catalogue Catalogue
	// Every is the time from one reading to the next; zero: 1 hour.
	Every time.Duration
	// Within is how long one reading may take; zero: 10 minutes.
	Within time.Duration
	// AllowPrivate lets feeds be in private networks.
	AllowPrivate  bool
	Now           func() time.Time // zero: time.Now
	Logger        *slog.Logger
	MeterProvider metric.MeterProvider
}

// Agent reads feeds.
type Agent struct {
	o      Options
	feeds  []*source
	client *http.Client
	reads  metric.Int64Counter
}

// source is one feed, and how it was when it was read last.
type source struct {
	url, name          string
	etag, lastModified string
}

// New makes an agent; Run starts it.
func New(o Options) (*Agent, error) {
	if o.Catalogue == nil || len(o.URLs) == 0 {
		return nil, errors.New("feeds: Options.Catalogue and Options.URLs are required")
	}
	if o.Every == 0 {
		o.Every = time.Hour
	}
	if o.Within == 0 {
		o.Within = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	a := &Agent{o: o, client: client(o.AllowPrivate)}
	for _, text := range o.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("feeds: %q is no address: write one such as https://shop.example/feed.xml", text)
		}
		a.feeds = append(a.feeds, &source{url: text, name: nameOf(u)})
	}
	var err error
	a.reads, err = o.MeterProvider.Meter("rapport/ingest").Int64Counter("ingest.feed.reads",
		metric.WithUnit("{reading}"), metric.WithDescription("Readings of product feeds, by feed and outcome: read, unchanged, shrunk or failed."))
	if err != nil {
		return nil, fmt.Errorf("feeds: make the metrics: %w", err)
	}
	return a, nil
}

// Run reads all feeds at once and then whenever it is time, until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	defer a.client.CloseIdleConnections()
	tick := time.NewTicker(a.o.Every)
	defer tick.Stop()
	for {
		for _, f := range a.feeds {
			a.look(ctx, f)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look reads one feed and tells what came of it.
func (a *Agent) look(ctx context.Context, f *source) {
	within, cancel := context.WithTimeout(ctx, a.o.Within)
	defer cancel()
	c, err := a.read(within, f)
	var few *shrunk
	outcome := "read"
	switch {
	case ctx.Err() != nil:
		return
	case errors.As(err, &few):
		outcome = "shrunk"
		a.o.Logger.WarnContext(ctx, "a product feed lists far less than before; nothing was taken out of the catalogue", "feed", f.name, "reason", few.Error())
	case err != nil:
		outcome = "failed"
		a.o.Logger.WarnContext(ctx, "a product feed cannot be read; what is known of its products stays", "feed", f.name, "told", c.told, "error", err)
	case c.unchanged:
		outcome = "unchanged"
	default:
		a.o.Logger.InfoContext(ctx, "read a product feed", "feed", f.name, "products", c.listed, "changed", c.told, "removed", c.removed, "refused", c.refused)
	}
	a.reads.Add(ctx, 1, metric.WithAttributes(attribute.String("feed", f.name), attribute.String("outcome", outcome)))
}

// counts are what one reading came to.
type counts struct {
	listed, told, removed, refused int
	unchanged                      bool
}

// shrunk says that a feed lost too many of its products.
type shrunk struct{ gone, had int }

func (s *shrunk) Error() string {
	return fmt.Sprintf(`%d of %d products are missing; if that is meant, send them to POST /v1/products with "removed": true`, s.gone, s.had)
}
