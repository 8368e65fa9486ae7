package backtest

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"rapport/pkg/message"
)

// WriteText writes the report as tables for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.journeyTable(&b)
	r.dayTable(&b)
	r.blockedTable(&b)
	r.peopleTables(&b)
	r.differenceTable(&b)
	if len(r.Notes) > 0 {
		b.WriteString("\nNotes\n")
		for _, n := range r.Notes {
			b.WriteString("  " + n + "\n")
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "Back-test of workspace %s, %s to %s", r.Workspace, r.Since.UTC().Format(time.DateOnly), r.Until.UTC().Format(time.DateOnly))
	if r.Source != "" {
		b.WriteString(", over " + r.Source)
	}
	fmt.Fprintf(b, "\n%s events, %s before them, %s people; %s messages would have gone out", count(r.Events), count(r.Before), count(r.Profiles), count(r.Sent))
	if r.Seconds > 0 {
		fmt.Fprintf(b, " (%.1f s, %s events/s)", r.Seconds, count(int(r.PerSec)))
	}
	b.WriteString("\n")
}

// table writes columns: the first to the left, the others to the right.
func table(b *strings.Builder, title string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	b.WriteString("\n" + title + "\n")
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := "  "
		for i, cell := range row {
			gap := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 0 {
				line += cell + gap
			} else {
				line += "  " + gap + cell
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (r *Report) journeyTable(b *strings.Builder) {
	var channels []message.Channel
	for _, c := range message.Channels() {
		if r.channel(c) > 0 {
			channels = append(channels, c)
		}
	}
	header := []string{"journey", "status", "entered", "people", "finished", "left", "inside"}
	for _, c := range channels {
		header = append(header, string(c))
	}
	rows := [][]string{append(header, "goals", "expected (95 %)")}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		row := []string{j.Journey, string(j.Status), count(j.Entered), count(j.People), count(j.Finished), count(j.left()), count(j.Inside)}
		for _, c := range channels {
			row = append(row, count(j.by(c)))
		}
		rows = append(rows, append(row, j.goals(), j.expected()))
	}
	table(b, "Journeys", rows)
}

func (r *Report) channel(c message.Channel) int {
	n := 0
	for i := range r.Journeys {
		n += r.Journeys[i].by(c)
	}
	return n
}

func (j *Journey) by(c message.Channel) int {
	for _, s := range j.Sent {
		if s.Channel == c {
			return s.Count
		}
	}
	return 0
}

func (j *Journey) left() int {
	n := 0
	for _, l := range j.Left {
		n += l.Count
	}
	return n
}

func (j *Journey) goals() string {
	if !j.HasGoal {
		return "-"
	}
	return count(j.Reached)
}

// expected tells an expectation: 12 (8 to 17), uplift +1.2 points.
func (j *Journey) expected() string {
	e := j.Expected
	switch {
	case !j.HasGoal:
		return "no goal"
	case e == nil:
		return "no past"
	}
	text := fmt.Sprintf("%.0f (%.0f to %.0f)", e.Conversions, e.ConversionsLow, e.ConversionsHigh)
	if e.Uplift != nil {
		text += fmt.Sprintf(", uplift %+.1f points", *e.Uplift*100)
	}
	return text
}

// shownDays is how many days the text shows; the JSON has all.
const shownDays = 14

func (r *Report) dayTable(b *strings.Builder) {
	days := r.Days
	title := "Sends by day"
	if extra := len(days) - shownDays; extra > 0 {
		days = days[extra:]
		title = fmt.Sprintf("Sends by day (the last %d of %d; --json and --html have all)", shownDays, len(r.Days))
	}
	rows := [][]string{{"day", "messages", "by journey and channel"}}
	for _, d := range days {
		total := 0
		var parts []string
		for _, s := range d.Sends {
			total += s.Count
			parts = append(parts, fmt.Sprintf("%s %s %d", s.Journey, s.Channel, s.Count))
		}
		rows = append(rows, []string{d.Date, count(total), strings.Join(parts, ", ")})
	}
	leftward(b, title, rows)
}

// leftward is a table whose last column is text.
func leftward(b *strings.Builder, title string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	b.WriteString("\n" + title + "\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(t, "  "+strings.Join(row, "\t")) // a Builder takes everything
	}
	_ = t.Flush()
}

func (r *Report) blockedTable(b *strings.Builder) {
	rows := [][]string{{"kept back", "channel", "reason", "messages", "people"}}
	for _, k := range r.Blocked {
		rows = append(rows, []string{k.Journey, string(k.Channel), string(k.Reason), count(k.Count), count(k.People)})
	}
	table(b, "Kept back", rows)
}

func (r *Report) peopleTables(b *strings.Builder) {
	m := r.Messages
	fmt.Fprintf(b, "\nMessages per person: %s people, median %d, 95 of 100 get at most %d, at most %d\n", count(m.People), m.P50, m.P95, m.Max)
	if c := r.Capped; c.People > 0 {
		fmt.Fprintf(b, "Over the caps: %s people would have got %s messages more\n", count(c.People), count(c.Messages))
		for _, p := range c.Most[:min(3, len(c.Most))] {
			fmt.Fprintf(b, "  %s: %d\n", p.Profile, p.Count)
		}
	} else {
		b.WriteString("Over the caps: nobody\n")
	}
	rows := [][]string{{"in both at once", "and", "people"}}
	for _, o := range r.Overlap {
		rows = append(rows, []string{o.A, o.B, count(o.People)})
	}
	table(b, "Overlap", rows)
}

func (r *Report) differenceTable(b *strings.Builder) {
	if r.Against == nil {
		return
	}
	rows := [][]string{{"journey", "channel", "same", "only really", "only here"}}
	for _, d := range r.Against {
		rows = append(rows, []string{d.Journey, string(d.Channel), count(d.Same), count(d.OnlyReal), count(d.OnlyHere)})
	}
	table(b, "Against what was really sent (same step and person, within a day)", rows)
	if len(r.Against) == 0 {
		b.WriteString("\nAgainst what was really sent: nothing was, and nothing would have been\n")
	}
}

// count writes a number with commas between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
