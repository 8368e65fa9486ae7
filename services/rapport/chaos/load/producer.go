package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rapport/services/rapport/chaos/journal"
)

// Entry is a line of the producers' journal: events are offered before they are first sent,
// and accepted when a door has said so.
type Entry struct {
	Offered  []Event   `json:"offered,omitempty"`
	Accepted []string  `json:"accepted,omitempty"` // ids
	At       time.Time `json:"at"`
}

// Options say what is told, to whom, and how fast.
type Options struct {
	Seed      uint64
	Customers int
	Producers int
	Rate      int      // events per second, of all producers together
	Doors     []string // base URLs of the event API
	Key       string   // write key
	Journal   *journal.Journal[Entry]
}

// Shop is the producers together.
type Shop struct {
	o      Options
	client *http.Client
	copies atomic.Int64
	again  atomic.Int64
	heard  atomic.Int64
}

// NewShop makes the producers; Run starts them.
func NewShop(o Options) *Shop {
	return &Shop{o: o, client: &http.Client{
		Timeout:   answerWithin,
		Transport: &http.Transport{MaxIdleConnsPerHost: o.Producers, MaxIdleConns: 2 * o.Producers},
	}}
}

// answerWithin is a producer's patience with one request: a door's own with the broker is
// 10 s.
const answerWithin = 12 * time.Second

// Accepted is how many events doors have said 200 to.
func (s *Shop) Accepted() int { return int(s.heard.Load()) }

// Retries is how many batches were sent again because no door had said 200, and Copies how
// many were told again although one had.
func (s *Shop) Retries() int { return int(s.again.Load()) }

// Copies counts duplicates sent on purpose.
func (s *Shop) Copies() int { return int(s.copies.Load()) }

// Run tells events until load ends, and then what is in hand until it is accepted or
// patience ends.
func (s *Shop) Run(load, patience context.Context) error {
	errs := make([]error, s.o.Producers)
	var running sync.WaitGroup
	began := time.Now()
	for i := range s.o.Producers {
		running.Go(func() { errs[i] = s.produce(load, patience, i, began) })
	}
	running.Wait()
	s.client.CloseIdleConnections()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// perBatch is how many events a producer tells at once.
const perBatch = 10

// produce is one producer.
func (s *Shop) produce(load, patience context.Context, i int, began time.Time) error {
	tape := NewTape(s.o.Seed, i, s.o.Producers, s.o.Customers, began)
	rng := rand.New(rand.NewPCG(s.o.Seed, 1000+uint64(i))) //nolint:gosec // Repeatable, not secret.
	var told [][]Event                                     // accepted batches, to tell again
	pace := time.NewTicker(time.Second * time.Duration(perBatch*s.o.Producers) / time.Duration(s.o.Rate))
	defer pace.Stop()
	for {
		select {
		case <-load.Done():
			return nil
		case <-pace.C:
		}
		batch := tape.Next(perBatch)
		if err := s.o.Journal.Append(Entry{Offered: batch, At: time.Now()}); err != nil {
			return err
		}
		if !s.insist(patience, rng, batch) {
			return nil // Nobody has accepted it; it may be there.
		}
		ids := make([]string, len(batch))
		for k := range batch {
			ids[k] = batch[k].ID
		}
		if err := s.o.Journal.Append(Entry{Accepted: ids, At: time.Now()}); err != nil {
			return err
		}
		s.heard.Add(int64(len(batch)))
		told = append(told, batch)
		if rng.IntN(8) == 0 {
			s.copies.Add(1)
			old := slices.Clone(told[rng.IntN(len(told))])
			slices.Reverse(old)
			_, _ = s.send(patience, rng, old) // Whatever becomes of it, it must change nothing.
		}
	}
}

// insist sends a batch until a door has accepted it; false when patience ended first.
func (s *Shop) insist(ctx context.Context, rng *rand.Rand, batch []Event) bool {
	for n := 0; ; n++ {
		ok, _ := s.send(ctx, rng, batch)
		if ok {
			return true
		}
		s.again.Add(1)
		t := time.NewTimer(min(time.Duration(n+1)*100*time.Millisecond, time.Second))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return false
		}
	}
}

// send offers a batch to a door, once.
func (s *Shop) send(ctx context.Context, rng *rand.Rand, batch []Event) (accepted bool, err error) {
	calls := make([]json.RawMessage, len(batch))
	for i := range batch {
		calls[i] = batch[i].Call
	}
	body, err := json.Marshal(map[string]any{"batch": calls})
	if err != nil {
		return false, err
	}
	door := s.o.Doors[rng.IntN(len(s.o.Doors))]
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, door+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.SetBasicAuth(s.o.Key, "")
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read, or was broken off.
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d: %s (%w)", resp.StatusCode, answer, err)
	}
	var said struct {
		Accepted int `json:"accepted"`
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Accepted != len(batch) {
		return false, fmt.Errorf("%d of %d events accepted: %s", said.Accepted, len(batch), answer)
	}
	return true, nil
}
