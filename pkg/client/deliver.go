package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// setback is a failure that may pass.
type setback struct {
	err   error
	after time.Duration // Retry-After, 0 when nothing was said
	split bool          // it was too much at a time
}

func (s *setback) Error() string { return s.err.Error() }
func (s *setback) Unwrap() error { return s.err }

// deliver sends a batch until all of it is settled or the client ends.
func (c *Client) deliver(batch []*entry) {
	began := time.Now()
	for attempt := 0; len(batch) > 0; attempt++ {
		ctx, cancel := context.WithTimeout(c.life, c.o.Timeout)
		said := c.courier.carry(ctx, batch)
		cancel()
		left, worst := c.sort(batch, said)
		if len(left) == 0 || c.life.Err() != nil {
			return
		}
		if worst.split && len(left) > 1 {
			c.deliver(left[:len(left)/2])
			batch, attempt = left[len(left)/2:], -1
			continue
		}
		pause := max(backoff(attempt), scattered(worst.after))
		if c.o.GiveUpAfter > 0 && time.Since(began)+pause > c.o.GiveUpAfter {
			c.report(left, func(int) error {
				return fmt.Errorf("client: not stored after %s: %w", time.Since(began).Round(time.Millisecond), worst.err)
			})
			return
		}
		if c.o.Trouble != nil {
			c.o.Trouble(worst.err, pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-c.life.Done():
			timer.Stop()
			return
		}
		batch = left
	}
}

// sort settles what is known of, and returns the rest with the worst of its setbacks.
func (c *Client) sort(batch []*entry, said []error) (left []*entry, worst *setback) {
	var settled []*entry
	var why []error
	worst = &setback{}
	for i, e := range batch {
		var s *setback
		if !errors.As(said[i], &s) {
			settled, why = append(settled, e), append(why, said[i])
			continue
		}
		left = append(left, e)
		worst.err = s.err
		worst.after = max(worst.after, s.after)
		worst.split = worst.split || s.split
	}
	c.report(settled, func(i int) error { return why[i] })
	return left, worst
}

// report settles entries and tells what became of them.
func (c *Client) report(entries []*entry, why func(int) error) {
	if len(entries) == 0 {
		return
	}
	results := make([]Result, len(entries))
	for i, e := range entries {
		results[i] = Result{Call: e.call, Err: why(i)}
	}
	if c.o.Report != nil {
		c.o.Report(results) // before Flush returns
	}
	c.queue.settle(results, entries)
}

const (
	firstPause = 100 * time.Millisecond
	mostPause  = 30 * time.Second
	// mostAfter bounds what an answer may ask for: a day would be a mistake.
	mostAfter = 10 * time.Minute
)

// backoff is the pause after the attempt with this number, from 0 on: twice as long each time, and
// scattered over its upper half, so that those who failed together do not come back together.
func backoff(attempt int) time.Duration {
	d := mostPause
	if attempt < 10 {
		d = min(firstPause<<attempt, mostPause)
	}
	return d/2 + rand.N(d/2+1)
}

// scattered is a pause that was asked for, and up to a tenth more.
func scattered(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	d = min(d, mostAfter)
	return d + rand.N(d/10+1)
}
