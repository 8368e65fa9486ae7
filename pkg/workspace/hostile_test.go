package workspace

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostileJourneys are journeys made to cost much.
func hostileJourneys() map[string]string {
	head := "journey: hello\ncategory: marketing\nstatus: active\nenter: {on: order.completed}\n"
	many := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	deep := "steps:\n"
	for i := range 60 {
		deep += strings.Repeat(" ", 2*i) + "- branch:\n" + strings.Repeat(" ", 2*i) + "  - steps:\n"
	}
	return map[string]string{
		"steps":       head + "steps:\n" + many(2400, "  - {id: s%d, wait: 1d}\n"),
		"sends":       head + "steps:\n" + many(1650, "  - {id: s%d, send: {email: helo}}\n"),
		"types":       head + "steps: []\nleave:\n" + many(3000, "  - order.compl%d\n"),
		"events":      head + "steps:\n  - wait:\n      for_event:\n" + many(2400, "        - order.compl%d\n"),
		"expressions": head + "steps:\n" + many(1200, "  - set: {a: event.totl + %d * trigger.totl}\n"),
		"traits":      head + "steps:\n  - set:\n" + many(3500, "      t%d: gold\n"),
		"moves":       head + "on_change: migrate\nsteps:\n" + many(490, "  - {id: s%d, tag: a}\n") + "moves:\n" + many(3000, "  o%d: s\n"),
		"keys":        head + "steps: []\n" + many(3950, "k%d: 1\n"),
		"same key":    head + "steps: []\n" + many(3950, "k: %d\n"),
		"question":    strings.Repeat("? a\n", 16000),
		"colons":      strings.Repeat("a:\n", 21000),
		"flow keys":   head + "steps: {" + strings.ReplaceAll(many(3950, "k%d: 1,"), "9,", "9,\n") + "}\n",
		"aliases":     "a: &a [x]\n" + strings.Repeat("b: *a\n", 3950),
		"tags":        "a:\n" + strings.Repeat("- !x a\n", 3950),
		"deep":        head + deep,
		"cases":       head + "steps:\n  - branch:\n" + many(1300, "      - {if: trigger.total > %d, steps: []}\n"),
		"weights":     head + "steps:\n  - split:\n" + many(1400, "      - {arm: a%d, weight: 1, steps: []}\n"),
		"phrase":      head + "steps:\n  - task: |\n" + many(2000, "      {{ trigger.total }} %d\n"),
		"long if":     head + "steps: []\nleave:\n  - if: |\n" + many(2300, "      true or %d > 3 or\n"),
		"brackets":    head + "steps: " + strings.Repeat("[", 60000),
		"dashes":      head + "steps:\n" + strings.Repeat("- ", 30000),
	}
}

// TestHostileJourneys: whatever a journey's file holds, it is refused soon. The bound is for
// machines that are slow or busy; it takes some milliseconds.
func TestHostileJourneys(t *testing.T) {
	for name, text := range hostileJourneys() {
		files := small()
		files["journeys/hello.yaml"] = text
		began := time.Now()
		_, err := load(files)
		took := time.Since(began)
		if took > slowdown*5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		t.Logf("%s: %d bytes, %s", name, len(text), took)
		var ps Problems
		if !errors.As(err, &ps) || len(ps.Errors()) == 0 || len(ps) > 120 {
			t.Errorf("%s is taken: %.200v", name, err)
		}
	}
}

// TestLargestJourney: a journey of as many steps as there may be reads, and soon.
func TestLargestJourney(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxSteps - 1 {
		fmt.Fprintf(&b, "  - {id: s%d, wait: 1h}\n", i)
	}
	d, _ := readOne(t, hello(b.String()))
	if len(d.Steps) != maxSteps {
		t.Errorf("%d steps", len(d.Steps))
	}
}
