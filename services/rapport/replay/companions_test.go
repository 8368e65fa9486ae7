package replay_test

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// companions counts, by brute force, the instances of related-products for which at least
// two products can be recommended: bought together with one of the first hundred products
// of the entering order in two orders or more, more often than chance would have it (the
// log-likelihood ratio above 3.841), in the orders before the timer, and not bought by the
// customer yet. Like the recommender it asks for the twenty rarest products of the order,
// halves the orders it looks at until these hold at most 1,000 places in them, and looks
// closely at the 150 products that are in most of those places.
func companions(sales []sale) int {
	var baskets []sale // what the recommender learns from
	people := map[string][]sale{}
	for _, s := range sales {
		if strings.HasPrefix(s.number, "C") {
			continue
		}
		if s.customer != "" {
			people[s.customer] = append(people[s.customer], s)
		}
		if s.codes = products(s.codes); len(s.codes) > 0 {
			s.codes = sample(s)
			baskets = append(baskets, s)
		}
	}
	at, n := places(baskets), 0
	for _, orders := range people {
		var entered time.Time
		for _, o := range orders {
			if !entered.IsZero() && o.at.Sub(entered) < 30*day {
				continue
			}
			entered = o.at
			due := o.at.Add(3 * day)
			bought := map[string]bool{}
			for _, other := range orders {
				for _, code := range other.codes {
					if !other.at.After(due) {
						bought[code] = true
					}
				}
			}
			if suggestible(baskets, at, before(baskets, due), products(o.codes), bought) >= 2 {
				n++
			}
		}
	}
	return n
}

// products are the distinct codes that stand for products, in their order.
func products(codes []string) []string {
	var out []string
	for _, c := range codes {
		switch up := strings.ToUpper(c); {
		case slices.Contains([]string{"POST", "DOT", "D", "M", "C2", "BANK CHARGES", "PADS", "CRUK", "AMAZONFEE", "S", "B"}, up),
			strings.HasPrefix(up, "GIFT"), strings.HasPrefix(up, "TEST"), slices.Contains(out, c):
		default:
			out = append(out, c)
		}
	}
	return out
}

// sample is the two hundred products that the recommender keeps of an order of a reseller.
func sample(s sale) []string {
	if len(s.codes) <= 200 {
		return s.codes
	}
	order := hash("replay#invoice-" + s.number + "-" + strings.TrimSuffix(s.customer, ".0"))
	codes := slices.Clone(s.codes)
	slices.SortFunc(codes, func(a, b string) int { return cmp.Compare(mix(order^hash(a)), mix(order^hash(b))) })
	return codes[:200]
}

// hash is FNV-1a with the finalizer of MurmurHash3 behind it.
func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return mix(h.Sum64())
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// before is how many of the orders lie before a time.
func before(orders []sale, t time.Time) int {
	i, _ := slices.BinarySearchFunc(orders, t, func(s sale, t time.Time) int { return s.at.Compare(t) })
	return i
}

// places says in which orders each product is, by their number in the file.
func places(orders []sale) map[string][]int {
	at := map[string][]int{}
	for i, o := range orders {
		for _, c := range o.codes {
			at[c] = append(at[c], i)
		}
	}
	return at
}

// suggestible counts the products that go with the basket in the orders before end.
func suggestible(orders []sale, at map[string][]int, end int, basket []string, bought map[string]bool) int {
	basket = basket[:min(len(basket), 100)]
	start := 0
	held := func(code string) []int {
		in := at[code]
		from, _ := slices.BinarySearch(in, start)
		to, _ := slices.BinarySearch(in, end)
		return in[from:to]
	}
	asked := slices.Clone(basket)
	slices.SortFunc(asked, func(a, b string) int {
		return cmp.Or(len(held(a))-len(held(b)), strings.Compare(a, b))
	})
	asked = asked[:min(len(asked), 20)]
	for {
		visits := 0
		for _, c := range asked {
			visits += len(held(c))
		}
		if visits <= 1000 || end-start <= 1 {
			break
		}
		start = end - (end-start)/2
	}
	good, visits := map[string]bool{}, map[string]int{}
	for _, a := range asked {
		both := map[string]int{}
		for _, i := range held(a) {
			for _, c := range orders[i].codes {
				both[c]++
			}
		}
		for c, k := range both {
			if !bought[c] && !slices.Contains(basket, c) {
				visits[c] += k
				good[c] = good[c] || k >= 3 && likely(k, len(held(a)), len(held(c)), end-start)
			}
		}
	}
	list := slices.SortedFunc(maps.Keys(visits), func(a, b string) int {
		return cmp.Or(visits[b]-visits[a], strings.Compare(a, b))
	})
	return len(slices.DeleteFunc(list[:min(len(list), 150)], func(c string) bool { return !good[c] }))
}

// likely is Dunning's test of a two-by-two table: k orders with both, a and b with one, n in all.
func likely(k, a, b, n int) bool {
	term := func(observed, row, column int) float64 {
		if observed == 0 {
			return 0
		}
		expected := float64(row) * float64(column) / float64(n)
		return float64(observed) * math.Log(float64(observed)/expected)
	}
	g2 := 2 * (term(k, a, b) + term(a-k, a, n-b) + term(b-k, n-a, b) + term(n-a-b+k, n-a, n-b))
	return k*n > a*b && g2 >= 3.841
}
