package cloudevent_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"rapport/pkg/event"
)

// published reads a file of the third-party test data, which is not part of the repository.
func published(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "testdata")
	}
	file := filepath.Join(root, "cloudevents", name)
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("no %s: set RAPPORT_TESTDATA to the directory that holds the test data", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scenario is one of the feature's: a request, and what is to be read from it.
type scenario struct {
	request, data string
	attributes    map[string]string
	types         []string // what <contentType> stands for
}

// scenarios reads the part of Gherkin that the feature uses.
func scenarios(text string) (all []scenario) {
	var block *string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		cells := strings.Split(line, "|")
		switch s := len(all) - 1; {
		case strings.HasPrefix(line, "Scenario"):
			all = append(all, scenario{attributes: map[string]string{}})
		case s < 0:
		case line == `"""` && block != nil:
			block = nil
		case line == `"""` && all[s].request == "":
			block = &all[s].request
		case line == `"""`:
			block = &all[s].data
		case block != nil:
			*block += line + "\r\n"
		case len(cells) == 4 && strings.TrimSpace(cells[1]) != "key":
			all[s].attributes[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		case len(cells) == 3 && strings.TrimSpace(cells[1]) != "contentType":
			all[s].types = append(all[s].types, strings.TrimSpace(cells[1]))
		}
	}
	return all
}

// The conformance feature of the HTTP binding. Its events have no subject, which is the one thing that
// Rapport asks for beyond the specification, so they are given one after they were refused for it.
func TestHTTPFeature(t *testing.T) {
	t.Parallel()
	n := 0
	for _, s := range scenarios(string(published(t, "http-protocol-binding.feature"))) {
		for _, typ := range s.types {
			n++
			fill := func(text string) string { return strings.ReplaceAll(text, "<contentType>", typ) }
			head, body, _ := strings.Cut(fill(s.request), "\r\n\r\n")
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := one(t, r.Header, body); err == nil || field(t, err) != "subject" {
				t.Errorf("%s: without a subject: %v", typ, err)
			}
			if r.Header.Get("Ce-Id") != "" {
				r.Header.Set("Ce-Subject", "ada")
			} else {
				body = strings.Replace(body, "{", `{"subject": "ada",`, 1)
			}
			e, err := one(t, r.Header, body)
			if err != nil {
				t.Errorf("%s: %v", typ, err)
				continue
			}
			want := s.attributes
			got := map[string]string{
				"id": e.ID, "specversion": "1.0", "type": e.Type, "source": e.Source, "time": e.Time.Format("2006-01-02T15:04:05Z07:00"),
				"datacontenttype": fill(want["datacontenttype"]), // It is checked, and not kept: data is always JSON.
			}
			want["datacontenttype"] = fill(want["datacontenttype"])
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, want %v", typ, got, want)
			}
			if !reflect.DeepEqual(decoded(t, e.Data), decoded(t, []byte(s.data))) {
				t.Errorf("%s: data %s, want %s", typ, e.Data, s.data)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d scenarios found, want 4", n)
	}
}

func decoded(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

type vector struct {
	Mode              string
	ContextAttributes map[string]any
	Data              string
}

func vectors(t *testing.T, file string) (all []vector) {
	t.Helper()
	dec := yaml.NewDecoder(bytes.NewReader(published(t, file)))
	for {
		var raw map[string]any
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		v := vector{ContextAttributes: map[string]any{}}
		v.Mode, _ = raw["Mode"].(string)
		v.Data, _ = raw["Data"].(string)
		for name, value := range raw["ContextAttributes"].(map[string]any) {
			if more, ok := value.(map[string]any); ok {
				for name, value := range more {
					v.ContextAttributes[name] = value
				}
				continue
			}
			v.ContextAttributes[name] = value
		}
		v.ContextAttributes["specversion"] = "1.0" // YAML takes it for a number.
		all = append(all, v)
	}
}

// send writes a vector in a mode.
func (v vector) send(t *testing.T, mode string) (event.Event, error) {
	t.Helper()
	if mode == "binary" {
		h := http.Header{"Content-Type": {"application/json"}}
		for name, value := range v.ContextAttributes {
			if name == "datacontenttype" {
				h.Set("Content-Type", value.(string))
			} else {
				h.Set("ce-"+name, strings.TrimSpace(value.(string)))
			}
		}
		return one(t, h, v.Data)
	}
	all := map[string]any{"data": json.RawMessage(v.Data)}
	if typ, _ := v.ContextAttributes["datacontenttype"].(string); typ != "" && !strings.Contains(typ, "json") {
		all["data"] = v.Data
	}
	for name, value := range v.ContextAttributes {
		all[name] = strings.TrimSpace(value.(string))
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return one(t, structured(), string(b))
}

// The published vectors with extensions: both modes give the same event.
func TestVectors(t *testing.T) {
	t.Parallel()
	all := vectors(t, "v1.yaml")
	if len(all) != 2 {
		t.Fatalf("%d vectors, want 2", len(all))
	}
	for _, v := range all {
		v.ContextAttributes["subject"] = "ada"
		e, err := v.send(t, v.Mode)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"$extensions":{"comexampleextension1":"value","comexampleextension2":"{\"othervalue\": 5}"},"world":"hello"}`
		if string(e.Data) != want || e.ID != "4321-4321-4321" || e.Source != "/mycontext/subcontext" || e.Type != "com.example.someevent" {
			t.Errorf("%s: %+v with %s, want %s", v.Mode, e, e.Data, want)
		}
	}
}

// The minimal vectors: an object in JSON is taken, any other data is refused with the reason.
func TestMinimalVectors(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"conformance-0001": "datacontenttype", "conformance-0002": "datacontenttype", "conformance-0003": "data",
		"conformance-0004": "", "conformance-0005": "data", "conformance-0006": "datacontenttype",
	}
	all := vectors(t, "v1_minimum.yaml")
	if len(all) != len(want) {
		t.Fatalf("%d vectors, want %d", len(all), len(want))
	}
	for _, v := range all {
		v.ContextAttributes["subject"] = "ada"
		id := v.ContextAttributes["id"].(string)
		for _, mode := range []string{"binary", "structured"} {
			e, err := v.send(t, mode)
			switch {
			case want[id] == "" && (err != nil || decoded(t, e.Data).(map[string]any)["msg"] != "Hello, 🌎!"):
				t.Errorf("%s, %s: %s, %v", id, mode, e.Data, err)
			case want[id] != "" && (err == nil || field(t, err) != want[id]):
				t.Errorf("%s, %s: %v, want an error about %s", id, mode, err, want[id])
			}
		}
	}
}
