package main

import "testing"

func TestLimitFollowsWhatIsKept(t *testing.T) {
	t.Parallel()
	for kept, want := range map[int64]int64{
		0: memoryLimit, 100 << 20: memoryLimit, 110 << 20: 160 << 20, 125 << 20: 224 << 20, 150 << 20: 320 << 20, 450 << 20: 912 << 20,
	} {
		if got := limitFor(kept); got != want {
			t.Errorf("%d MiB are kept: the limit is %d MiB, want %d", kept>>20, got>>20, want>>20)
		}
	}
}
