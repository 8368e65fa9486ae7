package backtest

import "math"

// Expectation is how many of those who enter can be expected to reach the goal, from how
// many did so far.
type Expectation struct {
	// Rate is the share of Entered that reached the goal so far, with its 95 % interval.
	Rate float64 `json:"rate"`
	Low  float64 `json:"rate_low"`
	High float64 `json:"rate_high"`
	// Conversions are Rate, Low and High of those who would have entered.
	Conversions     float64 `json:"conversions"`
	ConversionsLow  float64 `json:"conversions_low"`
	ConversionsHigh float64 `json:"conversions_high"`
	Entered         int     `json:"past_entered"` // whom the rate is of
	// Uplift is the rate less that of those held out; nil without any of them.
	Uplift *float64 `json:"uplift,omitempty"`
}

// z is the 97.5 % quantile of the normal distribution, for intervals of 95 %.
const z = 1.959963984540054

// Wilson is the score interval of a share (E. B. Wilson, Probable inference, the law of
// succession, and statistical inference, JASA 22, 1927): it holds for small numbers and
// never leaves 0 to 1.
func Wilson(hits, of int) (low, high float64) {
	if of <= 0 {
		return 0, 1
	}
	n, p := float64(of), float64(hits)/float64(of)
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	all := 1 + z*z/n
	return max(0, (middle-half)/all), min(1, (middle+half)/all)
}

// expect tells what entries can be expected to bring; nil without a past.
func expect(past Past, entered int) *Expectation {
	if past.Entered <= 0 {
		return nil
	}
	e := &Expectation{Rate: float64(past.Converted) / float64(past.Entered), Entered: past.Entered}
	e.Low, e.High = Wilson(past.Converted, past.Entered)
	n := float64(entered)
	e.Conversions, e.ConversionsLow, e.ConversionsHigh = n*e.Rate, n*e.Low, n*e.High
	if past.HeldOut > 0 {
		uplift := e.Rate - float64(past.HeldOutConverted)/float64(past.HeldOut)
		e.Uplift = &uplift
	}
	return e
}
