package recommend

// scratch is memory that questions use one after the other. Its per-product arrays are left at zero by whoever used
// them, so that a question costs what it touches and not the size of the catalogue.
type scratch struct {
	lines  []int    // of an order being learnt
	taken  []bool   // by product: in the basket, or already suggested
	shared []shared // by product: what it shares with the product being counted
	tally  []tally  // by product: what is known of it as a candidate

	takenIDs []uint32   // what is set in taken
	pairs    []uint32   // what is set in shared
	tallied  []uint32   // what is set in tally
	found    candidates // of the last source asked
}

// shared is what a product shares with another one.
type shared struct {
	orders int32
	fresh  float64 // the sum of their decay
}

// tally is what a question found out about a product.
type tally struct {
	total int32   // orders in the window
	place int32   // place among the candidates, from 1; 0 while it is none
	best  float64 // the largest contribution so far
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
	s.shared = make([]shared, size)
	s.tally = make([]tally, size)
}

func (s *scratch) take(p uint32) {
	s.taken[p] = true
	s.takenIDs = append(s.takenIDs, p)
}
