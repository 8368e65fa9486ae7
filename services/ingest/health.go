package ingest

import (
	"context"
	"net/http"
	"time"
)

func (s *Service) serveHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "alive"})
}

// readyWithin bounds the question to the broker.
const readyWithin = 2 * time.Second

func (s *Service) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if asked, ok := s.o.Publisher.(interface{ Ready(context.Context) error }); ok {
		if err := asked.Ready(ctx); err != nil {
			p := newProblem(http.StatusServiceUnavailable, brokerGone, "Not ready", "The broker cannot be reached: "+err.Error()+".")
			p.retryAfter = 5
			p.write(w)
			return
		}
	}
	writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ready"})
}
