package sample_test

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/workspace"
	"rapport/services/rapport/preview/sample"
	"rapport/templates"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// open is the book of the starter with some files more.
func open(t *testing.T, more map[string]string) *sample.Book {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(templates.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.FS, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range more {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	snap, err := workspace.Load(files, "templates")
	if err != nil {
		t.Fatal(err)
	}
	return sample.Open(snap, files)
}

// Every template is in the list, and every key finds its message.
func TestMessages(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"sms/alone.txt.liquid": "Alone"})
	seen, keys := map[string]bool{}, map[string]bool{}
	for _, m := range b.Messages {
		seen[m.Name()] = true
		if keys[m.Key()] {
			t.Errorf("%s is there twice", m.Key())
		}
		keys[m.Key()] = true
		if got, ok := sample.Find(b.Messages, m.Key()); !ok || got != m {
			t.Errorf("%s is %+v (%v)", m.Key(), got, ok)
		}
		if got, ok := sample.Find(b.Messages, m.Name()+"@moved.away"); !ok || got.Name() != m.Name() {
			t.Errorf("%s of a step that is gone is %+v (%v)", m.Name(), got, ok)
		}
	}
	for _, c := range message.Channels() {
		for _, name := range b.Snapshot.Templates(c) {
			if !seen[string(c)+"/"+name] {
				t.Errorf("%s/%s is not in the list", c, name)
			}
		}
	}
	if last := b.Messages[len(b.Messages)-1]; !keys["sms/alone"] || keys["email/thank-you"] || last.Journey != "" {
		t.Errorf("the last is %+v of %v", last, keys)
	}
	if m, ok := sample.Find(b.Messages, "email/nothing"); ok {
		t.Errorf("found %+v", m)
	}
}

// What a journey's own events say is there for all, and what its tests led to is exactly that.
func TestPeopleOfTests(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{
		"journeys/fitted.yaml":     "journey: fitted\nstatus: active\nenter: {on: shoe.fitted}\ncategory: transactional\nsteps:\n  - id: tell\n    send: {email: fitted}\n",
		"email/fitted.html.liquid": "---\nsubject: Size {{ trigger.shoe.size }}\n---\n<p>{{ profile.first_name | default: \"you\" }}: {{ trigger.total }}</p>",
		"tests/fitted.test.yaml": "test: a fitting\njourney: fitted\nprofile: {id: bo, traits: {first_name: Bo, locale: de-DE}}\nnow: 2026-03-02T09:00:00Z\n" +
			"events:\n  - {at: +0s, type: shoe.fitted, data: {shoe: {size: 43}, total: 1.0}}\nexpect:\n  - {sent: {email: fitted}}\n",
	})
	m, ok := sample.Find(b.Messages, "email/fitted")
	if !ok || len(b.Problems) > 0 {
		t.Fatal(ok, b.Problems)
	}
	said := map[string]string{}
	for _, p := range b.People(t.Context(), m) {
		mail, err := b.Snapshot.Mail(t.Context(), b.Command(t.Context(), m, p, "", now))
		if err != nil {
			t.Errorf("for %s: %v", p.Name, err)
		}
		said[p.Name] = mail.Subject + " " + mail.HTML
	}
	for name, want := range map[string]string{
		"new": "Size 43 <p>Ada: 84.50</p>", "nameless": "Size 43 <p>you: 84.50</p>", "tests/fitted.test.yaml:1": "Size 43 <p>Bo: 1.0</p>",
	} {
		if said[name] != want {
			t.Errorf("for %s: %q, want %q of %v", name, said[name], want, said)
		}
	}
	c := b.Command(t.Context(), m, b.People(t.Context(), m)[0], "fr", now)
	again := b.Command(t.Context(), m, b.People(t.Context(), m)[0], "fr", now)
	if c.Locale != "fr" || c.ID != again.ID || string(c.Vars) != string(again.Vars) {
		t.Errorf("%+v is not %+v", c, again)
	}
}

// Files that are no people say where; the others are there.
func TestSamplesThatAreNone(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		`{"title": "Good"}`: "", `{}`: "", "{\n  \"title\": 7\n}": "x.json:2:", `[]`: "cannot be array", `{"profile": []}`: "profile must be an object",
		`{"recommendations": {}}`: "recommendations must be a list", ``: "ends too early", `{"title"`: "ends too early", `{"age": 7}`: `unknown field "age"`,
		"{\n\"title\": \"x\"\n\n,}": "x.json:4:2: ", `{"title": "` + strings.Repeat("x", 300<<10) + `"}`: "has more than",
	}
	for text, want := range texts {
		p, wrong := sample.Decode("x.json", strings.NewReader(text))
		switch {
		case want == "" && (wrong != nil || p.Name != "x.json" || p.Title == ""):
			t.Errorf("%.40s: %+v, %v", text, p, wrong)
		case want != "" && (wrong == nil || !strings.Contains(wrong.String(), want)):
			t.Errorf("%.40s: %v, want %q", text, wrong, want)
		}
	}
	files := map[string]string{"samples/deeper/a.json": `{}`, "samples/read.md": "no"}
	i := 0
	for text := range texts {
		files[filepath.Join("samples", string(rune('a'+i))+".json")] = text
		i++
	}
	if b := open(t, files); len(b.Problems) != len(texts)-2 {
		t.Errorf("%d problems of %d files: %v", len(b.Problems), len(texts), b.Problems)
	}
}

// A test with a mistake leaves its people out, and says so.
func TestTestsThatDoNotRead(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"tests/torn.test.yaml": "test: x\njourney: nowhere\n"})
	if len(b.Problems) != 1 || b.Problems[0].File != "tests" || !b.Problems[0].Warning {
		t.Errorf("problems: %v", b.Problems)
	}
	if len(b.People(t.Context(), b.Messages[0])) < 6 {
		t.Error("the people who are built in are gone")
	}
}

// Whatever a file says, it is a person or a problem at a place within it, and what a person's message is made of is JSON.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{}`, `{"title":"x","profile":{"a":[1]},"trigger":null,"recommendations":[]}`, `{"profile":"`, "\xff", "{\n,"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, wrong := sample.Decode("x.json", strings.NewReader(string(raw)))
		if wrong != nil {
			if wrong.Line > strings.Count(string(raw), "\n")+1 || wrong.Message == "" {
				t.Errorf("%q: %+v", raw, wrong)
			}
			return
		}
		for _, part := range []json.RawMessage{p.Profile, p.Trigger, p.Recommendations, p.Survey} {
			if part != nil && !json.Valid(part) {
				t.Errorf("%q: %q is no JSON", raw, part)
			}
		}
	})
}
