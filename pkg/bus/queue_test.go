package bus

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// A queue does what a slice does, keeps to its limits, and holds on to no more than its share of memory.
func TestQueueIsALine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue[int]()
		const most, maxSize = 200, 1000
		size := func(v int) int { return v % 50 }
		var want []int
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 60).Draw(t, "n") {
					held := 0
					for _, v := range want {
						held += size(v)
					}
					fits := len(want) == 0 || len(want) < most && held+size(next) <= maxSize
					if got := q.put(next, size(next), most, maxSize); got != fits {
						t.Fatalf("put with %d of size %d there: %v", len(want), held, got)
					}
					if fits {
						want = append(want, next)
					}
					next++
				}
			},
			"take": func(t *rapid.T) {
				n := rapid.IntRange(0, 100).Draw(t, "n")
				got := q.take(nil, n, size)
				n = min(n, len(want))
				if !slices.Equal(got, want[:n]) {
					t.Fatalf("took %v, want %v", got, want[:n])
				}
				want = want[n:]
			},
			"": func(t *rapid.T) {
				if len(want) == 0 && cap(q.items) > keptItems {
					t.Fatalf("empty, with room for %d", cap(q.items))
				}
			},
		})
	})
}

// Everything that is put arrives in order, until the end; also what was there when it was closed.
func TestQueueHandsOver(t *testing.T) {
	t.Parallel()
	q := newQueue[int]()
	const n = 10000
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range n {
			for !q.put(i, 1, 100, 100) {
				<-q.room
			}
		}
		q.close()
	})
	for want := 0; ; {
		// The two ways to take make room; pop is for lanes, which never wait for it.
		for _, v := range q.take(nil, 7, func(int) int { return 1 }) {
			if v != want {
				t.Fatalf("got %d, want %d", v, want)
			}
			want++
		}
		if want == n {
			break
		}
		select {
		case <-q.more:
		default:
		}
	}
	writer.Wait()
	lane := newQueue[string]()
	lane.put("a", 0, 2, 0)
	lane.put("b", 0, 2, 0)
	if lane.put("c", 0, 2, 0) {
		t.Error("a full lane took one more")
	}
	lane.close()
	for _, want := range []string{"a", "b"} {
		if got, ok := lane.pop(); !ok || got != want {
			t.Errorf("got %q %v, want %q", got, ok, want)
		}
	}
	for range 2 {
		if got, ok := lane.pop(); ok {
			t.Errorf("got %q behind the end", got)
		}
	}
}
