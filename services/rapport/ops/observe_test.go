package ops_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/rapport/ops/measured"
)

const observe = "../../../deploy/observe/"

// question is one expression and where it stands.
type question struct{ where, expr, unit string }

// asked is what the program promql says of an expression.
type asked struct {
	Error string
	Uses  []struct {
		Name   string
		Labels map[string]string
	}
	Labels []string
}

type rule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func rules(t *testing.T) []rule {
	t.Helper()
	b, err := os.ReadFile(observe + "alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	if err := yaml.UnmarshalWithOptions(b, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) == 0 || len(file.Groups[0].Rules) == 0 {
		t.Fatal("there are no alerts")
	}
	return file.Groups[0].Rules
}

// panels are the expressions of all dashboards: of panels, annotations and variables.
func panels(t *testing.T) []question {
	t.Helper()
	files, err := filepath.Glob(observe + "dashboards/*.json")
	if err != nil || len(files) != 5 {
		t.Fatalf("dashboards: %v, %v; want five", files, err)
	}
	var out []question
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			UID, Title string
			Panels     []struct {
				Title, Type string
				Targets     []struct{ Expr string }
				FieldConfig struct{ Defaults struct{ Unit string } }
			}
			Annotations struct{ List []struct{ Expr string } }
			Templating  struct {
				List []struct {
					Name, Type string
					Query      any
				}
			}
		}
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d.UID+".json" != filepath.Base(file) || d.Title == "" {
			t.Errorf("%s has the uid %q; a dashboard's file is named for it", file, d.UID)
		}
		for _, p := range d.Panels {
			if p.Type != "row" && len(p.Targets) == 0 {
				t.Errorf("%s: panel %q asks nothing", d.UID, p.Title)
			}
			for _, target := range p.Targets {
				out = append(out, question{d.UID + " / " + p.Title, target.Expr, p.FieldConfig.Defaults.Unit})
			}
		}
		for _, a := range d.Annotations.List {
			out = append(out, question{d.UID + " / annotation", a.Expr, ""})
		}
		for _, v := range d.Templating.List {
			if q, ok := v.Query.(map[string]any); ok {
				out = append(out, question{d.UID + " / variable " + v.Name, variable(t, q["query"]), ""})
			}
		}
	}
	return out
}

// variable turns label_values(metric, label), which is Grafana's and not PromQL, into it.
func variable(t *testing.T, query any) string {
	t.Helper()
	m := regexp.MustCompile(`^label_values\((.+), *([a-z_]+)\)$`).FindStringSubmatch(query.(string))
	if m == nil {
		t.Fatalf("the variable's query is %v, want label_values(metric, label)", query)
	}
	return "count by (" + m[2] + ") (" + m[1] + ")"
}

// parse has the expressions read by Prometheus's own parser.
func parse(t *testing.T, questions []question) []asked {
	t.Helper()
	exprs := make([]string, len(questions))
	for i, q := range questions {
		exprs[i] = strings.ReplaceAll(q.expr, "$channel", ".*")
	}
	in, err := json.Marshal(exprs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), built(t, "promql"))
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	var all []asked
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// What dashboards, alerts and runbooks ask for is what a running stack tells: names, labels, and the
// values that they are compared with.
func TestDashboardsAndAlertsAskForWhatThereIs(t *testing.T) {
	questions := append(panels(t), asks(t)...)
	for _, r := range rules(t) {
		questions = append(questions, question{"alert " + r.Alert, r.Expr, ""})
	}
	there := scenario(t)
	for _, complaint := range wrong(t, there, questions) {
		t.Error(complaint)
	}
	// The check itself has to find what is wrong.
	for expr, want := range map[string]string{
		`rate(delivery_massages_total[5m])`:                  "delivery_massages_total, which nobody tells",
		`delivery_messages_total{chanel="email"}`:            "has no label chanel",
		`sum by (chanel) (delivery_messages_total)`:          "groups by chanel",
		`delivery_messages_total{outcome=~"sent|fialed"}`:    `never is "fialed"`,
		`broker_stream_size_bytes{stream!="DAED"}`:           `never is "DAED"`,
		`delivery_latency_seconds_buckets`:                   "which nobody tells",
		`sum by (channel) (delivery_messages_total`:          "parse error",
		`store_operation_duration_seconds_bucket{ok="nope"}`: `never is "nope"`,
	} {
		if got := wrong(t, there, []question{{"here", expr, ""}}); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("about %s the check says %q, want %q", expr, got, want)
		}
	}
}

