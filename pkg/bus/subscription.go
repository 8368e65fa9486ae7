package bus

import (
	"context"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// drainTimeout bounds the wait for what is on its way when a close begins. It
// takes one round trip unless the connection is down.
const drainTimeout = 2 * time.Second

// item is a message from its arrival until its answer to the server.
type item struct {
	msg    jetstream.Msg
	d      Delivery
	reason atomic.Pointer[error]

	yielding sync.Once
	yielded  chan struct{} // closed when the handler lets the lane go on
}

// itemKey finds the item in a message's context.
type itemKey struct{}

// itemContext carries the item without an allocation of its own per message;
// context.WithValue would add one.
type itemContext struct {
	context.Context
	it *item
}

func (c *itemContext) Value(key any) any {
	if _, ok := key.(itemKey); ok {
		return c.it
	}
	return c.Context.Value(key)
}

// subscription is one running Subscribe: a pull loop of the client library that
// only files what arrives, lanes that work it off, and a ticker that keeps
// everything alive in between.
type subscription struct {
	js    jetstream.JetStream
	opt   SubscriberOptions
	count func(context.Context, Class, int64) // messages buried
	out   chan *message.Message
	pull  jetstream.ConsumeContext

	closing chan struct{} // closed when the close begins: nothing is handed out any more
	drained chan struct{} // closed when nothing more arrives
	done    chan struct{} // closed when it has ended
	err     error         // why the close was not clean; set before done

	hard     context.Context // parent of all message contexts, ends when Close gives up
	giveUp   context.CancelFunc
	seed     maphash.Seed
	lanes    []*queue[*item]
	laneDone sync.WaitGroup

	begin  sync.Once
	mu     sync.Mutex
	held   map[uint64]*item // by stream sequence: everything delivered and not yet answered
	closed bool             // guards the lanes: nothing is filed after it is set
}

func startSubscription(ctx context.Context, js jetstream.JetStream, cons jetstream.Consumer, o SubscriberOptions, count func(context.Context, Class, int64)) (*subscription, error) {
	s := &subscription{
		js:      js,
		opt:     o,
		count:   count,
		out:     make(chan *message.Message),
		closing: make(chan struct{}),
		drained: make(chan struct{}),
		done:    make(chan struct{}),
		seed:    maphash.MakeSeed(),
		lanes:   make([]*queue[*item], o.Lanes),
		held:    make(map[uint64]*item),
	}
	s.hard, s.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	for i := range s.lanes {
		s.lanes[i] = newQueue[*item]()
		s.laneDone.Add(1)
		go s.runLane(s.lanes[i])
	}
	pull, err := cons.Consume(s.file,
		jetstream.PullMaxMessages(max(1, o.MaxInFlight/2)),
		jetstream.PullExpiry(30*time.Second),
		jetstream.PullHeartbeat(5*time.Second),
		jetstream.ConsumeErrHandler(s.pullError))
	if err != nil {
		s.closeLanes()
		s.giveUp()
		return nil, fmt.Errorf("start pulling: %w", err)
	}
	s.pull = pull
	go s.keepAlive()
	stop := context.AfterFunc(ctx, s.beginClose)
	go func() {
		<-s.closing
		stop()
		s.finishClose()
	}()
	return s, nil
}

// file is the client library's callback. It never blocks and never answers
// for a handler.
func (s *subscription) file(m jetstream.Msg) {
	d, err := deliveryOf(m)
	if err != nil {
		s.opt.Logger.Error("message without jetstream metadata ignored", "error", err)
		return
	}
	d.Since = time.Now()
	it := &item{msg: m, d: d, yielded: make(chan struct{})}
	lane := s.lanes[s.laneOf(d)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.settle(it, m.Nak())
		return
	}
	if _, ok := s.held[d.Seq]; ok {
		// The server delivered it again while it lies here, after a long
		// disconnection. It must not be handled twice or out of order.
		return
	}
	// A lane can hold all that the server will deliver, so filing never blocks: a message
	// waiting outside would not be kept alive.
	if lane.put(it, 0, s.opt.MaxInFlight, 0) {
		s.held[d.Seq] = it
	} else {
		s.settle(it, m.NakWithDelay(s.opt.AckWait))
	}
}

func (s *subscription) laneOf(d Delivery) int {
	if len(s.lanes) == 1 {
		return 0
	}
	return int(maphash.String(s.seed, s.opt.Key(d)) % uint64(len(s.lanes)))
}

func (s *subscription) pullError(_ jetstream.ConsumeContext, err error) {
	s.opt.Logger.Warn("pulling messages", "consumer", s.opt.Durable, "error", err)
}

// keepAlive tells the server that everything held here is being worked on, so
// that waiting behind a slow handler is not taken for death.
func (s *subscription) keepAlive() {
	tick := time.NewTicker(s.opt.AckWait / 3)
	defer tick.Stop()
	var held []*item
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		held = held[:0]
		for _, it := range s.held {
			held = append(held, it)
		}
		s.mu.Unlock()
		for _, it := range held {
			// It may have been answered meanwhile; the server ignores that.
			_ = it.msg.InProgress()
		}
		clear(held)
	}
}

