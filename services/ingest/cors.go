package ingest

import (
	"fmt"
	"net/http"
)

// What pages may send and see (https://fetch.spec.whatwg.org/#http-cors-protocol).
const (
	corsHeaders = "Authorization, Content-Type, Content-Encoding, X-Write-Key, X-Request-Id, Traceparent, Tracestate"
	corsExposed = "X-Request-Id, Retry-After"
	corsMaxAge  = "600" // seconds
)

// shared lets pages read the answers of a route, if there is a browser key for their origin. It
// stands in front of everything, so that they can read what is wrong with a key, too.
func (s *Service) shared(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Add("Vary", "Origin")
			if s.o.Keys.Welcomes(origin) {
				w.Header().Set("Access-Control-Allow-Origin", origin)
				w.Header().Set("Access-Control-Expose-Headers", corsExposed)
			}
		}
		next(w, r)
	}
}

// originAllowed says no to a page that uses a key which is not for it. A server's key in a page
// is one that everybody has read.
func originAllowed(w http.ResponseWriter, r *http.Request, k *Key) *problem {
	origin := r.Header.Get("Origin")
	if origin == "" || k.allows(origin) {
		return nil
	}
	w.Header().Del("Access-Control-Allow-Origin")
	if !k.Browser {
		return newProblem(http.StatusForbidden, forbidden, "A server's key in a page",
			fmt.Sprintf("The key of %s is one for servers, and a page of %s sent it, where everybody can read it. Make a key for browsers (name:key:browser;origin=%s), and replace this one.",
				k.Source, origin, origin))
	}
	return newProblem(http.StatusForbidden, forbidden, "Not from this page",
		fmt.Sprintf("The key of %s is not for pages of %s. Add ;origin=%s to the key's entry.", k.Source, origin, origin))
}

// preflight answers a browser that asks whether a page may send here.
func (s *Service) preflight(w http.ResponseWriter, r *http.Request, method string) {
	h, origin := w.Header(), r.Header.Get("Origin")
	h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	if !s.o.Keys.Welcomes(origin) {
		s.refuse(w, r, newProblem(http.StatusForbidden, forbidden, "Not from this page",
			fmt.Sprintf("There is no write key for pages of %s. Make one: name:key:browser;origin=%s.", origin, origin)))
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
}
