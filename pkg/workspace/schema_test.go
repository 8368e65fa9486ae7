package workspace

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"rapport/pkg/render"
	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/schema/schematest"
	"rapport/pkg/workspace/source"
)

// kinds of files that have a schema, by one of their names in the workspace of these tests.
func withSchema() map[string]*schema.Schema {
	return map[string]*schema.Schema{
		"rapport.yaml": schema.Shop(), "policy.yaml": schema.Policy(), "loyalty.yaml": schema.Loyalty(), "delivery.yaml": schema.Delivery(), "events.yaml": schema.Events(),
		"segments/vip-care.yaml": schema.Segment(), "webhook/crm.yaml": schema.Webhook(), "journeys/hello.yaml": schema.Journey(),
		"sources/shop.yaml": schema.Source(),
	}
}

// schemaOf is the schema of a file by its name; nil when it has none.
func schemaOf(name string) *schema.Schema {
	switch {
	case isJourney(name):
		return schema.Journey()
	case isSegment(name):
		return schema.Segment()
	case isYAML("webhook/", name):
		return schema.Webhook()
	}
	return withSchema()[name]
}

// readWith reads one file as part of a workspace that reads, and tells the report.
func readWith(around *Snapshot, name, text string, r *source.Report) *source.Node {
	f := source.NewFile(name, text)
	files := []*source.File{f}
	refs := &references{
		messages: around.messages, policy: around.policy, zone: around.zone, purposeNames: around.policy.Purposes, segmentNames: []string{"vip-care"},
	}
	switch {
	case isJourney(name):
		journeys(files, refs, r)
	case isSegment(name):
		segments(files, refs, r)
	case isSource(name):
		sources(files, refs, r)
	case isTemplate(name):
		render.Compile(files, around.shop, r)
	case name == "policy.yaml":
		rules(files, refs, r)
	case name == "events.yaml":
		events(files, r)
	case name == "delivery.yaml":
		delivery(files, around.zone, r)
	case name == "loyalty.yaml":
		loyalty(files, refs, r)
	default:
		shop(f, r)
	}
	var unheard source.Report
	return source.NewFile(name, text).YAML(&unheard)
}

// surrounding is the workspace that files are read in.
func surrounding(t *testing.T) *Snapshot {
	t.Helper()
	s, err := load(large())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// strangers are the problems that speak of something where the reader wants a mapping.
func strangers(ps Problems) []string {
	var out []string
	for _, p := range ps {
		if strings.Contains(p.Message, "must be a mapping") {
			out = append(out, p.String())
		}
	}
	return out
}

// TestSchemasAndReaders: of documents that a schema takes, its reader knows every key in its
// place, and no key that the schema does not know.
func TestSchemasAndReaders(t *testing.T) {
	t.Parallel()
	for name, s := range withSchema() {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			around := surrounding(t)
			compare, documents, check := schematest.New(s, "questions"), schematest.Documents(s), schematest.Compile(t, s)
			try := func(t interface{ Fatalf(string, ...any) }, doc any) {
				text, err := json.MarshalIndent(doc, "", " ")
				if err != nil {
					t.Fatalf("%v", err)
				}
				r := compare.Report()
				n := readWith(around, name, string(text), r)
				if n == nil {
					t.Fatalf("it is no YAML:\n%s\n%v", text, r.Problems())
				}
				if err := check.Validate(schematest.Value(n)); err != nil {
					t.Fatalf("the schema refuses what was drawn from it:\n%s\n%v", text, err)
				}
				if wrong := strangers(r.Problems()); len(wrong) > 0 {
					t.Fatalf("the schema takes what the reader does not:\n%s", strings.Join(wrong, "\n"))
				}
				if differ := compare.Differences(n); len(differ) > 0 {
					t.Fatalf("%s\n%s", text, strings.Join(differ, "\n"))
				}
			}
			rapid.Check(t, func(rt *rapid.T) { try(rt, documents.Draw(rt, "document")) })
			// And every form of the schema has come before the reader.
			for seed := 0; len(compare.Left()) > 0 && seed < 500; seed++ {
				try(t, documents.Example(seed))
			}
			if left := compare.Left(); len(left) > 0 {
				t.Errorf("no document shows these to the reader: %v", left)
			}
		})
	}
}

