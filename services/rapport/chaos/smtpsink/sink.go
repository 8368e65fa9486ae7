package smtpsink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"rapport/services/rapport/chaos/journal"
)

// Mood is what the server does with one attempt to hand it a message.
type Mood string

// The moods. Only Accept and Swallow take the message.
const (
	Accept  Mood = "accept"
	PutOff  Mood = "4xx after DATA"         // 451: try again later
	Refuse  Mood = "5xx after DATA"         // 554: never
	Drop    Mood = "dropped in DATA"        // the connection ends in the middle of the message
	Swallow Mood = "accepted and no answer" // the message is taken, the connection ends without a word
	TurnOff Mood = "421 in the greeting"    // of a connection, before any message is known
)

// Decision is a mood, and how long the answer takes.
type Decision struct {
	Mood  Mood
	After time.Duration
}

// Plan decides. It is called from many goroutines.
type Plan interface {
	// Connection decides on the nth connection, from 0: Accept or TurnOff.
	Connection(n int) Decision
	// Message decides on the nth attempt, from 0, to hand over a message, by its id.
	Message(id string, n int) Decision
}

// Record is one attempt that named a message.
type Record struct {
	Message  string    `json:"message"` // of the header X-Rapport-Message
	ID       string    `json:"id"`      // of the header Message-ID
	To       string    `json:"to"`
	Worker   string    `json:"worker"`
	Mood     Mood      `json:"mood"`
	Accepted bool      `json:"accepted"`
	Began    time.Time `json:"began"` // when MAIL was said
	At       time.Time `json:"at"`    // when it was recorded, before the answer
}

// Sink is the server.
type Sink struct {
	plan    Plan
	journal *journal.Journal[Record]
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	mu          sync.Mutex
	doors       []net.Listener
	open        map[net.Conn]struct{}
	connections int
	attempts    map[string]int
	failed      error // the journal's first
}

// New makes a server that records in a file.
func New(path string, plan Plan) (*Sink, error) {
	j, err := journal.Open[Record](path)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Sink{plan: plan, journal: j, ctx: ctx, stop: stop, open: map[net.Conn]struct{}{}, attempts: map[string]int{}}, nil
}

// Door opens a port for one worker and returns its address.
func (s *Sink) Door(worker string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("open the mail server's door for %s: %w", worker, err)
	}
	s.mu.Lock()
	s.doors = append(s.doors, l)
	s.mu.Unlock()
	s.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(c, worker) })
		}
	})
	return l.Addr().String(), nil
}

// Close ends all connections. It fails when something could not be recorded, because the
// record is then worth nothing.
func (s *Sink) Close() error {
	s.stop()
	s.mu.Lock()
	for _, l := range s.doors {
		_ = l.Close() // It is only listened on.
	}
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	return errors.Join(s.failed, s.journal.Close())
}

func (s *Sink) serve(c net.Conn, worker string) {
	s.mu.Lock()
	s.open[c] = struct{}{}
	n := s.connections
	s.connections++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, c)
		s.mu.Unlock()
		_ = c.Close()
	}()
	if s.ctx.Err() != nil {
		return
	}
	newSession(s, c, worker).run(n)
}

// attempt counts an attempt for a message and decides on it.
func (s *Sink) attempt(message string) Decision {
	s.mu.Lock()
	n := s.attempts[message]
	s.attempts[message]++
	s.mu.Unlock()
	return s.plan.Message(message, n)
}

func (s *Sink) record(r Record) error {
	err := s.journal.Append(r)
	if err != nil {
		s.mu.Lock()
		s.failed = errors.Join(s.failed, err)
		s.mu.Unlock()
	}
	return err
}

// pause waits, unless the server closes.
func (s *Sink) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}
