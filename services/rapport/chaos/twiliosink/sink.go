package twiliosink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"rapport/services/rapport/chaos/journal"
)

// Mood is what the server does with one request.
type Mood string

// The moods. Only Accept and Swallow take the message.
const (
	Accept  Mood = "accept"
	TooMany Mood = "429"                    // Twilio's error 20429
	Broken  Mood = "503"                    // without Twilio's JSON, as a gateway answers
	Refuse  Mood = "400"                    // Twilio's error 21612: never
	Drop    Mood = "dropped unread"         // the connection ends, nothing is taken
	Swallow Mood = "accepted and no answer" // the message is taken, the connection ends without a word
)

// Decision is a mood, and how long the answer takes.
type Decision struct {
	Mood  Mood
	After time.Duration
}

// Plan decides on the nth attempt, from 0, to create a message, by the id in its text. It
// is called from many goroutines.
type Plan func(id string, n int) Decision

// Record is one request.
type Record struct {
	Message  string    `json:"message"`
	To       string    `json:"to"`
	Worker   string    `json:"worker"`
	Mood     Mood      `json:"mood"`
	Accepted bool      `json:"accepted"`
	Began    time.Time `json:"began"`
	At       time.Time `json:"at"` // when it was recorded, before the answer
}

// Sink is the server.
type Sink struct {
	plan    Plan
	journal *journal.Journal[Record]
	doors   []*http.Server
	running sync.WaitGroup

	mu       sync.Mutex
	attempts map[string]int
	failed   error // the journal's first
}

// New makes a server that records in a file.
func New(path string, plan Plan) (*Sink, error) {
	j, err := journal.Open[Record](path)
	if err != nil {
		return nil, err
	}
	return &Sink{plan: plan, journal: j, attempts: map[string]int{}}, nil
}

// Door opens a port for one worker and returns its address, host:port. Doors are opened
// before the first is used.
func (s *Sink) Door(worker string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("open the text message server's door for %s: %w", worker, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", func(w http.ResponseWriter, r *http.Request) { s.create(w, r, worker) })
	door := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	s.doors = append(s.doors, door)
	s.running.Go(func() { _ = door.Serve(l) }) // It ends with Close.
	return l.Addr().String(), nil
}

// Close ends all connections. It fails when something could not be recorded, because the
// record is then worth nothing.
func (s *Sink) Close() error {
	for _, d := range s.doors {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if d.Shutdown(ctx) != nil {
			_ = d.Close() // Somebody is still waiting for an answer.
		}
		cancel()
	}
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.failed, s.journal.Close())
}

// Reference is the sender's id in a text; empty when it has none.
func Reference(text string) string {
	_, ref, _ := strings.Cut(strings.TrimSpace(text), "ref ")
	return ref
}

const maxForm = 64 << 10

func (s *Sink) create(w http.ResponseWriter, r *http.Request, worker string) {
	record := Record{Worker: worker, Began: time.Now()}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		fail(w, http.StatusBadRequest, 20001, "the request body is no form")
		return
	}
	record.To, record.Message = r.PostForm.Get("To"), Reference(r.PostForm.Get("Body"))
	s.mu.Lock()
	n := s.attempts[record.Message]
	s.attempts[record.Message]++
	s.mu.Unlock()
	d := s.plan(record.Message, n)
	if d.After > 0 {
		t := time.NewTimer(d.After)
		<-t.C // A client that leaves meanwhile has sent its message all the same.
	}
	record.Mood, record.Accepted, record.At = d.Mood, d.Mood == Accept || d.Mood == Swallow, time.Now()
	if err := s.journal.Append(record); err != nil {
		s.mu.Lock()
		s.failed = errors.Join(s.failed, err)
		s.mu.Unlock()
		fail(w, http.StatusServiceUnavailable, 20503, "could not be stored")
		return
	}
	switch d.Mood {
	case TooMany:
		fail(w, http.StatusTooManyRequests, 20429, "too many requests")
	case Broken:
		http.Error(w, "<html>out of order</html>", http.StatusServiceUnavailable)
	case Refuse:
		fail(w, http.StatusBadRequest, 21612, "the message cannot be sent with this combination of numbers")
	case Drop, Swallow:
		panic(http.ErrAbortHandler) // Ends the connection without an answer, as net/http documents it.
	default:
		answer(w, http.StatusCreated, map[string]any{"sid": "SM" + record.Message, "status": "queued", "to": record.To})
	}
}

// fail answers as Twilio does
// (https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions).
func fail(w http.ResponseWriter, status, code int, text string) {
	answer(w, status, map[string]any{"code": code, "message": text, "status": status})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // Whoever asked is gone; the record stays.
}
