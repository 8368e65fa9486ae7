package ingest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rapport/services/ingest"
)

// api is the part of the document that the tests look at.
type api struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct {
				Schema   json.RawMessage
				Examples map[string]struct{ Value json.RawMessage }
			}
		}
		Responses map[string]struct {
			Content map[string]struct{ Schema json.RawMessage }
			Headers map[string]any
		}
		Security []map[string][]string
	}
}

// contract is a document and a compiler of its schemas.
type contract struct {
	api
	compiler *jsonschema.Compiler
}

const documentURL = "https://rapport.example/openapi.json"

func readContract(t *testing.T, h http.Handler) *contract {
	t.Helper()
	a := send(t, h, http.MethodGet, "/openapi.json", nil, nil)
	c := &contract{compiler: jsonschema.NewCompiler()}
	a.into(t, &c.api)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := c.compiler.AddResource(documentURL, doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// holds checks JSON against the schema at a place of the document.
func (c *contract) holds(t *testing.T, value []byte, place ...string) {
	t.Helper()
	for i, p := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p)
	}
	pointer := "/" + strings.Join(place, "/")
	schema, err := c.compiler.Compile(documentURL + "#" + pointer)
	if err != nil {
		t.Fatalf("%s: %v", pointer, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatalf("%s: %s is no JSON", pointer, value)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s: %s\n%v", pointer, value, err)
	}
}

func contractDoor(t *testing.T) (*ingest.Service, *recording) {
	t.Helper()
	r := &recording{}
	return newService(t, r, func(o *ingest.Options) {
		withKeys(t, "")(o)
		o.Catalogue = &shelf{}
		o.Webhooks = func(string) ingest.Webhook { return hook{} }
	}), r
}

func TestExamplesOfTheDocumentWork(t *testing.T) {
	t.Parallel()
	s, _ := contractDoor(t)
	c := readContract(t, s.Handler())
	if c.OpenAPI != "3.1.0" {
		t.Errorf("the document is of version %s", c.OpenAPI)
	}
	sent := 0
	for path, item := range c.Paths {
		for method, op := range item {
			for mediaType, media := range op.RequestBody.Content {
				for name, e := range media.Examples {
					body := e.Value
					var lines string
					if json.Unmarshal(body, &lines) == nil {
						body = []byte(lines)
					} else {
						c.holds(t, body, "paths", path, method, "requestBody", "content", mediaType, "schema")
					}
					a := send(t, s.Handler(), strings.ToUpper(method), path, body, map[string]string{"Content-Type": mediaType, "X-Write-Key": "secret"})
					if a.status != http.StatusOK {
						t.Errorf("%s %s, %s: answered %d %s", method, path, name, a.status, a.body)
						continue
					}
					c.holds(t, a.body, "paths", path, method, "responses", "200", "content", "application/json", "schema")
					sent++
				}
			}
		}
	}
	if sent < 20 {
		t.Errorf("only %d examples were sent", sent)
	}
}

func TestTheDocumentAndTheMuxAgree(t *testing.T) {
	t.Parallel()
	s, _ := contractDoor(t)
	c := readContract(t, s.Handler())
	for path, item := range c.Paths {
		for method, op := range item {
			concrete := strings.NewReplacer("{key}", "pk", "{source}", "shopify").Replace(path)
			a := send(t, s.Handler(), strings.ToUpper(method), concrete, []byte("{}"), map[string]string{"X-Write-Key": "pk"})
			if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed {
				t.Errorf("the document has %s %s, which is answered %d", method, path, a.status)
			}
			if a.header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: no request id", method, path)
			}
			response, told := op.Responses[itoa(a.status)]
			if !told {
				t.Errorf("%s %s answered %d, which the document does not have", method, path, a.status)
			}
			if _, told = response.Headers["X-Request-Id"]; !told {
				t.Errorf("%s %s: the document does not tell of X-Request-Id", method, path)
			}
		}
	}
	// What the mux has is told by its answer to a wrong path.
	var p problem
	send(t, s.Handler(), http.MethodGet, "/none", nil, nil).into(t, &p)
	_, list, _ := strings.Cut(strings.TrimSuffix(p.Detail, "."), "The routes are ")
	for _, entry := range strings.Split(list, ", ") {
		method, path, _ := strings.Cut(entry, " ")
		if _, ok := c.Paths[path][strings.ToLower(method)]; !ok {
			t.Errorf("%s is served and not in the document", entry)
		}
	}
}

