package listener

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// told writes lines to the log: of one kind at most one in a minute, so that strangers cannot fill it.
type told struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last map[string]*spell // by kind, of which there are a few for each provider
}

type spell struct {
	at      time.Time
	skipped int
}

const quiet = time.Minute

func (t *told) warn(ctx context.Context, provider string, what outcome, err error) {
	t.mu.Lock()
	now, kind := t.now(), provider+" "+string(what)
	s := t.last[kind]
	if s == nil {
		s = &spell{}
		t.last[kind] = s
	}
	if !s.at.IsZero() && now.Sub(s.at) < quiet && !now.Before(s.at) {
		s.skipped++
		t.mu.Unlock()
		return
	}
	skipped := s.skipped
	s.at, s.skipped = now, 0
	t.mu.Unlock()
	args := []any{"provider", provider, "outcome", string(what), "skipped", skipped}
	if err != nil {
		args = append(args, "error", err)
	}
	t.log.WarnContext(ctx, "callback", args...)
}
