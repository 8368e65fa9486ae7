package feedback

import (
	"maps"
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// Restorable are the purposes that a START on a channel gives back: those which the person had agreed to when they last
// opted out by a reply, and which nothing else has taken away or given back since. They are sorted.
func Restorable(p *profile.Profile, channel message.Channel) []string {
	granted, taken := map[string]bool{}, map[string]bool{}
	for i := range p.Ledger { // in the order of time
		s := &p.Ledger[i]
		switch {
		case s.Channel != string(channel) && s.Channel != event.Everything:
		case s.Purpose != event.Everything && s.Granted:
			granted[s.Purpose] = true
			delete(taken, s.Purpose)
		case s.Purpose != event.Everything:
			delete(granted, s.Purpose)
			delete(taken, s.Purpose)
		case s.Granted: // Nobody agrees to everything.
		case s.Source == byReply && s.Channel == string(channel):
			maps.Copy(taken, granted)
			clear(granted)
		default: // A refusal from elsewhere stands, whatever is written to a number.
			clear(granted)
			clear(taken)
		}
	}
	return slices.Sorted(maps.Keys(taken))
}
