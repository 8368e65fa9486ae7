package recommend

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// tearoom is a history in which tea and pot go together, milk goes with everything, and cup was bought with tea and pot
// twice, sieve never.
func tearoom() []Order {
	category := map[string]string{"tea": "brewing", "pot": "brewing", "cup": "brewing", "sieve": "brewing"}
	var orders []Order
	add := func(day int, ids ...string) {
		o := Order{ID: fmt.Sprintf("t%d", len(orders)), At: monday.AddDate(0, 0, day)}
		for _, id := range ids {
			o.Items = append(o.Items, Item{ID: id, Name: id, Category: category[id]})
		}
		orders = append(orders, o)
	}
	for day := range 6 {
		add(day, "tea", "pot", "milk")
		add(day, "bread", "milk")
		add(day, "jam", "milk")
	}
	add(6, "tea", "pot", "cup")
	add(7, "tea", "pot", "cup")
	add(8, "sieve")
	return orders
}

func ids(found []Suggestion) []string {
	var all []string
	for _, s := range found {
		all = append(all, s.ID)
	}
	return all
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	late := monday.AddDate(0, 0, 30)
	chain := []Source{BoughtTogether, CategoryPopular, StorePopular}
	not := func(refused ...string) func(string) bool {
		return func(id string) bool { return slices.Contains(refused, id) }
	}
	cases := map[string]struct {
		query Query
		want  []string
	}{
		"together, not the popular milk":   {Query{AsOf: late, Basket: []string{"tea"}, Max: 4}, []string{"pot", "cup"}},
		"as many as min":                   {Query{AsOf: late, Basket: []string{"tea"}, Min: 2, Max: 4}, []string{"pot", "cup"}},
		"fewer than min":                   {Query{AsOf: late, Basket: []string{"tea"}, Min: 3, Max: 4}, nil},
		"no more than max":                 {Query{AsOf: late, Basket: []string{"tea"}, Max: 1}, []string{"pot"}},
		"excluded":                         {Query{AsOf: late, Basket: []string{"tea"}, Max: 4, Exclude: not("pot")}, []string{"cup"}},
		"never the basket":                 {Query{AsOf: late, Basket: []string{"tea", "pot", "tea"}, Max: 4}, []string{"cup"}},
		"as of before the pairs":           {Query{AsOf: monday, Basket: []string{"tea"}, Max: 4, Basis: chain}, nil},
		"zero time":                        {Query{Basket: []string{"tea"}, Max: 4, Basis: chain}, nil},
		"max 0":                            {Query{AsOf: late, Basket: []string{"tea"}, Basis: chain}, nil},
		"unknown product":                  {Query{AsOf: late, Basket: []string{"zebra"}, Max: 2}, nil},
		"unknown product, popular instead": {Query{AsOf: late, Basket: []string{"zebra"}, Max: 2, Basis: chain}, []string{"milk", "pot"}},
		"the chain fills up": {
			Query{AsOf: late, Basket: []string{"tea"}, Min: 2, Max: 9, Basis: chain},
			[]string{"pot", "cup", "sieve", "milk", "bread", "jam"},
		},
		"the chain stops at max": {Query{AsOf: late, Basket: []string{"tea"}, Min: 2, Max: 3, Basis: chain}, []string{"pot", "cup", "sieve"}},
		"category at the time":   {Query{AsOf: monday.AddDate(0, 0, 7), Basket: []string{"tea"}, Max: 1, Basis: chain[1:2]}, []string{"pot"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ids(learnt(Config{MinSupport: 2}, tearoom()...).Suggest(c.query)); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSuggestionsSayWhy(t *testing.T) {
	t.Parallel()
	m := learnt(Config{MinSupport: 2}, tearoom()...)
	got := m.Suggest(Query{
		AsOf: monday.AddDate(0, 0, 30), Basket: []string{"milk", "tea"}, Max: 3,
		Basis: []Source{BoughtTogether, CategoryPopular, StorePopular},
	})
	type why struct {
		id, because string
		source      Source
		support     int
	}
	want := []why{{"pot", "tea", BoughtTogether, 8}, {"cup", "tea", BoughtTogether, 2}, {"sieve", "tea", CategoryPopular, 1}}
	for i, s := range got {
		if (why{s.ID, s.Because, s.Source, s.Support}) != want[i] {
			t.Errorf("suggestion %d is %+v, want %+v", i, s, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d suggestions, want %d", len(got), len(want))
	}
}

func TestTiesGoBySupportThenID(t *testing.T) {
	t.Parallel()
	// b, c and d have the same history with a; e was never with it and makes the pairs significant.
	var orders []Order
	for i := range 4 {
		orders = append(orders, order(fmt.Sprintf("with%d", i), 0, "dacb"), order(fmt.Sprintf("without%d", i), 0, "e"))
	}
	got := ids(learnt(Config{}, orders...).Suggest(Query{AsOf: monday.AddDate(0, 0, 1), Basket: []string{"a"}, Max: 3}))
	if want := []string{"b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("equal scores gave %v, want %v", got, want)
	}
	r := ranking{model: learnt(Config{}, orders...), candidates: candidates{{score: 1, support: 2}, {score: 1, support: 3}}}
	if r.Less(0, 1) || !r.Less(1, 0) {
		t.Error("of equal scores, the smaller support came first")
	}
}

func TestFreshPairsComeFirst(t *testing.T) {
	t.Parallel()
	var orders []Order
	for i := range 5 {
		orders = append(
			orders, order(fmt.Sprintf("old%d", i), 0, "ab"), order(fmt.Sprintf("new%d", i), 200, "ac"),
			order(fmt.Sprintf("other%d", i), 100, "d"), order(fmt.Sprintf("more%d", i), 100, "e"),
		)
	}
	got := ids(learnt(Config{}, orders...).Suggest(Query{AsOf: monday.AddDate(0, 0, 201), Basket: []string{"a"}, Max: 2}))
	if want := []string{"c", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	short := Config{Horizon: 30 * 24 * time.Hour}
	got = ids(learnt(short, orders...).Suggest(Query{AsOf: monday.AddDate(0, 0, 201), Basket: []string{"a"}, Max: 2, Basis: []Source{StorePopular}}))
	if want := []string{"c"}; !slices.Equal(got, want) {
		t.Errorf("beyond the horizon: got %v, want %v", got, want)
	}
}

func TestDecayHalvesWithTheHalfLife(t *testing.T) {
	t.Parallel()
	m := New(Config{HalfLife: time.Hour})
	for _, hours := range []float64{0, 1e-9, 1. / 512, 1. / 256, 0.5, 1, 1.999, 24.7, 999.9, 1000} {
		age := time.Duration(hours * float64(time.Hour))
		want := math.Exp2(-age.Hours())
		if got := m.decay(-int64(age), key{}); math.Abs(got-want) > 3e-12*want {
			t.Errorf("after %v an order counts %v, want %v", age, got, want)
		}
	}
	if got := m.decay(earliest, key{at: latest}); got < 0 || got > 1e-300 {
		t.Errorf("an order as old as can be counts %v", got)
	}
}

func TestTheShortlistTakesThoseHeldMostThenID(t *testing.T) {
	t.Parallel()
	// Of what goes with a, d is held most often; b, c and e are equal, and b is excluded.
	var orders []Order
	for i := range 4 {
		orders = append(orders, order(fmt.Sprintf("with%d", i), 0, "aebcd"), order(fmt.Sprintf("without%d", i), 0, "f"))
	}
	orders = append(orders, order("more", 0, "ad"), order("one", 0, "g"))
	q := Query{AsOf: monday.AddDate(0, 0, 1), Basket: []string{"a"}, Max: 2}
	asked := map[string]int{}
	q.Exclude = func(id string) bool { asked[id]++; return id == "b" }
	m := learnt(Config{}, orders...)
	m.scratch.reset(len(m.products), len(m.baskets))
	basket := m.takeBasket(q.Basket)
	m.visit(m.mostTelling(basket, q.AsOf))
	m.countVisits()
	var got []string
	for _, p := range m.shortlist(q, 2) {
		got = append(got, m.products[p].id)
	}
	if want := []string{"d", "c"}; !slices.Equal(got, want) {
		t.Errorf("the shortlist is %v, want %v", got, want)
	}
	if asked["e"] != 0 || asked["b"] != 1 {
		t.Errorf("asked whether to exclude %v, more than had to be", asked)
	}
}

func TestNonProductsAreNeverLearnt(t *testing.T) {
	t.Parallel()
	m := learnt(Config{Sellable: func(id string) bool { return id != "p" }}, order("1", 0, "pab"), order("2", 0, "p"))
	if got, want := m.Stats(), (Stats{Orders: 1, Products: 2, Incidences: 2}); got != want {
		t.Errorf("learnt %+v, want %+v", got, want)
	}
	if m.Learn(order("2", 0, "ab")) {
		t.Error("an order without products was not remembered as seen")
	}
}

func TestLargeOrdersAreSampledAlike(t *testing.T) {
	t.Parallel()
	large := order("large", 0, "abcdefghijklmnopqrstuvwxyz")
	turned := order("large", 0, "zyxwvutsrqponmlkjihgfedcba")
	everything := Query{AsOf: monday.AddDate(0, 0, 1), Max: 100, Basis: []Source{StorePopular}}
	first := ids(learnt(Config{MaxItems: 5}, large).Suggest(everything))
	second := ids(learnt(Config{MaxItems: 5}, turned).Suggest(everything))
	if len(first) != 5 || !slices.Equal(first, second) {
		t.Errorf("kept %v, with the lines turned round %v", first, second)
	}
}

func TestDescriptionsAreAsOfATime(t *testing.T) {
	t.Parallel()
	describe := func(id string, day int, it Item) Order {
		return Order{ID: id, At: monday.AddDate(0, 0, day), Items: []Item{it}}
	}
	m := learnt(
		Config{},
		describe("1", 0, Item{ID: "x", Name: "Lamp", Category: "light", ImageURL: "lamp.png"}),
		describe("3", 4, Item{ID: "x", Name: "Lamp, red", Category: "light"}),
		describe("2", 2, Item{ID: "x", Name: "Lamp (old)", Category: "sale"}), // late
		describe("4", 6, Item{ID: "x"}),
	)
	for day, want := range map[int]Suggestion{
		1: {Name: "Lamp", Category: "light", ImageURL: "lamp.png"},
		3: {Name: "Lamp (old)", Category: "sale", ImageURL: "lamp.png"},
		5: {Name: "Lamp, red", Category: "light", ImageURL: "lamp.png"},
		7: {Name: "Lamp, red", Category: "light", ImageURL: "lamp.png"},
	} {
		got := m.Suggest(Query{AsOf: monday.AddDate(0, 0, day), Max: 1, Basis: []Source{StorePopular}})
		if len(got) != 1 || got[0].Name != want.Name || got[0].Category != want.Category || got[0].ImageURL != want.ImageURL {
			t.Errorf("on day %d: %+v, want %+v", day, got, want)
		}
	}
}

func TestDescriptionsOfOneProductAreBounded(t *testing.T) {
	t.Parallel()
	m := New(Config{})
	for i := range maxRecords + 50 {
		m.Learn(Order{ID: fmt.Sprint(i), At: monday, Items: []Item{{ID: "x", URL: fmt.Sprintf("?session=%d", i)}}})
	}
	if got := len(m.products[0].records); got != maxRecords {
		t.Errorf("kept %d descriptions of one product, want %d", got, maxRecords)
	}
}

func TestTimesAtTheEdge(t *testing.T) {
	t.Parallel()
	m := learnt(Config{}, Order{ID: "1", Items: []Item{{ID: "zero time"}}}, order("2", 0, "a"))
	q := Query{AsOf: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Max: 5, Basis: []Source{StorePopular}}
	if got := m.Suggest(q); got != nil {
		t.Errorf("orders beyond the horizon gave %v", ids(got))
	}
	if m.Learn(Order{Items: []Item{{ID: "a"}}}) {
		t.Error("an order without an id was learnt")
	}
}
