package recommend

import "math"

// table is the two-by-two table of a pair of products, counted over the orders of one window.
type table struct {
	both int // orders that hold both
	a    int // orders that hold the basket's product
	b    int // orders that hold the candidate
	n    int // all orders
}

// measure says how strongly a pair belongs together; 0 or less means not at all.
type measure func(table) float64

// significant is the 95 % point of the chi-squared distribution with one degree of freedom: a pair whose log-likelihood
// ratio is below it may well be together by chance.
const significant = 3.841

// logLikelihoodRatio is Dunning's G2 (Ted Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence",
// Computational Linguistics 19(1), 1993) of the table, for pairs bought together more often than chance would have it;
// 0 for the others and for those that are not significant. With H(x) = x ln x it is
//
//	2 (H(k11) + H(k12) + H(k21) + H(k22) - H(row1) - H(row2) - H(col1) - H(col2) + H(n))
func (m *Model) logLikelihoodRatio(t table) float64 {
	if float64(t.both)*float64(t.n) <= float64(t.a)*float64(t.b) {
		return 0
	}
	h := m.entropy.at
	cells := h(t.both) + h(t.a-t.both) + h(t.b-t.both) + h(t.n-t.a-t.b+t.both)
	margins := h(t.a) + h(t.n-t.a) + h(t.b) + h(t.n-t.b)
	g2 := 2 * (cells - margins + h(t.n))
	if g2 < significant {
		return 0
	}
	return g2
}

// entropyTable holds x ln x for small x: a question takes it about eight times for each of some ten thousand pairs.
type entropyTable []float64

func newEntropyTable() entropyTable {
	t := make(entropyTable, 1<<14)
	for x := 1; x < len(t); x++ {
		t[x] = float64(x) * math.Log(float64(x))
	}
	return t
}

func (t entropyTable) at(x int) float64 {
	if x < len(t) {
		return t[x]
	}
	return float64(x) * math.Log(float64(x))
}

// decay is the weight of an order of a certain age: 1 for now, one half at the half-life.
func (m *Model) decay(at int64, until key) float64 {
	age := float64(until.at) - float64(at)
	return math.Exp2(-age / float64(m.cfg.HalfLife))
}

// rounded drops the digits in which processors differ (some fuse multiplication and addition), so that a tie here is a
// tie everywhere.
func rounded(score float64) float64 {
	return math.Round(score*1e6) / 1e6
}
