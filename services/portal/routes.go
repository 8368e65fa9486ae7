package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/link"
)

// reason is why a request was not done: a closed set, for metrics.
type reason string

const (
	forged    reason = "forged"   // nobody here sealed it, or it is for something else
	expired   reason = "expired"  // it is too old
	foreign   reason = "foreign"  // a form of another site
	tooMany   reason = "too_many" // forms from one address
	notForm   reason = "not_a_form"
	unknown   reason = "unknown_person"
	notStored reason = "not_stored" // the broker did not confirm it
	notKnown  reason = "no_answer"  // about the person
	nowhere   reason = "no_route"
)

// request is one that is being answered.
type request struct {
	*http.Request
	w     *answer
	route string
	now   time.Time
}

// answer remembers the status for metrics and spans.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range []struct {
		pattern string
		serve   func(*request)
	}{
		{"GET /c/{token}", s.serveClick},
		{"GET /o/{token}", s.serveOpen},
		{"GET /u/{token}", s.serveUnsubscribe},
		{"POST /u/{token}", s.takeUnsubscribe},
		{"GET /p/{token}", s.servePreferences},
		{"POST /p/{token}", s.takePreferences},
		{"GET /k/{token}", s.serveConfirm},
		{"POST /k/{token}", s.takeConfirm},
		{"GET " + s.pages.stylePath, s.serveStyle},
		{"GET /robots.txt", serveRobots},
		{"/", func(r *request) { s.refuse(r, nowhere) }},
	} {
		mux.Handle(rt.pattern, s.measured(rt.pattern, rt.serve))
	}
	return mux
}

// measured answers a route, with what all answers have in common. The span is our own: the usual one would hold the
// path, in which the token is, and the visitor's address.
func (s *Service) measured(route string, serve func(*request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, span := s.tracer.Start(r.Context(), route, trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", method(r)), attribute.String("http.route", route)))
		defer span.End()
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Content-Security-Policy", pagePolicy)
		// Forms need to say where they come from, and other sites must not see the token.
		h.Set("Referrer-Policy", "same-origin")
		a := &answer{ResponseWriter: w}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		serve(&request{Request: r.WithContext(ctx), w: a, route: route, now: s.o.Now()})
		span.SetAttributes(attribute.Int("http.response.status_code", a.status))
		if a.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		s.metrics.answered(ctx, route, a.status, time.Since(began))
	})
}

// method is the request's, of a closed set.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	}
	return "_OTHER"
}

// maxBody bounds a form, in bytes.
const maxBody = 16 << 10

// maxToken bounds what is looked at, in bytes.
const maxToken = 8 << 10

// open opens the request's token, if it is for one of the kinds. why is "" when it is good; the ticket of one that
// has only expired is there as well.
func (s *Service) open(token string, now time.Time, kinds ...link.Kind) (t link.Ticket, why reason) {
	if len(token) > maxToken {
		return t, forged
	}
	t, err := s.o.Tickets.Open(token, now)
	if err != nil && !errors.Is(err, link.ErrExpired) {
		return link.Ticket{}, forged
	}
	for _, k := range kinds {
		if t.Kind == k && t.Profile != "" {
			if err != nil {
				return t, expired
			}
			return t, ""
		}
	}
	return link.Ticket{}, forged
}

// refuse counts a request that was not done, and answers it with a page.
func (s *Service) refuse(r *request, why reason) {
	s.count(r, why)
	f := s.frame(r, "")
	n := notice{frame: f, Home: true}
	status := http.StatusNotFound
	switch why {
	case expired:
		status, n.Key = http.StatusGone, "expired"
	case foreign:
		status, n.Key = http.StatusForbidden, "foreign"
	case tooMany:
		status, n.Key = http.StatusTooManyRequests, "many"
		r.w.Header().Set("Retry-After", "60")
	case notForm:
		status, n.Key = http.StatusBadRequest, "failed"
	case notStored, notKnown:
		status, n.Key, n.Home, n.Retry = http.StatusServiceUnavailable, "failed", false, r.Method == http.MethodGet
		r.w.Header().Set("Retry-After", "5")
	case forged, unknown, nowhere: // One page for all: what was wrong would help nobody but a forger.
		n.Key = "lost"
	}
	s.render(r, status, "notice.html", &n)
}

func (s *Service) count(r *request, why reason) {
	s.metrics.refuse(r.Context(), r.route, why)
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("rapport.refused", string(why)))
}

// personWithin bounds the question who the person is, where the page can do without.
const personWithin = 500 * time.Millisecond

// person asks for the profile; the zero one when it is not known or takes too long.
func (s *Service) person(ctx context.Context, profile string) Person {
	p, err := s.personOrError(ctx, profile, personWithin)
	if err != nil && !errors.Is(err, ErrUnknown) {
		s.log.WarnContext(ctx, "a page does without what is known of the person", "error", err)
	}
	return p
}

func (s *Service) personOrError(ctx context.Context, profile string, within time.Duration) (Person, error) {
	if s.o.Person == nil {
		return Person{}, ErrUnknown
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.o.Person(ctx, profile)
}

func serveRobots(r *request) {
	r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = r.w.Write([]byte("User-agent: *\nDisallow: /\n"))
}
