package script_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/source"
)

// shop is a small workspace with a bit of each kind of step that tests can miss.
func shop(t testing.TB) *workspace.Snapshot {
	t.Helper()
	files := fstest.MapFS{
		"rapport.yaml": {Data: []byte("shop: {name: Lamps, currency: EUR, timezone: Europe/Berlin, address: [1 Example Street]}\nemail: {from: {name: L, address: l@lamps.example}}\n")},
		"journeys/offer.yaml": {Data: []byte(`journey: offer
category: transactional
status: active
enter: {on: order.completed}
leave:
  - {on: order.refunded, as: refunded}
  - {if: profile.orders.count > 5, as: regular}
steps:
  - id: picks
    recommend: {from: [bought_together], min: 1, max: 2}
    otherwise:
      - {id: none, send: {email: offer}}
  - id: size
    branch:
      - if: trigger.total > 50.0
        steps: [{id: big, send: {email: big}}]
      - else:
        steps: [{id: small, send: {email: small}}]
  - id: version
    split:
      - {arm: plain, weight: 50, steps: [{id: plainly, send: {email: plain}}]}
      - {arm: story, weight: 50, steps: []}
  - id: reaction
    wait:
      for_event:
        - {on: email.clicked, steps: [{tag: clicker}]}
        - {on: page.viewed, if: event.path == "/sale", steps: []}
      at_most: 2d
    otherwise:
      - {id: late, send: {email: late}}
`)},
	}
	for _, name := range []string{"offer", "big", "small", "plain", "late"} {
		files["email/"+name+".html.liquid"] = &fstest.MapFile{Data: []byte("---\nsubject: About " + name + "\n---\n<p>{{ profile.id }}</p>")}
		files["email/"+name+".txt.liquid"] = &fstest.MapFile{Data: []byte("{{ profile.id }}")}
	}
	snap, err := workspace.Load(files, "the shop")
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// play reads tests and runs them.
func play(t *testing.T, snap *workspace.Snapshot, text string) []script.Ran {
	t.Helper()
	var r source.Report
	tests := script.ReadText("tests/x.test.yaml", text, snap, &r)
	if ps := r.Problems(); len(ps) > 0 {
		t.Fatal(ps)
	}
	var out []script.Ran
	for _, one := range tests {
		out = append(out, script.Ran{Result: script.Run(t.Context(), snap, one), Took: 1500 * time.Millisecond})
	}
	return out
}

const common = `
journey: offer
profile: {id: ada}
now: 2026-03-02T09:00:00+01:00
arms: {version: plain}
suggest: [bulb]
events: [{type: order.completed, data: {order_id: A1, total: 60.0}}]
`

// Coverage tells what nobody came to: steps, cases, arms, events of waits, what comes
// otherwise, and rules of leaving with and without a condition.
func TestCoverage(t *testing.T) {
	t.Parallel()
	snap := shop(t)
	cover := script.NewCover(snap.Journeys())
	if got := cover.Share(); got != 0 {
		t.Errorf("without tests %v is covered", got)
	}
	missing := func() string {
		var b strings.Builder
		for _, j := range cover.Journeys() {
			for _, it := range j.Items {
				if !it.Reached {
					b.WriteString(it.Words + "; ")
				}
			}
		}
		return b.String()
	}
	add := func(text string) {
		t.Helper()
		for _, r := range play(t, snap, common+text) {
			if !r.Passed() {
				t.Fatal(r.Timeline())
			}
			cover.Merge(r.Cover)
		}
	}
	add(`
test: until the end
expect: [{sent: {email: big}}, {sent: {email: plain}}, {at: +2d, sent: {email: late}}, {finished: true}]
`)
	want := "leave rule 1 (refunded); leave rule 2 (regular); otherwise of picks; step none; else of size; step small; arm story of version; " +
		"event email.clicked in reaction; event page.viewed in reaction; "
	if got := missing(); !strings.HasPrefix(got, want) || strings.Contains(got, "otherwise of reaction") {
		t.Errorf("missing: %s\nwant    %s", got, want)
	}
	add(`
tests:
  - test: a click
    suggest: []
    arms: {version: story}
    events: [{type: order.completed, data: {order_id: A1, total: 10.0}}, {at: +1d, type: email.clicked}]
    expect: [{sent: {email: offer}}, {sent: {email: small}}, {at: +1d, tagged: clicker}]
  - test: a view
    events: [{type: order.completed, data: {order_id: A1, total: 60.0}}, {at: +1d, type: page.viewed, data: {path: /}}, {at: +1d1h, type: page.viewed, data: {path: /sale}}]
    expect: [{sent: {email: big}}, {sent: {email: plain}}, {at: +1d1h, finished: true}]
  - test: a refund
    events: [{type: order.completed, data: {order_id: A1, total: 60.0}}, {at: +1d, type: order.refunded, data: {order_id: A1, total: 60.0}}]
    expect: [{sent: {email: big}}, {sent: {email: plain}}, {at: +1d, left: refunded}]
  - test: a regular
    profile: {id: ada, orders: [{at: -9d}, {at: -8d}, {at: -7d}, {at: -6d}]}
    events: [{type: order.completed, data: {order_id: A1, total: 60.0}}, {at: +1d, type: order.completed, data: {order_id: A2, total: 60.0}}]
    expect: [{sent: {email: big}}, {sent: {email: plain}}, {at: +1d, left: regular}]
`)
	if got := missing(); got != "" || cover.Share() != 1 {
		t.Errorf("still missing: %s", got)
	}
	var b bytes.Buffer
	if err := cover.Write(&b); err != nil || !strings.Contains(b.String(), "100%  offer (") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// A failure names the condition that said no with the values that it saw, or what happened
// instead.
func TestHints(t *testing.T) {
	t.Parallel()
	snap := shop(t)
	for text, want := range map[string]string{
		"expect: [{sent: {email: small}}, {sent: {email: big}}, {sent: {email: plain}}, {sent: {email: late}}]": "finished offer at Wed 2026-03-04 09:00; the last step was late",
		"events: []\nexpect: [{entered: offer}]":                                                                                        "offer is entered on order.completed, and no such event came",
		"expect: [{sent: {email: big, contains: bob}}, {sent: {email: plain}}, {sent: {email: late}}]":                                  `the message has no "bob": About big ada`,
		"expect: [{sent: {email: big, subject: Big}}, {sent: {email: plain}}, {sent: {email: late}}]":                                   `the subject is "About big"`,
		"expect: [{sent: {email: big, lacks: ada}}, {sent: {email: plain}}, {sent: {email: late}}]":                                     `the message has "ada"`,
		"profile: {id: ada, traits: {email: null}}\nexpect: [{sent: {email: big}}]":                                                     "instead: blocked no_address: email big",
		"expect: [{at: +1d, sent: {email: late}}, {sent: {email: big}}, {sent: {email: plain}}]":                                        "it happens at Wed 2026-03-04 09:00 (+2d)",
		"expect: [{sent: {email: big}}, {sent: {email: plain}}, {nothing_after: +0s}]":                                                  "nothing after is expected, but: sent email late",
		"expect: [{left: refunded}, {sent: {email: big}}, {sent: {email: plain}}, {sent: {email: late}}]":                               "leave 2: profile.orders.count > 5 was not true at Wed 2026-03-04 09:00\n            profile.orders.count = 1",
		"expect: [{sent: {email: big}}, {sent: {email: plain}}]":                                                                        "nobody expects this: sent email late",
		"deliver: [{step: big, outcome: failed, reason: rejected}]\nexpect: [{sent: {email: big}}, {sent: {email: plain}}]\nuntil: +1d": "instead: failed rejected: email big",
		"events: [{type: email.clicked, of: big}]\nexpect: [{nothing: true}]":                                                           "email.clicked is about the message of step big, which has sent none to ada by then",
		"expect: [{entered: offer}, {entered: offer}, {sent: {email: big}}, {sent: {email: plain}}, {sent: {email: late}}]\nevents: [{type: order.completed, data: {order_id: A1, total: 60.0}}, {type: order.completed, data: {order_id: A2, total: 60.0}}]": "offer was not entered at Mon 2026-03-02 09:00: entered before",
	} {
		all := "test: it\n" + text
		for line := range strings.Lines(common) {
			if key, _, _ := strings.Cut(line, ":"); !strings.Contains("\n"+text, "\n"+key+":") {
				all += "\n" + line
			}
		}
		r := play(t, snap, all)[0]
		if r.Passed() || !strings.Contains(r.Timeline(), want) || !strings.Contains(r.Timeline(), ">>>") && !strings.Contains(text, "of: big") {
			t.Errorf("%s\nprints\n%s\nwant in it: %s", text, r.Timeline(), want)
		}
	}
}

// What CI and other programs read holds every result.
func TestReports(t *testing.T) {
	t.Parallel()
	results := play(t, shop(t), common+`
tests:
  - test: it passes
    expect: [{sent: {email: big}}, {sent: {email: plain}}, {sent: {email: late}}]
  - test: it fails <badly>
    expect: [{sent: {email: small}}]
  - test: it cannot run
    changes: [{at: +1d, files: {rapport.yaml: "shop: 3"}}]
    expect: [{nothing: true}]
`)
	var b bytes.Buffer
	if err := script.WriteJUnit(&b, results); err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Errors   int     `xml:"errors,attr"`
		Time     float64 `xml:"time,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Error *struct {
					Text string `xml:",chardata"`
				} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 3 || suites.Failures != 1 || suites.Errors != 1 || suites.Time != 4.5 || len(suites.Suites) != 1 || len(suites.Suites[0].Cases) != 3 {
		t.Fatalf("%+v\n%s", suites, &b)
	}
	cases := suites.Suites[0].Cases
	if cases[0].Failure != nil || cases[1].Name != "it fails <badly>" || !strings.Contains(cases[1].Failure.Text, ">>>") ||
		!strings.Contains(cases[2].Error.Text, "the workspace after this change has mistakes") {
		t.Errorf("%s", &b)
	}

	b.Reset()
	cover := script.NewCover(shop(t).Journeys())
	cover.Merge(results[0].Cover)
	if err := script.WriteJSON(&b, results, cover); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Passed, Failed int
		Covered        float64
		Coverage       []script.Covered
		Tests          []struct {
			Test, Error string
			Passed      bool
			Differences []struct{ Text string }
			Happened    []script.Line
		}
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if out.Passed != 1 || out.Failed != 2 || out.Covered <= 0 || out.Covered >= 1 || len(out.Coverage) != 1 || len(out.Tests[0].Happened) == 0 ||
		len(out.Tests[1].Differences) == 0 || out.Tests[2].Error == "" {
		t.Errorf("%+v", out)
	}
}

// Several documents of a file keep their places.
func TestPlacesInDocuments(t *testing.T) {
	t.Parallel()
	var r source.Report
	text := "# two tests\n---\ntest: one" + common + "expect: [{nothing: true}]\n---\ntest: two" + common + "expct: []\nexpect: [{nothing: true}]\n---\n"
	tests := script.ReadText("x.test.yaml", text, shop(t), &r)
	ps := r.Problems()
	if len(tests) != 2 || tests[1].Name != "two" || tests[1].Line != 12 || len(ps) != 1 || ps[0].Line != 19 || !strings.Contains(ps[0].Excerpt, "expct") {
		t.Errorf("%d tests, %v", len(tests), ps)
	}
}

// FuzzRead: no file, however odd, makes the reader panic, nor a test that it reads the run.
func FuzzRead(f *testing.F) {
	f.Add("test: a" + common + "expect: [{sent: {email: big}}]\n")
	f.Add("tests: [{test: a, events: [{at: +1d, type: email.clicked, of: big}], expect: [{nothing: true}]}]" + common)
	f.Add("---\n---\ntests: 3\n")
	snap := shop(f)
	f.Fuzz(func(t *testing.T, text string) {
		var r source.Report
		tests := script.ReadText("x.test.yaml", text, snap, &r)
		if len(r.Problems()) > 0 {
			return
		}
		for _, one := range tests {
			script.Run(t.Context(), snap, one)
		}
	})
}
