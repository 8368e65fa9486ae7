package workspace

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// TestStarterJourneys: the shipped journeys are what they say they are.
func TestStarterJourneys(t *testing.T) {
	t.Parallel()
	s := loadStarter(t)
	byName := map[string]*journey.Definition{}
	for _, d := range s.Journeys() {
		byName[d.Name] = d
		if len(d.Version) != 16 || d.Title == d.Name {
			t.Errorf("%s: %s, %s", d.Name, d.Version, d.Title)
		}
	}
	const day = 24 * time.Hour
	thanks, related, win := byName["thank-you"], byName["related-products"], byName["win-back"]
	if thanks == nil || related == nil || win == nil || len(byName) < 3 {
		t.Fatalf("journeys: %v", byName)
	}
	if thanks.Category != message.Transactional || thanks.Enter.Key.String() != "event.order_id" || thanks.Enter.Again != (journey.Again{}) ||
		*thanks.Steps[0].Send != (journey.Send{Channel: message.Email, Template: "thank-you"}) {
		t.Errorf("thank-you: %+v", thanks)
	}
	if related.Category != message.Marketing || related.Enter.Again != (journey.Again{After: 30 * day}) || related.Enter.Meanwhile != journey.Ignore ||
		related.Steps[0].Wait.Pause.For != 3*day || related.Leave[0].On != "order.refunded" || related.Leave[0].As != "refunded" ||
		related.Leave[0].If.String() != "event.order_id == trigger.order_id" {
		t.Errorf("related-products: %+v", related)
	}
	if rec := related.Steps[1].Recommend; rec.Min != 2 || rec.Max != 4 || len(rec.From) != 1 || rec.From[0] != "bought_together" || rec.Otherwise[0].Exit == nil {
		t.Errorf("related-products recommends %+v", rec)
	}
	if win.Enter.Meanwhile != journey.Restart || win.Steps[0].Wait.Pause.For != 60*day || win.Steps[1].ID != "first" || win.Steps[2].Wait.Pause.For != 30*day ||
		win.Steps[3].Send.Channel != message.SMS || win.Leave[0].As != "won back" || win.Leave[1].As != "restarted" || win.Leave[1].If != nil {
		t.Errorf("win-back: %+v", win)
	}
}

// small is the least workspace that reads.
func small() map[string]string {
	return map[string]string{
		"rapport.yaml": "shop: {name: Shop, currency: GBP, timezone: Europe/London}\n" +
			"email: {from: {name: Shop, address: a@shop.example}}\nsms: {from: Shop}\n",
		"email/hello.html.liquid": "---\nsubject: Hello {{ profile.first_name | default: \"you\" }}\n---\n<p>Hello</p>\n",
		"email/hello.txt.liquid":  "Hello\n",
		"sms/nudge.txt.liquid":    "Come back\n",
		"journeys/hello.yaml":     hello(""),
	}
}

// hello is a journey, with lines added after its own.
func hello(more string) string {
	return "journey: hello\ncategory: marketing\nstatus: active\nenter: {on: order.completed}\nsteps:\n  - id: greet\n    send: {email: hello}\n" + more
}

func load(files map[string]string) (*Snapshot, error) {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(m, "test")
}

