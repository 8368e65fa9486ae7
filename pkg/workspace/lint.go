package workspace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// linter looks in one journey, which has no mistakes, for what is legal but probably not
// meant.
type linter struct {
	*source.Report
	*references
	draft *draft
}

func (l *linter) warn(step, key, message, hint string) {
	n := l.draft.steps[step]
	l.Warn(n.File, keyPlace(n, key), message, hint)
}

func (l *linter) journey() {
	d := l.draft
	if d.Category == message.Transactional && d.Holdout > 0 {
		l.Warn(d.file.File, keyPlace(d.file, "holdout"), "a share of the customers never gets this answer to what they did",
			"a holdout is for marketing; leave it out")
	}
	l.aimless()
	l.unapproved()
	journey.Walk(d.Steps, func(s *journey.Step) {
		l.unnamed(s)
		if s.Split != nil {
			l.sameArms(s)
		}
		if w := s.Wait; w != nil && w.Pause == nil && w.Date == nil && w.AtMost == 0 {
			l.warn(s.ID, "wait", "this wait may last until people are dropped, after "+schedule.FormatDuration(d.Lifetime), "add at_most: and, beside wait:, otherwise:")
		}
	})
	l.list(d.Steps)
	l.longest(d.Steps, 0)
	l.variables()
}

// aimless reports marketing of which nobody will know whether it does anything.
func (l *linter) aimless() {
	if l.draft.Category != message.Marketing || l.draft.Goal != nil {
		return
	}
	told := false
	journey.Walk(l.draft.Steps, func(s *journey.Step) {
		if s.Send != nil && s.Send.Channel != message.Webhook && !told {
			told = true
			l.warn(s.ID, "send", "the journey sends marketing and has no goal", "say what it is for, such as goal: {on: order.completed, within: 14d}")
		}
	})
}

// unnamed reports steps without an id which a new version of the journey has to find again.
func (l *linter) unnamed(s *journey.Step) {
	if n := l.draft.steps[s.ID]; n.Kind != source.Map || n.Get("id") != nil {
		return
	}
	const hint = "add id: with a name of its own"
	waits := l.draft.Category == message.Marketing
	switch {
	case s.Split != nil:
		l.warn(s.ID, "split", "without an id, who gets which arm is drawn anew when a step is put before this one", hint)
	case s.Send != nil && waits && !s.Send.Blocked.Drop && s.Send.Channel != message.Webhook:
		l.warn(s.ID, "send", "people may rest on this step, in quiet hours, and it has no id", hint)
	case s.Survey != nil && waits && !s.Survey.Send.Blocked.Drop:
		l.warn(s.ID, "survey", "people may rest on this step, in quiet hours, and it has no id", hint)
	case s.Recommend != nil:
		l.warn(s.ID, "recommend", "people may rest on this step, while products are looked for, and it has no id", hint)
	}
}

// sameArms reports a split of which two arms do the same: there is nothing to find out.
func (l *linter) sameArms(s *journey.Step) {
	items := l.draft.steps[s.ID].Get("split").Items
	seen := map[string]string{}
	for i, item := range items {
		does := anonymous(item.Get("steps")).Canonical()
		if first, same := seen[does]; same {
			l.Warn(item.File, item.Place, fmt.Sprintf("the arm %s does the same as %s", s.Split.Arms[i].Name, first), "change one of them, or take the split away")
			return
		}
		seen[does] = s.Split.Arms[i].Name
	}
}

// anonymous is a node without the ids of steps in it.
func anonymous(n *source.Node) *source.Node {
	out := *n
	out.Items, out.Pairs = nil, nil
	for _, item := range n.Items {
		out.Items = append(out.Items, anonymous(item))
	}
	for _, p := range n.Pairs {
		if p.Key != "id" {
			p.Value = anonymous(p.Value)
			out.Pairs = append(out.Pairs, p)
		}
	}
	return &out
}

// longest follows the slowest way through steps that begin after some time, warns where it
// is longer than anybody stays, and returns when they are over.
func (l *linter) longest(steps []journey.Step, at time.Duration) time.Duration {
	for i := range steps {
		s := &steps[i]
		begin := at
		if w := s.Wait; w != nil {
			at += w.AtMost
			if w.Pause != nil {
				at += w.Pause.For
			}
		}
		if s.Send != nil && s.Send.FallBack != nil {
			at += s.Send.FallBack.After
		}
		if life := l.draft.Lifetime; at > life && begin <= life {
			message := "with the waits before it, this is longer than anybody stays in the journey"
			if at-begin > life {
				message = "the wait is longer than anybody stays in the journey"
			}
			l.warn(s.ID, resting(s), message, "they leave after "+schedule.FormatDuration(life)+", see lifetime:")
		}
		end := at
		for _, arm := range s.Blocks() {
			end = max(end, l.longest(arm, at))
		}
		at = end
	}
	return at
}

// resting is the key that makes people rest on a step for a known time.
func resting(s *journey.Step) string {
	if s.Send != nil {
		return "fall_back"
	}
	return "wait"
}

// list warns of steps that nobody comes to, and reports whether everybody leaves in them.
func (l *linter) list(steps []journey.Step) (ends bool) {
	for i := range steps {
		s := &steps[i]
		if ends {
			n := l.draft.steps[s.ID]
			l.Warn(n.File, n.Place, "nobody comes to this step: all have left before it", "take it away, or the leave: above")
			return true
		}
		ends = l.ends(s)
	}
	return ends
}

// ends reports whether nobody goes on behind a step.
func (l *linter) ends(s *journey.Step) bool {
	var each []bool
	for _, arm := range s.Blocks() {
		each = append(each, l.list(arm))
	}
	all := !slices.Contains(each, false)
	switch {
	case s.Exit != nil:
		return true
	case s.Split != nil:
		return all
	case s.Branch != nil:
		l.shadowed(s)
		return all && s.Branch.Cases[len(s.Branch.Cases)-1].If == nil
	case s.Wait == nil || s.Wait.Until != nil || len(s.Wait.Events) == 0:
		return false
	}
	limited := s.Wait.AtMost > 0 || s.Wait.Pause != nil || s.Wait.Date != nil
	for i, e := range s.Wait.Events {
		if e.Leave == "" && !each[i] {
			return false
		}
	}
	return !limited || each[len(each)-1]
}

// shadowed warns of cases behind one that always holds.
func (l *linter) shadowed(s *journey.Step) {
	for i, c := range s.Branch.Cases[:len(s.Branch.Cases)-1] {
		if c.If != nil && strings.TrimSpace(c.If.String()) == "true" {
			n := l.draft.steps[s.ID].Get("branch").Items[i+1]
			l.Warn(n.File, n.Place, "nobody comes to this case: the one above always holds", "take one of them away")
			return
		}
	}
}
