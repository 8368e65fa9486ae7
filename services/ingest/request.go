package ingest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

const requestIDHeader = "X-Request-Id"

// named gives every answer a request id: the sender's, if it has a decent one. A slash at the
// end of a path, which some libraries send, is none.
func named(next http.Handler) http.Handler {
	decent := regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !decent.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(requestIDHeader, id)
		if path := r.URL.Path; len(path) > 1 && strings.HasSuffix(path, "/") {
			r = r.WithContext(r.Context())
			r.URL = &url.URL{Path: strings.TrimRight(path, "/"), RawQuery: r.URL.RawQuery}
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers with a problem, counts it, and notes the reason where the operator looks.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	s.metrics.refused(r.Context(), p.reason, max(1, len(p.Rejected)))
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("rapport.refused", string(p.reason)))
	s.log.DebugContext(r.Context(), "request refused", "path", r.URL.Path, "status", p.Status, "reason", p.reason,
		"request_id", w.Header().Get(requestIDHeader))
	p.write(w)
}

// headerKey finds the write key in the headers; given is false when it can only be in the body.
func headerKey(r *http.Request) (key string, given bool) {
	if user, _, ok := r.BasicAuth(); ok {
		return user, true
	}
	auth := r.Header.Get("Authorization")
	if scheme, token, ok := strings.Cut(auth, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	if auth == "" {
		key = strings.TrimSpace(r.Header.Get("X-Write-Key"))
	}
	return key, auth != "" || key != ""
}

// authorize says whose a write key is, and whether it may be used where the request comes from.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request, key string, inBody bool) (Key, *problem) {
	if k, ok := s.o.Keys.Lookup(key); ok && key != "" {
		return k, originAllowed(w, r, &k)
	}
	where := "The write key in the header is not known."
	if inBody {
		where = "The writeKey in the body is not known."
	}
	if key == "" {
		where = "There is no write key."
	}
	return Key{}, newProblem(http.StatusUnauthorized, unauthorized, "Unknown write key", where+
		" Send it as the user name of Basic authentication with an empty password (curl -u KEY:), as Authorization: Bearer KEY,"+
		" as X-Write-Key, or as writeKey in the body. The door's keys are set by RAPPORT_WRITE_KEYS=name:key.")
}

// admit reads a body and finds out whose it is. decode returns the writeKey in it.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, limit int64, decode func([]byte) ([]byte, *problem)) (Key, *problem) {
	given, inHeader := headerKey(r)
	var k Key
	if inHeader { // a stranger's body is not even read
		var p *problem
		if k, p = s.authorize(w, r, given, false); p != nil {
			return Key{}, p
		}
	}
	beacon, p := contentType(r.Header.Get("Content-Type"))
	if p != nil && (!inHeader || r.Header.Get("Content-Encoding") != "gzip") {
		// RudderStack's library for Node calls a compressed body by another type when it repeats a
		// request. What is gzip, has a key in a header and is no JSON inside is refused below.
		return Key{}, p
	}
	body, release, p := s.readBody(w, r, limit)
	if p != nil {
		return Key{}, p
	}
	defer release()
	inBody, p := decode(body)
	if p != nil {
		return Key{}, p
	}
	if !inHeader {
		var ferr *fieldError
		if given, ferr = text("writeKey", inBody); ferr != nil {
			return Key{}, fieldProblem(ferr)
		}
		if k, p = s.authorize(w, r, given, true); p != nil {
			return Key{}, p
		}
	}
	if beacon && !k.Browser {
		return Key{}, unsupportedType(r.Header.Get("Content-Type"))
	}
	return k, nil
}

// server is a key that may do what pages may not.
func (s *Service) server(w http.ResponseWriter, r *http.Request) (Key, *problem) {
	given, _ := headerKey(r)
	k, p := s.authorize(w, r, given, false)
	if p == nil && k.Browser {
		p = newProblem(http.StatusForbidden, forbidden, "Not with this key",
			"The write key is one for browsers, which may only send track, page, screen and identify. Send this from a server, with a server's key.")
	}
	return k, p
}