// TestMistakes changes one file of a good workspace; an empty text takes the file away.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text string
		want       []string // file:line:col: message, and what the remedy says
	}{
		"no rapport.yaml":    {"rapport.yaml", "", []string{"rapport.yaml: there is no such file in test", "begins with rapport.yaml"}},
		"unknown shop key":   {"rapport.yaml", "shop: {name: S, currency: GBP, timezone: UTC, adress: x}\n", []string{"rapport.yaml:1:47: shop has no adress:", "did you mean address?"}},
		"shop lacks":         {"rapport.yaml", "shop: {name: S}\n", []string{"rapport.yaml:1:8: shop: has no currency", "rapport.yaml:1:8: shop: has no timezone"}},
		"bad zone":           {"rapport.yaml", "shop: {name: S, currency: pounds, timezone: London}\n", []string{"1:27: pounds is not a currency", "1:45: London is not a time zone"}},
		"bad sender":         {"rapport.yaml", "shop: {name: S, currency: GBP, timezone: UTC}\nemail: {from: {address: nobody}}\nsms: {from: my lovely shop}\n", []string{"2:25: nobody is not an e-mail address", "3:13: my lovely shop cannot send"}},
		"nobody to be from":  {"rapport.yaml", "shop: {name: S, currency: GBP, timezone: UTC}\nsms: {from: Shop}\n", []string{"rapport.yaml: there are e-mails, but nobody they come from"}},
		"unknown key":        {"journeys/hello.yaml", hello("prio: 3\n"), []string{"journeys/hello.yaml:8:1: a journey has no prio:", "did you mean priority?"}},
		"wrong type":         {"journeys/hello.yaml", strings.Replace(hello(""), "steps:\n", "priority: high\ntitle: [a]\nsteps:\n", 1), []string{"5:11: priority must be a whole number from 0 to 100", "6:8: title must be a text, not a list"}},
		"no category":        {"journeys/hello.yaml", "journey: hello\nstatus: on\nenter: {on: order.completed}\nsteps: []\n", []string{"1:1: category: is missing", "2:9: status cannot be on", "use one of draft, active, paused, archived"}},
		"bad duration":       {"journeys/hello.yaml", hello("  - wait: 3 days\n"), []string{"8:11: wait cannot be 3 days", "write a whole number and a unit: 90m, 36h, 3d or 2w"}},
		"unknown template":   {"journeys/hello.yaml", hello("  - send: {email: helo}\n  - send: {sms: zzzzz}\n"), []string{"8:19: there is no template helo for email", "did you mean hello?", "9:17: there is no template zzzzz for sms", "write sms/zzzzz.txt.liquid"}},
		"unknown channel":    {"journeys/hello.yaml", hello("  - send: {emial: hello}\n  - send: {whatsapp: hello}\n"), []string{"8:12: send has no emial:", "did you mean email?", "9:22: there is no template hello for whatsapp", "write whatsapp/hello.yaml for", "or whatsapp/hello.txt.liquid"}},
		"duplicate step":     {"journeys/hello.yaml", hello("  - id: greet\n    wait: 1d\n"), []string{"8:9: there is a step greet already"}},
		"bad step id":        {"journeys/hello.yaml", hello("  - id: first-mail\n    wait: 1d\n"), []string{"8:9: first-mail cannot be the id of a step", "first_reminder"}},
		"two things":         {"journeys/hello.yaml", hello("  - wait: 1d\n    leave: bored\n"), []string{"9:5: a step does one thing, and this one has wait: already"}},
		"nothing":            {"journeys/hello.yaml", hello("  - id: nothing\n"), []string{"8:5: the step does nothing", "use one of wait, branch, split, recommend, send, set, tag"}},
		"otherwise":          {"journeys/hello.yaml", hello("  - recommend: {from: [bought_togehter], min: 3, max: 2, otherwise: leave}\n"), []string{"8:24: from cannot be bought_togehter", "did you mean bought_together?", "8:47: min is greater than max", "8:69: otherwise: belongs beside recommend:"}},
		"condition":          {"journeys/hello.yaml", strings.Replace(hello(""), "{on: order.completed}", "{on: order.completed, if: event.totl > 20}", 1), []string{"4:40: order.completed has no property totl", "did you mean total?"}},
		"condition in block": {"journeys/hello.yaml", hello("leave:\n  - on: order.refunded\n    match: |\n      event.order_id == trigger.order_id\n        and sent.great != nil\n"), []string{"12:18: no step great sends anything in this journey", "did you mean greet?"}},
		"condition quoted":   {"journeys/hello.yaml", hello("leave:\n  - if: 'profile.country == \"it''s\" and event.x > profil.y'\n"), []string{"9:51: unknown word profil"}},
		"condition folded":   {"journeys/hello.yaml", hello("leave:\n  - if: profile.vip\n      and profil.y > 3\n"), []string{"10:11: unknown word profil"}},
		"event in branch":    {"journeys/hello.yaml", hello("  - branch:\n      - if: event.total > 3\n        steps: []\n      - else:\n"), []string{"9:13: event is not there", "use trigger", "11:9: the case has no steps"}},
		"else first":         {"journeys/hello.yaml", hello("  - branch:\n      - else:\n        steps: []\n      - if: trigger.total > 3\n        steps: []\n"), []string{"9:9: else: must be the last case"}},
		"event type":         {"journeys/hello.yaml", strings.Replace(hello("leave: [{on: Refund}]\n"), "order.completed", "order.complete", 1), []string{"4:13: there are no events of type order.complete", "did you mean order.completed?", "8:14: Refund is not a type of event"}},
		"no such segment":    {"journeys/hello.yaml", hello("leave:\n  - if: profile.segment(\"vip\")\n"), []string{"9:25: the name of a segment is never"}},
		"bare leave":         {"journeys/hello.yaml", hello("leave:\n  - as: bored\n"), []string{"9:5: this rule would end the journey on every event"}},
		"again":              {"journeys/hello.yaml", strings.Replace(hello(""), "{on: order.completed}", "{on: order.completed, again: weekly}", 1), []string{"4:37: again cannot be weekly"}},
		"second journey":     {"journeys/more.yaml", hello(""), []string{"journeys/more.yaml:1:10: there is a journey hello already, in journeys/hello.yaml"}},
		"yaml syntax":        {"journeys/hello.yaml", "journey: a: b\n", []string{"1:10: a colon is not expected here", "quotes"}},
		"yaml tab":           {"journeys/hello.yaml", "journey: a\nsteps:\n\t- wait: 3d\n", []string{"3:1: a tab cannot indent YAML"}},
		"yaml twice":         {"journeys/hello.yaml", hello("status: draft\n"), []string{"8:1: status: is here twice"}},
		"yaml alias":         {"journeys/hello.yaml", hello("title: &a x\nlifetime: *a\n"), []string{"8:8: anchors and aliases", "9:11: anchors and aliases"}},
		"yaml empty":         {"journeys/hello.yaml", "# nothing yet\n", []string{"1:1: there is nothing here"}},
		"yaml two":           {"journeys/hello.yaml", hello("---\na: b\n"), []string{"the file has more than one document"}},
		"yaml deep":          {"journeys/hello.yaml", "a: " + strings.Repeat("[", 5000), []string{"1:1: lists and mappings are nested deeper than 40"}},
		"yaml large":         {"journeys/hello.yaml", hello("# " + strings.Repeat("x", 300<<10)), []string{"at most 65536 are allowed"}},
		"no journey":         {"journeys/hello.yaml", "- a\n", []string{"1:1: a journey must be a mapping, not a list"}},
		"not yaml":           {"journeys/hello.json", "{}", []string{"journeys/hello.json: is not a journey"}},
		"no HTML part":       {"email/hello.html.liquid", "", []string{"email/hello.txt.liquid: the e-mail has no HTML part", "add email/hello.html.liquid"}},
		"no such language":   {"email/hello.DE.html.liquid", "x", []string{"email/hello.DE.html.liquid: this is not how a language is named", "call it email/hello.de.html.liquid"}},
		"no such catalogue":  {"locales/german.yaml", "x: y", []string{"locales/german.yaml: this is not the name of a catalogue", "call it locales/de.yaml"}},
		"no text":            {"sms/nudge.txt.liquid", `{{ "nudge.back" | t }}`, []string{"sms/nudge.txt.liquid:1:4: no catalogue has the text nudge.back", "add it to locales/en.yaml"}},
		"no subject":         {"email/hello.html.liquid", "<p>Hello</p>", []string{"email/hello.html.liquid:1:1: the e-mail has no subject"}},
		"unknown layout":     {"email/hello.html.liquid", "---\nsubject: x\nlayout: shop\n---\n", []string{"3:9: there is no layout shop"}},
		"open front matter":  {"email/hello.html.liquid", "---\nsubject: x\n", []string{"1:1: the front matter is not closed"}},
		"front matter":       {"email/hello.html.liquid", "---\nsubject: x\nsubjcet: y\nwhat\n---\n", []string{"3:1: an e-mail's front matter has no subjcet:", "4:1: this is no line of front matter"}},
		"liquid":             {"email/hello.html.liquid", "---\nsubject: x\n---\n<p>\n{{ profile.first_name | upcsae }}\n{% if %}\n", []string{"5:25: unknown filter \"upcsae\"", "did you mean \"upcase\"?", "6:"}},
		"liquid in subject":  {"email/hello.html.liquid", "---\nsubject: Dear {{ profile.first_name | upcsae }}\n---\n", []string{"2:39: unknown filter \"upcsae\""}},
		"liquid in sms":      {"sms/nudge.txt.liquid", "Hi {{ x\n", []string{"sms/nudge.txt.liquid:1:"}},
		"no such partial":    {"email/hello.html.liquid", "---\nsubject: x\n---\n{% render \"buton\" %}\n", []string{"4:", "there is no email/partials/buton.html.liquid"}},
		"counts on a name":   {"email/hello.html.liquid", "---\nsubject: x\n---\n\n<p>Dear {{ profile.first_name }}</p>\n", []string{"email/hello.html.liquid:5:20: unknown property \"first_name\", for a customer of whom only the order is known"}},
		"stray template":     {"email/hello.html", "x", []string{"email/hello.html: this is not the name of a template", "NAME.html.liquid"}},
		"stray directory":    {"email/old/hello.html.liquid", "x", []string{"no templates are expected in this directory"}},
		"not utf-8":          {"journeys/hello.yaml", "journey: \xff\n", []string{"the file is not UTF-8 text"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(small())
			if files[c.file] = c.text; c.text == "" {
				delete(files, c.file)
			}
			_, err := load(files)
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("got %v, want Problems", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in\n%v", want, err)
				}
			}
		})
	}
}

