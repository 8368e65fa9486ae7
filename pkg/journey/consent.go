package journey

import (
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Where a word of a person's changes what holds, the engine tells so: consent.granted and
// consent.withdrawn, of which a journey can make something, such as asking for the second step
// of a double opt-in. Shops repeat what they know with every event; those are no changes.
//
// Nobody has to hear it, and then nothing is made. What the engine makes is folded without
// asking again, so that no change of consent can follow from one.

// words are what the person has said so far; nil where nobody asks.
func (w *walk) words() []profile.Consent {
	if !w.set.words {
		return nil
	}
	return slices.Clone(w.state.Profile.Consent)
}

// tellConsent makes a fact of each change since. A yes that is confirmed later is told again.
func (w *walk) tellConsent(before []profile.Consent, ev *event.Event) {
	if !w.set.words {
		return
	}
	var changed []profile.Consent
	for _, k := range w.state.Profile.Consent {
		was := profile.Consent{}
		if i := slices.IndexFunc(before, func(b profile.Consent) bool { return b.Channel == k.Channel && b.Purpose == k.Purpose }); i >= 0 {
			was = before[i]
		}
		if k.Granted != was.Granted || k.Granted && was.Confirmed.IsZero() && !k.Confirmed.IsZero() {
			changed = append(changed, k)
		}
	}
	for _, k := range changed {
		typ := event.ConsentWithdrawn
		if k.Granted {
			typ = event.ConsentGranted
		}
		w.fact(nil, typ, "consent/"+string(k.Channel)+"/"+k.Purpose+"/"+ev.UID(), map[string]any{
			"channel": string(k.Channel), "purpose": k.Purpose, "source": k.Source, "confirmed": !k.Confirmed.IsZero(),
		})
	}
}
