package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/journey"
	"rapport/pkg/recommend"
)

// patience is how long a partition waits for the recommender before the instance is
// postponed: a broken recommender must not hold up everybody else's events.
const patience = 2 * time.Second

// postponement is how long an instance that got no answer rests.
const postponement = time.Minute

// remote asks the recommender over NATS.
type remote struct{ conn *nats.Conn }

// Suggest sends the request and waits for the reply, at most patience.
func (r remote) Suggest(ctx context.Context, req recommend.Request) ([]recommend.Suggestion, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode a request for suggestions: %w", err)
	}
	msg, err := r.conn.RequestWithContext(ctx, recommend.Subject, body)
	if err != nil {
		return nil, fmt.Errorf("ask the recommender: %w", err)
	}
	var reply recommend.Reply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return nil, fmt.Errorf("read the recommender's reply: %w", err)
	}
	if reply.Error != "" {
		return nil, errors.New("recommender: " + reply.Error)
	}
	return reply.Suggestions, nil
}

func request(q journey.Query, through uint64) recommend.Request {
	r := recommend.Request{AsOf: q.AsOf, Through: through, Basket: q.Basket, Exclude: q.Exclude, Min: q.Min, Max: q.Max}
	for _, s := range q.From {
		r.From = append(r.From, recommend.Source(s))
	}
	return r
}

func products(from []recommend.Suggestion) []journey.Suggestion {
	out := make([]journey.Suggestion, 0, len(from))
	for _, s := range from {
		out = append(out, journey.Suggestion{ID: s.ID, Name: s.Name, Category: s.Category, URL: s.URL, ImageURL: s.ImageURL})
	}
	return out
}
