package recommend

import "math"

// table is the two-by-two table of a pair of products, counted over the orders of one window.
type table struct {
	both int // orders that hold both
	a    int // orders that hold the basket's product
	b    int // orders that hold the candidate
	n    int // all orders

	// margins is H(a) + H(n-a) + H(b) + H(n-b) - H(n) with H(x) = x ln x, what the log-likelihood ratio needs of all but
	// the cells. A question adds it up from the parts of its products instead of pair by pair.
	margins float64
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
	g2 := 2 * (cells - t.margins)
	if g2 < significant {
		return 0
	}
	return g2
}

// entropyTable holds x ln x for small x: a question takes it four times for each of some two thousand pairs.
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

// margins is the part of table.margins that a product has which x of n orders hold.
func (t entropyTable) margins(x, n int) float64 { return t.at(x) + t.at(n-x) }

// decay is the weight of an order of a certain age: 1 for now, one half at the half-life. A question needs hundreds, for
// which math.Exp2 took a seventh of its time: 2^-x is looked up for the step before x, and what is left is a third-order
// Taylor series, which is off by less than 3e-12 of the result.
func (m *Model) decay(at int64, until key) float64 {
	age := (float64(until.at) - float64(at)) * m.perStep
	age = min(age, 1000*decaySteps) // 2^-1000 is next to nothing and still a number
	step := uint64(age)
	x := (age - float64(step)) * (-math.Ln2 / decaySteps)
	halved := math.Float64frombits((1023 - step/decaySteps) << 52)
	return m.decays[step%decaySteps] * halved * (1 + x*(1+x*(1./2+x*(1./6))))
}

// decaySteps is how many decays there are in the table for one half-life.
const decaySteps = 256

func newDecays() *[decaySteps]float64 {
	var t [decaySteps]float64
	for i := range t {
		t[i] = math.Exp2(-float64(i) / decaySteps)
	}
	return &t
}

// rounded drops the digits in which processors differ (some fuse multiplication and addition), so that a tie here is a
// tie everywhere.
func rounded(score float64) float64 {
	return math.Round(score*1e6) / 1e6
}
