package workspace

import (
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// everyone is the audience of all known profiles. It has to be said: a broadcast that goes
// to the whole shop because a line was forgotten cannot be taken back.
const everyone = "everyone"

// localTime is how a moment is written that each clock on the wall shows in its own time.
const localTime = "2006-01-02 15:04"

func (r *reader) entersSchedule(n *source.Node, e *journey.Entry) {
	e.Broadcast = r.broadcast(n)
	line := n.Get("schedule")
	cron, err := schedule.ParseCron(line.Value)
	if !line.Scalar() || err != nil {
		hint := `write minute, hour, day of the month, month and weekday: "0 9 * * mon" is Mondays at 09:00`
		if err != nil && line.Scalar() {
			hint = err.Error()
		}
		r.At(n.File, line.Place, "schedule cannot be "+plainly(line), hint)
		return
	}
	e.Broadcast.Cron = &cron
}

func (r *reader) entersAt(n *source.Node, e *journey.Entry) {
	e.Broadcast = r.broadcast(n)
	e.Broadcast.At = r.moment(n.Get("at"), e.Broadcast.Local)
}

// broadcast reads what both forms of it have.
func (r *reader) broadcast(n *source.Node) *journey.Broadcast {
	r.trigger = journey.ScheduleReached
	b := &journey.Broadcast{Local: r.truth(n.Get("local"), "local")}
	if r.required(n, "audience", "say who: audience: and the name of a segment, or everyone") {
		if b.Audience = r.Text(n.Get("audience"), "audience"); b.Audience == everyone {
			b.Audience = ""
		}
		r.knowsSegment(r.Report, n.Get("audience"), b.Audience)
	}
	if over := n.Get("over"); over != nil {
		b.Over = r.atMost(over, "over")
	}
	return b
}

// moment reads a point in time, as RFC 3339, or as the clocks of the shop, or of everybody,
// show it.
func (r *reader) moment(n *source.Node, local bool) time.Time {
	const hint = `write "2026-12-24 09:00", or with a zone 2026-12-24T09:00:00+01:00`
	zone := r.zone
	if local || zone == nil {
		zone = time.UTC // only what the clock shows counts
	}
	text := strings.TrimSpace(n.Value)
	if t, err := time.ParseInLocation(localTime, strings.Replace(text, "T", " ", 1), zone); err == nil && n.Scalar() {
		return t
	}
	t, err := time.Parse(time.RFC3339, text)
	switch {
	case !n.Scalar() || err != nil:
		r.At(n.File, n.Place, "at cannot be "+plainly(n), hint)
	case local:
		r.At(n.File, n.Place, "a time with a zone is the same moment for everybody, and local: true is not",
			"write "+strconv.Quote(t.Format(localTime))+", or leave local: out")
	}
	return t
}

// entersDate reads date: profile.birthday, with offset: and at:.
func (r *reader) entersDate(n *source.Node, e *journey.Entry) {
	r.trigger = journey.DateReached
	env := r.before("")
	env.NoEvent = true
	e.Date = &journey.Anniversary{Offset: r.days(n.Get("offset"), "offset")}
	if r.required(n, "date", "name a trait that holds a date: date: profile.birthday") {
		e.Date.Of = r.compiled(n.Get("date"), condition.CompileDate, env)
	}
	if r.required(n, "at", `say at what time of that day: at: "09:00"`) {
		e.Date.At = r.clock(n.Get("at"), "at")
	}
}

// entersPrediction reads prediction: {churn_risk: rises_above 0.6}.
func (r *reader) entersPrediction(n *source.Node, e *journey.Entry) {
	const hint = "write prediction: {churn_risk: rises_above 0.6}, or falls_below"
	part := n.Get("prediction")
	c := &journey.Crossing{}
	e.Prediction = c
	if part.Kind != source.Map || len(part.Pairs) != 1 {
		r.At(n.File, part.Place, "prediction must be one name and its threshold", hint)
		return
	}
	p := part.Pairs[0]
	if !stepID.MatchString(p.Key) {
		r.At(n.File, p.At, p.Key+" cannot be the name of a prediction", "use small letters, digits and underscores, such as churn_risk")
	}
	c.Prediction, r.trigger = p.Key, "prediction."+p.Key+"_changed"
	words := strings.Fields(p.Value.Value)
	if !p.Value.Scalar() || len(words) != 2 {
		r.At(n.File, p.Value.Place, p.Key+" cannot be "+plainly(p.Value), hint)
		return
	}
	directions := []string{"rises_above", "falls_below"}
	if c.Falls = words[0] == directions[1]; !c.Falls && words[0] != directions[0] {
		r.At(n.File, p.Value.Place, p.Key+" cannot be "+p.Value.Value, spelling.DidYouMean(words[0], directions))
	}
	var err error
	if c.Threshold, err = strconv.ParseFloat(words[1], 64); err != nil || c.Threshold-c.Threshold != 0 {
		r.At(n.File, p.Value.Place, words[1]+" is not a number", hint)
	}
}
