package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/services/ingest"
)

const (
	writeKey = "bench"
	perBatch = 100
	clients  = 8
)

// accept measures the HTTP door beside raw JetStream publishing of what it stored.
func (b *bench) accept(ctx context.Context, row *Row) error {
	events := b.o.pick(20_000, 400) / perBatch * perBatch
	var rates, cpus []float64
	ceilings := map[string][]float64{}
	for i := range b.o.repeat(5) + 1 {
		took, cpu, stored, err := b.throughDoor(ctx, events)
		if err != nil {
			return err
		}
		if i > 0 || b.o.Quick {
			rates, cpus = append(rates, per(events, took)), append(cpus, float64(cpu.Microseconds())/float64(events))
		}
		for _, way := range ways() {
			var took time.Duration
			err := ceiling(ctx, func(ctx context.Context) (err error) {
				took, err = b.raw(ctx, stored, way)
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			if i > 0 || b.o.Quick {
				ceilings[way.name] = append(ceilings[way.name], per(events, took))
			}
		}
	}
	best, most := "", 0.0
	for _, way := range ways() {
		m := median(ceilings[way.name])
		row.Notes = append(row.Notes, fmt.Sprintf("raw JetStream, %s: %s events/s", way.name, number(m)))
		if m > most {
			best, most = way.name, m
		}
	}
	row.Figures = append(row.Figures, figure("events accepted durably, batches of 100", median(rates), "events/s").against("raw JetStream", most).ratioAtLeast(0.6),
		figure("the same", median(rates), "events/s").against("raw JetStream, batches of 100 by 8", median(ceilings[ways()[0].name])),
		figure("processor time, door, clients and broker", median(cpus), "CPU us an event"))
	row.Notes = append(row.Notes,
		fmt.Sprintf("%d clients over HTTP on the loopback interface, %d events a round, each of %d bytes in JSON; the clients' processor time is in the figure", clients, events, len(b.sample())),
		"the ceiling is the best of these ways ("+best+") to publish the same messages to the same stream: subjects, headers and bytes as the door stored them, every batch synced before it is acknowledged")
	return nil
}

func (b *bench) sample() []byte {
	o := order{id: b.run, customer: customer(1), email: address(1), at: now()}
	body, err := json.Marshal(o.call())
	if err != nil {
		return nil // A call of ours is always JSON.
	}
	return body
}

// keeper is a Publisher that remembers what it stored.
type keeper struct {
	to ingest.Publisher

	mu   sync.Mutex
	msgs []*nats.Msg
}

// PublishBatch implements ingest.Publisher.
func (k *keeper) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	if err := k.to.PublishBatch(ctx, msgs); err != nil {
		return err
	}
	k.mu.Lock()
	k.msgs = append(k.msgs, msgs...)
	k.mu.Unlock()
	return nil
}

// throughDoor posts events to a door before a fresh broker, and returns how long that took, on
// the clock and of this process's processors, and what it stored.
func (b *bench) throughDoor(ctx context.Context, events int) (took, cpu time.Duration, stored []*nats.Msg, err error) {
	dir, err := b.dir("accept")
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	k, err := b.startBroker(ctx, dir)
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { err = errors.Join(err, k.stop(ctx)) }()
	keys, err := ingest.ParseKeys("bench:" + writeKey)
	if err != nil {
		return 0, 0, nil, err
	}
	kept := &keeper{to: ingest.NewBroker(k.js)}
	door, err := ingest.New(ingest.Options{Addr: "127.0.0.1:0", Publisher: kept, Keys: keys, Logger: b.o.Logger})
	if err != nil {
		return 0, 0, nil, err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- door.Run(running) }()
	defer func() { stop(); err = errors.Join(err, <-done) }()
	select {
	case <-door.Ready():
	case <-ctx.Done():
		return 0, 0, nil, context.Cause(ctx)
	}
	bodies, err := b.bodies(b.o.Profiles, events)
	if err != nil {
		return 0, 0, nil, err
	}
	began, before := time.Now(), ownCPU()
	if err := b.post(ctx, "http://"+door.Addr(), bodies, clients); err != nil {
		return 0, 0, nil, err
	}
	took, cpu = time.Since(began), ownCPU()-before
	s, err := k.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return 0, 0, nil, err
	}
	if n := s.CachedInfo().State.Msgs; n != uint64(events) || len(kept.msgs) != events {
		return 0, 0, nil, fmt.Errorf("the stream has %d of %d events", n, events)
	}
	return took, cpu, kept.msgs, nil
}

