package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrAhead says that a stored position lies beyond the end of its stream: the
// stream has lost messages, usually with a disk. Reading on would skip the new
// messages that reuse those sequences, so nothing is read.
var ErrAhead = errors.New("position is ahead of the stream")

// ReadOptions tune a Reader. The zero value is fit for everything.
type ReadOptions struct {
	// MaxBatch is the most that Next returns, 500 when 0.
	MaxBatch int
	// Linger is how long Next waits for more when it has less than an eighth
	// of MaxBatch, 2 ms when 0, none when negative. It turns a trickle of
	// single events into batches with one commit each.
	Linger time.Duration
	// Logger hears of gaps and reconnections; nil is silence.
	Logger *slog.Logger
}

const (
	// queuedBytes bounds what waits for Next, which is at most MaxBatch messages.
	queuedBytes = 1 << 20

	// pullBytes bounds what the server sends at once. It must be more than a message can
	// have (1 MiB, and its subjects), or reading would stand still.
	pullBytes = 2 << 20

	// pulled is how many messages are asked for at once, unless MaxBatch is smaller or more than four times
	// as large. They are on their way behind those that wait. Measured with messages of 1 KB, asking for half
	// as many is up to 15 % slower, for four times as many no faster.
	pulled = 128

	// besides is about what a message takes besides its body: subject, headers, place and time.
	besides = 512
)

// Reader reads a stream in order, without acknowledgements: the position is the
// reader's own, kept where the effects are. Gaps, lost connections and restarts
// of the server are healed by reading again after the last message.
type Reader struct {
	js      jetstream.JetStream
	stream  string
	cons    jetstream.Consumer
	consume jetstream.ConsumeContext
	opt     ReadOptions

	queue  *queue[Delivery]
	closed chan struct{}
	failed chan struct{}
	once   sync.Once
	fail   sync.Once
	err    error // set before failed is closed
	status chan nats.Status
	watch  sync.WaitGroup

	mu   sync.Mutex
	last uint64 // sequence of the last message that arrived, or where reading began
}

// ReadPartition reads one partition of EVENTS, its events and its clock, from the
// message after afterSeq.
func ReadPartition(ctx context.Context, js jetstream.JetStream, partition int, afterSeq uint64, o ReadOptions) (*Reader, error) {
	return Read(ctx, js, StreamEvents, []string{partitionFilter(partition)}, afterSeq, o)
}

// Read reads a stream from the message after afterSeq; 0 reads from the start.
// Without filters it reads everything. It fails with ErrAhead when afterSeq is
// beyond the stream's end.
func Read(ctx context.Context, js jetstream.JetStream, stream string, filters []string, afterSeq uint64, o ReadOptions) (*Reader, error) {
	setDefault(&o.MaxBatch, 500)
	setDefault(&o.Linger, 2*time.Millisecond)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Reader{
		js: js, stream: stream, opt: o, last: afterSeq,
		queue:  newQueue[Delivery](),
		closed: make(chan struct{}),
		failed: make(chan struct{}),
	}
	if err := r.checkPosition(ctx); err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	// Listening begins before the consumer exists, so that no reconnection
	// goes unnoticed.
	r.status = js.Conn().StatusChanged(nats.CONNECTED)
	if err := r.start(ctx, filters, afterSeq); err != nil {
		js.Conn().RemoveStatusListener(r.status)
		return nil, fmt.Errorf("read %s after %d: %w", stream, afterSeq, err)
	}
	r.watch.Add(1)
	go r.watchReconnects()
	return r, nil
}

func (r *Reader) start(ctx context.Context, filters []string, afterSeq uint64) error {
	var cons jetstream.Consumer
	err := ask(ctx, func(ctx context.Context) (err error) {
		cons, err = r.js.OrderedConsumer(ctx, r.stream, jetstream.OrderedConsumerConfig{
			FilterSubjects: filters,
			DeliverPolicy:  jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:    afterSeq + 1,
			// What a killed process leaves behind is gone soon after; well above
			// PullExpiry, so that an idle reader is never taken for a dead one.
			InactiveThreshold: 2 * time.Minute,
		})
		return err
	})
	if err != nil {
		return err
	}
	consume, err := cons.Consume(r.file,
		jetstream.PullMaxMessagesWithBytesLimit(max(min(pulled, r.opt.MaxBatch), r.opt.MaxBatch/4), pullBytes),
		jetstream.PullExpiry(30*time.Second),
		jetstream.PullHeartbeat(2*time.Second),
		jetstream.ConsumeErrHandler(r.consumeError))
	if err != nil {
		return err
	}
	r.cons, r.consume = cons, consume
	return nil
}

// file blocks while Next is behind; the client library then asks for no more.
func (r *Reader) file(m jetstream.Msg) {
	d, err := deliveryOf(m)
	if err != nil {
		r.stop(fmt.Errorf("read %s: %w", r.stream, err))
		return
	}
	r.mu.Lock()
	r.last = d.Seq
	r.mu.Unlock()
	for !r.queue.put(d, sizeOf(d), r.opt.MaxBatch, queuedBytes) {
		select {
		case <-r.queue.room:
		case <-r.closed:
			return
		case <-r.failed:
			return
		}
	}
}

func sizeOf(d Delivery) int { return len(d.Data) + besides }

