package profile_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// The latest wish by its time counts, in whatever order wishes arrive; what one leaves out
// stays as it was.
func TestWishesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 8, rapid.ID).Draw(rt, "hours")
		var wishes []*event.Event
		var pausedAt, lessAt time.Time
		until, less := time.Time{}, false
		for _, h := range hours {
			data := object{}
			if rapid.Bool().Draw(rt, "pause") {
				end := rapid.SampledFrom([]string{"", "2026-05-01T00:00:00Z", "2026-06-01T02:00:00+02:00"}).Draw(rt, "until")
				if data["pause_until"] = end; at(h).After(pausedAt) {
					pausedAt = at(h)
					until, _ = time.Parse(time.RFC3339, end)
				}
			}
			if rapid.Bool().Draw(rt, "speaks of less") {
				want := rapid.Bool().Draw(rt, "less")
				if data["write_less"] = want; at(h).After(lessAt) {
					lessAt, less = at(h), want
				}
			}
			wishes = append(wishes, happened(event.PreferencesChanged, at(h), string(encoded(data))))
		}
		rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3)).Shuffle(len(wishes), func(i, j int) { wishes[i], wishes[j] = wishes[j], wishes[i] })
		p := profile.New("ada", at(0))
		for _, e := range wishes {
			p.Apply(e)
		}
		if !p.PausedUntil.Equal(until) || p.WriteLess != less || p.Paused(at(0)) != at(0).Before(until) {
			rt.Fatalf("paused until %s, less: %v; want %s, %v", p.PausedUntil, p.WriteLess, until, less)
		}
	})
}

// What cannot be read is no wish.
func TestWishesThatAreNone(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	for _, data := range []string{`{"pause_until": "soon"}`, `{"pause_until": 5}`, `{"write_less": "yes"}`, `{}`} {
		p.Apply(happened(event.PreferencesChanged, at(1), data))
	}
	if !p.PausedUntil.IsZero() || p.WriteLess || !p.PausedAt.IsZero() {
		t.Errorf("%+v", p)
	}
}
