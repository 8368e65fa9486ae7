// Package insight is the arithmetic of measurements: which arm of a split has won.
//
// It is pure: counts in, verdict out. A winner is looked for again and again while people
// walk through a journey, and a test that is meant for one look would, looked at often
// enough, find a winner among equals. So the test is one that stays valid however often it
// is asked: the mixture sequential probability ratio test (Robbins, Statistical Methods
// Related to the Law of the Iterated Logarithm, 1970; for comparisons of proportions: Johari,
// Koomen, Pekelis and Walsh, Always Valid Inference, 2022). Its mixture has the variance that
// the difference has after Arm.N = after instances, so that it is at its strongest there.
package insight
