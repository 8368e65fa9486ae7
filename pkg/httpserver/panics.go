package httpserver

import (
	"errors"
	"net/http"
	"runtime/debug"
)

// telling tells the log of a handler that panics, and hangs up on the sender, who repeats. Neither path nor query is
// told: they may hold what was meant for one person. The stack says which handler it was.
func (s *Server) telling(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch reason := recover(); {
			case reason == nil:
				return
			case !aborts(reason):
				s.o.Logger.ErrorContext(r.Context(), "a handler panicked and its sender has no answer: report this as a bug",
					"service", s.o.Name, "method", r.Method, "panic", reason, "stack", string(debug.Stack()))
			}
			panic(http.ErrAbortHandler) // It makes net/http hang up and say nothing more.
		}()
		h.ServeHTTP(w, r)
	})
}

// aborts reports whether a handler means to hang up.
func aborts(reason any) bool {
	err, ok := reason.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