// TestEverythingAtOnce: mistakes in several files are reported together, in order, as
// compilers print them.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	files := small()
	files["journeys/hello.yaml"] = strings.Replace(hello("  - {id: rest, wait: soon}\n"), "marketing", "markting", 1)
	files["sms/nudge.txt.liquid"] = "Hi {{ profile.first_name | dflt: 1 }}"
	_, err := load(files)
	want := `journeys/hello.yaml:2:11: category cannot be markting
     1 | journey: hello
>    2 | category: markting
       |           ^^^^^^^^
   did you mean marketing?

journeys/hello.yaml:8:22: wait cannot be soon
     6 |   - id: greet
     7 |     send: {email: hello}
>    8 |   - {id: rest, wait: soon}
       |                      ^^^^
   write a whole number and a unit: 90m, 36h, 3d or 2w

sms/nudge.txt.liquid:1:28: unknown filter "dflt"
>    1 | Hi {{ profile.first_name | dflt: 1 }}
       |                            ^`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestBranchesAndReasons(t *testing.T) {
	t.Parallel()
	files := small()
	files["journeys/hello.yaml"] = hello(`  - recommend: {basis: trigger.products, from: [bought_together, store_popular]}
    otherwise:
      - leave: nothing to offer
  - branch:
      - if: trigger.total > 100
        steps:
          - send: {sms: nudge}
      - else:
        steps: []
  - leave: {reason: done}
lifetime: 26w
leave:
  - on: order.refunded
    match: event.order_id == trigger.order_id
    if: profile.orders.count > 1
`)
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Journeys()[0]
	if rec := d.Steps[1].Recommend; rec.Min != 1 || rec.Max != 4 || rec.Otherwise[0].Exit.Reason != "nothing to offer" || rec.Otherwise[0].ID != "2.otherwise.1" {
		t.Errorf("recommend: %+v", rec)
	}
	if b := d.Steps[2].Branch; len(b.Cases) != 2 || b.Cases[0].If == nil || b.Cases[0].Steps[0].ID != "3.case1.1" || b.Cases[1].If != nil {
		t.Errorf("branch: %+v", b)
	}
	if d.Steps[3].Exit.Reason != "done" || d.Lifetime != 26*7*24*time.Hour || d.Priority != 50 || d.Title != "hello" {
		t.Errorf("journey: %+v", d)
	}
	if rule := d.Leave[0]; rule.As != "order.refunded" || rule.If.String() != "(event.order_id == trigger.order_id) and (profile.orders.count > 1)" {
		t.Errorf("leave: %+v", rule)
	}
}

