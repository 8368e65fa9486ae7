package orchestrator_test

import (
	"strings"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// An event from which follows a message that is too large for its stream is dead by itself:
// in the outbox it would hold up the messages of everybody, for ever.
func TestAMessageTooLargeForItsStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	// Each of the two is well within what is taken; the message has both.
	half := strings.Repeat("x", 600<<10)
	known := r.event(event.ProfileIdentified, "ada", start(), map[string]any{
		event.ProfileProperty: map[string]any{"traits": map[string]any{"notes": half}},
	})
	large := r.order("ada", start(), "A1", "lamp")
	large.Data = []byte(strings.Replace(string(large.Data), `"order_id"`, `"notes":"`+half+`","order_id"`, 1))
	r.publish(r.order("bob", start(), "B1", "lamp"), known, large, r.order("ada", start(), "A2", "lamp"), r.order("bob", start(), "B2", "lamp"))
	r.settled(o)
	if n := len(r.sends()); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
	letters := r.letters()
	if dead := letters[uid(large)]; len(letters) != 1 || !strings.Contains(dead.Reason, "bytes, at most") || dead.Class != bus.TooLarge {
		t.Errorf("dead letters %v, want that of the large order", letters)
	}
}
