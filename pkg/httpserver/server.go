package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// headerWithin bounds the reading of a header, which is small and comes at once from everybody who means well.
const headerWithin = 5 * time.Second

// Options are what a Server is made of. All but Work are required.
type Options struct {
	Name    string // the service, which begins each error
	Addr    string // host:port; port 0 is any that is free
	Handler http.Handler
	// ReadWithin bounds the reading of a request from its first byte to its last, and WriteWithin the time from the end of
	// its header until the answer is written: the handler needs its own time between them.
	ReadWithin, WriteWithin time.Duration
	// IdleWithin is how long a connection without a request is kept.
	IdleWithin time.Duration
	// DrainWithin bounds the end of Run.
	DrainWithin time.Duration
	// HeaderBytes bounds a header, more or less: net/http adds 4096.
	HeaderBytes int
	// Logger has the panics of handlers, at error, and what net/http says of connections, at debug.
	Logger *slog.Logger
	// Work is what goes on behind the handler; Run waits for it. ended is closed when all requests have ended or were cut
	// off, which is when Work has to come to its end. ctx ends when DrainWithin is over, and Work then gives up.
	Work func(ctx context.Context, ended <-chan struct{})
}

// Server listens and serves. It implements lifecycle.Service and lifecycle.Readier.
type Server struct {
	o     Options
	ready chan struct{}
	mu    sync.Mutex
	addr  string
}

// New makes a server. Nothing listens before Run.
func New(o Options) *Server { return &Server{o: o, ready: make(chan struct{})} }

// Ready is closed when Run listens.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Run listens and serves until ctx ends; then it takes no new connections, lets open requests and Work end within
// Options.DrainWithin, and returns nil. The errors are: the address cannot be listened on, connections cannot be
// accepted any more (the end is the same then), and requests were cut off. It is called once.
func (s *Server) Run(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.o.Addr)
	if err != nil {
		return fmt.Errorf("%s: listen on %s: %w; choose another address", s.o.Name, s.o.Addr, err)
	}
	return s.serve(ctx, ln)
}

// serve is Run once there is a listener, which it closes.
func (s *Server) serve(ctx context.Context, ln net.Listener) error {
	s.mu.Lock()
	s.addr = ln.Addr().String()
	s.mu.Unlock()
	working, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	ended := make(chan struct{})
	var work sync.WaitGroup
	if s.o.Work != nil {
		work.Go(func() { s.o.Work(working, ended) })
	}
	srv := s.server()
	failed, served := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(served)
		failed <- srv.Serve(ln)
	}()
	close(s.ready)
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("%s: serve on %s: %w", s.o.Name, s.Addr(), err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.DrainWithin)
	defer cancel()
	stopWaiting := context.AfterFunc(bounded, giveUp)
	defer stopWaiting()
	err = errors.Join(err, s.drain(bounded, srv))
	<-served
	close(ended)
	work.Wait()
	return err
}

// server is the one of net/http.
func (s *Server) server() *http.Server {
	return &http.Server{
		Handler:           s.telling(s.o.Handler),
		ReadHeaderTimeout: min(s.o.ReadWithin, headerWithin),
		ReadTimeout:       s.o.ReadWithin,
		WriteTimeout:      s.o.WriteWithin,
		IdleTimeout:       s.o.IdleWithin,
		MaxHeaderBytes:    s.o.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug),
	}
}

// drain ends the requests.
func (s *Server) drain(bounded context.Context, srv *http.Server) error {
	err := srv.Shutdown(bounded)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: open requests did not end within %s: %w", s.o.Name, s.o.DrainWithin, err), srv.Close())
	}
	return nil
}