// release takes an item out of the held ones, before its answer is sent.
func (s *subscription) release(it *item) {
	s.mu.Lock()
	delete(s.held, it.d.Seq)
	s.mu.Unlock()
}

// settle notes an answer that could not be sent. The message will be delivered
// again, which handlers must bear anyway.
func (s *subscription) settle(it *item, err error) {
	if err != nil {
		s.opt.Logger.Debug("answer to the server not sent", "stream", it.d.Stream, "sequence", it.d.Seq, "error", err)
	}
}

func (s *subscription) beginClose() { s.begin.Do(func() { close(s.closing) }) }

// finishClose first lets everything arrive that the server has already sent,
// which would otherwise lie dead until AckWait, then gives back what no
// handler has seen. The other way round the server would send the returned
// messages to this very subscription again.
func (s *subscription) finishClose() {
	s.pull.Drain()
	select {
	case <-s.pull.Closed():
	case <-time.After(min(s.opt.CloseTimeout, drainTimeout)):
	}
	s.closeLanes()
	close(s.drained)
	timer := time.AfterFunc(s.opt.CloseTimeout, s.giveUp)
	s.laneDone.Wait()
	if !timer.Stop() {
		s.err = fmt.Errorf("close subscription %s: handlers still running after %s; their messages will be delivered again", s.opt.Durable, s.opt.CloseTimeout)
	}
	s.giveUp()
	close(s.out)
	s.flush()
	close(s.done)
}

// closeLanes lets the lanes end when they are empty. Nothing is filed behind that, because file looks
// at closed under the lock.
func (s *subscription) closeLanes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, lane := range s.lanes {
		lane.close()
	}
}

// flush makes sure the server has the last acknowledgements. The connection is
// shared and is left alone otherwise.
func (s *subscription) flush() {
	nc := s.js.Conn()
	if nc.Status() != nats.CONNECTED {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	if err := nc.FlushWithContext(ctx); err != nil {
		s.opt.Logger.Warn("last acknowledgements not confirmed; some messages may be delivered again", "error", err)
	}
}

// watermillMessage builds the message for one attempt; a message can be
// answered only once.
func (s *subscription) watermillMessage(it *item) (*message.Message, context.CancelFunc) {
	id := it.d.ID()
	if id == "" {
		id = it.d.Stream + "-" + strconv.FormatUint(it.d.Seq, 10)
	}
	m := message.NewMessage(id, it.d.Data)
	for name, values := range it.d.Header {
		switch {
		case len(values) == 0, strings.HasPrefix(name, "Nats-"):
			// What steers the server is not for handlers: copied to another
			// message it would make that part of a long closed batch.
		case len(values) == 1:
			m.Metadata[name] = values[0]
		default:
			// Watermill has one value per name. A comma joins several as in
			// HTTP (RFC 9110, section 5.3); Received has them apart.
			m.Metadata[name] = strings.Join(values, ", ")
		}
	}
	ctx, cancel := context.WithCancel(s.hard)
	m.SetContext(&itemContext{Context: ctx, it: it})
	return m, cancel
}
