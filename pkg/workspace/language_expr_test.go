package workspace_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rapport/pkg/condition"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// Every expression on the page is compiled where the page says it stands, and comes to what
// stands behind it.
func TestConditionsOfLanguagePage(t *testing.T) {
	t.Parallel()
	var scope *journey.Scope
	n := 0
	env := condition.Env{
		Event: event.OrderCompleted, Trigger: event.OrderCompleted, Sends: []string{"offer"},
		Segments: []string{"vip", "unhappy"}, Purposes: []string{"marketing", "surveys"},
	}
	for _, e := range examples(t) {
		switch {
		case e.what == "ada":
			scope = ada(t, e.text)
		case e.language == "expr" && scope == nil:
			t.Fatalf("line %d: who is it about?", e.line)
		case e.language == "expr":
			for i, line := range strings.Split(strings.TrimSuffix(e.text, "\n"), "\n") {
				cut := strings.LastIndex(line, " # ") // an element of a list is #, too
				if cut < 0 {
					t.Errorf("line %d: nothing says what %q comes to", e.line+1+i, line)
					continue
				}
				src, want := strings.TrimSpace(line[:cut]), strings.TrimSpace(line[cut+3:])
				if got := evaluate(src, env, scope); got != want {
					t.Errorf("line %d: %s\n is  %s\n not %s", e.line+1+i, src, got, want)
				}
				n++
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d expressions", n)
	}
}

// evaluate is the value of an expression, in the words of the page. What is true or false
// has to be a condition, too.
func evaluate(src string, env condition.Env, scope *journey.Scope) string {
	x, err := condition.CompileExpr(src, env)
	if err != nil {
		return err.Error()
	}
	v, err := x.Value(scope)
	if err != nil {
		return err.Error()
	}
	switch v := v.(type) {
	case nil:
		return "missing"
	case bool:
		c, err := condition.Compile(src, env)
		if err != nil {
			return err.Error()
		}
		if holds, err := c.Eval(scope); err != nil || holds != v {
			return fmt.Sprintf("%v, and as a condition %v (%v)", v, holds, err)
		}
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(b), `","`, `", "`)
}

// ada is the person whom the page tells about, at the time of her last event.
func ada(t *testing.T, text string) *journey.Scope {
	t.Helper()
	var happened []struct {
		At   string
		Type string
		Data map[string]any
	}
	if err := yaml.Unmarshal([]byte(text), &happened); err != nil {
		t.Fatal(err)
	}
	var ev *event.Event
	var p *profile.Profile
	for i, h := range happened {
		at, err := time.Parse(time.RFC3339, h.At)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(h.Data)
		if err != nil {
			t.Fatal(err)
		}
		if p == nil {
			p = profile.New("ada", at)
		}
		ev = &event.Event{ID: fmt.Sprint(i), Source: "shop", Type: h.Type, Subject: "ada", Time: at, Data: data}
		p.Apply(ev)
	}
	p.Segments = []profile.Membership{{Name: "vip", Since: ev.Time}}
	if zone := schedule.Zones(p.Trait("timezone"), "", "", time.UTC)[0]; zone.String() != "Europe/Berlin" {
		t.Fatalf("she is in %s", zone)
	}
	trigger := &journey.Trigger{UID: ev.UID(), Type: ev.Type, At: ev.Time, Data: ev.Data}
	sent := []journey.SentRef{{Step: "offer", ID: "m1", At: ev.Time.Add(-24 * time.Hour)}}
	return journey.NewScope(ev.Time, p, ev, trigger, sent)
}
