package insight

import (
	"fmt"
	"math"
)

// Arm is what was counted of one arm of a split.
type Arm struct {
	Name string
	N    int // instances
	Goal int // of which reached the goal
}

// Rate is the share that reached the goal.
func (a Arm) Rate() float64 {
	if a.N == 0 {
		return 0
	}
	return float64(a.Goal) / float64(a.N)
}

// Winner is the arm that is better than every other one with the given confidence (0..1),
// once each has at least after instances. detail says why, in figures. ok is false while
// there is none; that may be for ever, when arms are alike.
func Winner(arms []Arm, after int, confidence float64) (name, detail string, ok bool) {
	if len(arms) < 2 || after < 1 {
		return "", "", false
	}
	best := 0
	for i, a := range arms {
		if a.N < after {
			return "", "", false
		}
		if a.Rate() > arms[best].Rate() {
			best = i
		}
	}
	// With several rivals each comparison has its share of the error (Bonferroni).
	needed := float64(len(arms)-1) / (1 - confidence)
	least := math.Inf(1)
	for i, a := range arms {
		if i == best {
			continue
		}
		least = math.Min(least, ratio(arms[best], a, after))
	}
	if least < needed || math.IsNaN(least) {
		return "", "", false
	}
	return arms[best].Name, told(arms, arms[best].Name, confidence), true
}

// ratio is how much likelier the counts are when the two rates differ than when they are
// one: sqrt(1/(1+r)) exp(z^2/2 r/(1+r)), z the difference in standard errors and r the
// instances of an arm in units of after.
func ratio(a, b Arm, after int) float64 {
	n := float64(min(a.N, b.N))
	pa, pb := a.Rate(), b.Rate()
	variance := pa*(1-pa) + pb*(1-pb)
	if variance == 0 {
		return 0 // Nobody or everybody reached the goal: there is nothing to tell apart by.
	}
	z2 := n * (pa - pb) * (pa - pb) / variance
	r := n / float64(after)
	return math.Sqrt(1/(1+r)) * math.Exp(z2/2*r/(1+r))
}

func told(arms []Arm, winner string, confidence float64) string {
	s := winner + " won at " + fmt.Sprintf("%g %%:", confidence*100)
	for i, a := range arms {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprintf(" %s %d of %d (%.1f %%)", a.Name, a.Goal, a.N, 100*a.Rate())
	}
	return s
}
