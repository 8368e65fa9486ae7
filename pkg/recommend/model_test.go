package recommend

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// order makes an order of the given letters, so many days after monday.
func order(id string, day int, letters string) Order {
	o := Order{ID: id, At: monday.AddDate(0, 0, day)}
	for _, letter := range letters {
		o.Items = append(o.Items, Item{ID: string(letter), Name: "Product " + string(letter)})
	}
	return o
}

func learnt(cfg Config, orders ...Order) *Model {
	m := New(cfg)
	for _, o := range orders {
		m.Learn(o)
	}
	return m
}

// drawOrders draws a history in which times repeat, so that ties in time are common.
func drawOrders(t *rapid.T) []Order {
	count := rapid.IntRange(1, 40).Draw(t, "orders")
	orders := make([]Order, count)
	for i := range orders {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("abcdefg!")), 1, 6, -1).Draw(t, "items")
		o := order(fmt.Sprintf("o%d", i), rapid.IntRange(0, 12).Draw(t, "day"), letters)
		for j := range o.Items {
			o.Items[j].Category = rapid.SampledFrom([]string{"", "red", "blue"}).Draw(t, "category")
			o.Items[j].URL = rapid.SampledFrom([]string{"", "u1", "u2"}).Draw(t, "url")
		}
		orders[i] = o
	}
	return orders
}

func drawQuery(t *rapid.T) Query {
	all := []Source{BoughtTogether, CategoryPopular, StorePopular}
	return Query{
		AsOf:   monday.AddDate(0, 0, rapid.IntRange(0, 14).Draw(t, "as of day")),
		Basket: strings.Split(rapid.StringOfN(rapid.SampledFrom([]rune("abcdefgz")), 1, 4, -1).Draw(t, "basket"), ""),
		Max:    rapid.IntRange(1, 8).Draw(t, "max"),
		Basis:  all[:rapid.IntRange(1, 3).Draw(t, "sources")],
	}
}

// notMark refuses the one id of drawOrders that stands for a non-product.
func notMark(id string) bool { return id != "!" }

func TestAnswersAreAsOfATime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{MinSupport: 1, Sellable: notMark, Budget: rapid.SampledFrom([]int{5, 1000}).Draw(t, "budget"), MaxItems: 4}
		orders := drawOrders(t)
		q := drawQuery(t)
		everything := learnt(cfg, orders...)
		before := New(cfg)
		for _, o := range orders {
			if o.At.Before(q.AsOf) {
				before.Learn(o)
			}
		}
		want, got := before.Suggest(q), everything.Suggest(q)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v:\n trained on everything %+v\n on the orders before  %+v", q, got, want)
		}
	})
}

func TestOrderOfLearningDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{MinSupport: 1, Budget: rapid.SampledFrom([]int{5, 1000}).Draw(t, "budget"), MaxItems: 4}
		orders := drawOrders(t)
		q := drawQuery(t)
		want := learnt(cfg, orders...).Suggest(q)
		got := learnt(cfg, rapid.Permutation(orders).Draw(t, "other order")...).Suggest(q)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v:\n in one order %+v\n in another   %+v", q, want, got)
		}
	})
}

func TestOrderOfTheBasketDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := learnt(Config{MinSupport: 1}, drawOrders(t)...)
		q := drawQuery(t)
		want := m.Suggest(q)
		q.Basket = rapid.Permutation(q.Basket).Draw(t, "other order")
		if got := m.Suggest(q); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: %+v, in another order %+v", q, want, got)
		}
	})
}

func TestAskingChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := learnt(Config{}, drawOrders(t)...)
		q := drawQuery(t)
		want := m.Suggest(q)
		m.Suggest(drawQuery(t))
		if got := m.Suggest(q); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: first %+v, then %+v", q, want, got)
		}
	})
}

func TestRepeatsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		orders := drawOrders(t)
		q := drawQuery(t)
		once, again := learnt(Config{}, orders...), learnt(Config{}, orders...)
		for _, o := range orders {
			if again.Learn(o) {
				t.Fatalf("order %s was new twice", o.ID)
			}
		}
		if once.Stats() != again.Stats() {
			t.Fatalf("size %+v, after repeats %+v", once.Stats(), again.Stats())
		}
		if want, got := once.Suggest(q), again.Suggest(q); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: once %+v, repeated %+v", q, want, got)
		}
	})
}

