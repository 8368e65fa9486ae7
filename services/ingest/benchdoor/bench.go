package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/services/ingest"
)

type bench struct {
	events, clients int

	serial int // rounds so far: every one has ids of its own
	bytes  int // of one event, as stored
}

const key = "bench"

// round measures one size: the door first, because what it stored is what the raw side publishes.
func (b *bench) round(ctx context.Context, s *size) error {
	b.serial++
	events := b.events
	if s.per == 1 {
		events = max(1, events/10) // one at a time is slow, and as many say nothing more
	}
	var msgs []*nats.Msg
	if err := b.fresh(ctx, func(js jetstream.JetStream) (err error) {
		msgs, err = b.throughDoor(ctx, js, s, events)
		return err
	}); err != nil {
		return fmt.Errorf("through the door, by %d: %w", s.per, err)
	}
	if len(msgs) != events {
		return fmt.Errorf("the door stored %d of %d events", len(msgs), events)
	}
	b.bytes = len(msgs[0].Data)
	if err := b.fresh(ctx, func(js jetstream.JetStream) error {
		return b.raw(ctx, js, s, slices.Collect(slices.Chunk(msgs, s.per)), events)
	}); err != nil {
		return fmt.Errorf("raw, by %d: %w", s.per, err)
	}
	return nil
}

// fresh runs something on a broker of its own.
func (b *bench) fresh(ctx context.Context, run func(jetstream.JetStream) error) (err error) {
	dir, err := os.MkdirTemp("", "benchdoor")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, err := embedded.Start(embedded.Options{StoreDir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Shutdown(context.WithoutCancel(ctx))) }()
	nc, err := srv.Connect(bus.ConnOptions("benchdoor", nil)...)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := bus.JetStream(nc)
	if err != nil {
		return err
	}
	if err := bus.Provision(ctx, js, bus.Layout{MaxBytes: 512 << 20}); err != nil {
		return err
	}
	return run(js)
}

// keeper is a Publisher that remembers what it stored.
type keeper struct {
	ingest.Publisher
	mu   sync.Mutex
	msgs []*nats.Msg
}

// PublishBatch implements ingest.Publisher.
func (k *keeper) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	err := k.Publisher.PublishBatch(ctx, msgs)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.msgs = append(k.msgs, msgs...)
	return err
}

func (b *bench) throughDoor(ctx context.Context, js jetstream.JetStream, s *size, events int) (_ []*nats.Msg, err error) {
	keys, err := ingest.ParseKeys("bench:" + key)
	if err != nil {
		return nil, err
	}
	k := &keeper{Publisher: ingest.NewBroker(js)}
	door, err := ingest.New(ingest.Options{Addr: "127.0.0.1:0", Publisher: k, Keys: keys, Limits: ingest.Limits{Batch: 8 << 20}})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- door.Run(running) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()
	select {
	case <-door.Ready():
	case err := <-ended:
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: b.clients}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	path, bodies := "/v1/batch", b.bodies(s.per, events)
	if s.per == 1 {
		path = "/v1/track"
	}
	all, took, err := b.spread(ctx, len(bodies), func(ctx context.Context, i int) error {
		return post(ctx, client, "http://"+door.Addr()+path, bodies[i])
	})
	s.door.add(events, all, took)
	return k.msgs, err
}

func (b *bench) raw(ctx context.Context, js jetstream.JetStream, s *size, parts [][]*nats.Msg, events int) error {
	all, took, err := b.spread(ctx, len(parts), func(ctx context.Context, i int) error {
		if s.per == 1 {
			_, err := js.PublishMsg(ctx, parts[i][0])
			return err
		}
		_, err := bus.PublishBatch(ctx, js, parts[i])
		return err
	})
	s.raw.add(events, all, took)
	return err
}

// spread does n things with several clients, each the next as soon as it is done, and says how long each
// took and all together.
func (b *bench) spread(ctx context.Context, n int, do func(context.Context, int) error) (all time.Duration, took []time.Duration, err error) {
	took = make([]time.Duration, n)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range b.clients {
		group.Go(func() error {
			for i := range next {
				from := time.Now()
				if err := do(ctx, i); err != nil {
					return err
				}
				took[i] = time.Since(from)
			}
			return nil
		})
	}
	err = group.Wait()
	return time.Since(began), took, err
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(key, "")
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d %s", res.StatusCode, answer)
	}
	return err
}

// bodies are the requests with so many events each: orders of three products by many customers.
func (b *bench) bodies(per, events int) [][]byte {
	var list [][]byte
	for from := 0; from < events; from += per {
		var items bytes.Buffer
		for i := from; i < min(from+per, events); i++ {
			if i > from {
				items.WriteByte(',')
			}
			fmt.Fprintf(&items, `{"type":"track","event":"Order Completed","messageId":"r%d-%d-%d","timestamp":"2026-01-02T10:00:00Z","userId":"c%d","anonymousId":"a%d",`+
				`"properties":{"order_id":"%d","total":49.90,"currency":"EUR","products":[{"product_id":"p%d","name":"Teapot","price":24.90,"quantity":1,"category":"Kitchen"},`+
				`{"product_id":"p2","name":"Cup","price":5.00,"quantity":4,"category":"Kitchen"},{"product_id":"p3","name":"Tea","price":5.00,"quantity":1,"category":"Food"}]}}`,
				b.serial, per, i, i%5000, i%5000, i, i%700)
		}
		body := items.Bytes()
		if per > 1 {
			body = slices.Concat([]byte(`{"batch":[`), body, []byte(`]}`))
		}
		list = append(list, body)
	}
	return list
}
