package orchestrator

import (
	"testing"
	"testing/synctest"
	"time"

	"rapport/pkg/store"
)

// A partition that changes hands is no reason to be taken for broken; one that does not come
// back is.
func TestSteadyOverlooksWhatIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &Orchestrator{
			Options: Options{LeaseTTL: 3 * time.Second}, positions: map[int]store.Position{}, leased: map[int]bool{},
			moved: make(chan struct{}), ready: make(chan struct{}),
		}
		says := func(when string, works, should int) {
			t.Helper()
			if w, s := o.Steady(); w != works || s != should {
				t.Errorf("%s: %d of %d, want %d of %d", when, w, s, works, should)
			}
		}
		says("nobody has a share yet", 0, 0)
		o.expect(map[int]bool{0: true, 1: true})
		says("it has just joined", 2, 2)
		for p := range 2 {
			o.note(p, 2, store.Position{})
		}
		for range 5 { // Each takes less than the time allowed; together they take more.
			o.forget(0)
			time.Sleep(5 * time.Second)
			says("a partition is away for 5 s", 2, 2)
			o.note(0, 2, store.Position{})
		}
		o.forget(0)
		time.Sleep(4 * time.Second)
		o.expect(map[int]bool{0: true, 1: true, 2: true})
		time.Sleep(2*time.Second + 1)
		says("it has lacked one after another for longer than 6 s", 1, 3)
		o.expect(map[int]bool{1: true})
		says("the others took them", 1, 1)
	})
}
