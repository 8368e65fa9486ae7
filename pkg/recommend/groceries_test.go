package recommend

import (
	"bufio"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// TestGroceriesLift compares counts and lift with the rules published for the Groceries set of the R package arules, as
// printed in Brett Lantz, "Machine Learning with R" (chapter on association rules).
func TestGroceriesLift(t *testing.T) {
	t.Parallel()
	lines := bufio.NewScanner(openTestdata(t, "baskets-groceries", "groceries.csv"))
	m := New(Config{HalfLife: 200 * 365 * 24 * time.Hour, Budget: 100_000})
	for n := 0; lines.Scan(); n++ {
		o := Order{ID: fmt.Sprint(n), At: monday}
		for id := range strings.SplitSeq(lines.Text(), ",") {
			o.Items = append(o.Items, Item{ID: id})
		}
		m.Learn(o)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if got, want := m.Stats(), (Stats{Orders: 9835, Products: 169, Incidences: 43367}); got != want {
		t.Fatalf("learnt %+v, want %+v", got, want)
	}
	m.measure = func(c table) float64 { return float64(c.both) * float64(c.n) / (float64(c.a) * float64(c.b)) }
	for _, rule := range []struct {
		left, right   string
		support, lift float64
	}{
		{"herbs", "root vegetables", 0.007015760, 3.956477},
		{"berries", "whipped/sour cream", 0.009049314, 3.796886},
	} {
		found := false
		for _, s := range m.Suggest(Query{AsOf: monday.Add(time.Second), Basket: []string{rule.left}, Max: 169}) {
			if s.ID != rule.right {
				continue
			}
			found = true
			if math.Abs(s.Score-rule.lift) > 1e-6 || s.Support != int(math.Round(rule.support*9835)) {
				t.Errorf("%s => %s: lift %.6f in %d orders, published %.6f in %.6f of them",
					rule.left, rule.right, s.Score, s.Support, rule.lift, rule.support)
			}
		}
		if !found {
			t.Errorf("%s => %s was not found", rule.left, rule.right)
		}
	}
}
