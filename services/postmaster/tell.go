package postmaster

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// told writes lines to the log: of one outcome at most one in a minute, so that strangers cannot fill it.
type told struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last map[outcome]*spell
}

// spell is the time since the last line, and what was left out in it.
type spell struct {
	at      time.Time
	skipped int
}

const quiet = time.Minute

// warn tells of an outcome; err, which may be nil, must not hold addresses or texts.
func (t *told) warn(ctx context.Context, what outcome, err error) {
	skipped, due := t.due(what)
	if !due {
		return
	}
	args := []any{"outcome", string(what), "skipped", skipped}
	if err != nil {
		args = append(args, "error", err)
	}
	t.log.WarnContext(ctx, "inbound mail", args...)
}

func (t *told) due(what outcome) (skipped int, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, s := t.now(), t.last[what]
	if s == nil {
		t.last[what] = &spell{at: now}
		return 0, true
	}
	if since := now.Sub(s.at); since >= 0 && since < quiet {
		s.skipped++
		return 0, false
	}
	skipped = s.skipped
	s.at, s.skipped = now, 0
	return skipped, true
}
