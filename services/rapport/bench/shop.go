package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"rapport/pkg/store"
	"rapport/services/ingest"
	"rapport/services/rapport/stack"
)

// shop is the whole of Rapport in this process, as `rapport up` runs it, and the mail server
// that it hands mails to.
type shop struct {
	b     *bench
	st    *stack.Stack
	mails *mails
}

// openShop starts everything on a place. The sink stays the caller's.
func (b *bench) openShop(ctx context.Context, p place, m *mails) (*shop, error) {
	keys, err := ingest.ParseKeys("bench:" + writeKey)
	if err != nil {
		return nil, err
	}
	cfg := stack.Config{
		Dir: p.dir, StoreURL: p.url, Starter: os.DirFS(b.shop), Keys: keys, Partitions: partitions, SMTP: stack.SMTP{Addr: m.addr, TLS: "none"}, Logger: b.o.Logger,
	}
	st, err := stack.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &shop{b: b, st: st, mails: m}
	select {
	case <-st.Orchestrator.Ready():
		return s, nil
	case <-st.Failed():
		err = errors.New("a service ended by itself")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, errors.Join(err, s.close(ctx))
}

func (s *shop) url() string { return "http://" + s.st.Ingest.Addr() }

func (s *shop) close(ctx context.Context) error {
	ctx, cancel := closing(ctx)
	defer cancel()
	return s.st.Close(ctx)
}

// finished waits until every decided message has its outcome recorded and nothing is in the
// outbox. It gives up when nothing has moved for a while.
func (s *shop) finished(ctx context.Context) error {
	deadline, last := time.Now().Add(patience), store.Unfinished{}
	for {
		u, err := s.st.Store.Unfinished(ctx)
		if u != last {
			deadline, last = time.Now().Add(patience), u
		}
		switch {
		case err != nil:
			return err
		case u == (store.Unfinished{}):
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("nothing moved for %s: %d messages have no outcome and %d wait in the outbox", patience, u.Messages, u.Outbox)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.st.Failed():
			return errors.New("a service ended by itself")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
