package condition

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// What is asked about a window is exact as far as events are kept one by one, and beyond
// that to a day: it lies between the answers for the window and for one a day longer.
func TestWindowsCountWhatIsInThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]int{0, 3, 60, 64, 65, 90, 500}).Draw(rt, "events")
		hours := rapid.SliceOfN(rapid.IntRange(1, 380*24), n, n).Draw(rt, "hours")
		days := rapid.IntRange(1, 390).Draw(rt, "days")
		things := make([]past, n)
		for i, h := range hours {
			things[i] = past{float64(h) / 24, event.OrderCompleted, anOrder("A", float64(i%7)+0.1, "lamps")}
		}
		p := lived(things...)
		exact := 0
		within := func(window time.Duration) (count int, cents int) {
			for i, h := range hours {
				if time.Duration(h)*time.Hour < window {
					count, cents = count+1, cents+(i%7)*100+10
				}
			}
			return count, cents
		}
		for range p.History.Of(event.OrderCompleted).Entries() {
			exact++
		}
		window := time.Duration(days) * 24 * time.Hour
		low, lowCents := within(window)
		high, highCents := low, lowCents
		if low >= exact { // The window reaches to what is folded.
			high, highCents = within(window + 24*time.Hour)
		}
		count := int(figure(rt, p, fmt.Sprintf(`orders.count(last = %dd)`, days)))
		sum := figure(rt, p, fmt.Sprintf(`orders.sum(total, last = %dd)`, days))
		if got := int(sum*100 + 0.5); count < low || count > high || got < lowCents || got > highCents {
			rt.Fatalf("%d orders of %d cents in %d days, want %d to %d of %d to %d (%d are exact)", count, got, days, low, high, lowCents, highCents, exact)
		}
	})
}

// figure is the number that an expression gives at noon.
func figure(rt *rapid.T, p *profile.Profile, src string) (is float64) {
	v, err := CompileValue(src, Env{})
	if err != nil {
		rt.Fatal(err)
	}
	text, err := v.Text(journey.NewScope(noon, p, nil, nil, nil))
	if _, serr := fmt.Sscan(text, &is); err != nil || serr != nil {
		rt.Fatalf("%q, %v, %v", text, err, serr)
	}
	return is
}
