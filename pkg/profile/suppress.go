package profile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// The types of events after which an address must not be written to any more. A bounce says
// how it is meant in its data: {"kind": "hard"}, or permanent; providers that say type are
// understood as well.
const (
	emailBounced    = "email.bounced"
	emailComplained = "email.complained"
)

// The reasons of blocks that events set.
const (
	bounced    = "bounced"
	complained = "complained"
)

// suppress takes in what came of a message. Only a bounce for good closes the channel: a
// full mailbox empties, and a refusal for the sender's reputation is not the person's fault
// (RFC 3463 tells them apart as 4.X.X and 5.X.X, and 5.7.X).
func (p *Profile) suppress(e *event.Event) {
	if e.Type == emailComplained {
		p.block(message.Email, complained, e.Time)
		return
	}
	var d struct {
		Kind, Type string
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return
	}
	switch strings.ToLower(cmp.Or(d.Kind, d.Type)) {
	case "hard", "permanent":
		p.block(message.Email, bounced, e.Time)
	}
}

// block closes a channel for a reason, since the first time there was one.
func (p *Profile) block(c message.Channel, why string, at time.Time) {
	for i := range p.Blocked {
		if b := &p.Blocked[i]; b.Channel == c && b.Why == why {
			if at.Before(b.At) {
				b.At = at
			}
			return
		}
	}
	p.Blocked = append(p.Blocked, Block{Channel: c, Why: why, At: at})
	slices.SortStableFunc(p.Blocked, func(a, b Block) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Why, b.Why))
	})
}
