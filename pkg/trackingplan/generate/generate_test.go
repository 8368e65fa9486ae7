package generate_test

import (
	"bytes"
	"encoding/json"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rapport/pkg/event"
	"rapport/pkg/trackingplan"
	"rapport/pkg/trackingplan/generate"
)

// everything has all kinds of properties, and names that do not go into Go as they are.
func everything(t testing.TB) *trackingplan.Plan {
	t.Helper()
	items := []trackingplan.Property{{Name: "sku", Kind: trackingplan.Text, Required: true}, {Name: "price", Kind: trackingplan.Money}}
	p, err := trackingplan.Known().With(trackingplan.Modes{},
		trackingplan.Type{Name: "subscription.paused", Description: "A customer paused a subscription.\n*/ of course", Deprecated: "send subscription.changed", Properties: []trackingplan.Property{
			{Name: "plan", Kind: trackingplan.Text, Required: true, Enum: []string{"monthly", "\"yearly\"`"}},
			{Name: "price", Kind: trackingplan.Money, Required: true, Example: `"12.50"`},
			{Name: "seats", Kind: trackingplan.Integer},
			{Name: "weight", Kind: trackingplan.Number, Required: true},
			{Name: "gift", Kind: trackingplan.Boolean},
			{Name: "until", Kind: trackingplan.Date},
			{Name: "at", Kind: trackingplan.Time, Required: true},
			{Name: "later", Kind: trackingplan.Time},
			{Name: "contact", Kind: trackingplan.Text, Format: trackingplan.Email},
			{Name: "url", Kind: trackingplan.Text, Required: true, Format: trackingplan.URL},
			{Name: "currency", Kind: trackingplan.Text, Format: trackingplan.Currency},
			{Name: "anything", Kind: trackingplan.Any},
			{Name: "extra", Kind: trackingplan.Object, Deprecated: "unused"},
			{Name: "rest", Kind: trackingplan.Array},
			{Name: "tags", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Text, Enum: []string{"a", "b"}}},
			{Name: "address", Kind: trackingplan.Object, Properties: []trackingplan.Property{{Name: "city", Kind: trackingplan.Text, Required: true}}},
			{Name: "items", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Object, Properties: items}},
			{Name: "more_items", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Object, Properties: items}}},
			{Name: "event_type", Kind: trackingplan.Text},
			{Name: "validate", Kind: trackingplan.Boolean},
			{Name: "a_b", Kind: trackingplan.Text},
			{Name: "aB", Kind: trackingplan.Text},
			{Name: "type", Kind: trackingplan.Text, Required: true},
			{Name: "_1", Kind: trackingplan.Text},
			{Name: "__", Kind: trackingplan.Text},
			{Name: "money", Kind: trackingplan.Object, Properties: items[1:]},
		}},
		trackingplan.Type{Name: "subscription_paused.again"}, trackingplan.Type{Name: "subscription.paused_again"}, trackingplan.Type{Name: "new_zoo.opened"}, trackingplan.Type{Name: "zoo.opened", Properties: []trackingplan.Property{{Name: "at", Kind: trackingplan.Time, Required: true}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func declared(p *trackingplan.Plan) []trackingplan.Type {
	var all []trackingplan.Type
	for _, name := range p.Declared() {
		t, _ := p.Type(name)
		all = append(all, t)
	}
	return all
}

// program uses the structs of everything: right ones and wrong ones, whose mistakes it prints.
const program = `package main

import ("encoding/json"; "fmt"; "time"; "made/events")

func main() {
	e := events.NewSubscriptionPaused("monthly", "12.50", 1.5, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), "https://shop.example/x", "t")
	e.Tags, e.Until, e.Contact, e.Currency, e.Seats, e.Gift = []string{"a"}, "2026-03-02", "ada@example.com", "EUR", new(int64(0)), new(false)
	e.Items, e.Address = []events.Item{{SKU: "a", Price: "1.00"}}, &events.Address{City: "Bath"}
	b, err := json.Marshal(e)
	fmt.Println(e.EventType(), e.Validate(), err)
	fmt.Println(string(b))
	e.Plan, e.Price, e.Until, e.Contact, e.URL, e.Currency = "weekly", "lots", "2.3.2026", "ada", "x", "euro"
	e.Tags, e.Items, e.Address, e.MoreItems = []string{"a", "c"}, []events.Item{{SKU: "a"}, {}}, &events.Address{}, [][]events.Item{{{SKU: "a", Price: "?"}}}
	fmt.Println(e.Validate())
	fmt.Println(events.SubscriptionPaused{}.Validate())
}
`

// What is written is formatted, compiles, and says what a door would say.
func TestGoCompilesAndJudges(t *testing.T) {
	t.Parallel()
	p := everything(t)
	code, err := generate.Go("events", "events.yaml", declared(p))
	if err != nil {
		t.Fatal(err)
	}
	if formatted, err := format.Source(code); err != nil || !bytes.Equal(formatted, code) {
		t.Errorf("it is not as gofmt has it: %v", err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module made\n\ngo 1.26\n", "events/events.go": string(code), "main.go": program} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vet := exec.CommandContext(t.Context(), "go", "vet", "./events")
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	for _, c := range []*exec.Cmd{vet, run} {
		c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local")
	}
	if out, err := vet.CombinedOutput(); err != nil {
		t.Fatalf("vet: %v\n%s\n%s", err, out, code)
	}
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("run: %v\n%s", err, out)
	}
	lines := strings.SplitN(string(out), "\n", 3)
	if lines[0] != "subscription.paused <nil> <nil>" {
		t.Errorf("one that is right: %s", lines[0])
	}
	if wrong := p.Check(&event.Event{Type: "subscription.paused", Data: []byte(lines[1])}); wrong != nil {
		t.Errorf("what the struct becomes is refused: %v\n%s", wrong, lines[1])
	}
	for _, want := range []string{
		`plan: is "weekly", must be one of monthly, "yearly"`, `price: is "lots"`, `until: is "2.3.2026"`, `contact: is "ada"`, `url: is "x"`, `currency: is "euro"`,
		`tags[1]: is "c", must be one of a, b`, `items[1].sku: is missing`, `address.city: is missing`, `more_items[0][0].price: is "?"`, `plan: is missing`, `at: is missing`,
	} {
		if !strings.Contains(lines[2], want) {
			t.Errorf("nothing of %q in\n%s", want, lines[2])
		}
	}
}

// Every exported name of the generated code has a comment.
func TestGoIsCommented(t *testing.T) {
	t.Parallel()
	code, err := generate.Go("events", "events.yaml", declared(everything(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "events.go", code, parser.ParseComments); err != nil {
		t.Fatal(err)
	}
	before := ""
	for line := range strings.SplitSeq(string(code), "\n") {
		exported := strings.HasPrefix(line, "type ") || strings.HasPrefix(line, "func New") || strings.Contains(line, ") EventType()") || strings.Contains(line, ") Validate()") || strings.Contains(line, "`json:")
		if exported && !strings.HasPrefix(strings.TrimSpace(before), "//") {
			t.Errorf("no comment above %s", line)
		}
		before = line
	}
	if !strings.Contains(string(code), "// Deprecated: send subscription.changed.") {
		t.Error("what is deprecated is not said to be")
	}
}

func TestGoRefusesNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "shop-events", "func", "ShopEvents", "a.b"} {
		if _, err := generate.Go(name, "events.yaml", nil); err == nil {
			t.Errorf("a package may be called %q", name)
		}
	}
}

// What the schema refuses, the plan refuses; and it takes what is usual.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	p := everything(t)
	text, err := generate.JSONSchema(declared(p))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("events.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("events.json#/$defs/subscription.paused")
	if err != nil {
		t.Fatal(err)
	}
	const rest = `"price":"1.50","weight":1,"at":"2026-03-02T09:00:00Z","url":"https://shop.example","type":"t"`
	for data, right := range map[string]bool{
		`{"plan":"monthly",` + rest + `}`:                         true,
		`{"plan":"monthly","seats":"3","gift":null,` + rest + `}`: true,
		`{"plan":"weekly",` + rest + `}`:                          false,
		`{` + rest + `}`:                                          false,
		`{"plan":"monthly","seats":"many",` + rest + `}`:          false,
		`{"plan":"monthly","items":{},` + rest + `}`:              false,
		`{"plan":"monthly","items":[{}],` + rest + `}`:            false,
		`{"plan":"monthly","tags":[null,"a"],` + rest + `}`:       true,
	} {
		var v any
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			t.Fatal(err)
		}
		taken := s.Validate(v) == nil
		checked := p.Check(&event.Event{Type: "subscription.paused", Data: []byte(data)})
		if taken != right || (checked == nil) != right {
			t.Errorf("%s: by the schema %v, by the plan %v, want %v", data, taken, checked, right)
		}
	}
}
