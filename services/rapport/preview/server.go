package preview

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"rapport/pkg/workspace"
	"rapport/services/rapport/preview/sample"
)

// Options are what a Server is made of. Dir is required.
type Options struct {
	Dir    string           // the workspace
	Addr   string           // host:port; empty: 127.0.0.1:8026
	Remote bool             // others than this machine may look, too
	Now    func() time.Time // of the messages; nil: the wall clock
	Logger *slog.Logger     // nil: silent
}

// Addr is where the page is unless somebody says otherwise.
const Addr = "127.0.0.1:8026"

// stopWithin bounds how long a stop waits for answers that are being written.
const stopWithin = time.Second

// ErrRemote says that an address can be reached from other machines, and nobody said that it may.
var ErrRemote = errors.New("can be reached from other machines, and unpublished messages would be, too: use 127.0.0.1, or add --allow-remote")

// Server is the page. Make it with New, then Run it once.
type Server struct {
	o     Options
	live  *workspace.Live
	ln    net.Listener
	pages *pages

	mu   sync.Mutex
	book *sample.Book
	told <-chan struct{} // closes when book is out of date
}

// New reads the workspace and begins to follow it and to listen. Errors are those of workspace.Watch, ErrRemote, or an
// address that is taken. Someone who does not come to Run calls Close.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = Addr
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, pages: p}
	if s.ln, err = net.Listen("tcp", o.Addr); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	// Asked of the listener, because a name may lead anywhere.
	if at, ok := s.ln.Addr().(*net.TCPAddr); !o.Remote && (!ok || !at.IP.IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%s %w", o.Addr, ErrRemote), s.ln.Close())
	}
	if s.live, err = workspace.Watch(ctx, o.Dir, o.Logger, nil); err != nil {
		return nil, errors.Join(err, s.ln.Close())
	}
	return s, nil
}

// URL is the address of the page.
func (s *Server) URL() string { return "http://" + s.ln.Addr().String() }

// Close releases what New opened.
func (s *Server) Close() error { return errors.Join(s.ln.Close(), s.live.Close()) }

// Run answers until the context ends.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		// Pages that listen for changes are let go at once.
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.ln) }()
	var err error
	select {
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close() // Who is cut off reads a page, no more.
		}
		<-failed
	case err = <-failed:
		err = fmt.Errorf("preview: %w", err)
	}
	return errors.Join(err, s.live.Close())
}

// current is the book of the files as they are, and what is wrong with them.
func (s *Server) current() (*sample.Book, workspace.Problems) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told != nil {
		select {
		case <-s.told:
		default:
			return s.book, s.live.Problems()
		}
	}
	s.told = s.live.Changed()
	s.book = sample.Open(s.live.Current(), os.DirFS(s.o.Dir))
	return s.book, s.live.Problems()
}
