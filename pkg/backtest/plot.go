package backtest

import (
	"math"
	"strconv"
	"time"
)

// The sizes of plots, in the units of their SVG.
const (
	plotWidth, plotHeight = 960, 300
	plotLeft, plotBottom  = 52, 28
	plotTop, plotRight    = 12, 8
)

// plot is a bar chart as the page draws it.
type plot struct {
	Width, Height int
	Bars          []bar
	Rules         []rule // horizontal, at the ticks of the count
	Labels        []label
	Base          float64 // where the bars stand
	Left, Right   float64
}

type bar struct {
	X, Y, W, H float64
	Color      int // of the palette; 0 is the first
	Title      string
}

type rule struct {
	Y    float64
	Text string
}

type label struct {
	X    float64
	Text string
}

// palette is how many colours the page has; further journeys share the last.
const palette = 8

// stack is one column: what lies on one another, from below.
type stack struct {
	label  string // below the column; empty: none
	title  string
	pieces []piece
}

type piece struct {
	color int
	n     int
	name  string
}

// columns draws stacks side by side.
func columns(stacks []stack) *plot {
	p := &plot{Width: plotWidth, Height: plotHeight, Base: plotHeight - plotBottom, Left: plotLeft, Right: plotWidth - plotRight}
	highest := 1
	for _, s := range stacks {
		n := 0
		for _, piece := range s.pieces {
			n += piece.n
		}
		highest = max(highest, n)
	}
	tick := nice(highest)
	top := int(math.Ceil(float64(highest)/float64(tick))) * tick
	unit := (p.Base - plotTop) / float64(top)
	for n := 0; n <= top; n += tick {
		p.Rules = append(p.Rules, rule{p.Base - float64(n)*unit, count(n)})
	}
	step := (p.Right - p.Left) / float64(max(len(stacks), 1))
	gap := min(step*0.2, 4)
	width := min(step-gap, 64)
	for i, s := range stacks {
		x := p.Left + float64(i)*step + (step-width)/2
		y := p.Base
		for _, piece := range s.pieces {
			h := float64(piece.n) * unit
			y -= h
			p.Bars = append(p.Bars, bar{x, y, width, h, piece.color, s.title + " " + piece.name + ": " + count(piece.n)})
		}
		if s.label != "" {
			p.Labels = append(p.Labels, label{x + width/2, s.label})
		}
	}
	return p
}

// nice is a distance of ticks: 1, 2 or 5 times a power of ten, so that there are about five.
func nice(highest int) int {
	step := 1
	for {
		for _, m := range []int{1, 2, 5} {
			if highest <= 5*m*step {
				return m * step
			}
		}
		step *= 10
	}
}

// maxColumns is how many columns can be told apart; longer times are summed up by weeks.
const maxColumns = 130

// daily draws the sends of each day, stacked by journey; colors number the journeys.
func (r *Report) daily(colors map[string]int) (p *plot, weekly bool) {
	first, last := r.Since, r.Until
	if n := len(r.Days); n > 0 {
		first, last = date(r.Days[0].Date), date(r.Days[n-1].Date)
	}
	span := 1
	if int(last.Sub(first).Hours()/24) >= maxColumns {
		span, weekly = 7, true
	}
	byDate := map[string][]DaySends{}
	for _, d := range r.Days {
		byDate[d.Date] = d.Sends
	}
	var stacks []stack
	for at := first; !at.After(last); at = at.AddDate(0, 0, span) {
		sums := make([]int, palette)
		for k := range span {
			for _, s := range byDate[at.AddDate(0, 0, k).Format(time.DateOnly)] {
				sums[colors[s.Journey]] += s.Count
			}
		}
		s := stack{title: at.Format(time.DateOnly)}
		for color, n := range sums {
			if n > 0 {
				s.pieces = append(s.pieces, piece{color, n, r.named(colors, color)})
			}
		}
		stacks = append(stacks, s)
	}
	every := max(1, (len(stacks)+7)/8)
	for i := range stacks {
		if i%every == 0 {
			stacks[i].label = stacks[i].title
		}
	}
	return columns(stacks), weekly
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{} // Days are written by us.
	}
	return t
}

// named are the journeys of a colour.
func (r *Report) named(colors map[string]int, color int) string {
	name := ""
	for i := range r.Journeys {
		if j := r.Journeys[i].Journey; colors[j] == color && r.Journeys[i].sent() > 0 {
			if name != "" {
				return "others"
			}
			name = j
		}
	}
	return name
}

func (j *Journey) sent() int {
	n := 0
	for _, s := range j.Sent {
		n += s.Count
	}
	return n
}

// maxBuckets is how many columns the histogram has; more messages are in the last.
const maxBuckets = 24

func (r *Report) histogram() *plot {
	people := map[int]int{}
	for _, b := range r.Messages.Histogram {
		people[min(b.Messages, maxBuckets)] += b.People
	}
	var stacks []stack
	for n := 1; n <= min(r.Messages.Max, maxBuckets); n++ {
		text := strconv.Itoa(n)
		if n == maxBuckets && r.Messages.Max > maxBuckets {
			text += "+"
		}
		stacks = append(stacks, stack{label: text, title: text + " messages", pieces: []piece{{0, people[n], "people"}}})
	}
	return columns(stacks)
}
