package policy

import (
	"fmt"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

// capped is asked of transactional messages only by a cap that names them.
func capped(q *question) bool {
	at := q.r.Now.UnixNano()
	for c := range q.caps {
		if c.covers(&q.kind) {
			if n := c.newCount(q); n.full(at) {
				q.over = c
				return true
			}
		}
	}
	return false
}

func tellCaps(q *question) []Check {
	told := make([]Check, 0, len(q.p.Caps)+1)
	at := q.r.Now.UnixNano()
	for c := range q.caps {
		t := Check{message.ReasonCapped, Exempt, c.Describe(), "does not count this message"}
		if c.covers(&q.kind) {
			n := c.newCount(q)
			t.Answer, t.Saw = Passed, n.saw(c, at)
			if n.full(at) {
				t.Answer = Blocked
			}
		}
		told = append(told, t)
	}
	if len(told) == 0 {
		return []Check{{message.ReasonCapped, Passed, "there are no caps", ""}}
	}
	return told
}

// saw tells what a cap counted at a time.
func (n *count) saw(c *Cap, at int64) string {
	s := fmt.Sprintf("%d of %d sent", n.around(at), c.AtMost)
	if n.limit < c.AtMost {
		s += fmt.Sprintf(", %d kept for a higher priority", c.AtMost-n.limit)
	}
	if n.unknown(at) {
		s += ", more than are remembered"
	}
	if n.full(at) {
		if room, ok := n.room(at); ok {
			s += "; room again from " + stamp(time.Unix(0, room).UTC())
		}
	}
	return s
}

func quietHours(q *question) bool {
	quiet, _ := q.quiet(q.r.Now)
	return quiet
}

func tellQuiet(q *question) []Check {
	w, ok := q.p.Quiet[q.r.Channel]
	if !ok {
		return []Check{{message.ReasonQuietHours, Passed, fmt.Sprintf("there are no quiet hours for %s", q.r.Channel), ""}}
	}
	t := Check{message.ReasonQuietHours, Exempt, describeQuiet(q.r.Channel, w), "not asked of transactional messages"}
	if !q.exempt() {
		quiet, ends := q.quiet(q.r.Now)
		zone := q.zones()[0]
		t.Answer, t.Saw = Passed, "it is "+stamp(q.r.Now.In(zone))
		if quiet {
			t.Answer, t.Saw = Blocked, t.Saw+"; over at "+stamp(ends)
		}
	}
	return []Check{t}
}

// throttled never objects: how much goes through a provider at a time is known only to the
// workers that deliver, who make the message wait.
func throttled(*question) bool { return false }

func tellThrottles(q *question) []Check {
	var told []Check
	for i := range q.p.Throttles {
		if t := &q.p.Throttles[i]; t.Channel == "" || t.Channel == q.r.Channel {
			told = append(told, Check{message.ReasonThrottled, Exempt, t.Describe(), "asked when the message is delivered"})
		}
	}
	return told
}

// stamp writes a time with its zone: 2026-03-02 21:30 Europe/Berlin.
func stamp(t time.Time) string {
	return t.Format("2006-01-02 15:04") + " " + t.Location().String()
}

func describeQuiet(c message.Channel, w schedule.Window) string {
	return fmt.Sprintf("no %s but transactional between %s and %s, on the clock where the person is", c, w.From, w.To)
}
