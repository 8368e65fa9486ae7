package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/schema/schematest"
)

// shipped is where the schemas lie that editors read.
const shipped = "../../../templates/schema"

// TestFresh: the files are what the forms say.
func TestFresh(t *testing.T) {
	t.Parallel()
	for name, s := range schema.All() {
		want, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(shipped, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./workspace/schema", name, err)
		}
	}
	files, err := os.ReadDir(shipped)
	if err != nil || len(files) != len(schema.All()) {
		t.Errorf("there are %d files in %s, and %d schemas (%v)", len(files), shipped, len(schema.All()), err)
	}
}

// TestPageFresh: the tables of the language's page are what the forms say.
func TestPageFresh(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../templates/LANGUAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	if want, err := schema.Fill(string(got)); err != nil || want != string(got) {
		t.Errorf("LANGUAGE.md is stale (%v): run go generate ./workspace/schema", err)
	}
	if _, err := schema.Fill("<!-- begin: generated journey -->\n<!-- end: generated -->"); err == nil {
		t.Error("a page without the other tables passes")
	}
	if _, err := schema.Fill("<!-- begin: generated nothing -->\n<!-- end: generated -->"); err == nil {
		t.Error("a page with a table of nothing passes")
	}
}

// each visits all forms of a schema.
func each(s *schema.Schema, path string, visit func(s *schema.Schema, k *schema.Key, path string)) {
	visit(s, nil, path)
	for i := range s.Keys {
		visit(s.Keys[i].Form, &s.Keys[i], path+"."+s.Keys[i].Name)
		each(s.Keys[i].Form, path+"."+s.Keys[i].Name, visit)
	}
	for _, inner := range append([]*schema.Schema{s.Items, s.Others}, s.AnyOf...) {
		if inner != nil {
			each(inner, path, visit)
		}
	}
	for _, d := range s.Defs {
		each(d.Form, d.Name, visit)
	}
}

// TestExplained: an editor has something to say about every key.
func TestExplained(t *testing.T) {
	t.Parallel()
	for _, s := range schema.All() {
		if s.Title == "" || s.Doc == "" {
			t.Errorf("%s has no title or description", s.ID)
		}
		each(s, s.ID, func(_ *schema.Schema, k *schema.Key, path string) {
			if k != nil && (len(k.Doc) < 5 || k.Doc[len(k.Doc)-1] != '.' && k.Doc[len(k.Doc)-1] != ')') {
				t.Errorf("%s: %q is no sentence", path, k.Doc)
			}
		})
	}
}

// TestExamples: examples and defaults are what the form takes that they are shown for.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, s := range schema.All() {
		each(s, s.ID, func(form *schema.Schema, k *schema.Key, path string) {
			examples := form.Examples
			if k != nil {
				examples = append(append([]any{}, k.Examples...), form.Examples...)
				if k.Default != nil {
					examples = append(examples, k.Default)
				}
			}
			if len(examples) == 0 {
				return
			}
			alone := *form
			alone.ID, alone.Title, alone.Doc, alone.Defs = "example", "", "", nil
			each(form, "", func(inner *schema.Schema, _ *schema.Key, _ string) {
				if inner.Ref != "" {
					alone.Defs = s.Defs
				}
			})
			check := schematest.Compile(t, &alone)
			for _, e := range examples {
				text, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				var v any
				if err := json.Unmarshal(text, &v); err != nil {
					t.Fatal(err)
				}
				if err := check.Validate(v); err != nil {
					t.Errorf("%s: %s: %v", path, text, err)
				}
			}
		})
	}
}
