package httpserver_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/httpserver"
)

// A panic is told where an operator looks, without what the sender asked for, and the others are served.
func TestPanicsAreTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer // read after the server has ended
	panics := make(chan any, 1)
	s, stop := run(t, func(o *httpserver.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			select {
			case reason := <-panics:
				panic(reason)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
	})
	for _, reason := range []any{"a hole in the floor", http.ErrAbortHandler} {
		panics <- reason
		if status, err := get(t, s.Addr()); err == nil {
			t.Errorf("%v: the sender has an answer: %d", reason, status)
		}
		if status, err := get(t, s.Addr()); err != nil || status != http.StatusNoContent {
			t.Errorf("after %v: %d, %v", reason, status, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	said := log.String()
	if strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=ERROR") || !strings.Contains(said, "a hole in the floor") || !strings.Contains(said, "panics_test.go") {
		t.Errorf("the log says %q", said)
	}
}
