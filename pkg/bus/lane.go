package bus

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// verdict is how an attempt to have a message handled ended.
type verdict int

const (
	acked     verdict = iota
	nacked            // the handler refused it
	unseen            // the close began before a handler took it
	abandoned         // Close gave up waiting for the handler
)

// errNoAnswer is the reason for a message that was delivered again and again
// without anyone answering.
var errNoAnswer = Because(NoAnswer, errors.New("delivered again and again without an answer; it probably ends the process that handles it"))

// runLane handles the messages of one lane one after the other. A retry holds
// the lane, which is what keeps the order of a key, unless its handler yields:
// then another goroutine takes the lane over, and this one ends with the message.
func (s *subscription) runLane(lane *queue[*item]) {
	defer s.laneDone.Done()
	for {
		it, ok := lane.pop()
		if !ok {
			return
		}
		left := false
		s.handle(it, func() {
			left = true
			s.laneDone.Add(1)
			go s.runLane(lane)
		})
		if left {
			return
		}
	}
}

// handle works a message off. It calls leave at most once, when the lane may go on
// without it.
func (s *subscription) handle(it *item, leave func()) {
	if it.d.Attempt > s.opt.MaxDeliver {
		s.bury(it, errNoAnswer)
		return
	}
	for attempt := 1; ; attempt++ {
		switch s.attempt(it, &leave) {
		case acked:
			s.release(it)
			s.settle(it, it.msg.Ack())
			return
		case unseen:
			s.giveBack(it, 0)
			return
		case abandoned:
			// No answer: the handler may still succeed, and its effect is
			// then repeated after AckWait, which handlers must bear.
			s.release(it)
			return
		case nacked:
		}
		if s.opt.ReleaseOnNack {
			attempt = it.d.Attempt
		}
		reason := it.takeReason()
		if IsPermanent(reason) || attempt >= s.opt.MaxAttempts {
			s.bury(it, reason)
			return
		}
		delay := s.backoff(attempt)
		if s.opt.ReleaseOnNack || !s.pause(delay) {
			s.giveBack(it, delay)
			return
		}
	}
}

// attempt hands a message to the reader of the channel and waits for its answer. leave is
// taken away once it is called.
func (s *subscription) attempt(it *item, leave *func()) verdict {
	select {
	case <-s.closing:
		return unseen
	default:
	}
	msg, cancel := s.watermillMessage(it)
	defer cancel()
	select {
	case s.out <- msg:
	case <-s.closing:
		return unseen
	}
	yielded := it.yielded
	if *leave == nil {
		yielded = nil
	}
	for {
		select {
		case <-msg.Acked():
			return acked
		case <-msg.Nacked():
			return nacked
		case <-s.hard.Done():
			return abandoned
		case <-yielded:
			(*leave)()
			*leave, yielded = nil, nil
		}
	}
}

// giveBack returns a message to the server, to be delivered after the delay;
// during a close not before the server has stopped delivering here.
func (s *subscription) giveBack(it *item, delay time.Duration) {
	select {
	case <-s.closing:
		<-s.drained
	default:
	}
	s.release(it)
	s.settle(it, it.msg.NakWithDelay(delay))
}

// backoff is the wait after the attempt with this number, from 1.
func (s *subscription) backoff(attempt int) time.Duration {
	return s.opt.Backoff[min(attempt, len(s.opt.Backoff))-1]
}

// pause waits, and reports false when the close began.
func (s *subscription) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
		return false
	}
}

// bury stores the dead letter before it terminates the message, and keeps trying: a
// message is never given up without a trace of it. While the dead-letter
// stream is away the lane waits, kept alive.
func (s *subscription) bury(it *item, reason error) {
	for n := 1; ; n++ {
		ctx, cancel := context.WithTimeout(s.hard, ackTimeout)
		err := DeadLetter(ctx, s.js, s.opt.Service, it.d, reason)
		cancel()
		if err == nil {
			break
		}
		s.opt.Logger.Error("dead letter not stored; trying again", "stream", it.d.Stream, "sequence", it.d.Seq, "error", err)
		if !s.pause(s.backoff(n)) {
			s.giveBack(it, 0)
			return
		}
	}
	class := ClassOf(reason)
	s.count(s.hard, class, 1)
	s.opt.Logger.Warn("message buried", "service", s.opt.Service, "stream", it.d.Stream, "sequence", it.d.Seq,
		"message_id", it.d.ID(), "class", class, "permanent", IsPermanent(reason))
	s.release(it)
	s.settle(it, it.msg.TermWithReason(oneLine(reason)))
}

func (it *item) takeReason() error {
	if p := it.reason.Swap(nil); p != nil {
		return *p
	}
	return fmt.Errorf("refused by %s without a reason", it.d.Consumer)
}
