package portal

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/visitor"
)

// HiddenLink names the link that no person sees: whoever follows it is a machine.
const HiddenLink = "honeypot"

// serveClick sends the visitor where the link leads, and then thinks about who it was.
func (s *Service) serveClick(r *request) {
	t, why := s.open(r.PathValue("token"), r.now, link.Click)
	switch {
	case why != "":
		s.refuse(r, why)
		return
	case !strings.HasPrefix(t.URL, "https://") && !strings.HasPrefix(t.URL, "http://"):
		s.log.ErrorContext(r.Context(), "a link was sealed that is no web address", "journey", t.Journey, "step", t.Step)
		s.refuse(r, forged)
		return
	}
	r.w.Header().Set("Referrer-Policy", "no-referrer-when-downgrade")
	http.Redirect(r.w, r.Request, t.URL, http.StatusFound)
	s.judgeClick(r, &t)
}

// judgeClick publishes at once what is surely a machine's, and holds back the rest.
func (s *Service) judgeClick(r *request, t *link.Ticket) {
	c := &click{ticket: *t, visit: s.visit(r, t, visitor.Click), from: household(s.address(r.Request)), span: trace.SpanContextFromContext(r.Context())}
	c.visit.Honeypot = t.Link == HiddenLink
	if c.visit.Honeypot {
		s.hold.trapped(c)
	}
	ctx := context.WithoutCancel(r.Context())
	if v := visitor.Judge(c.visit); v.Machine && v.Sure {
		s.clicked(ctx, c, v)
		return
	}
	s.hold.add(ctx, c)
}

// visit is what tells who the visitor is.
func (s *Service) visit(r *request, t *link.Ticket, kind visitor.Kind) visitor.Visit {
	h := r.Header
	v := visitor.Visit{
		Kind: kind, Method: r.Method, Agent: clip(r.UserAgent(), maxAgent), Hosted: s.hosted.Contains(s.address(r.Request)),
		Headers: visitor.Headers{
			Purpose: h.Get("Purpose"), SecPurpose: h.Get("Sec-Purpose"), XPurpose: h.Get("X-Purpose"), XMoz: h.Get("X-Moz"),
			Via: h.Get("Via"), AcceptLanguage: h.Get("Accept-Language"),
		},
		Link: t.Link + " " + t.URL, At: r.now,
	}
	if !t.SentAt.IsZero() {
		v.Since = r.now.Sub(t.SentAt)
	}
	return v
}

// clicked publishes a click that is judged. Within two seconds, the same click of the same kind is the same event.
func (s *Service) clicked(ctx context.Context, c *click, v visitor.Verdict) {
	ctx = trace.ContextWithSpanContext(ctx, c.span) // of the request, which ended long ago
	s.metrics.judged(ctx, "click", v)
	t, d := &c.ticket, about(&c.ticket)
	d.URL, d.ProductID, d.LinkCategory, d.Link = clip(t.URL, maxURL), t.Product, t.LinkCategory, t.Link
	d.UserAgent = c.visit.Agent
	if v.Machine {
		d.Machine = string(v.Why)
	}
	s.tell(ctx, typeOf(v), t, c.visit.At, d, c.visit.Link, bucketOf(c.visit.At, holdFor))
}

// openBucket is the time in which pictures fetched again are the same open: clients fetch it several times while they
// lay the mail out.
const openBucket = 10 * time.Second

// picture is a transparent GIF of one pixel, 43 bytes.
const picture = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="

// serveOpen answers with the picture, whatever the token is: a broken one would be seen.
func (s *Service) serveOpen(r *request) {
	token, ok := strings.CutSuffix(r.PathValue("token"), ".gif")
	if !ok {
		s.refuse(r, forged)
		return
	}
	t, why := s.open(token, r.now, link.Open)
	status := http.StatusOK
	if why == forged {
		status = http.StatusNotFound
	}
	gif, err := base64.StdEncoding.DecodeString(picture)
	if err != nil {
		panic(err) // It is written above.
	}
	r.w.Header().Set("Content-Type", "image/gif")
	r.w.WriteHeader(status)
	_, _ = r.w.Write(gif)
	if why != "" {
		s.count(r, why)
		return
	}
	visit := s.visit(r, &t, visitor.Open)
	v := visitor.Judge(visit)
	ctx := context.WithoutCancel(r.Context())
	s.metrics.judged(ctx, "open", v)
	typ, d := event.EmailOpened, about(&t)
	d.UserAgent = visit.Agent
	if v.Machine {
		typ, d.Machine = event.EmailPrefetched, string(v.Why)
	}
	s.tell(ctx, typ, &t, r.now, d, bucketOf(r.now, openBucket))
}

// tell publishes an event that nobody waits for.
func (s *Service) tell(ctx context.Context, typ string, t *link.Ticket, at time.Time, d data, parts ...string) {
	msg, err := newMessage(typ, t, at, d, parts...)
	if err != nil {
		s.log.ErrorContext(ctx, "a visit is lost", "type", typ, "error", err)
		s.metrics.lost(ctx, 1, "invalid")
		return
	}
	bus.Inject(ctx, msg.Header)
	s.outbox.add(ctx, msg)
}
