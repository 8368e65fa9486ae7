package audit

import (
	"slices"
	"strings"
	"time"
)

// decisions: each event of a kind made its journey decide one message.
func (j *judge) decisions() {
	type key struct{ profile, journey string }
	want, got := map[key]int{}, map[key]int{}
	for _, x := range j.Expected {
		for uid, e := range j.stored {
			if e.Type == x.Type && j.applied[uid] != nil {
				want[key{e.Profile, x.Journey}]++
			}
		}
	}
	for _, m := range j.Messages {
		got[key{m.Profile, m.Journey}]++
	}
	for k, n := range want {
		if got[k] != n {
			j.breach("decided", "journey %s decided %d messages for %s, and %d events call for one", k.journey, got[k], k.profile, n)
		}
	}
	for k, n := range got {
		if want[k] == 0 {
			j.breach("decided", "journey %s decided %d messages for %s, and no event calls for one", k.journey, n, k.profile)
		}
	}
	about := map[string]string{} // of commands, by what they are about
	for id, c := range j.commands {
		what := c.Journey + " about " + c.Order
		if other := about[what]; other != "" {
			j.breach("decided", "%s was decided twice, as %s and %s", what, other, id)
		}
		about[what] = id
	}
}

// outcomes: each message ended in one way, and the receipts in the stream agree.
func (j *judge) outcomes() {
	for i := range j.Messages {
		m := &j.Messages[i]
		if m.Outcome == "" {
			j.breach("outcome", "message %s (%s, %s) has no outcome", m.ID, m.Journey, m.Channel)
			continue
		}
		var said []string
		for _, r := range j.receipts[m.ID] {
			if r.Outcome != "uncertain" && !slices.Contains(said, r.Outcome) {
				said = append(said, r.Outcome)
			}
		}
		switch {
		case len(said) > 1:
			j.breach("outcome", "message %s has receipts that it was %s", m.ID, strings.Join(said, " and "))
		case len(said) == 1 && said[0] != m.Outcome:
			j.breach("outcome", "message %s counts as %s, and its receipt says %s", m.ID, m.Outcome, said[0])
		case len(said) == 0 && m.Outcome != "uncertain" && j.commands[m.ID] != nil:
			j.breach("outcome", "message %s counts as %s and has no receipt in the stream", m.ID, m.Outcome)
		}
	}
}

// undecided: nothing travels or is handed over that is not in the table of decisions.
func (j *judge) undecided() {
	for id := range j.commands {
		if j.messages[id] == nil {
			j.breach("no-undecided-send", "command %s is in the stream and nobody decided it", id)
		}
	}
	for id := range j.attempts {
		if j.messages[id] == nil {
			j.breach("no-undecided-send", "message %q was handed over and nobody decided it", id)
		}
	}
}

// handOvers: what counts as sent was taken, and what was taken counts as sent, or as
// perhaps sent.
func (j *judge) handOvers() {
	for i := range j.Messages {
		m := &j.Messages[i]
		taken := slices.ContainsFunc(j.attempts[m.ID], func(h HandOver) bool { return h.Accepted })
		switch {
		case m.Outcome == "sent" && !taken:
			j.breach("sent-is-taken", "message %s counts as sent, and no server took it", m.ID)
		case taken && (m.Outcome == "failed" || m.Outcome == "suppressed") && !m.Resent:
			j.breach("taken-is-sent", "message %s counts as %s (%s), and a server took it", m.ID, m.Outcome, m.Reason)
		}
	}
}

// duplicates: a message is taken once. A transactional mail may be taken again after a
// hand-over whose end nobody saw, and then the table says so.
func (j *judge) duplicates() {
	for id, attempts := range j.attempts {
		var before *HandOver
		for i := range attempts {
			h := &attempts[i]
			if !h.Accepted {
				continue
			}
			if before != nil {
				j.duplicate(id, before, h)
			}
			before = h
		}
	}
}

func (j *judge) duplicate(id string, first, second *HandOver) {
	j.verdict.Counts.Duplicates++
	m := j.messages[id]
	switch {
	case m == nil: // undecided says so.
	case m.Channel != "email" || m.Category != "transactional":
		j.breach("no-duplicates", "message %s was taken twice, from %s and %s, and is of a kind that is never sent again (%s, %s)",
			id, first.Worker, second.Worker, m.Category, m.Channel)
	case !m.Resent && m.Outcome != "uncertain":
		j.breach("no-duplicates", "message %s was taken twice, from %s and %s, and does not count as sent again", id, first.Worker, second.Worker)
	case first.Answered && !j.touched(first.Worker, first.Began, second.At) && !j.touched(second.Worker, first.Began, second.At):
		j.breach("no-duplicates", "message %s was taken twice, from %s at %s and %s at %s, and nothing was broken in between",
			id, first.Worker, clock(first.At), second.Worker, clock(second.At))
	default:
		if j.verdict.Counts.Explained++; !first.Answered {
			j.verdict.Counts.Unanswered++
		}
	}
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }

// touched reports whether something was broken at some time of an interval that touched a
// worker, given by its name or the beginning of it, or what all workers share.
func (j *judge) touched(worker string, from, to time.Time) bool {
	for _, b := range j.Broken {
		if b.From.After(to) || b.To.Before(from) {
			continue
		}
		for _, hit := range b.Hits {
			if strings.HasPrefix(hit, worker) || slices.Contains(j.Shared, hit) {
				return true
			}
		}
	}
	return false
}

// uncertain: nobody may know what became of a message only if the server was silent, or
// something was broken while the message was under way.
func (j *judge) uncertain() {
	for i := range j.Messages {
		m := &j.Messages[i]
		if m.Outcome != "uncertain" {
			continue
		}
		silent := slices.ContainsFunc(j.attempts[m.ID], func(h HandOver) bool { return !h.Answered })
		c, receipts := j.commands[m.ID], j.receipts[m.ID]
		if silent || c == nil || len(receipts) == 0 { // The latter are breaches of their own.
			continue
		}
		if !j.touched(c.Worker, c.At, receipts[0].At) {
			j.breach("uncertain-explained", "message %s is uncertain, and nothing was broken from %s to %s", m.ID, clock(c.At), clock(receipts[0].At))
		}
	}
}
