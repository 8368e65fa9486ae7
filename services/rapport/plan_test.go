package main_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapport/pkg/backtest"
	"rapport/pkg/explain"
	"rapport/pkg/message"
	"rapport/pkg/plan"
	"rapport/services/rapport/replay"
)

// care is a workspace with a journey that people rest in, and one that few enter.
func care(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rapport.yaml":           "shop: {name: Shop, url: https://shop.example, currency: GBP, locale: en-GB, timezone: Europe/London, address: [Shop]}\nemail: {from: {name: Shop, address: shop@shop.example}}\n",
		"journeys/care.yaml":     "journey: care\ncategory: transactional\npriority: 90\nstatus: active\nenter: {on: order.completed, key: event.order_id}\nsteps:\n  - id: thanks\n    send: {email: note}\n  - id: settle\n    wait: {for: 30d}\n  - id: follow\n    send: {email: note}\n",
		"journeys/offers.yaml":   "journey: offers\ncategory: marketing\npriority: 20\nstatus: active\nenter: {on: order.completed, if: event.total > 100}\ngoal: {on: order.completed, within: 14d}\nsteps:\n  - id: offer\n    send: {email: note}\n",
		"email/note.html.liquid": "---\nsubject: Hello\n---\n<p>Hello</p>\n",
		"email/note.txt.liquid":  "Hello\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Dir(path), filepath.Base(path), text)
	}
	return dir
}

// says runs the program and fails unless it ends as expected and says all of something.
func says(t *testing.T, code int, args []string, want ...string) ended {
	t.Helper()
	got := execute(t, command(t, t.TempDir(), args...))
	if got.code != code {
		t.Errorf("%v: exit code %d, want %d\n%s%s", args, got.code, code, got.out, got.errors)
	}
	for _, w := range want {
		if !strings.Contains(got.out+got.errors, w) {
			t.Errorf("%v does not say %q:\n%s%s", args, w, got.out, got.errors)
		}
	}
	return got
}

// While everything runs on a data directory, a change is planned, refused, mended and
// applied, and what happened to a person is explained; planning works afterwards, too.
func TestPlanApplyAndExplainBesideARunningStack(t *testing.T) {
	t.Parallel()
	shop, data := care(t), t.TempDir()
	r := up(t, data, "--workspace", shop)
	r.accepted(t, order("order-1", "ada", "Ada", "Lamp"))
	r.await(t, 1, url.Values{"to": {"ada@"}})

	changed := care(t)
	edit(t, changed, "journeys/care.yaml", "id: settle", "id: rest")
	edit(t, changed, "journeys/care.yaml", "status: active", "status: active\non_change: migrate")
	on := []string{"--data", data, "--workspace", changed}
	says(t, 1, append([]string{"plan"}, on...), `1 person rests on step "settle", which the new version does not have`, "moves: {settle: STEP}", "the change is refused for one reason")
	says(t, 1, append([]string{"apply", "--yes"}, on...), "the change is refused")
	edit(t, changed, "journeys/care.yaml", "on_change: migrate", "on_change: migrate\nmoves: {settle: rest}")
	says(t, 0, append([]string{"plan"}, on...), "~ care  changed", "settle  1  move to step rest, with the time they had", "= 1 unchanged; 0 people inside stay as they are", "~ journeys/care.yaml")
	var p plan.Plan
	if err := json.Unmarshal([]byte(says(t, 0, append([]string{"plan", "--json"}, on...)).out), &p); err != nil || len(p.Journeys) != 2 || p.Journeys[0].People[0].Fate != plan.Move {
		t.Errorf("plan %+v, %v", p, err)
	}
	says(t, 1, append([]string{"apply"}, on...), "not applied: nothing has changed")

	explained(t, data)

	says(t, 0, append([]string{"apply", "--yes", "--note", "call it rest"}, on...), "Workspace "+p.To+" is in force.")
	says(t, 0, []string{"versions", "--data", data}, p.To, "(in force) call it rest", "rapport up")
	says(t, 0, append([]string{"apply"}, on...), "is in force already: nothing changes")
	if code := r.interrupt(t); code != 0 {
		t.Errorf("up ended with %d", code)
	}
	says(t, 0, []string{"plan", "--data", data, "--workspace", shop}, "~ care  changed", "on_change: drain")
}

