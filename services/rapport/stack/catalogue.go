package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/catalogue/live"
	"rapport/pkg/lifecycle"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/workspace"
	"rapport/services/ingest/feeds"
	"rapport/services/orchestrator"
)

// sells are the services that ask what the shop sells now, or are told.
func sells() []string { return []string{"ingest", "recommender", "mailer", "texter", "caller"} }

// catalogue opens what the shop sells, once for all services here. Replays have none: what is
// sold now says nothing about their time.
//
// With keys of an earlier version, which may not look at it, everything works as it did then,
// save for what is told of products.
func (s *Stack) catalogue(ctx context.Context) error {
	if s.cfg.Clock == orchestrator.EventClock || !slices.ContainsFunc(sells(), s.cfg.runs) {
		return nil
	}
	opening, cancel := context.WithTimeout(ctx, openBucket)
	defer cancel()
	log := s.cfg.Logger.With("component", "catalogue")
	shelf, err := live.Open(opening, s.JS, s.cfg.NATSReplicas, log)
	switch {
	case err == nil:
		s.shelf = shelf
	case errors.Is(err, nats.ErrPermissionViolation), errors.Is(s.conn.LastError(), nats.ErrPermissionViolation):
		log.WarnContext(ctx, "the catalogue is closed to this process: messages show products as they were ordered, and what is told of products is refused; "+
			"run rapport provision and give the broker the accounts.conf of this version", "error", err)
	default:
		return fmt.Errorf("open the catalogue: %w", err)
	}
	return nil
}

// live is what rendering needs of the catalogue, with what a message has beside it.
func (s *Stack) live(more ...render.Option) []render.Option {
	if s.shelf != nil {
		more = append(more, render.WithCatalogue(s.shelf))
	}
	return more
}

// renderedWith renders a message with the snapshot that has its journey's version, and products as they are
// now.
func renderedWith[T any](s *Stack, by func(*workspace.Snapshot, context.Context, *message.Command, ...render.Option) (T, error)) func(context.Context, *message.Command) (T, error) {
	return rendered(s, func(snap *workspace.Snapshot, ctx context.Context, c *message.Command) (T, error) {
		return by(snap, ctx, c, s.live()...)
	})
}

// Feeds are the shop's product feeds, which the catalogue follows.
type Feeds struct {
	URLs         []string      // empty: there are none
	Every        time.Duration // from one reading to the next; zero: 1 hour
	AllowPrivate bool          // they may be in private networks
}

// feeds reads them; nil where there are none.
func (s *Stack) feeds() (lifecycle.Service, error) {
	if len(s.cfg.Feeds.URLs) == 0 || s.shelf == nil {
		return nil, nil //nolint:nilnil // No service is no error.
	}
	return feeds.New(feeds.Options{ //nolint:wrapcheck // It says what it was doing.
		URLs: s.cfg.Feeds.URLs, Every: s.cfg.Feeds.Every, AllowPrivate: s.cfg.Feeds.AllowPrivate, Catalogue: s.shelf, Now: wallClock(),
		Logger: s.cfg.Logger.With("component", "feeds"), MeterProvider: s.cfg.Meters,
	})
}