// wrong says what expressions ask for that is not there.
func wrong(t *testing.T, there exposed, questions []question) (complaints []string) {
	t.Helper()
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	for i, a := range parse(t, questions) {
		where := questions[i].where
		if a.Error != "" {
			complain("%s: %s: %s", where, questions[i].expr, a.Error)
			continue
		}
		possible, found := map[string]bool{}, true
		for _, use := range a.Uses {
			labels, ok := there[use.Name]
			if !ok && family(use.Name) != use.Name {
				labels, ok = there[family(use.Name)]
			}
			if !ok && use.Name != "up" {
				complain("%s asks for %s, which nobody tells", where, use.Name)
				found = false
				continue
			}
			for l := range labels {
				possible[l] = true
			}
			for label, match := range use.Labels {
				if labels[label] == nil && !added(label) {
					complain("%s: %s has no label %s", where, use.Name, label)
					continue
				}
				for _, v := range compared(match) {
					if !labels[label][v] && !known(t, label)[v] {
						complain("%s: the label %s of %s never is %q", where, label, use.Name, v)
					}
				}
			}
		}
		for _, label := range a.Labels {
			if found && !possible[label] && !added(label) {
				complain("%s groups by %s, which is no label of what it asks for", where, label)
			}
		}
	}
	return complaints
}

// added are the labels that Prometheus adds.
func added(label string) bool {
	return slices.Contains([]string{"job", "instance", "service", "le"}, label)
}

// compared are the values that a matcher such as `=~a|b` names; none for patterns.
func compared(match string) []string {
	text := strings.TrimLeft(match, "=!~")
	if !regexp.MustCompile(`^[\w .|-]+$`).MatchString(text) || strings.Contains(text, "..") {
		return nil
	}
	return strings.Split(text, "|")
}

// known are the values that a label can have and that need not be seen in a stack in which
// nothing goes wrong.
func known(t *testing.T, label string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	written := func(pattern string, files ...string) {
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(b), -1) {
				out[m[1]] = true
			}
		}
	}
	switch label {
	case "outcome":
		written(`outcome :?= "(\w+)"`, "../../listener/metrics.go", "../../postmaster/metrics.go", "../../ingest/natsdoor/metrics.go", "../../ingest/feeds/feeds.go")
		for _, o := range []message.Outcome{message.Sent, message.Failed, message.Suppressed, message.Uncertain} {
			out[string(o)] = true
		}
	case "channel":
		for _, c := range []message.Channel{message.Email, message.SMS, message.WhatsApp, message.Webhook} {
			out[string(c)] = true
		}
	case "stream":
		for _, s := range []string{bus.StreamEvents, bus.StreamSend, bus.StreamDead} {
			out[s] = true
		}
	case "class":
		for _, c := range bus.Classes() {
			out[string(c)] = true
		}
	case "ok":
		out["true"], out["false"] = true, true
	case "job":
		out["rapport"] = true
	case "reason":
		written(`reason = "(\w+)"`, "../../ingest/problem.go")
	case "type":
		written(`= "([a-z_]+\.[a-z_]+)"`, "../../../pkg/event/types.go")
	}
	return out
}

// touch does one of each of what is measured.
func touch(t *testing.T, s *measured.Store, partition int) {
	t.Helper()
	ctx := t.Context()
	_, err := s.Load(ctx, partition, []store.Want{{Profile: "nobody"}})
	_, err2 := s.Due(ctx, partition, time.Now(), 1)
	_, err3 := s.Outbox(ctx, partition, 0, 1)
	commit := s.Commit(ctx, &store.Batch{Partition: partition, Epoch: 2, Profiles: []store.ProfileRow{{ID: "nobody", State: []byte("x"), UpdatedAt: time.Now(), Wake: time.Now()}}})
	_, err4 := s.Due(ctx, partition, time.Now().Add(time.Second), 1)
	_, err5 := s.Claim(ctx, []store.Claim{{Partition: partition, MessageID: "m", Worker: "w", At: time.Now()}})
	record := s.Record(ctx, []store.Result{{Partition: partition, MessageID: "m", Worker: "w", Receipt: []byte("{}")}})
	if err := errors.Join(err, err2, err3, commit, err4, err5, record); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, &store.Batch{Partition: partition, Epoch: 1}); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("an old owner's commit: %v", err)
	}
}

func TestPanelsHaveTheRightUnit(t *testing.T) {
	t.Parallel()
	for _, q := range panels(t) {
		if want := units(q.expr); q.unit != "" && !slices.Contains(want, q.unit) {
			t.Errorf("%s shows %s in the unit %q, want one of %q", q.where, q.expr, q.unit, want)
		}
	}
}

// units says in which of Grafana's units the result of an expression is.
func units(expr string) []string {
	first := regexp.MustCompile(`[a-z_]+_(seconds|bytes)(_bucket)?\b`).FindStringSubmatch(expr)
	switch {
	case strings.Contains(expr, " / "):
		return []string{"percentunit"}
	case strings.HasPrefix(expr, "count") || strings.Contains(expr, "increase("):
		return []string{"short", "none"}
	case strings.Contains(expr, "process_cpu_seconds_total"):
		return []string{"none"} // Seconds per second are cores.
	case strings.Contains(expr, "rate(") && !strings.HasPrefix(expr, "histogram_quantile("):
		return []string{"cps", "ops"}
	case first != nil && first[1] == "seconds":
		return []string{"s"}
	case first != nil:
		return []string{"bytes"}
	}
	return []string{"short", "none"}
}
