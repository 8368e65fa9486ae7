package replay_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/services/rapport/invoices"
	"rapport/services/rapport/replay"
	"rapport/templates"
)

const day = 24 * time.Hour

// demo is the shipped extract.
const demo = "../demo/online-retail-extract.csv.gz"

// sale is an invoice as the recount reads it: nothing here uses the code under test.
type sale struct {
	at       time.Time
	number   string
	customer string
	pence    *big.Rat
	codes    []string
}

// recount reads a file of invoices again, with a few lines of its own.
func recount(t *testing.T, path string) (sales []sale, rows, dropped int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // It was only read.
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(z)
	index := map[string]int{}
	for {
		r, err := in.Read()
		if err == io.EOF {
			return sales, rows, dropped
		}
		if err != nil {
			t.Fatal(err)
		}
		if r[0] == "InvoiceNo" {
			continue
		}
		rows++
		quantity, _ := new(big.Rat).SetString(r[3])
		price, _ := new(big.Rat).SetString(r[5])
		if strings.HasPrefix(r[0], "C") {
			quantity.Neg(quantity)
		}
		if quantity.Sign() <= 0 || price.Sign() <= 0 {
			dropped++
			continue
		}
		key := r[0] + "/" + r[6]
		i, ok := index[key]
		if !ok {
			at, err := time.Parse(time.DateTime, r[4])
			if err != nil {
				t.Fatal(err)
			}
			i = len(sales)
			index[key] = i
			sales = append(sales, sale{at: at, number: r[0], customer: r[6], pence: new(big.Rat)})
		}
		sales[i].pence.Add(sales[i].pence, quantity.Mul(quantity, price))
		sales[i].codes = append(sales[i].codes, r[1])
	}
}

// expected is the table that follows from the file alone.
type expected struct {
	orders, known, anonymous, refunds, customers int
	revenue                                      string
	related, first, second, restarted, wonBack   int
}

func expect(sales []sale) expected {
	var e expected
	revenue := new(big.Rat)
	people := map[string][]time.Time{}
	until := sales[len(sales)-1].at.Add(90 * day)
	customers := map[string]bool{}
	for _, s := range sales {
		if s.customer != "" {
			customers[s.customer] = true
		}
		switch {
		case strings.HasPrefix(s.number, "C"):
			e.refunds++
			continue
		case s.customer == "":
			e.anonymous++
		default:
			e.known++
			revenue.Add(revenue, s.pence)
			people[s.customer] = append(people[s.customer], s.at)
		}
		e.orders++
	}
	e.customers, e.revenue = len(customers), revenue.FloatString(2)
	for _, orders := range people {
		var entered time.Time
		for i, at := range orders {
			if entered.IsZero() || at.Sub(entered) >= 30*day {
				entered = at
				e.related++
			}
			next, last := until.Add(1), i == len(orders)-1
			if !last {
				next = orders[i+1]
			}
			// A timer fires before the next order when it is due before it.
			quiet := next.Sub(at)
			if quiet > 60*day {
				e.first++
			}
			texted := next.After(awake(at.Add(90 * day)))
			if texted {
				e.second++
			}
			switch {
			case texted || last:
			case quiet > 60*day:
				e.wonBack++
			default:
				e.restarted++
			}
		}
	}
	return e
}

// awake is the time, or nine in the morning in London when it lies between eight in the
// evening and then: policy.yaml keeps texts back for so long.
func awake(at time.Time) time.Time {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	at = at.In(london)
	for at.Hour() >= 20 || at.Hour() < 9 {
		at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour()+1, 0, 0, 0, london)
	}
	return at.UTC()
}

// Every count of the demo's table is counted again from the file.
func TestTheTableIsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	files := []string{demo}
	if full := fullFile(t); full != "" {
		files = append(files, full)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			sales, rows, dropped := recount(t, file)
			want := expect(sales)
			got := run(t, replay.Options{File: file})
			for name, pair := range map[string][2]int{
				"rows": {got.Rows, rows}, "rows_dropped": {got.RowsDropped, dropped}, "rows_refused": {got.RowsRefused, 0},
				"events": {got.Events, len(sales)}, "applied": {got.Applied, len(sales)},
				"orders": {got.Orders, want.orders}, "orders_known": {got.OrdersKnown, want.known},
				"orders_anonymous": {got.OrdersAnonymous, want.anonymous}, "refunds": {got.Refunds, want.refunds},
				"customers": {got.Customers, want.customers}, "duplicates": {got.Duplicates, 0}, "lost": {got.Lost, 0},
				"uncertain": {got.Uncertain, 0}, "resent": {got.Resent, 0},
				"thank-you sent": {sent(got, "thank-you", "email"), want.known}, "win-back first": {sent(got, "win-back", "email"), want.first},
				"win-back second": {sent(got, "win-back", "sms"), want.second},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s = %d, the file says %d", name, pair[0], pair[1])
				}
			}
			if string(got.RevenueKnown) != want.revenue {
				t.Errorf("revenue_known = %s, the file says %s", got.RevenueKnown, want.revenue)
			}
			for name, counts := range map[string]store.JourneyCounts{
				"thank-you": {Entered: want.known, Finished: want.known},
				"win-back":  {Entered: want.known, Left: want.restarted + want.wonBack, Finished: want.second},
			} {
				if got.Journeys[name] != counts {
					t.Errorf("%s = %+v, the file says %+v", name, got.Journeys[name], counts)
				}
			}
			r := got.Journeys["related-products"]
			if offers := sent(got, "related-products", "email"); r.Entered != want.related || r.Left+r.Finished != r.Entered || r.Finished != offers {
				t.Errorf("related-products = %+v with %d offers, the file says that %d enter", r, offers, want.related)
			}
			if want := companions(sales); r.Finished != want {
				t.Errorf("%d offers, brute force over the file finds two products for %d", r.Finished, want)
			}
		})
	}
}

func sent(r *replay.Report, journey, channel string) int {
	n := 0
	for _, m := range r.Messages {
		if m.Journey == journey && string(m.Channel) == channel && m.Outcome == "sent" && m.Reason == "" {
			n += m.Count
		}
	}
	return n
}

// run replays quietly.
func run(t *testing.T, o replay.Options) *replay.Report {
	t.Helper()
	o.Starter, o.Until, o.Progress, o.Logger = templates.FS, 90*day, replay.Quiet, slog.New(slog.DiscardHandler)
	o.Problem = func(p invoices.Problem) { t.Errorf("problem: %v", p) }
	report, err := replay.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// fullFile is the whole data set, which takes a minute: only when RAPPORT_FULL is set.
func fullFile(t *testing.T) string {
	t.Helper()
	if os.Getenv("RAPPORT_FULL") == "" {
		t.Log("the whole seven months are replayed with RAPPORT_FULL=1 only")
		return ""
	}
	dir := os.Getenv("RAPPORT_TESTDATA")
	if dir == "" {
		dir = "../../../../shared/testdata"
	}
	found, err := filepath.Glob(filepath.Join(dir, "online-retail", "*.csv.gz"))
	if err != nil || len(found) == 0 {
		t.Logf("no online-retail data set under %s", dir)
		return ""
	}
	return slices.Min(found)
}
