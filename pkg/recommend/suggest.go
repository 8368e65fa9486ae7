package recommend

import (
	"container/heap"
	"slices"
	"strings"
	"time"
)

// Source is a reason to recommend a product.
type Source string

// The sources, from the most to the least personal.
const (
	// BoughtTogether recommends what was bought in the same orders as the basket's products.
	BoughtTogether Source = "bought_together"
	// CategoryPopular recommends what sells in the categories of the basket's products.
	CategoryPopular Source = "category_popular"
	// StorePopular recommends what sells.
	StorePopular Source = "store_popular"
)

// Query asks for recommendations.
type Query struct {
	// AsOf is the time the answer is for: only orders before it count, whatever has been learnt since. There are none
	// before the zero time.
	AsOf time.Time
	// Basket holds the ids of the products to find company for. They are never recommended themselves.
	Basket []string
	// Exclude reports ids that must not be recommended, such as what the customer bought earlier. Nil excludes none.
	Exclude func(id string) bool
	// Min is the number of suggestions below which there is no answer at all; Max is the largest number wanted.
	Min, Max int
	// Basis lists the sources to ask, in turn, until there are Max suggestions. Empty means BoughtTogether alone.
	Basis []Source
}

// Suggestion is one recommended product, described as it was at Query.AsOf.
type Suggestion struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Category string `json:"category,omitempty"`
	URL      string `json:"url,omitempty"`
	ImageURL string `json:"image_url,omitempty"`
	// Source is the basis that found it.
	Source Source `json:"source"`
	// Score orders suggestions of one source; scores of different sources do not compare.
	Score float64 `json:"score"`
	// Because is the id of the basket's product that says most for it; empty for StorePopular.
	Because string `json:"because,omitempty"`
	// Support is the number of orders behind it: those that hold it together with Because for BoughtTogether, those
	// that hold it for the others.
	Support int `json:"support"`
}

// Suggest answers a query with at most Max suggestions, best first, or with none at all when there are fewer than Min.
// Ties are put in the order of support, then of id. The answer depends on the query and on the orders before AsOf only.
func (m *Model) Suggest(q Query) []Suggestion {
	if q.Max <= 0 {
		return nil
	}
	basis := q.Basis
	if len(basis) == 0 {
		basis = []Source{BoughtTogether}
	}
	m.scratch.reset(len(m.products), len(m.baskets))
	basket := m.takeBasket(q.Basket)
	found := make([]Suggestion, 0, q.Max)
	for _, source := range basis {
		if len(found) == q.Max {
			break
		}
		var candidates candidates
		switch source {
		case BoughtTogether:
			candidates = m.boughtTogether(basket, q)
		case CategoryPopular:
			candidates = m.categoryPopular(basket, q.AsOf)
		case StorePopular:
			candidates = m.storePopular(q.AsOf)
		}
		found = m.takeBest(found, candidates, source, q)
	}
	if len(found) == 0 || len(found) < q.Min {
		return nil
	}
	return found
}

// takeBasket returns the known products of the basket, each once, and marks them as taken. They are in the order of their
// ids, whatever order they were asked in: sums of floating-point numbers, and which of two equal reasons is named, depend
// on it.
func (m *Model) takeBasket(ids []string) []uint32 {
	basket := make([]uint32, 0, len(ids))
	for _, id := range ids {
		p, known := m.ordinals[id]
		if !known || m.scratch.taken[p] {
			continue
		}
		m.scratch.take(p)
		basket = append(basket, p)
	}
	slices.SortFunc(basket, m.byID)
	return basket
}

func (m *Model) byID(a, b uint32) int { return strings.Compare(m.products[a].id, m.products[b].id) }

// takeBest moves the best candidates that are neither taken nor excluded to found until it holds Max.
func (m *Model) takeBest(found []Suggestion, from candidates, source Source, q Query) []Suggestion {
	ranking := ranking{model: m, candidates: from}
	heap.Init(&ranking)
	for len(found) < q.Max && ranking.Len() > 0 {
		c := heap.Pop(&ranking).(candidate)
		id := m.products[c.product].id
		if m.scratch.taken[c.product] || q.Exclude != nil && q.Exclude(id) {
			continue
		}
		m.scratch.take(c.product)
		r := m.describedAsOf(c.product, key{at: instant(q.AsOf)})
		s := Suggestion{
			ID: id, Name: r.name, Category: r.category, URL: r.url, ImageURL: r.image,
			Source: source, Score: c.score, Support: int(c.support),
		}
		if c.because != nobody {
			s.Because = m.products[c.because].id
		}
		found = append(found, s)
	}
	return found
}

// candidate is a product that may be recommended.
type candidate struct {
	product uint32
	because uint32 // or nobody
	support int32
	score   float64
}

// nobody stands for no product.
const nobody = ^uint32(0)

type candidates []candidate

// ranking is a heap of candidates with the best on top.
type ranking struct {
	model *Model
	candidates
}

func (r *ranking) Len() int      { return len(r.candidates) }
func (r *ranking) Swap(i, j int) { r.candidates[i], r.candidates[j] = r.candidates[j], r.candidates[i] }

func (r *ranking) Less(i, j int) bool {
	a, b := &r.candidates[i], &r.candidates[j]
	switch {
	case a.score != b.score:
		return a.score > b.score
	case a.support != b.support:
		return a.support > b.support
	}
	return r.model.products[a.product].id < r.model.products[b.product].id
}

// Push is part of heap.Interface.
func (r *ranking) Push(c any) { r.candidates = append(r.candidates, c.(candidate)) }

// Pop is part of heap.Interface.
func (r *ranking) Pop() any {
	last := len(r.candidates) - 1
	c := r.candidates[last]
	r.candidates = r.candidates[:last]
	return c
}
