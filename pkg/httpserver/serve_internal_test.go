package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

var errGone = errors.New("the network is gone")

// gone is a listener that takes no connection any more.
type gone struct{ net.Listener }

func (gone) Accept() (net.Conn, error) { return nil, errGone }

// When connections cannot be accepted any more, Run says so, and what works behind it still comes to its end.
func TestServingFails(t *testing.T) {
	t.Parallel()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	worked := false
	s := New(Options{
		Name: "door", Handler: http.NotFoundHandler(), DrainWithin: time.Minute, Logger: slog.New(slog.DiscardHandler),
		Work: func(_ context.Context, ended <-chan struct{}) { <-ended; worked = true },
	})
	err = s.serve(t.Context(), gone{ln})
	if !errors.Is(err, errGone) || err.Error() != "door: serve on "+ln.Addr().String()+": the network is gone" {
		t.Errorf("got %v", err)
	}
	if !worked {
		t.Error("the work did not end")
	}
}
