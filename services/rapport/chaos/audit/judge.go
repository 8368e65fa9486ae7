package audit

import (
	"fmt"
	"maps"
	"slices"
)

// judge is a judgement in the making.
type judge struct {
	*Ledger
	verdict  Verdict
	offers   map[string]*Offer
	stored   map[string]*Stored // the first of each uid
	applied  map[string]*Applied
	messages map[string]*Message
	commands map[string]*Command // the first of each id
	receipts map[string][]*Stored
	attempts map[string][]HandOver
}

// Judge holds the records against each other.
func Judge(l *Ledger) Verdict {
	j := &judge{
		Ledger: l, offers: map[string]*Offer{}, stored: map[string]*Stored{}, applied: map[string]*Applied{},
		messages: map[string]*Message{}, commands: map[string]*Command{}, receipts: map[string][]*Stored{}, attempts: map[string][]HandOver{},
	}
	j.index()
	for _, rule := range []func(){
		j.everythingStored, j.everythingApplied, j.nothingInvented, j.effectsOnce,
		j.orderTold, j.orderApplied, j.orderOfState,
		j.decisions, j.outcomes, j.undecided, j.handOvers, j.duplicates, j.uncertain, j.nothingLeft,
	} {
		rule()
	}
	return j.verdict
}

func (j *judge) breach(rule, format string, args ...any) {
	j.verdict.Violations = append(j.verdict.Violations, Violation{rule, fmt.Sprintf(format, args...)})
}

func (j *judge) index() {
	c := &j.verdict.Counts
	c.Outcomes = map[string]int{}
	for i := range j.Offers {
		j.offers[j.Offers[i].UID] = &j.Offers[i]
	}
	for i := range j.Events {
		e := &j.Events[i]
		if _, there := j.stored[e.UID]; there {
			c.Repeated++
			continue
		}
		j.stored[e.UID] = e
		if e.MessageID != "" {
			j.receipts[e.MessageID] = append(j.receipts[e.MessageID], e)
		}
	}
	for i := range j.Ledger.Applied {
		a := &j.Ledger.Applied[i]
		j.applied[a.UID] = a
		c.Applied += a.Rows
	}
	for i := range j.Messages {
		m := &j.Messages[i]
		j.messages[m.ID] = m
		c.Outcomes[m.Outcome]++
		if m.Resent {
			c.Resent++
		}
	}
	for i := range j.Commands {
		if _, there := j.commands[j.Commands[i].ID]; !there {
			j.commands[j.Commands[i].ID] = &j.Commands[i]
		}
	}
	for _, h := range j.HandOvers {
		j.attempts[h.Message] = append(j.attempts[h.Message], h)
		if h.Accepted {
			c.Taken++
		}
	}
	c.Offered, c.Stored, c.Decided, c.HandOvers, c.Uncertain = len(j.Offers), len(j.stored), len(j.messages), len(j.HandOvers), c.Outcomes["uncertain"]
}

// everythingStored: what a door said 200 to is in the stream.
func (j *judge) everythingStored() {
	for i := range j.Offers {
		o := &j.Offers[i]
		there := j.stored[o.UID] != nil
		switch {
		case o.Accepted:
			j.verdict.Counts.Accepted++
			if !there {
				j.breach("stored", "event %s was accepted and is not in the stream", o.UID)
			}
		case there:
			j.verdict.Counts.Perhaps++
		}
	}
}

// everythingApplied: what is in the stream is in the timeline, once.
func (j *judge) everythingApplied() {
	for _, uid := range slices.Sorted(maps.Keys(j.stored)) {
		e := j.stored[uid]
		if j.applied[uid] == nil {
			j.breach("applied", "event %s (%s of %s, sequence %d, partition %d) was never applied", uid, e.Type, e.Profile, e.Seq, e.Partition)
		}
	}
	for uid, o := range j.offers {
		if o.Accepted && j.stored[uid] == nil && j.applied[uid] == nil {
			j.breach("applied", "event %s was accepted and never applied", uid)
		}
	}
	for _, a := range j.Ledger.Applied {
		if a.Rows != 1 {
			j.breach("applied-once", "event %s was applied %d times", a.UID, a.Rows)
		}
	}
}

// nothingInvented: what was applied is in the stream, and what is there under a producer's
// name was told by one, about the same profile.
func (j *judge) nothingInvented() {
	for _, a := range j.Ledger.Applied {
		e := j.stored[a.UID]
		switch {
		case e == nil:
			j.breach("nothing-invented", "event %s was applied and is not in the stream", a.UID)
		case e.Profile != a.Profile || e.Type != a.Type:
			j.breach("nothing-invented", "event %s is %s of %s in the stream and was applied as %s of %s", a.UID, e.Type, e.Profile, a.Type, a.Profile)
		}
	}
	for uid, e := range j.stored {
		o := j.offers[uid]
		switch {
		case e.MessageID != "":
			if j.messages[e.MessageID] == nil {
				j.breach("nothing-invented", "receipt %s is of a message that nobody decided", uid)
			}
		case e.About != "":
			if m := j.messages[e.About]; m == nil || m.Outcome != "failed" || m.Profile != e.Profile {
				j.breach("nothing-invented", "event %s is of a message that nobody decided, or that did not fail", uid)
			}
		case o == nil:
			j.breach("nothing-invented", "event %s is in the stream and no producer told it", uid)
		case o.Profile != e.Profile || o.Type != e.Type:
			j.breach("nothing-invented", "event %s was told as %s of %s and is stored as %s of %s", uid, o.Type, o.Profile, e.Type, e.Profile)
		}
	}
}

// effectsOnce: the orders that a profile counts are those of its events.
func (j *judge) effectsOnce() {
	orders, seen := map[string]int{}, map[string]bool{}
	for uid, e := range j.stored {
		if e.MessageID != "" {
			continue
		}
		seen[e.Profile] = true
		if e.Type == "order.completed" && j.applied[uid] != nil {
			orders[e.Profile]++
		}
	}
	for _, p := range j.Profiles {
		if p.Orders != orders[p.ID] {
			j.breach("effects-once", "profile %s counts %d orders, and %d were applied", p.ID, p.Orders, orders[p.ID])
		}
		delete(seen, p.ID)
	}
	for id := range seen {
		j.breach("effects-once", "profile %s has events and no row", id)
	}
}

// nothingLeft: everything that was in hand is done.
func (j *judge) nothingLeft() {
	l := &j.Leftovers
	for _, p := range slices.Sorted(maps.Keys(l.Lag)) {
		if l.Lag[p] > 0 {
			j.breach("nothing-left", "partition %d is %d behind the stream", p, l.Lag[p])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Unread)) {
		if l.Unread[name] > 0 {
			j.breach("nothing-left", "%d commands wait for %s", l.Unread[name], name)
		}
	}
	if l.Outbox > 0 {
		j.breach("nothing-left", "%d rows are in the outbox", l.Outbox)
	}
	if l.Wakes > 0 {
		j.breach("nothing-left", "%d profiles wait for a timer that was due long ago", l.Wakes)
	}
	for _, d := range l.DeadMails {
		j.breach("nothing-left", "a dead letter on %s", d)
	}
}
