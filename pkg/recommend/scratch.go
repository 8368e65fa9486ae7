package recommend

// scratch is memory that questions use one after the other. Its per-product arrays are left at zero by whoever used
// them, so that a question costs what it touches and not the size of the catalogue.
type scratch struct {
	lines []int // of an order being learnt

	taken     []bool   // by product: in the basket, or already suggested
	counts    []uint32 // by product: how often the visited orders hold it
	rows      []uint32 // by product: where its counts are, from 1
	visitedAs []uint32 // by order: its place in visits, from 1

	takenIDs     []uint32  // what is set in taken
	visits       []visited // the orders of a question
	touched      []uint32  // the first touchedCount are what is set in counts; room for every product and one more
	touchedCount int
	starts       []uint32   // by count: where the products with it start in sorted
	sorted       []uint32   // the counted products, the largest count first
	list         []uint32   // the shortlist
	listed       []uint32   // the rows of the products on the shortlist that one order holds
	pairs        []pair     // for each product of the shortlist a row with what it shares with each of the basket
	found        candidates // of the last source asked
}

func (s *scratch) reset(products, orders int) {
	for _, p := range s.takenIDs {
		s.taken[p] = false
	}
	s.takenIDs = s.takenIDs[:0]
	if len(s.visitedAs) < orders {
		s.visitedAs = make([]uint32, orders+orders/4)
	}
	if len(s.taken) >= products {
		return
	}
	size := products + products/4
	s.taken = make([]bool, size)
	s.counts = make([]uint32, size)
	s.rows = make([]uint32, size)
	s.touched = make([]uint32, size+1)
}

func (s *scratch) take(p uint32) {
	s.taken[p] = true
	s.takenIDs = append(s.takenIDs, p)
}
