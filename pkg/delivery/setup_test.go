package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	wm "github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"

	"rapport/pkg/delivery"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var decided = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const address = "jane.doe@example.com"

func mailCommand(id string, cat message.Category) *message.Command {
	return &message.Command{
		ID: id, Profile: "customer-1", Journey: "thank-you", Version: "v1", Instance: "i1", Step: "mail",
		Channel: message.Email, Category: cat, Template: "thank-you", To: address, DecidedAt: decided,
	}
}

// ledger is a store.Claiming in memory, with the port's semantics and faults on demand.
type ledger struct {
	mu        sync.Mutex
	workers   map[string]string
	receipts  map[string]json.RawMessage
	failClaim int // how many calls fail before one works
	failNote  int
	// loseAnswers is how many claims are made and reported as failed.
	loseAnswers int
}

func newLedger() *ledger {
	return &ledger{workers: map[string]string{}, receipts: map[string]json.RawMessage{}}
}

var errDisk = errors.New("disk full")

func (l *ledger) Claim(_ context.Context, claims []store.Claim) ([]store.Prior, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failClaim > 0 {
		l.failClaim--
		return nil, errDisk
	}
	var priors []store.Prior
	for _, c := range claims {
		former, known := l.workers[c.MessageID]
		p := store.Prior{State: store.Fresh}
		if raw, done := l.receipts[c.MessageID]; done {
			priors = append(priors, store.Prior{State: store.Done, Worker: former, Receipt: raw})
			continue
		} else if known {
			p = store.Prior{State: store.Open, Worker: former}
		}
		l.workers[c.MessageID] = c.Worker
		priors = append(priors, p)
	}
	if l.loseAnswers > 0 {
		l.loseAnswers--
		return nil, errDisk
	}
	return priors, nil
}

func (l *ledger) Claimed(_ context.Context, _ int, id string) (store.Prior, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	former, known := l.workers[id]
	switch raw, done := l.receipts[id]; {
	case done:
		return store.Prior{State: store.Done, Worker: former, Receipt: raw}, nil
	case known:
		return store.Prior{State: store.Open, Worker: former}, nil
	}
	return store.Prior{State: store.Fresh}, nil
}

func (l *ledger) Record(_ context.Context, results []store.Result) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failNote > 0 {
		l.failNote--
		return errDisk
	}
	for _, r := range results {
		if _, done := l.receipts[r.MessageID]; !done {
			l.receipts[r.MessageID] = r.Receipt
		}
	}
	return nil
}

func (l *ledger) worker(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.workers[id]
}

func (l *ledger) claimed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.workers)
}

// outlet keeps the receipts that were published.
type outlet struct {
	mu   sync.Mutex
	fail int
	msgs []*wm.Message
}

func (o *outlet) Publish(_ string, msgs ...*wm.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail > 0 {
		o.fail--
		return errors.New("broker gone")
	}
	o.msgs = append(o.msgs, msgs...)
	return nil
}

// receipts decodes what was published, and the ids under which it was.
func (o *outlet) receipts(t *testing.T) (all []message.Receipt, uids []string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.msgs {
		ev, err := event.Decode(m.Payload)
		if err != nil {
			t.Fatal(err)
		}
		var r message.Receipt
		if err := json.Unmarshal(ev.Data, &r); err != nil {
			t.Fatal(err)
		}
		all, uids = append(all, r), append(uids, m.UUID)
	}
	return all, uids
}

// road is a provider that answers attempt after attempt as its script says, then accepts.
type road struct {
	mu     sync.Mutex
	script []error
	render error
	tries  int
	taken  []string               // ids of messages that were accepted
	during func(n int, id string) // called in attempt n, from 1, before the answer
	always func() error           // answers instead of the script
}

func (r *road) Provider() string { return "test" }

func (r *road) Render(_ context.Context, c *message.Command) (delivery.HandOver, error) {
	if r.render != nil {
		return nil, r.render
	}
	return func(context.Context) (string, error) {
		r.mu.Lock()
		r.tries++
		n := r.tries
		var answer error
		if n <= len(r.script) {
			answer = r.script[n-1]
		}
		r.mu.Unlock()
		if r.during != nil {
			r.during(n, c.ID)
		}
		if r.always != nil {
			answer = r.always()
		}
		if answer != nil {
			return "", answer
		}
		r.mu.Lock()
		r.taken = append(r.taken, c.ID)
		r.mu.Unlock()
		return "provider-" + c.ID, nil
	}, nil
}

// bench is a pipeline with all that is around it.
type bench struct {
	*delivery.Pipeline
	claims *ledger
	out    *outlet
	road   *road
}

// newBench makes a pipeline with pauses too short to notice; change may alter its options.
func newBench(t *testing.T, claims *ledger, r *road, change func(*delivery.Options)) *bench {
	t.Helper()
	b := &bench{claims: claims, out: &outlet{}, road: r}
	o := delivery.Options{
		Channel: message.Email, Road: r, Claims: claims, Publisher: b.out, Worker: "worker-" + t.Name(), Source: "rapport/test",
		Grace: time.Microsecond, First: time.Microsecond, Longest: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return decided.Add(time.Second) },
	}
	if change != nil {
		change(&o)
	}
	p, err := delivery.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Pipeline = p
	return b
}

func (b *bench) deliver(t *testing.T, c *message.Command) {
	t.Helper()
	if err := b.Deliver(t.Context(), c); err != nil {
		t.Fatalf("deliver: %v", err)
	}
}

// last is the one receipt that was published last, after n in all.
func (b *bench) last(t *testing.T, n int) message.Receipt {
	t.Helper()
	all, _ := b.out.receipts(t)
	if len(all) != n {
		t.Fatalf("%d receipts were published, want %d: %+v", len(all), n, all)
	}
	return all[n-1]
}
