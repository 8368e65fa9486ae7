package form_test

import (
	"math"
	"slices"
	"testing"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

func TestMillionths(t *testing.T) {
	t.Parallel()
	const most = 1e12
	for v, want := range map[float64]int64{
		0: 0, 1: 1e6, -19.99: -19_990_000, 0.000_000_5: 1, 0.000_000_4: 0,
		most: 1e18, 2 * most: 1e18, math.Inf(1): 1e18, math.Inf(-1): -1e18,
	} {
		if got := form.Millionths(v); got != want {
			t.Errorf("%v is %d millionths, want %d", v, got, want)
		}
	}
	if got := form.Millionths(math.NaN()); got != 0 {
		t.Errorf("no number is %d millionths", got)
	}
}

// Sums stay within their bounds, and whatever comes after can be added.
func TestAddMillionths(t *testing.T) {
	t.Parallel()
	const bound = 4e18
	for _, c := range [][3]int64{
		{1, 2, 3},
		{bound, bound, bound},
		{-bound, -bound, -bound},
		{bound, -bound, 0},
		{bound, form.Millionths(math.Inf(1)), bound},
	} {
		if got := form.AddMillionths(c[0], c[1]); got != c[2] {
			t.Errorf("%d and %d are %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestArms(t *testing.T) {
	t.Parallel()
	arm := func(name string, ghost bool, n int, value float64) store.Arm {
		return store.Arm{Journey: "j", Version: "v", Step: "s", Arm: name, Ghost: ghost, Entered: 2 * n, Converted: n, Value: value}
	}
	var sum form.Arms
	if sum.All() != nil {
		t.Errorf("none are %v", sum.All())
	}
	sum.Add(arm("a", false, 1, 0), 1_500_000)
	sum.Add(arm("a", false, 2, 0), 500_000)
	sum.Add(arm("a", true, 4, 0), 1)
	for range 3 {
		sum.Add(arm("b", false, 1, 0), 4e18)
	}
	sum.Add(arm("b", false, 1, 0), -3_999_999_999_999_999_999) // A float does not hold what is left.
	want := []store.Arm{arm("a", false, 3, 2), arm("a", true, 4, 0.000_001), arm("b", false, 4, 0.000_001)}
	if got := sum.All(); !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
