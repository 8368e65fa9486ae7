package insight_test

import (
	"math/rand/v2"
	"testing"

	"rapport/pkg/insight"
)

func TestWinner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		arms []insight.Arm
		want string
	}{
		{"clearly better", []insight.Arm{{"plain", 1000, 50}, {"story", 1000, 100}}, "story"},
		{"not so clearly", []insight.Arm{{"plain", 1000, 50}, {"story", 1000, 62}}, ""},
		{"too few yet", []insight.Arm{{"plain", 499, 10}, {"story", 2000, 400}}, ""},
		{"nobody at all", []insight.Arm{{"plain", 1000, 0}, {"story", 1000, 0}}, ""},
		{"better than one of two", []insight.Arm{{"a", 1000, 50}, {"b", 1000, 100}, {"c", 1000, 99}}, ""},
		{"better than both", []insight.Arm{{"a", 2000, 100}, {"b", 2000, 240}, {"c", 2000, 110}}, "b"},
		{"one arm", []insight.Arm{{"a", 2000, 100}}, ""},
	} {
		got, detail, ok := insight.Winner(c.arms, 500, 0.95)
		if got != c.want || ok != (c.want != "") || ok != (detail != "") {
			t.Errorf("%s: %q %q, want %q", c.name, got, detail, c.want)
		}
	}
}

// Equal arms, looked at after every tenth instance: in no more than 5 of 100 experiments
// may there ever be a winner, and a real difference is found.
func TestWinnersAmongEqualsAreRare(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	won := func(pa, pb float64) int {
		const experiments, instances, after = 400, 5000, 500
		wins := 0
		for range experiments {
			a, b := insight.Arm{Name: "a"}, insight.Arm{Name: "b"}
			for i := range instances {
				draw := func(x *insight.Arm, p float64) {
					x.N++
					if random.Float64() < p {
						x.Goal++
					}
				}
				draw(&a, pa)
				draw(&b, pb)
				if i%10 == 0 {
					if _, _, ok := insight.Winner([]insight.Arm{a, b}, after, 0.95); ok {
						wins++
						break
					}
				}
			}
		}
		return wins
	}
	if n := won(0.1, 0.1); n > 20 {
		t.Errorf("%d of 400 experiments with equal arms have a winner, want at most 20", n)
	}
	if n := won(0.1, 0.13); n < 360 {
		t.Errorf("%d of 400 experiments find that 13 %% are more than 10 %%, want at least 360", n)
	}
}
