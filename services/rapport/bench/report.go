package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run measured. Its JSON names are fixed: scripts read them.
type Report struct {
	At      time.Time `json:"at"`
	Machine Machine   `json:"machine"`
	Store   string    `json:"store"` // sqlite or postgres, and the server's version
	Quick   bool      `json:"quick,omitempty"`
	Rows    []Row     `json:"rows"`
	Seconds float64   `json:"seconds"`
}

// Row is one row of the table: figures that were measured together.
type Row struct {
	Name    string   `json:"row"`
	Figures []Figure `json:"figures,omitempty"`
	// Notes say how it was measured, and what besides.
	Notes []string `json:"notes,omitempty"`
	// NotMeasured says why the row could not be measured, or was only in part.
	NotMeasured string  `json:"not_measured,omitempty"`
	Seconds     float64 `json:"seconds"`
	Profile     string  `json:"profile,omitempty"` // the file with the CPU profile
}

// Figure is one measured figure.
type Figure struct {
	Name  string  `json:"figure"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Ceiling is what it is held against, measured in the same run; zero: nothing. Ratio is
	// Value of it.
	Ceiling float64 `json:"ceiling,omitempty"`
	Against string  `json:"against,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	Target  *Target `json:"target,omitempty"`
	Met     *bool   `json:"met,omitempty"`
}

// Target is what a figure is to reach: its ratio, where it has one and OfRatio is set.
type Target struct {
	AtLeast *float64 `json:"at_least,omitempty"`
	AtMost  *float64 `json:"at_most,omitempty"`
	OfRatio bool     `json:"of_ratio,omitempty"`
}

// figure makes a figure without a ceiling.
func figure(name string, value float64, unit string) Figure {
	return Figure{Name: name, Value: value, Unit: unit}
}

// against holds the figure against a ceiling.
func (f Figure) against(what string, ceiling float64) Figure {
	f.Against, f.Ceiling = what, ceiling
	if ceiling > 0 {
		f.Ratio = f.Value / ceiling
	}
	return f
}

func (f Figure) atLeast(v float64) Figure      { return f.judged(Target{AtLeast: &v}) }
func (f Figure) atMost(v float64) Figure       { return f.judged(Target{AtMost: &v}) }
func (f Figure) ratioAtLeast(v float64) Figure { return f.judged(Target{AtLeast: &v, OfRatio: true}) }

func (f Figure) ratioAtMost(v float64) Figure { return f.judged(Target{AtMost: &v, OfRatio: true}) }

func (f Figure) judged(t Target) Figure {
	v := f.Value
	if t.OfRatio {
		v = f.Ratio
	}
	met := v > 0 && (t.AtLeast == nil || v >= *t.AtLeast) && (t.AtMost == nil || v <= *t.AtMost)
	f.Target, f.Met = &t, &met
	return f
}

// Row is the row of a name; nil when it was not asked for.
func (r *Report) Row(name string) *Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// JSON writes the report as one object.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Text writes the report as a table, with the notes below it.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) } //nolint:errcheck // Flush reports it.
	line("%s", r.Machine)
	line("store: %s%s", r.Store, map[bool]string{true: "; quick: these figures say that it runs, not how fast"}[r.Quick])
	line("")
	line("ROW\tFIGURE\tMEASURED\tCEILING\tRATIO\tTARGET\tMET")
	for i := range r.Rows {
		row := &r.Rows[i]
		name := row.Name
		for _, f := range row.Figures {
			line("%s\t%s\t%s\t%s\t%s\t%s\t%s", name, f.Name, amount(f.Value, f.Unit), f.ceiling(), f.ratio(), f.Target, verdict(f.Met))
			name = ""
		}
		if row.NotMeasured != "" {
			line("%s\tnot measured: %s", name, row.NotMeasured)
		}
	}
	line("")
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		for _, n := range row.Notes {
			if _, err := fmt.Fprintf(w, "%s: %s\n", row.Name, n); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
		}
	}
	return nil
}

func (f *Figure) ceiling() string {
	if f.Ceiling == 0 {
		return "-"
	}
	return amount(f.Ceiling, f.Unit) + " " + f.Against
}

func (f *Figure) ratio() string {
	if f.Ratio == 0 {
		return "-"
	}
	return percent(f.Ratio)
}

// String is the target in a table.
func (t *Target) String() string {
	if t == nil {
		return "-"
	}
	show := func(v float64) string {
		if t.OfRatio {
			return percent(v)
		}
		return number(v)
	}
	var parts []string
	if t.AtLeast != nil {
		parts = append(parts, ">= "+show(*t.AtLeast))
	}
	if t.AtMost != nil {
		parts = append(parts, "<= "+show(*t.AtMost))
	}
	return strings.Join(parts, ", ")
}

func verdict(met *bool) string {
	switch {
	case met == nil:
		return "-"
	case *met:
		return "yes"
	}
	return "NO"
}

func percent(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + " %" }

func amount(v float64, unit string) string { return number(v) + " " + unit }

// number has three digits at least, and no more than say something.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a == math.Trunc(a) || a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// median is the middle of the values; zero of none.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// quantile is the smallest value that a share q of all do not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
