package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// shot is one event of an open loop: when it is due to be sent, and its order's number.
type shot struct {
	due    time.Time
	serial int
}

// loop is load at a rate that does not wait for answers.
type loop struct {
	rate int // events a second
	lead time.Duration
	over time.Duration
}

// ahead is how many requests lie ready to be posted. All of a run's would be a sixth of the memory that the engine
// may have, whose collector is the same: it ran twice as often for what only the bench had.
const ahead = 64

// fire posts one event at a time, each at its time, whatever became of those before, and
// returns when all were accepted. Each event's latency begins when it was due, so that one
// that was sent late because everything stood still counts as late.
func (s *shop) fire(ctx context.Context, l loop) (_ []shot, err error) {
	door, err := newWire(s.url(), doors)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, door.close()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	n := int(float64(l.rate) * l.over.Seconds())
	shots := make([]shot, n)
	requests := make(chan []byte, ahead)
	began := time.Now().Add(l.lead)
	var posting sync.WaitGroup
	posting.Go(func() {
		defer close(requests)
		if err := s.write(ctx, shots, requests); err != nil {
			stop(err)
		}
	})
	errs := make(chan error, n)
	for i := range shots {
		shots[i].due = began.Add(time.Duration(i) * time.Second / time.Duration(l.rate))
		request, ok := <-requests
		if !ok || !until(ctx, shots[i].due) {
			break
		}
		posting.Go(func() {
			if err := insist(ctx, func() (int, []byte, error) { return door.post(ctx, request) }); err != nil {
				errs <- err
			}
		})
	}
	posting.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case err := <-errs:
		return nil, fmt.Errorf("%d of %d events were not accepted, one because: %w", len(errs)+1, n, err)
	default:
		return shots, nil
	}
}

// write makes orders, gives the shots their numbers, and writes their requests down.
func (s *shop) write(ctx context.Context, shots []shot, requests chan<- []byte) error {
	for i := range shots {
		o := s.b.next(s.b.o.Profiles, now())
		shots[i].serial = s.b.serial
		body, err := json.Marshal(o.call())
		if err != nil {
			return fmt.Errorf("encode order %s: %w", o.id, err)
		}
		request, err := written(ctx, s.url()+"/v1/track", body)
		if err != nil {
			return err
		}
		select {
		case requests <- request:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// until waits for a time; it reports false when ctx ended first.
func until(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// latencies are the times from when events were due to when their mails were accepted, of
// those that were due from a time up to another, sorted. It waits for all mails.
func (s *shop) latencies(ctx context.Context, shots []shot, from, to time.Time) ([]time.Duration, error) {
	var list []time.Duration
	for i := range shots {
		at, err := s.mails.awaitOf(ctx, shots[i].serial)
		if err != nil {
			return nil, err
		}
		if due := shots[i].due; !due.Before(from) && due.Before(to) {
			list = append(list, at.Sub(due))
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no event fell into the time that is measured")
	}
	slices.Sort(list)
	return list, nil
}

// doors is how many requests are under way at most: those behind them wait, which counts.
const doors = 256

// The rate and the length of the latency row.
const (
	latencyRate = 500
	latencyOver = 30 * time.Second
	warming     = 5 * time.Second
)

// usualLoop is the load of the latency row.
func (b *bench) usualLoop(over time.Duration) loop {
	if b.o.Quick {
		return loop{rate: 50, lead: 50 * time.Millisecond, over: time.Second}
	}
	return loop{rate: latencyRate, lead: time.Second, over: over}
}

// latency measures the time from an event to the acceptance of its mail.
func (b *bench) latency(ctx context.Context, row *Row) (err error) {
	limited := b.likeUp()
	defer limited()
	m, err := startSink(ctx, &b.o)
	if err != nil {
		return err
	}
	defer m.stop()
	p, release, err := b.seeded(ctx, b.o.Profiles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	s, err := b.openShop(ctx, p, m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	l := b.usualLoop(warming + latencyOver)
	shots, err := s.fire(ctx, l)
	if err != nil {
		return err
	}
	from := shots[0].due
	if !b.o.Quick {
		from = from.Add(warming)
	}
	list, err := s.latencies(ctx, shots, from, time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	if err := s.finished(ctx); err != nil {
		return err
	}
	row.Figures = append(row.Figures,
		figure("event to SMTP acceptance, median", ms(quantile(list, 0.5)), "ms").atMost(10),
		figure("the same, 99th percentile", ms(quantile(list, 0.99)), "ms").atMost(50))
	row.Notes = append(row.Notes, fmt.Sprintf("%d events at %d/s over %s profiles, one request each, sent by the clock whatever the answers; from when an event was due to be sent; "+
		"the first %s are not counted; worst %s ms", len(list), l.rate, count(b.o.Profiles), from.Sub(shots[0].due), number(ms(list[len(list)-1]))))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