// explained asks why ada got what she got.
func explained(t *testing.T, data string) {
	t.Helper()
	got := says(t, 0, []string{"explain", "--data", data, "--profile", "ada", "--journey", "care"},
		"order.completed  shop#order-1", "entered, version", "message thanks     email note: goes out (recorded: ", "step settle        rests here until ",
		"exempt   no_consent    the person must have agreed to transactional by email: not asked of transactional messages")
	last := strings.TrimSpace(got.out[strings.LastIndex(strings.TrimSpace(got.out), "\n"):])
	if !regexp.MustCompile(`^ada got email note on .*: order\.completed on .* brought them into journey care, they came to step thanks, and nothing spoke against it`).MatchString(last) {
		t.Errorf("the answer is %s", last)
	}
	says(t, 0, []string{"explain", "--data", data, "--profile", "ada", "--journey", "offers"},
		"enter              NO   event.total > 100", "ada did not enter journey offers: on ", "event.total > 100 did not hold (event.total was 12.75).")
	var report explain.Report
	if err := json.Unmarshal([]byte(says(t, 0, []string{"explain", "--data", data, "--profile", "ada", "--json"}).out), &report); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, m := range report.Moments {
		for _, l := range m.Lines {
			if l.Kind == explain.Message {
				id = l.Message
				if l.Really == nil || l.Really.ID != id || l.Channel != message.Email {
					t.Errorf("the message %+v is not the recorded one", l)
				}
			}
		}
	}
	if len(report.Missing) > 0 || id == "" {
		t.Errorf("missing %+v, message %q", report.Missing, id)
	}
	says(t, 0, []string{"explain", "--data", data, "--profile", "ada", "--message", id}, "message "+id, "ada got email note on ")
	says(t, 1, []string{"explain", "--data", data, "--profile", "nobody"}, `nobody is known as "nobody"`)
}

// A back-test of a file, and one of the data of its replay, do what the replay did.
func TestBackTestsDoWhatAReplayDid(t *testing.T) {
	t.Parallel()
	shop, data := care(t), filepath.Join(t.TempDir(), "data")
	csv := write(t, t.TempDir(), "sales.csv", header+
		"1,A,a,1,2011-01-04 10:00:00,20,7,UK\n2,A,a,9,2011-01-10 10:00:00,20,7,UK\n3,B,b,9,2011-01-11 10:00:00,20,8,UK\n4,B,b,1,2011-02-01 10:00:00,20,,UK\n")
	var live replay.Report
	if err := json.Unmarshal([]byte(says(t, 0, []string{"replay", "--json", "--data", data, "--workspace", shop, "--until", "60d", csv}).out), &live); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, m := range live.Messages {
		if m.Outcome == message.Sent {
			sent += m.Count
		}
	}
	page := filepath.Join(t.TempDir(), "report.html")
	for name, args := range map[string][]string{
		"file": {"--csv", csv, "--until", "60d"},
		"data": {"--data", data, "--html", page},
	} {
		var r backtest.Report
		out := says(t, 0, append([]string{"backtest", "--json", "--workspace", shop}, args...)).out
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if sent == 0 || r.Sent != sent || r.Events != live.Events || r.Profiles != 3 || r.PerSec <= 0 {
			t.Errorf("%s: %d sent of %d events and %d people, the replay sent %d of %d", name, r.Sent, r.Events, r.Profiles, sent, live.Events)
		}
		for _, j := range r.Journeys {
			if c := live.Journeys[j.Journey]; j.Entered != c.Entered || j.Finished != c.Finished {
				t.Errorf("%s: %+v, the replay %+v", name, j, c)
			}
		}
		for _, d := range r.Against {
			if d.Same == 0 || d.OnlyHere+d.OnlyReal > 0 {
				t.Errorf("%s: differs from the replay: %+v", name, d)
			}
		}
		if (name == "data") != (len(r.Against) == 2) {
			t.Errorf("%s: compared with %+v", name, r.Against)
		}
	}
	if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "<svg") {
		t.Errorf("the page: %v, %d bytes", err, len(b))
	}
	// One changed journey, from a file of any name, over the last days.
	changed := write(t, t.TempDir(), "new-care.yaml", "journey: care\ncategory: transactional\npriority: 90\nstatus: active\nenter: {on: order.completed, key: event.order_id}\nsteps:\n  - id: thanks\n    send: {email: note}\n")
	says(t, 0, []string{"backtest", "--data", data, "--since", "2011-01-10", "--journey", changed},
		"3 events, 2 before them", "Journeys begin empty", "care       email     2            3          0")
	says(t, 2, []string{"backtest", "--data", data, "--since", "soon"}, `--since "soon": give a time before the end`)
	says(t, 1, []string{"backtest", "--data", t.TempDir()}, "there is no database in")
}

func TestInit(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "shop")
	says(t, 0, []string{"init", dir}, "rapport up --workspace "+dir)
	for _, name := range []string{"rapport.yaml", "journeys", "email"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	says(t, 1, []string{"init", dir}, "is not empty", "nothing is overwritten")
	says(t, 2, []string{"init"}, "name one to write the workspace into")
}