// TestUnknownKey: a key that nobody knows is refused by the schema and by the reader,
// wherever it stands.
func TestUnknownKey(t *testing.T) {
	t.Parallel()
	for name, s := range withSchema() {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			around, documents, check := surrounding(t), schematest.Documents(s), schematest.Compile(t, s)
			rapid.Check(t, func(rt *rapid.T) {
				doc := documents.Draw(rt, "document")
				schematest.Spoil(rt, s, doc)
				text, err := json.MarshalIndent(doc, "", " ")
				if err != nil {
					rt.Fatal(err)
				}
				var r source.Report
				n := readWith(around, name, string(text), &r)
				if n == nil {
					rt.Fatalf("it is no YAML:\n%s", text)
				}
				if err := check.Validate(schematest.Value(n)); err == nil {
					rt.Fatalf("the schema takes it:\n%s", text)
				}
				if !r.Failed() {
					rt.Fatalf("the reader takes it:\n%s", text)
				}
			})
		})
	}
}

// TestGoodFiles: the schemas take every file that the readers take: those that ship and those
// of the tests.
func TestGoodFiles(t *testing.T) {
	t.Parallel()
	checks := map[string]*jsonschema.Schema{}
	takes := func(path string, s *schema.Schema, text string) {
		var r source.Report
		n := source.NewFile(path, text).YAML(&r)
		if n == nil {
			t.Errorf("%s is no YAML: %v", path, r.Problems())
			return
		}
		if checks[s.ID] == nil {
			checks[s.ID] = schematest.Compile(t, s)
		}
		if err := checks[s.ID].Validate(schematest.Value(n)); err != nil {
			t.Errorf("the schema of %s refuses it: %v", path, err)
		}
	}
	checked := 0
	for _, dir := range []string{starter, "testdata"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			s := schemaOf(filepath.ToSlash(name))
			if s == nil {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			checked++
			takes(path, s, string(text))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range large() {
		if s := schemaOf(name); s != nil {
			takes(name, s, text)
			checked++
		}
	}
	if checked < 8 {
		t.Errorf("only %d files", checked)
	}
}

// TestRefused: what a schema refuses, the reader refuses too.
func TestRefused(t *testing.T) {
	t.Parallel()
	around := surrounding(t)
	for name, cases := range map[string][]string{
		"policy.yaml": {
			"caps: {}", "caps: [{at_most: 4}]", "caps: [{at_most: 0, per: 7d}]", "caps: [{at_most: 4, per: weekly}]", "caps: [{channel: fax, at_most: 4, per: 7d}]",
			"holdout: 120", "holdout: {salt: a}", "holdout: a lot", "quiet_hours: {sms: never}", "quiet_hours: {sms: {from: \"20:00\"}}",
			"quiet_hours: {sms: {from: \"25:00\", to: \"09:00\"}}", "purposes: marketing", "purposes: [a, a]", "purposes: [Product News]",
			"reserve: {slots: 1}", "throttles: [{domain: Gmail.com, at_most: 1, per: 1m}]", "throttles: [{domain: gmail.com, at_most: 1.5, per: 1m}]", "late_after: soon", "late_after: {at: 1h}", "a: b", "[]",
		},
		"loyalty.yaml": {
			"earn: {}", "earn: [{on: order.completed}]", "earn: [{points: 1}]", "earn: [{on: Order, points: 1}]", "tiers: [{name: a}]", "tiers: [{name: a, from: -1}]",
			"tiers: [{name: A b, from: 1}]", "earn: [{on: order.completed, points: [1]}]",
		},
		"segments/vip-care.yaml": {"segment: vip-care", "if: profile.known", "segment: Vip\nif: profile.known", "segment: vip-care\nif: [a]", "segment: 7\nif: profile.known"},
		"webhook/crm.yaml": {
			"url: https://a.example", "body: a", "url: ftp://a.example\nbody: a", "url: https://a.example\nbody: \"{}\"\nmethod: GET", "url: https://a.example\nbody: {a: b}",
			"url: https://a.example\nbody: \"{}\"\nheaders: [a]", "url: https://a.example\nbody: \"{}\"\nheaders: {\"a b\": c}", "url: https://a.example\nbody: \"{}\"\ntimeout: long",
			"url: https://a.example\nbody: \"{}\"\nallow_private: maybe",
		},
		"rapport.yaml": {
			"shop: {}", "shop: {name: S, currency: pounds, timezone: UTC}", "shop: {name: S, currency: GBP, timezone: UTC, locale: xx}",
			"shop: {name: S, currency: GBP, timezone: UTC}\nemail: {from: {name: S}}", "shop: {name: S, currency: GBP, timezone: UTC}\nwhatsapp: {from: Shop}",
			"shop: {name: S, currency: GBP, timezone: UTC}\nsms: {from: a very long name}", "email: {}",
		},
		"journeys/hello.yaml": {
			"journey: hello", hello("holdout: 5\n"), hello("priority: 101\n"), hello("on_change: wait\n"), hello("lifetime: long\n"), hello("goal: {within: 3d}\n"),
			hello("  - wait: {for: 3d}\n"), hello("  - id: a\n    wait: {then_at: \"10:00\"}\n"), hello("  - id: a\n    wait: {}\n"), hello("  - id: A\n    send: {email: hello}\n"),
			hello("  - send: {email: hello, sms: nudge}\n"), hello("  - send: {}\n"), hello("  - send: {email: hello}\n    leave: a\n"), hello("  - id: nothing\n"),
			hello("  - branch: []\n"), hello("  - branch: [{if: profile.known}]\n"), hello("  - branch: [{if: profile.known, else: null, steps: []}]\n"),
			hello("  - split: [{arm: a, steps: []}]\n"), hello("  - recommend: {min: 1}\n"), hello("  - recommend: {from: [thin_air]}\n"), hello("  - send: {email: hello}\n    otherwise: leave\n"),
			hello("  - set: {}\n"), hello("  - tag: Big Spender\n"), hello("  - task: {note: a}\n"), hello("  - emit: {data: {a: 1}}\n"), hello("  - survey: {email: hello}\n"),
			hello("  - survey: {name: nps, webhook: crm}\n"), hello("leave: order.refunded\n"), hello("leave: [{}]\n"),
			strings.Replace(hello(""), "{on: order.completed}", "{on: order.completed, segment: {entered: vip-care}}", 1),
			strings.Replace(hello(""), "{on: order.completed}", "{segment: vip-care}", 1),
			strings.Replace(hello(""), "{on: order.completed}", "{schedule: \"0 9 * * mon\"}", 1),
			strings.Replace(hello(""), "{on: order.completed}", "{date: profile.birthday}", 1),
			strings.Replace(hello(""), "{on: order.completed}", "{prediction: {churn_risk: 0.6}}", 1),
			strings.Replace(hello(""), "{on: order.completed}", "{on: order.completed, again: weekly}", 1),
		},
	} {
		check := schematest.Compile(t, schemaOf(name))
		for _, text := range cases {
			var r source.Report
			n := readWith(around, name, text, &r)
			if n == nil {
				t.Errorf("%s: no YAML:\n%s", name, text)
				continue
			}
			if !r.Failed() {
				t.Errorf("the reader of %s takes\n%s", name, text)
			}
			if check.Validate(schematest.Value(n)) == nil {
				t.Errorf("the schema of %s takes\n%s", name, text)
			}
		}
	}
}