// bodies are requests with a hundred orders each, of as many customers as there are: of two orders
// of one that arrive at the same time, the address in either may be the one that counts.
func (b *bench) bodies(profiles, events int) ([][]byte, error) {
	var list [][]byte
	at, drawn := now(), map[string]bool{}
	for done := 0; done < events; {
		var batch struct {
			Batch []call `json:"batch"`
		}
		for len(batch.Batch) < perBatch && done < events {
			o := b.next(profiles, at)
			for drawn[o.customer] && len(drawn) < profiles {
				o.customer = customer(b.rnd.IntN(profiles))
			}
			drawn[o.customer] = true
			batch.Batch = append(batch.Batch, o.call())
			done++
		}
		body, err := json.Marshal(batch)
		if err != nil {
			return nil, fmt.Errorf("encode orders: %w", err)
		}
		list = append(list, body)
	}
	return list, nil
}

// post sends requests to a door from several clients, and fails unless all was accepted. A
// door that is busy is asked again.
func (b *bench) post(ctx context.Context, url string, bodies [][]byte, clients int) error {
	next := make(chan []byte)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(next)
		for _, body := range bodies {
			select {
			case next <- body:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for range clients {
		group.Go(func() error {
			for body := range next {
				if err := postOne(ctx, client, url+"/v1/batch", body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func postOne(ctx context.Context, client *http.Client, url string, body []byte) error {
	return insist(ctx, func() (int, []byte, error) { return send(ctx, client, url, body) })
}

// insist sends until the door takes it.
func insist(ctx context.Context, send func() (int, []byte, error)) error {
	for {
		status, answer, err := send()
		switch {
		case err != nil:
			return err
		case status == http.StatusOK:
			if bytes.Contains(answer, []byte(`"rejected":[{`)) {
				return fmt.Errorf("the door refused events: %.200s", answer)
			}
			return nil
		case status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests:
			return fmt.Errorf("the door answered %d: %.200s", status, answer)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func request(ctx context.Context, url string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	req.SetBasicAuth(writeKey, "")
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

func send(ctx context.Context, client *http.Client, url string, body []byte) (int, []byte, error) {
	req, err := request(ctx, url, body)
	if err != nil {
		return 0, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, answer, nil
}

// way is one way to publish with nats.go and nothing else.
type way struct {
	name       string
	publishers int
	atOnce     int // messages of an atomic batch, or that wait for their acknowledgements
	atomic     bool
}

func ways() []way {
	return []way{
		{"atomic batches of 100 by 8 publishers", 8, 100, true},
		{"atomic batches of 500 by one publisher", 1, 500, true},
		{"asynchronously, 1,000 in flight", 1, 1000, false},
	}
}

// raw publishes messages to a fresh broker and returns how long that took.
func (b *bench) raw(ctx context.Context, msgs []*nats.Msg, w way) (took time.Duration, err error) {
	dir, err := b.dir("raw")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	k, err := b.startBroker(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, k.stop(ctx)) }()
	parts := make(chan []*nats.Msg, len(msgs)/w.atOnce+1)
	for at := 0; at < len(msgs); at += w.atOnce {
		parts <- clones(msgs[at:min(at+w.atOnce, len(msgs))])
	}
	close(parts)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range w.publishers {
		group.Go(func() error {
			for part := range parts {
				publish := k.async
				if w.atomic {
					publish = k.atomically
				}
				if err := publish(ctx, part); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	took = time.Since(began)
	s, err := k.js.Stream(context.WithoutCancel(ctx), bus.StreamEvents)
	if err != nil {
		return 0, err
	}
	if n := s.CachedInfo().State.Msgs; n != uint64(len(msgs)) {
		return 0, fmt.Errorf("the stream has %d of %d messages", n, len(msgs))
	}
	return took, nil
}

func clones(msgs []*nats.Msg) []*nats.Msg {
	list := make([]*nats.Msg, len(msgs))
	for i, m := range msgs {
		list[i] = &nats.Msg{Subject: m.Subject, Header: maps.Clone(m.Header), Data: m.Data}
	}
	return list
}

// atomically publishes a batch by the headers of NATS ADR-50; the server answers its last
// message.
func (k *broker) atomically(ctx context.Context, msgs []*nats.Msg) error {
	id := nuid.Next()
	for i, m := range msgs {
		m.Header["Nats-Batch-Id"] = []string{id}
		m.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
	}
	last := msgs[len(msgs)-1]
	last.Header["Nats-Batch-Commit"] = []string{"1"}
	for _, m := range msgs[:len(msgs)-1] {
		if err := k.conn.PublishMsg(m); err != nil {
			return err
		}
	}
	answer, err := k.conn.RequestMsgWithContext(ctx, last)
	if err != nil {
		return err
	}
	var ack struct {
		Count int             `json:"count"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil || len(ack.Error) > 0 {
		return fmt.Errorf("the broker refused a batch: %.200s", answer.Data)
	}
	return nil
}

// async publishes messages and waits for all acknowledgements.
func (k *broker) async(ctx context.Context, msgs []*nats.Msg) error {
	for _, m := range msgs {
		if _, err := k.js.PublishMsgAsync(m); err != nil {
			return err
		}
	}
	select {
	case <-k.js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
