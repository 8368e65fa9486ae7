package routing

import (
	"slices"
	"time"
)

// WarmUp raises what a new sender sends from day to day.
type WarmUp struct {
	// From is the first day, midnight where the shop is: its location tells when days
	// begin. Before it the provider takes nothing.
	From  time.Time
	Ramp  Ramp            // of all recipients that have none of their own
	Parts map[string]Ramp // by group
}

// Ramp is how many messages each stage of a warm-up allows on one day. After the last stage
// any number may go.
type Ramp []int

// ramps are those that have a name.
//
// steady is LeadConnector's (help.leadconnectorhq.com, "Dedicated domain: warm-up"), whose
// stages advance only when they were filled. careful begins in the middle of what Suped
// (suped.com, "How to warm up") allows a new address and domain for each mailbox provider,
// 100 to 300 a day, and grows by its half more each day, rounded down to two digits, up to
// steady's last stage.
var ramps = map[string]Ramp{
	"steady": {1000, 2500, 5000, 6500, 8000, 10000, 14000, 20000, 25000, 35000, 50000, 80000, 125000, 175000, 250000},
	"careful": {
		200, 300, 450, 670, 1000, 1500, 2200, 3300, 4900, 7300, 10000, 15000, 22000, 33000, 49000, 73000, 100000,
		150000, 220000, 250000,
	},
}

// RampNames are the names that NamedRamp knows, sorted.
func RampNames() []string { return []string{"careful", "steady"} }

// NamedRamp is a ramp by its name; nil when there is none.
func NamedRamp(name string) Ramp { return slices.Clone(ramps[name]) }

// Progress is how far a ramp has come. The zero Progress has not begun.
type Progress struct {
	Day   string `json:"day"` // 2026-12-01
	Stage int    `json:"stage"`
	Sent  int    `json:"sent"` // on that day
}

// On is the progress on a day: the same, or at the beginning of a new one. The next stage is
// reached by filling the one before, so that a quiet week is followed by no jump. A clock
// that goes back changes nothing.
func (r Ramp) On(p Progress, day string) Progress {
	switch {
	case p.Day == "":
		return Progress{Day: day}
	case day <= p.Day:
		return p
	case p.Stage < len(r) && p.Sent >= r[p.Stage]:
		return Progress{Day: day, Stage: p.Stage + 1}
	}
	return Progress{Day: day, Stage: p.Stage}
}

// Left is how many more may go on the progress's day. bounded is false after the last stage.
func (r Ramp) Left(p Progress) (n int, bounded bool) {
	if p.Stage >= len(r) {
		return 0, false
	}
	return max(0, r[p.Stage]-p.Sent), true
}

// Day is the day of an instant, as Progress has it.
func (w *WarmUp) Day(now time.Time) string { return now.In(w.From.Location()).Format(time.DateOnly) }

// Next is when the day after an instant's begins, or the first day.
func (w *WarmUp) Next(now time.Time) time.Time {
	if now.Before(w.From) {
		return w.From
	}
	y, m, d := now.In(w.From.Location()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, w.From.Location())
}

// Part is the ramp that a message to a group counts under, and its name: the group's own, its
// share of the common one, or what the shares leave of that, which is Other.
func (c *Config) Part(w *WarmUp, group string) (name string, ramp Ramp) {
	if own, ok := w.Parts[group]; ok {
		return group, own
	}
	rest := 1.0
	for i := range c.Domains {
		d := &c.Domains[i]
		if _, own := w.Parts[d.Name]; own || d.WarmShare == 0 {
			continue
		}
		if d.Name == group {
			return group, w.Ramp.times(d.WarmShare)
		}
		rest -= d.WarmShare
	}
	return Other, w.Ramp.times(rest)
}

// times is a share of a ramp, of each stage at least one message.
func (r Ramp) times(share float64) Ramp {
	if share >= 1 {
		return r
	}
	out := make(Ramp, len(r))
	for i, n := range r {
		out[i] = max(1, int(float64(n)*share+1e-9))
	}
	return out
}