func TestEveryProblemOfTheDocumentHappens(t *testing.T) {
	t.Parallel()
	for path, codes := range map[string][]string{
		"/v1/track": nil, "/v1/identify": nil, "/v1/page": nil, "/v1/screen": nil, "/v1/group": nil, "/v1/alias": nil, "/v1/unalias": nil,
		"/v1/batch": nil, "/v1/cloudevents": nil, "/v1/products": nil,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s, r := contractDoor(t)
			c := readContract(t, s.Handler())
			body, contentType := "", ""
			for mediaType, media := range c.Paths[path]["post"].RequestBody.Content {
				for _, e := range media.Examples {
					if contentType == "" || mediaType < contentType {
						body, contentType = string(e.Value), mediaType
					}
				}
			}
			headers := func(key, contentType string) map[string]string {
				return map[string]string{"X-Write-Key": key, "Content-Type": contentType}
			}
			try := func(status int, a answer) {
				t.Helper()
				refused(t, a, status)
				code := itoa(status)
				c.holds(t, a.body, "paths", path, "post", "responses", code, "content", "application/problem+json", "schema")
				codes = append(codes, code)
			}
			h := s.Handler()
			try(400, send(t, h, "POST", path, []byte("{"), headers("secret", contentType)))
			try(401, send(t, h, "POST", path, []byte(body), headers("wrong", contentType)))
			forbidden := headers("secret", contentType)
			forbidden["Origin"] = fromElsewhere
			try(403, send(t, h, "POST", path, []byte(body), forbidden))
			try(413, send(t, h, "POST", path, bytes.Repeat([]byte(" "), 600<<10), headers("secret", contentType)))
			encoded := headers("secret", contentType)
			encoded["Content-Encoding"] = "br"
			try(415, send(t, h, "POST", path, []byte(body), encoded))
			limited := newService(t, &recording{}, func(o *ingest.Options) {
				withKeys(t, ",slow:slow:rate=1")(o)
				o.Catalogue = &shelf{}
			}).Handler()
			for range 3 {
				a := send(t, limited, "POST", path, []byte(body), headers("slow", contentType))
				if a.status == http.StatusTooManyRequests {
					try(429, a)
					break
				}
			}
			r.Fail(http.ErrServerClosed)
			gone := newService(t, r, func(o *ingest.Options) { withKeys(t, "")(o); o.Catalogue = &shelf{err: http.ErrServerClosed} }).Handler()
			try(503, send(t, gone, "POST", path, []byte(body), headers("secret", contentType)))
			if _, told := c.Paths[path]["post"].Responses["501"]; told {
				bare := newService(t, &recording{}, withKeys(t, "")).Handler()
				try(501, send(t, bare, "POST", path, []byte(productBody(path, body)), headers("secret", contentType)))
			}
			codes = append(codes, "408") // provoked over a connection, TestSlowSendersAreCutOff
			for code := range c.Paths[path]["post"].Responses {
				if code[0] != '2' && !slices.Contains(codes, code) {
					t.Errorf("the document has %s, which did not happen", code)
				}
			}
		})
	}
}

// productBody is an example about a product.
func productBody(path, body string) string {
	switch path {
	case "/v1/track":
		return `{"userId":"c1","event":"Product Updated","properties":{"product_id":"p1"}}`
	case "/v1/cloudevents":
		one := `{"specversion":"1.0","id":"1","source":"x","type":"product.updated","subject":"p1","data":{"product_id":"p1"}}`
		if strings.HasPrefix(body, "[") {
			return "[" + one + "]"
		}
		return one
	}
	return body
}

func TestTheDocsPage(t *testing.T) {
	t.Parallel()
	s, _ := contractDoor(t)
	a := send(t, s.Handler(), http.MethodGet, "/docs", nil, nil)
	page := string(a.body)
	for _, want := range []string{`<html lang="en">`, `id="track"`, "/v1/webhooks/{source}", "curl -u", "</html>", "Retry-After"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, no := range []string{"<script", "src=", "@import", "<no value>", "%!"} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %s", no)
		}
	}
}
