package routing

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"rapport/pkg/message"
)

// Facts is what rules ask about a message.
type Facts struct {
	ID       string
	Journey  string
	Category message.Category
	Domain   string // of the recipient's address, in lower case
}

// FactsOf are a command's.
func FactsOf(c *message.Command) Facts {
	return Facts{ID: c.ID, Journey: c.Journey, Category: c.Category, Domain: DomainOf(c.To)}
}

// Why says why a provider does not take a message now. The set is closed: it labels metrics.
type Why string

// The reasons.
const (
	Open    Why = ""        // it takes it
	Down    Why = "down"    // it cannot be worked with
	Blocked Why = "blocked" // the recipient's mailbox provider refuses what comes from it
	Spent   Why = "warm_up" // its warm-up allows no more today
)

// Standing is how a provider stands towards one group of recipients: how long each of the
// reasons lasts at least. Zero: it does not hold.
type Standing struct{ Down, Blocked, Spent time.Duration }

// Candidate is a provider that a message may take.
type Candidate struct {
	Provider string
	Why      Why
	Wait     time.Duration // until Why may have passed; zero when it is Open
}

// Decision is what the rules say about a message.
type Decision struct {
	Rule       int    // the rule that matched, from 0; -1: none did
	Group      string // of its recipient
	Candidates []Candidate
}

// Route lists the providers that may take a message: in the order of its rule those that can
// take it now, then the others, those that may soonest first. standing is asked about each of
// them; nil: all are well. Mail that somebody waits for is not held back by a warm-up: it is
// little, it is wanted, and a receipt that comes tomorrow is none.
func (c *Config) Route(f Facts, standing func(provider, group string) Standing) Decision {
	d := Decision{Rule: -1, Group: c.GroupOf(f.Domain)}
	d.Candidates = make([]Candidate, 0, len(c.Providers))
	for i := range c.Routes {
		if c.Routes[i].Match.holds(i, &f, d.Group) {
			d.Rule = i
			break
		}
	}
	if d.Rule < 0 {
		for i := range c.Providers {
			d.Candidates = append(d.Candidates, Candidate{Provider: c.Providers[i].Name})
		}
	} else {
		d.Candidates = c.Routes[d.Rule].order(d.Rule, f.ID, d.Candidates)
	}
	if standing == nil {
		return d
	}
	for i := range d.Candidates {
		one := &d.Candidates[i]
		s := standing(one.Provider, d.Group)
		switch {
		case s.Down > 0:
			one.Why, one.Wait = Down, s.Down
		case s.Blocked > 0:
			one.Why, one.Wait = Blocked, s.Blocked
		case s.Spent > 0 && f.Category != message.Transactional:
			one.Why, one.Wait = Spent, s.Spent
		}
	}
	slices.SortStableFunc(d.Candidates, func(a, b Candidate) int { return cmp.Compare(a.Wait, b.Wait) })
	return d
}

// holds reports whether a rule, the i-th, is for a message.
func (m *Match) holds(i int, f *Facts, group string) bool {
	return (m.Category == "" || m.Category == f.Category) && (m.Journey == "" || m.Journey == f.Journey) &&
		(m.Domain == "" || m.Domain == f.Domain || m.Domain == group) &&
		(m.Share == 0 || float64(draw(f.ID, "share", i)>>11) < m.Share*(1<<53))
}

// order is the targets of a rule for one message. Among those with weights each place is
// drawn from those that are left.
func (r *Rule) order(rule int, id string, to []Candidate) []Candidate {
	left := slices.Clone(r.To)
	for place := 0; len(left) > 0; place++ {
		total := 0
		for _, t := range left {
			total += t.Weight
		}
		at := 0
		if total > 0 {
			n := int(draw(id, "weight", rule*len(r.To)+place) % uint64(total))
			for at = 0; n >= left[at].Weight; at++ {
				n -= left[at].Weight
			}
		}
		to = append(to, Candidate{Provider: left[at].Provider})
		left = slices.Delete(left, at, at+1)
	}
	return to
}

// draw is a number that a message's id decides, another one for each purpose and number.
func draw(id, purpose string, n int) uint64 {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(purpose+"\x00"+id+"\x00"), uint64(n)))
	return binary.BigEndian.Uint64(sum[:8])
}
