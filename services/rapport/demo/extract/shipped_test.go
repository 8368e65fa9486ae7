package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// shipped is the file that `make demo` replays.
const shipped = "../online-retail-extract.csv.gz"

const day = 24 * time.Hour

// purchases is what the demo's journeys will see of the shipped file, read with a few lines of its own.
type purchases struct {
	rows, dropped, orders, anonymous, refunds int
	customers                                 map[string][]time.Time // times of their orders, in order; none for refunds alone
	odd                                       int                    // rows of codes that are no products
	last                                      time.Time
	atLast                                    []string // invoices at the last time
}

func readShipped(t *testing.T) purchases {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(unpacked(t, shipped))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := purchases{rows: len(rows) - 1, customers: map[string][]time.Time{}}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		invoice, customer := row[0], row[6]
		var quantity, price float64
		if _, err := fmt.Sscan(row[3]+" "+row[5], &quantity, &price); err != nil {
			t.Fatalf("row %q: %v", row, err)
		}
		refund := strings.HasPrefix(invoice, "C")
		if refund {
			quantity = -quantity
		}
		if row[1] == "POST" || row[1] == "DOT" || row[1] == "M" {
			p.odd++
		}
		if quantity <= 0 || price <= 0 {
			p.dropped++
			continue
		}
		if seen[invoice] {
			continue
		}
		seen[invoice] = true
		p.add(t, invoice, customer, row[4], refund)
	}
	return p
}

func (p *purchases) add(t *testing.T, invoice, customer, when string, refund bool) {
	t.Helper()
	at, err := time.Parse(time.DateTime, when)
	if err != nil {
		t.Fatal(err)
	}
	if at.Before(p.last) {
		t.Errorf("invoice %s at %s stands behind one at %s", invoice, at, p.last)
	}
	if at.After(p.last) {
		p.last, p.atLast = at, nil
	}
	p.atLast = append(p.atLast, invoice)
	orders, known := p.customers[customer], customer != ""
	switch {
	case refund:
		p.refunds++
	case known:
		p.orders++
		orders = append(orders, at)
	default:
		p.orders++
		p.anonymous++
	}
	if known {
		p.customers[customer] = orders
	}
}

// TestShippedExtractExercisesTheJourneys shows that the demo has something to show: each way through each journey that
// real purchases can take.
func TestShippedExtractExercisesTheJourneys(t *testing.T) {
	t.Parallel()
	p := readShipped(t)
	var wonBack, wonBackLate, soonAgain, monthAgain int
	for _, orders := range p.customers {
		for i := 1; i < len(orders); i++ {
			switch gap := orders[i].Sub(orders[i-1]); {
			case gap > 90*day:
				wonBackLate++
			case gap > 60*day:
				wonBack++
			case gap > 30*day:
				monthAgain++
			default:
				soonAgain++
			}
		}
	}
	for name, c := range map[string]struct{ got, atLeast int }{
		"orders":                             {p.orders, 600},
		"customers":                          {len(p.customers), 200},
		"refunds":                            {p.refunds, 100},
		"anonymous orders":                   {p.anonymous, 50},
		"rows that are dropped":              {p.dropped, 100},
		"rows of codes that are no products": {p.odd, 50},
		"orders within 30 days of the one before": {soonAgain, 50},
		"orders 30 to 60 days after":              {monthAgain, 20},
		"orders 60 to 90 days after":              {wonBack, 20},
		"orders more than 90 days after":          {wonBackLate, 20},
	} {
		t.Logf("%s: %d", name, c.got)
		if c.got < c.atLeast {
			t.Errorf("%s: %d, want at least %d", name, c.got, c.atLeast)
		}
	}
}

// TestShippedExtractSitsOnNoBoundary shows that the demo's counts depend on no rule about inclusive limits: no customer
// comes back exactly 3, 30, 60 or 90 days later, and the replay, which ends 90 days after the last event, does not end
// in the moment in which an order's 90 days do.
func TestShippedExtractSitsOnNoBoundary(t *testing.T) {
	t.Parallel()
	p := readShipped(t)
	for customer, orders := range p.customers {
		for i, a := range orders {
			for _, b := range orders[i+1:] {
				if gap := b.Sub(a); gap == 3*day || gap == 30*day || gap == 60*day || gap == 90*day {
					t.Errorf("customer %s has orders exactly %s apart, at %s and %s", customer, gap, a, b)
				}
			}
		}
	}
	for _, invoice := range p.atLast {
		if !strings.HasPrefix(invoice, "C") {
			t.Errorf("the last event is the order %s: its 90 days end with the replay", invoice)
		}
	}
}

// TestAttributionSaysWhatIsShipped keeps the licence's condition: who made the data, under which licence, and what was
// changed, with the figures of the file that is there.
func TestAttributionSaysWhatIsShipped(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../ATTRIBUTION.md")
	if err != nil {
		t.Fatal(err)
	}
	p := readShipped(t)
	for _, want := range []string{
		"Chen", "Sain", "Guo", "10.24432/C5BW33", "creativecommons.org/licenses/by/4.0",
		fmt.Sprintf("%d rows", p.rows), fmt.Sprintf("%d orders", p.orders), fmt.Sprintf("%d refunds", p.refunds),
		fmt.Sprintf("%d customers", len(p.customers)), fmt.Sprintf("%d of them anonymous", p.anonymous),
		fmt.Sprintf("every %dth", every),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("ATTRIBUTION.md does not say %q", want)
		}
	}
	if info, err := os.Stat(shipped); err != nil || info.Size() > 600<<10 {
		t.Errorf("the extract should be there and take at most 600 KiB: %v, %v", info, err)
	}
}