// TestVersions: a journey's version follows what it does, a snapshot's every byte.
func TestVersions(t *testing.T) {
	t.Parallel()
	versions := func(text string) (string, string) {
		files := small()
		files["journeys/hello.yaml"] = text
		s, err := load(files)
		if err != nil {
			t.Fatal(err)
		}
		return s.Version(), s.Journeys()[0].Version
	}
	whole, one := versions(hello(""))
	for name, c := range map[string]struct {
		text string
		same bool
	}{
		"a comment":            {hello("# hello\n"), true},
		"a title":              {hello("title: Greet people\n"), true},
		"the order of keys":    {strings.Replace(hello("category: marketing\n"), "category: marketing\n", "", 1), true},
		"paused":               {strings.Replace(hello(""), "active", "paused", 1), true},
		"another step":         {hello("  - {id: rest, wait: 1d}\n"), false},
		"another category":     {strings.Replace(hello(""), "marketing", "transactional", 1), false},
		"a text, not a number": {hello("lifetime: \"9d\"\n"), false},
	} {
		w, o := versions(c.text)
		if w == whole || (o == one) != c.same {
			t.Errorf("%s: version %s of %s, journey %s of %s", name, w, whole, o, one)
		}
	}
}

// TestOtherFiles: what editors and people leave behind is no part of a workspace.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	files := small()
	before, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"journeys/.hello.yaml.swp", "journeys/hello.yaml~", "email/README.md", ".git/config", "go.mod", "embed.go", "email/.DS_Store"} {
		files[name] = "\xff {{ nonsense"
	}
	after, err := load(files)
	if err != nil || after.Version() != before.Version() {
		t.Errorf("got %v, want the same version", err)
	}
	files["rapport.yaml"] = "\ufeff" + strings.ReplaceAll(files["rapport.yaml"], "\n", "\r\n")
	if after, err = load(files); err != nil || after.Version() != before.Version() {
		t.Errorf("saved on Windows: %v", err)
	}
}

func TestTooManyFiles(t *testing.T) {
	t.Parallel()
	m := fstest.MapFS{"sms/large.txt.liquid": {Data: make([]byte, maxFile+1)}}
	for i := range maxFiles + 1 {
		m["journeys/"+strings.Repeat("x", i+1)+".yaml"] = &fstest.MapFile{}
	}
	if _, err := Load(m, "test"); err == nil || !strings.Contains(err.Error(), "more than 2000 files") {
		t.Errorf("got %.100v", err)
	}
	delete(m, "sms/large.txt.liquid")
	for name := range m {
		delete(m, name)
	}
	m["sms/large.txt.liquid"] = &fstest.MapFile{Data: make([]byte, maxFile+1)}
	if _, err := Load(m, "test"); err == nil || !strings.Contains(err.Error(), "sms/large.txt.liquid: has more than 1048576 bytes") {
		t.Errorf("got %.100v", err)
	}
}

// TestNoDirectory: a workspace that is not there is said to be missing, not broken.
func TestNoDirectory(t *testing.T) {
	t.Parallel()
	_, err := Load(os.DirFS("testdata/nowhere"), "nowhere")
	if err == nil || !strings.Contains(err.Error(), "there is no such file in nowhere") || errors.Is(err, fs.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}
