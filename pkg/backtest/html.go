package backtest

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"rapport/pkg/message"
)

//go:embed page.html
var page string

// view is what the page shows.
type view struct {
	*Report
	Daily    *plot
	Weekly   bool
	People   *plot
	Legend   []key
	Channels []message.Channel
	Matrix   []matrixRow
	Names    []string
	Most     int   // messages of one row of the difference
	Palette  []int // whose numbers are those of the colours
}

type key struct {
	Color int
	Name  string
}

type matrixRow struct {
	Name  string
	Cells []cell
}

type cell struct {
	People int
	Share  float64 // of the most, 0..1
	Self   bool
}

// WriteHTML writes the report as one page that needs nothing else: no script, no font, no
// picture from anywhere.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"count": count, "day": func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"percent": func(x float64) string { return fmt.Sprintf("%.1f %%", x*100) },
		"n":       func(x float64) string { return fmt.Sprintf("%.1f", x) },
		"alpha":   func(x float64) string { return fmt.Sprintf("%.2f", x*0.85) },
		"width":   func(n, of int) string { return fmt.Sprintf("%.1f", 100*float64(n)/float64(max(of, 1))) },
		"by":      func(j Journey, c message.Channel) int { return j.by(c) },
		"left":    func(j Journey) int { return j.left() },
		"reasons": reasons, "goals": func(j Journey) string { return j.goals() }, "expected": func(j Journey) string { return j.expected() },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("read the report's page: %w", err)
	}
	if err := t.Execute(w, r.view()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *Report) view() *view {
	v := &view{Report: r, People: r.histogram(), Palette: make([]int, palette)}
	colors := map[string]int{}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if j.sent() > 0 {
			colors[j.Journey] = min(len(colors), palette-1)
		}
		if j.Entered > 0 {
			v.Names = append(v.Names, j.Journey)
		}
	}
	for color := range palette {
		if name := r.named(colors, color); name != "" {
			v.Legend = append(v.Legend, key{color, name})
		}
	}
	v.Daily, v.Weekly = r.daily(colors)
	for _, c := range message.Channels() {
		if r.channel(c) > 0 {
			v.Channels = append(v.Channels, c)
		}
	}
	v.Matrix = r.matrix(v.Names)
	for _, d := range r.Against {
		v.Most = max(v.Most, d.Same+d.OnlyReal+d.OnlyHere)
	}
	return v
}

// matrix lays the overlaps out as a square.
func (r *Report) matrix(names []string) []matrixRow {
	people, most := map[pair]int{}, 1
	for _, o := range r.Overlap {
		people[pair{o.A, o.B}], people[pair{o.B, o.A}] = o.People, o.People
		most = max(most, o.People)
	}
	rows := make([]matrixRow, 0, len(names))
	for _, a := range names {
		row := matrixRow{Name: a}
		for _, b := range names {
			n := people[pair{a, b}]
			row.Cells = append(row.Cells, cell{n, float64(n) / float64(most), a == b})
		}
		rows = append(rows, row)
	}
	return rows
}

// reasons are those of leaving, for a tooltip.
func reasons(j Journey) string {
	var parts []string
	for _, l := range j.Left {
		parts = append(parts, l.Reason+" "+count(l.Count))
	}
	return strings.Join(parts, ", ")
}
