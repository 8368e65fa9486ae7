package recommend

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"
)

// hideOne leaves one product out of an order, chosen by hash, and returns it and the rest.
func hideOne(o Order) (hidden string, rest []string) {
	for _, it := range o.Items {
		if sellable(it.ID) {
			rest = append(rest, it.ID)
		}
	}
	slices.Sort(rest)
	rest = slices.Compact(rest)
	if len(rest) < 2 {
		return "", nil
	}
	i := int(hashID(o.ID) % uint64(len(rest)))
	hidden = rest[i]
	return hidden, slices.Delete(rest, i, i+1)
}

// TestMeasuresOnRetail hides one product of each order of June 2011 and counts how often it is among the four suggested
// for the rest by a model of the orders before June. The figures in the package's description come from here (-v).
func TestMeasuresOnRetail(t *testing.T) {
	if testing.Short() {
		t.Skip("learns and asks seven months of orders; run without -short")
	}
	t.Parallel()
	orders := readRetail(t)
	june := time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC)
	m := New(Config{Sellable: sellable})
	for _, o := range orders {
		m.Learn(o)
	}
	const everything = 1 << 20
	expected := func(c table) float64 { return float64(c.a) * float64(c.b) / float64(c.n) }
	rates := map[string]float64{}
	for _, c := range []struct {
		name      string
		measure   measure
		basis     Source
		shortlist int
	}{
		{"with the shortlist", m.logLikelihoodRatio, BoughtTogether, DefaultShortlist},
		{"log-likelihood ratio", m.logLikelihoodRatio, BoughtTogether, everything},
		{"shrunken lift", func(c table) float64 { return float64(c.both) / (expected(c) + 2) }, BoughtTogether, everything},
		{"cosine", func(c table) float64 { return float64(c.both) / math.Sqrt(float64(c.a)*float64(c.b)) }, BoughtTogether, everything},
		{"count", func(c table) float64 { return float64(c.both) }, BoughtTogether, everything},
		{"lift", func(c table) float64 { return float64(c.both) / expected(c) }, BoughtTogether, everything},
		{"popularity", m.logLikelihoodRatio, StorePopular, everything},
	} {
		m.measure, m.cfg.Shortlist = c.measure, c.shortlist
		asked, hits := 0, 0
		for _, o := range orders {
			hidden, rest := hideOne(o)
			if o.At.Before(june) || hidden == "" {
				continue
			}
			asked++
			found := m.Suggest(Query{AsOf: june, Basket: rest, Max: 4, Basis: []Source{c.basis}})
			if slices.Contains(ids(found), hidden) {
				hits++
			}
		}
		rates[c.name] = float64(hits) / float64(asked)
		t.Logf("%-22s %4d of %d orders, %.1f %%", c.name, hits, asked, 100*rates[c.name])
	}
	if r := rates["with the shortlist"]; r < 0.95*rates["log-likelihood ratio"] {
		t.Errorf("the shortlist misses too much: %v", rates)
	}
	// What the choice of measure rests on, with room for another way of hiding.
	if r := rates["log-likelihood ratio"]; r < 0.14 || r < 1.3*rates["count"] || r < 2*rates["lift"] || r < 4*rates["popularity"] {
		t.Errorf("the log-likelihood ratio no longer stands out: %v", rates)
	}
}

// BenchmarkRetailSuggest asks for every real order as of its own time and reports the spread of the answer times.
func BenchmarkRetailSuggest(b *testing.B) {
	orders := readRetail(b)
	m := New(Config{Sellable: sellable})
	for _, o := range orders {
		m.Learn(o)
	}
	baskets := make([][]string, len(orders))
	for i, o := range orders {
		_, baskets[i] = hideOne(o)
	}
	basis := []Source{BoughtTogether, CategoryPopular, StorePopular}
	took := make([]time.Duration, 0, b.N)
	i := len(orders) / 2 // the later half, against a model that is filled
	for b.Loop() {
		if i++; i == len(orders) {
			i = len(orders) / 2
		}
		start := time.Now()
		m.Suggest(Query{AsOf: orders[i].At, Basket: baskets[i], Min: 2, Max: 4, Basis: basis})
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
}

// BenchmarkRetailLearn learns the whole file and reports the memory the model keeps.
func BenchmarkRetailLearn(b *testing.B) {
	orders := readRetail(b)
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	var m *Model
	before := heap()
	for b.Loop() {
		m = New(Config{Sellable: sellable})
		for _, o := range orders {
			m.Learn(o)
		}
	}
	b.ReportMetric(float64(heap()-before)/(1<<20), "MiB-kept")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(orders)), "ns/order")
	runtime.KeepAlive(m)
	runtime.KeepAlive(orders)
}
