package profile

import (
	"encoding/json"
	"time"

	"rapport/pkg/event"
)

// prefer takes in preferences.changed: {"pause_until": RFC 3339, or empty for the end of a
// pause; "write_less": true or false}. What it leaves out stays as it is. The latest wish by
// its time counts, and of two at one time the one that asks for less.
func (p *Profile) prefer(e *event.Event) {
	var d struct {
		PauseUntil *string `json:"pause_until"`
		WriteLess  *bool   `json:"write_less"`
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return
	}
	if d.PauseUntil != nil {
		until, err := time.Parse(time.RFC3339, *d.PauseUntil)
		if *d.PauseUntil == "" {
			until, err = time.Time{}, nil
		}
		c := e.Time.Compare(p.PausedAt)
		if err == nil && (c > 0 || c == 0 && until.After(p.PausedUntil)) {
			p.PausedUntil, p.PausedAt = until.UTC(), e.Time
			if until.IsZero() {
				p.PausedUntil = time.Time{}
			}
		}
	}
	if less := d.WriteLess; less != nil {
		if c := e.Time.Compare(p.WriteLessAt); c > 0 || c == 0 && *less {
			p.WriteLess, p.WriteLessAt = *less, e.Time
		}
	}
}

// Paused reports whether the person asked not to be written to at a time.
func (p *Profile) Paused(at time.Time) bool { return at.Before(p.PausedUntil) }
