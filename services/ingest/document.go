package ingest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// documentConfig is the document's frame. Routes of huma's own (its document, its page, which
// fetches scripts from elsewhere) are off.
func documentConfig() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Rapport, the door for events", Version: "1",
				Description: "Send what customers do, and what a shop knows of them and of its products. A 2xx means that it is stored. " +
					"Every refusal is a problem (RFC 9457) that names the field and the remedy; every answer has an X-Request-Id. " +
					"After 429 and 503 repeat the same request when Retry-After says: ids keep it from being stored twice.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"basic":  {Type: "http", Scheme: "basic", Description: "The write key as the user name, with an empty password: curl -u KEY:"},
					"bearer": {Type: "http", Scheme: "bearer", Description: "The write key as a token."},
					"header": {Type: "apiKey", In: "header", Name: "X-Write-Key", Description: "The write key by itself."},
					"body":   {Type: "apiKey", In: "header", Name: "writeKey", Description: "Not a header: the member writeKey of the body, for Segment's calls and batches."},
				},
			},
			Tags: []*huma.Tag{
				{Name: tagCalls, Description: "The calls of Segment's libraries, which need no change but the address."},
				{Name: tagShops, Description: "Other ways in: CloudEvents, webhooks of shop systems, products. With servers' keys only."},
				{Name: tagShort, Description: "Paths that Segment's libraries use beside the long ones. They do the same."},
				{Name: tagAbout, Description: "About the door itself."},
			},
		},
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat}, DefaultFormat: "application/json",
	}
}

const (
	tagCalls = "Calls"
	tagShops = "Shops"
	tagShort = "Short paths"
	tagAbout = "About"
)

// describer writes the document while the mux is made.
type describer struct {
	api    huma.API
	limits Limits
}

// operation is what the document says of a route.
func (d *describer) operation(rt *route, path string, alias bool) *huma.Operation {
	op := &huma.Operation{Method: rt.method, Path: path, Responses: map[string]*huma.Response{}}
	rt.describe(d, op)
	op.OperationID = strings.Trim(strings.NewReplacer("/v1", "", "/", "-", "{", "", "}", "", ".", "-").Replace(path), "-")
	if alias {
		op.Tags, op.Summary, op.Description = []string{tagShort}, "The same as "+rt.path, "See "+rt.path+"."
	}
	if rt.page {
		op.Description += " Pages may use it with a key for browsers (CORS); a page's body may be text/plain, as beacons are."
	}
	for _, response := range op.Responses {
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		response.Headers[requestIDHeader] = &huma.Param{Description: "The sender's X-Request-Id, or one of ours.", Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return op
}

// schema is that of a type; a struct's is kept under its name.
func (d *describer) schema(v any) *huma.Schema {
	return d.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

// body says what an operation takes.
func (d *describer) body(op *huma.Operation, mediaType string, schema *huma.Schema, examples ...example) {
	if op.RequestBody == nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	}
	media := &huma.MediaType{Schema: schema, Examples: map[string]*huma.Example{}}
	for _, e := range examples {
		var value any = json.RawMessage(e.body)
		if !json.Valid([]byte(e.body)) {
			value = e.body // JSON Lines
		}
		media.Examples[e.name] = &huma.Example{Summary: e.summary, Value: value}
	}
	op.RequestBody.Content[mediaType] = media
}

// example is a request that works as it stands.
type example struct{ name, summary, body string }

// answers says what an operation gives, and which problems there can be.
func (d *describer) answers(op *huma.Operation, status int, what string, v any, problems ...int) {
	op.Responses[strconv.Itoa(status)] = &huma.Response{
		Description: what, Content: map[string]*huma.MediaType{"application/json": {Schema: d.schema(v)}},
	}
	for _, code := range problems {
		r := &huma.Response{
			Description: problemMeaning(code), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: d.schema(problem{})}},
		}
		if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
			r.Headers = map[string]*huma.Param{"Retry-After": {Description: "Seconds after which to repeat the request.", Schema: &huma.Schema{Type: huma.TypeInteger}}}
		}
		op.Responses[strconv.Itoa(code)] = r
	}
}

func problemMeaning(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "Malformed, or a field is wrong or missing; it is named."
	case http.StatusUnauthorized:
		return "No write key, or one that is not known."
	case http.StatusForbidden:
		return "The key may not do this, or not from this page."
	case http.StatusNotFound:
		return "There is no such source."
	case http.StatusRequestTimeout:
		return "The body did not come in time."
	case http.StatusRequestEntityTooLarge:
		return "The body, an event or the batch is too large."
	case http.StatusUnsupportedMediaType:
		return "A content type or encoding that is not taken."
	case http.StatusTooManyRequests:
		return "The key sends more events per second than it may. Nothing was stored."
	case http.StatusNotImplemented:
		return "The part that this needs does not run here."
	}
	return "Not stored, or not for certain: busy, or the broker is slow, gone or full. Repeat the request as it is."
}

// secured says that an operation needs a write key.
func secured(op *huma.Operation, inBody bool) {
	op.Security = []map[string][]string{{"basic": {}}, {"bearer": {}}, {"header": {}}}
	if inBody {
		op.Security = append(op.Security, map[string][]string{"body": {}})
	}
}

// finish is the document as it is served.
func (d *describer) finish() *document {
	api := d.api.OpenAPI()
	text, err := json.Marshal(api)
	if err != nil { // our own structs of text and numbers
		text = []byte("{}")
	}
	return &document{api: api, json: text, page: docsPage(api)}
}

// document is the description of the API, made once.
type document struct {
	api  *huma.OpenAPI
	json json.RawMessage
	page []byte
}

func (s *Service) serveDocument(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", s.document().json)
}

func (s *Service) serveDocs(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Content-Length", strconv.Itoa(len(s.document().page)))
	_, _ = w.Write(s.document().page) // Whoever asked is gone.
}

// ordered are the operations of a document, tag by tag, each by its path.
func ordered(api *huma.OpenAPI, tag string) []*huma.Operation {
	var ops []*huma.Operation
	for _, item := range api.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil && slices.Contains(op.Tags, tag) {
				ops = append(ops, op)
			}
		}
	}
	slices.SortFunc(ops, func(a, b *huma.Operation) int { return strings.Compare(a.Path, b.Path) })
	return ops
}

// kilobytes is a size for people.
func kilobytes(n int64) string { return fmt.Sprintf("%d KB", n>>10) }