// consumeError runs under a lock of the client library and must not call it back.
func (r *Reader) consumeError(_ jetstream.ConsumeContext, err error) {
	if errors.Is(err, jetstream.ErrConnectionClosed) {
		r.stop(fmt.Errorf("read %s: %w", r.stream, err))
		return
	}
	r.opt.Logger.Warn("reading is interrupted and will go on", "stream", r.stream, "error", err)
}

// Next returns the next messages in stream order, at least one and at most
// MaxBatch. It waits until there are some, until ctx ends, or until the reader
// fails or is closed.
func (r *Reader) Next(ctx context.Context) ([]Delivery, error) {
	batch, err := r.wait(ctx, nil)
	if err != nil || r.opt.Linger < 0 || len(batch) >= max(1, r.opt.MaxBatch/8) {
		return batch, err
	}
	return r.linger(ctx, batch), nil
}

// NextOr is Next for whoever has something else to do: it returns what has arrived, without
// waiting for more to come. When nothing has it waits for a message or for other, whichever
// is there first; without an error and without messages, it has received from other.
func (r *Reader) NextOr(ctx context.Context, other <-chan struct{}) ([]Delivery, error) {
	return r.wait(ctx, other)
}

// wait returns what has arrived, and waits while that is nothing.
func (r *Reader) wait(ctx context.Context, other <-chan struct{}) ([]Delivery, error) {
	for {
		// What has arrived is delivered before a failure is reported, and nothing
		// after the context has ended.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if batch := r.drain(nil); len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-r.queue.more:
		case <-other:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-r.failed:
			if batch := r.drain(nil); len(batch) > 0 {
				return batch, nil
			}
			return nil, r.err
		case <-r.closed:
			return nil, fmt.Errorf("read %s: reader is closed", r.stream)
		}
	}
}

func (r *Reader) drain(batch []Delivery) []Delivery {
	return r.queue.take(batch, r.opt.MaxBatch-len(batch), sizeOf)
}

func (r *Reader) linger(ctx context.Context, batch []Delivery) []Delivery {
	timer := time.NewTimer(r.opt.Linger)
	defer timer.Stop()
	for len(batch) < r.opt.MaxBatch {
		select {
		case <-r.queue.more:
			batch = r.drain(batch)
		case <-timer.C:
			return batch
		case <-ctx.Done():
			return batch
		case <-r.failed:
			return r.drain(batch)
		}
	}
	return batch
}

// Close stops reading and removes the consumer from the server. Messages that
// Next has not returned are forgotten here; they are still in the stream.
func (r *Reader) Close() error {
	r.once.Do(func() {
		close(r.closed)
		r.consume.Stop()
		r.js.Conn().RemoveStatusListener(r.status)
		r.watch.Wait()
		r.deleteConsumer()
	})
	return nil
}

// deleteConsumer is a courtesy: the server would remove it after its inactive
// threshold.
func (r *Reader) deleteConsumer() {
	info := r.cons.CachedInfo()
	if info == nil || r.js.Conn().Status() != nats.CONNECTED {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := r.js.DeleteConsumer(ctx, r.stream, info.Name); err != nil {
		r.opt.Logger.Debug("consumer of a reader is left to run out", "consumer", info.Name, "error", err)
	}
}

func (r *Reader) stop(err error) {
	r.fail.Do(func() {
		r.err = err
		close(r.failed)
	})
}

// watchReconnects looks at the stream's end after each reconnection. A broker
// that lost its disk while this process lived on would otherwise feed new
// messages under old sequences, or none until it has caught up.
func (r *Reader) watchReconnects() {
	defer r.watch.Done()
	open, end := context.WithCancel(context.Background())
	defer end()
	r.watch.Go(func() {
		select {
		case <-r.closed:
			end()
		case <-open.Done():
		}
	})
	for {
		select {
		case _, ok := <-r.status:
			if !ok {
				return
			}
		case <-r.closed:
			return
		}
		err := r.checkPosition(open)
		if errors.Is(err, ErrAhead) && open.Err() == nil {
			r.stop(fmt.Errorf("read %s: %w", r.stream, err))
			return
		}
	}
}

// settleWithin is how long a stream with replicas may end before what it has delivered: a new
// leader has it in its log, but answers before it has gone through all of that.
const settleWithin = 10 * time.Second

func (r *Reader) checkPosition(ctx context.Context) error {
	for patience := time.Now().Add(settleWithin); ; {
		s, err := lookUp(ctx, r.js, r.stream)
		if err != nil {
			return err
		}
		last, replicas := s.CachedInfo().State.LastSeq, s.CachedInfo().Config.Replicas
		r.mu.Lock()
		after := r.last
		r.mu.Unlock()
		switch {
		case after <= last:
			return nil
		case replicas < 2, time.Now().After(patience), !sleep(ctx, 250*time.Millisecond):
			return fmt.Errorf("%w: stream %s ends at %d, the position is %d: the broker has lost messages that were already applied; "+
				"restore its directory from a backup, or set the position back to %d after making sure that nothing was published since",
				ErrAhead, r.stream, last, after, last)
		}
	}
}

// LastSeq is the sequence of the last message of a stream, 0 when it never had
// one.
func LastSeq(ctx context.Context, js jetstream.JetStream, stream string) (uint64, error) {
	s, err := lookUp(ctx, js, stream)
	if err != nil {
		return 0, err
	}
	return s.CachedInfo().State.LastSeq, nil
}
