package ingest

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// route is one operation of the API: what the document says of it, and who serves it.
type route struct {
	method, path string
	aliases      []string // paths that do the same
	page         bool     // pages may use it
	serve        http.HandlerFunc
	describe     func(d *describer, op *huma.Operation)
}

// table is all of the API. The document and the mux are made of it, so that neither has what the
// other has not.
func (s *Service) table() []route {
	table := []route{
		{http.MethodPost, "/v1/batch", []string{"/v1/b", "/v1/import"}, true, s.serveBatch, describeBatch},
	}
	for _, c := range []struct{ verb, short string }{
		{"track", "t"}, {"identify", "i"}, {"page", "p"}, {"screen", "s"}, {"group", "g"}, {"alias", "a"},
	} {
		serve := func(w http.ResponseWriter, r *http.Request) { s.serveCall(w, r, c.verb) }
		table = append(table, route{http.MethodPost, "/v1/" + c.verb, []string{"/v1/" + c.short}, true, serve, describeCall(c.verb)})
	}
	return append(table,
		route{http.MethodPost, "/v1/unalias", nil, false, func(w http.ResponseWriter, r *http.Request) { s.serveCall(w, r, "unalias") }, describeCall("unalias")},
		route{http.MethodPost, "/v1/m", nil, true, s.serveDropped, describeDropped},
		route{http.MethodGet, "/v1/projects/{key}/settings", nil, true, s.serveSettings, describeSettings},
		route{http.MethodPost, "/v1/cloudevents", nil, false, s.serveCloudEvents, describeCloudEvents},
		route{http.MethodPost, "/v1/webhooks/{source}", nil, false, s.serveWebhook, describeWebhook},
		route{http.MethodPost, "/v1/products", nil, false, s.serveProducts, describeProducts},
		route{http.MethodGet, "/openapi.json", nil, false, s.serveDocument, describeDocument},
		route{http.MethodGet, "/docs", nil, false, s.serveDocs, describeDocs},
		route{http.MethodGet, "/healthz", nil, false, s.serveHealth, describeHealth},
		route{http.MethodGet, "/readyz", nil, false, s.serveReady, describeReady},
	)
}

// routes makes the mux, and the document along with it.
func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	api := humago.New(mux, documentConfig())
	d := &describer{api: api, limits: s.o.Limits}
	all := s.table()
	for _, rt := range all {
		for i, path := range append([]string{rt.path}, rt.aliases...) {
			op := d.operation(&rt, path, i > 0)
			api.OpenAPI().AddOperation(op)
			serve := rt.serve
			if rt.page {
				serve = s.shared(serve)
			}
			var h http.Handler = serve
			if rt.method == http.MethodPost {
				h = s.traced(rt.method+" "+rt.path, serve)
			}
			api.Adapter().Handle(op, func(ctx huma.Context) {
				r, w := humago.Unwrap(ctx)
				h.ServeHTTP(w, r)
			})
		}
	}
	s.document = sync.OnceValue(d.finish) // made for whoever asks first
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serveElsewhere(w, r, all) })
	return named(mux)
}

// serveElsewhere answers what no route takes: a wrong path, a wrong method, or a browser's question.
func (s *Service) serveElsewhere(w http.ResponseWriter, r *http.Request, all []route) {
	i := slices.IndexFunc(all, func(rt route) bool {
		return matches(rt.path, r.URL.Path) || slices.Contains(rt.aliases, r.URL.Path)
	})
	switch {
	case i < 0:
		names := make([]string, len(all))
		for i, rt := range all {
			names[i] = rt.method + " " + rt.path
		}
		s.refuse(w, r, newProblem(http.StatusNotFound, unsupported, "No such route", "There is nothing here. The routes are "+strings.Join(names, ", ")+"."))
	case r.Method == http.MethodOptions && all[i].page && r.Header.Get("Access-Control-Request-Method") != "":
		s.preflight(w, r, all[i].method)
	default:
		w.Header().Set("Allow", all[i].method)
		s.refuse(w, r, newProblem(http.StatusMethodNotAllowed, unsupported, "Method not allowed", "Use "+all[i].method+" here."))
	}
}

// matches compares a path with the pattern of a route, in which {name} stands for one part.
func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || (strings.HasPrefix(w, "{") && g != "") })
}

// settingsAnswer is what Segment's library for browsers asks for before it sends.
type settingsAnswer struct {
	Integrations map[string]settingsOfSegment `json:"integrations" doc:"Where to send."`
	Plan         map[string]any               `json:"plan" doc:"Empty: nothing is blocked by name."`
}

type settingsOfSegment struct {
	APIKey   string `json:"apiKey"`
	APIHost  string `json:"apiHost" doc:"Host and path in front of /t, /p, ..."`
	Protocol string `json:"protocol" enum:"http,https"`
}

// serveSettings tells a page's library to send here. The host is the one by which it found us.
func (s *Service) serveSettings(w http.ResponseWriter, r *http.Request) {
	given := r.PathValue("key")
	k, p := s.authorize(w, r, given, false)
	if p == nil && !k.Browser {
		p = newProblem(http.StatusForbidden, forbidden, "Not with this key", "The write key is one for servers; pages need one of their own: name:key:browser.")
	}
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	protocol := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		protocol = "https"
	}
	writeJSON(w, http.StatusOK, "application/json", settingsAnswer{
		Integrations: map[string]settingsOfSegment{"Segment.io": {given, r.Host + "/v1", protocol}}, Plan: map[string]any{},
	})
}
