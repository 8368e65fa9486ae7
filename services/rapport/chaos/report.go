//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/plan"
)

// report is what a run came to.
type report struct {
	Seed       uint64            `json:"seed"`
	Minutes    float64           `json:"minutes"`
	PlantedBug bool              `json:"planted_bug,omitempty"`
	Faults     []plan.Fault      `json:"faults"`
	Broken     []audit.Broken    `json:"broken"` // what of it happened, and when
	Exits      int               `json:"exits"`  // processes that ended by themselves
	Accepted   int               `json:"accepted"`
	Retries    int               `json:"retries"`
	Copies     int               `json:"copies"`
	Settled    float64           `json:"settled_seconds"`
	Took       float64           `json:"took_seconds"`
	Counts     audit.Counts      `json:"counts"`
	Violations []audit.Violation `json:"violations"`
	Dir        string            `json:"dir"`
	Kept       bool              `json:"kept"`
}

func (r *report) json(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// shown is how many violations of one rule are printed; the JSON has all.
const shown = 10

func (r *report) text(out io.Writer) error {
	var b strings.Builder
	c := &r.Counts
	kinds := map[plan.Kind]int{}
	for _, f := range r.Faults {
		kinds[f.Kind]++
	}
	fmt.Fprintf(&b, "\nseed %d: %d faults in %.2f minutes, %d processes ended by themselves\n", r.Seed, len(r.Faults), r.Minutes, r.Exits)
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&b, "  %-16s %5d\n", k, kinds[k])
	}
	fmt.Fprintf(&b, "events\n  offered          %5d\n  accepted         %5d   (%d batches repeated, %d told again on purpose)\n  not accepted and stored all the same %d\n",
		c.Offered, c.Accepted, r.Retries, r.Copies, c.Perhaps)
	fmt.Fprintf(&b, "  stored           %5d   (receipts among them; %d stored more than once)\n  applied          %5d\n", c.Stored, c.Repeated, c.Applied)
	fmt.Fprintf(&b, "messages\n  decided          %5d\n", c.Decided)
	for _, o := range slices.Sorted(maps.Keys(c.Outcomes)) {
		name := o
		if o == "" {
			name = "no outcome"
		}
		fmt.Fprintf(&b, "    %-14s %5d\n", name, c.Outcomes[o])
	}
	fmt.Fprintf(&b, "  sent again       %5d\n  attempts seen by the servers outside %d, taken %d\n", c.Resent, c.HandOvers, c.Taken)
	fmt.Fprintf(&b, "  physical duplicates %d; explained %d: %d by a server that took the first and was silent, %d by a fault in between\n",
		c.Duplicates, c.Explained, c.Unanswered, c.Explained-c.Unanswered)
	fmt.Fprintf(&b, "everything arrived %.1f s after the last fault; the run took %.0f s\n\n", r.Settled, r.Took)
	r.verdict(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *report) verdict(b *strings.Builder) {
	by := map[string][]string{}
	for _, v := range r.Violations {
		by[v.Rule] = append(by[v.Rule], v.What)
	}
	for _, rule := range audit.Rules() {
		fmt.Fprintf(b, "%-20s %s\n", rule, map[bool]string{true: "kept", false: fmt.Sprintf("VIOLATED %d times", len(by[rule]))}[len(by[rule]) == 0])
		list := by[rule]
		slices.Sort(list)
		for i, what := range list {
			if i == shown {
				fmt.Fprintf(b, "    and %d more\n", len(list)-shown)
				break
			}
			fmt.Fprintf(b, "    %s\n", what)
		}
	}
	if len(r.Violations) == 0 {
		fmt.Fprintf(b, "\nPASS: nothing was lost, doubled or invented. Again: --seed %d --minutes %g\n", r.Seed, r.Minutes)
	} else {
		fmt.Fprintf(b, "\nFAIL: %d violations. Again: --seed %d --minutes %g\n", len(r.Violations), r.Seed, r.Minutes)
	}
	if r.Kept {
		fmt.Fprintf(b, "Everything is in %s\n", r.Dir)
	}
}
