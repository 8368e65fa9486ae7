package form

import (
	"math"

	"rapport/pkg/store"
)

// Values are kept in millionths. With the bounds of one and of a sum no addition of two
// sums overflows 64 bits, which a database would answer with an error for ever after. The
// statements that add in the database have the bound of a sum too.
const (
	perUnit  = 1e6
	maxValue = 1e12 // of one delta; sums are bound to four times that
	maxSum   = 4 * maxValue * perUnit
)

// Millionths rounds a value to whole millionths, within the bounds of a delta.
func Millionths(v float64) int64 {
	if math.IsNaN(v) {
		return 0
	}
	return int64(math.Round(max(-maxValue, min(maxValue, v)) * perUnit))
}

// AddMillionths is the sum of two sums, within the bounds of a sum.
func AddMillionths(a, b int64) int64 {
	return max(-maxSum, min(maxSum, a+b))
}

// Arms adds up what partitions measured of arms, because a database's sum of sums at their
// bounds would overflow. The zero Arms has none.
type Arms struct {
	all  []store.Arm
	last int64 // the value of the last of all, in millionths, which a float may not hold
}

// Add adds what one partition measured. The rows of one arm have to follow each other; a's
// own Value does not count.
func (s *Arms) Add(a store.Arm, millionths int64) {
	if n := len(s.all) - 1; n >= 0 && sameArm(&s.all[n], &a) {
		a.Entered, a.Converted = a.Entered+s.all[n].Entered, a.Converted+s.all[n].Converted
		millionths = AddMillionths(millionths, s.last)
		s.all = s.all[:n]
	}
	a.Value, s.last = float64(millionths)/perUnit, millionths
	s.all = append(s.all, a)
}

// All are the arms in the order in which they came; nil when there are none.
func (s *Arms) All() []store.Arm { return s.all }

func sameArm(a, b *store.Arm) bool {
	return a.Journey == b.Journey && a.Version == b.Version && a.Step == b.Step && a.Arm == b.Arm && a.Ghost == b.Ghost
}
