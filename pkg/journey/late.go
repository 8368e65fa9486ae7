package journey

import (
	"time"

	"rapport/pkg/event"
)

// Late reports whether an event begins nothing because it is told as of the past, or is older
// than the policy's late_after at the engine's time. What one id passes on to another was asked
// where it came in, and is marked there; what the engine made itself, when it was made.
func (s *Set) Late(ev *event.Event, now time.Time) bool {
	return ev.Past || ev.Of == "" && ev.Source != event.EngineSource && s.policy.Late(ev.Time, now)
}

// earlier reports whether the event is late and happened before a time: it is not what somebody
// waits for, or is to leave by, who came there later.
func (w *walk) earlier(than time.Time) bool { return w.past && w.event.Time.Before(than) }
