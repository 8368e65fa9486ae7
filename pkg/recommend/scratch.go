package recommend

// scratch is memory that questions use one after the other. Its per-product arrays are left at zero by whoever used
// them, so that a question costs what it touches and not the size of the catalogue.
type scratch struct {
	lines []int
	// By product:
	taken []bool    // in the basket, or already suggested
	both  []int32   // orders shared with the product being counted
	fresh []float64 // the sum of their decay
	total []int32   // orders in the window, counted when first needed
	place []int32   // place among the candidates, from 1
	best  []float64 // the largest contribution so far

	takenIDs []uint32 // what is set in taken
	pairs    []uint32 // what is set in both
	totalled []uint32 // what is set in total
}

func (s *scratch) reset(products int) {
	for _, p := range s.takenIDs {
		s.taken[p] = false
	}
	s.takenIDs = s.takenIDs[:0]
	if len(s.taken) >= products {
		return
	}
	size := products + products/4
	s.taken = make([]bool, size)
	s.both = make([]int32, size)
	s.fresh = make([]float64, size)
	s.total = make([]int32, size)
	s.place = make([]int32, size)
	s.best = make([]float64, size)
}

func (s *scratch) take(p uint32) {
	s.taken[p] = true
	s.takenIDs = append(s.takenIDs, p)
}