func TestForgettingKeepsAnswersWithinTheHorizon(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	rapid.Check(t, func(t *rapid.T) {
		orders := drawOrders(t)
		q := drawQuery(t)
		cfg := Config{MinSupport: 1, Horizon: time.Duration(rapid.IntRange(1, 10).Draw(t, "horizon")) * day}
		// Descriptions are looked for beyond the horizon, so that this holds for what orders count, not for them.
		bare := func(m *Model) []Suggestion {
			found := m.Suggest(q)
			for i := range found {
				found[i].Name, found[i].Category, found[i].URL = "", "", ""
			}
			return found
		}
		q.Basis = []Source{BoughtTogether, StorePopular}
		m := learnt(cfg, orders...)
		want := bare(m)
		m.Forget(q.AsOf.Add(-cfg.Horizon))
		if got := bare(m); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: before %+v, after forgetting %+v", q, want, got)
		}
		for _, o := range orders {
			if m.Learn(o) {
				t.Fatalf("order %s was learnt again after Forget", o.ID)
			}
		}
	})
}

// recount is the same question answered from the definition: every pair counted over all orders, the ratio summed
// cell by cell over its expectation.
func recount(cfg Config, orders []Order, q Query) map[string]float64 {
	var past []Order
	for _, o := range orders {
		if o.At.Before(q.AsOf) && slices.ContainsFunc(o.Items, func(it Item) bool { return cfg.Sellable(it.ID) }) {
			past = append(past, o)
		}
	}
	holds := func(o Order, id string) bool {
		return slices.ContainsFunc(o.Items, func(it Item) bool { return it.ID == id })
	}
	scores := map[string]float64{}
	for _, b := range strings.Split("abcdefg", "") {
		for i, a := range q.Basket {
			if slices.Contains(q.Basket, b) || slices.Contains(q.Basket[:i], a) {
				continue
			}
			var cells [2][2]float64
			fresh := 0.0
			for _, o := range past {
				row, col := 1, 1
				if holds(o, a) {
					row = 0
				}
				if holds(o, b) {
					col = 0
				}
				cells[row][col]++
				if row == 0 && col == 0 {
					fresh += math.Pow(2, -q.AsOf.Sub(o.At).Hours()/cfg.HalfLife.Hours())
				}
			}
			both, n := cells[0][0], float64(len(past))
			g2 := 0.0
			for row := range 2 {
				for col := range 2 {
					expected := (cells[row][0] + cells[row][1]) * (cells[0][col] + cells[1][col]) / n
					if cells[row][col] > 0 {
						g2 += 2 * cells[row][col] * math.Log(cells[row][col]/expected)
					}
				}
			}
			attracts := both*n > (cells[0][0]+cells[0][1])*(cells[0][0]+cells[1][0])
			if int(both) >= cfg.MinSupport && attracts && g2 >= 3.841 {
				scores[b] += g2 * fresh / both
			}
		}
	}
	return scores
}

func TestScoresEqualARecount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Sellable: notMark, HalfLife: 5 * 24 * time.Hour,
			MinSupport: rapid.IntRange(1, 4).Draw(t, "support"), Budget: 1000,
		}
		orders := drawOrders(t)
		q := drawQuery(t)
		q.Basis, q.Max = nil, 10
		want := recount(cfg, orders, q)
		got := learnt(cfg, orders...).Suggest(q)
		if len(got) != len(want) {
			t.Fatalf("%+v: got %+v, want %v", q, got, want)
		}
		for i, s := range got {
			if score, found := want[s.ID]; !found || math.Abs(score-s.Score) > 1e-6 {
				t.Fatalf("%s scores %v, recounted %v", s.ID, s.Score, score)
			}
			if i > 0 && got[i-1].Score < s.Score {
				t.Fatalf("not in the order of score: %+v", got)
			}
		}
	})
}
