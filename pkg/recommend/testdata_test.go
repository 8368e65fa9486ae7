package recommend

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// openTestdata opens a file of the shared test data, or skips the test when it is not there.
func openTestdata(tb testing.TB, elem ...string) *os.File {
	tb.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			tb.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
				break
			}
			if dir == filepath.Dir(dir) {
				tb.Skip("no go.work above this package: set RAPPORT_TESTDATA to run this test")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared", "testdata")
	}
	f, err := os.Open(filepath.Join(append([]string{root}, elem...)...))
	if errors.Is(err, os.ErrNotExist) {
		tb.Skipf("test data is absent: %v; set RAPPORT_TESTDATA to where it is", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

// notProducts are the stock codes of the online-retail file that are not products.
var notProducts = regexp.MustCompile(`^(POST|DOT|D|M|m|C2|BANK CHARGES|PADS|CRUK|AMAZONFEE|S|B|gift_.*|TEST.*)$`)

func sellable(id string) bool { return !notProducts.MatchString(id) }

// readRetail reads the online-retail invoices as orders, in the order of time: C invoices (cancellations) and rows
// without a positive quantity and price are left out.
func readRetail(tb testing.TB) []Order {
	tb.Helper()
	zipped, err := gzip.NewReader(openTestdata(tb, "online-retail", "online_retail_2010-12_2011-06.csv.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	rows := csv.NewReader(zipped)
	if _, err := rows.Read(); err != nil {
		tb.Fatal(err)
	}
	place := map[string]int{}
	var orders []Order
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		quantity, _ := strconv.Atoi(row[3])
		price, _ := strconv.ParseFloat(row[5], 64)
		if strings.HasPrefix(row[0], "C") || quantity <= 0 || price <= 0 {
			continue
		}
		at, err := time.Parse(time.DateTime, row[4])
		if err != nil {
			tb.Fatal(err)
		}
		i, known := place[row[0]]
		if !known {
			i = len(orders)
			place[row[0]] = i
			orders = append(orders, Order{ID: row[0], At: at})
		}
		orders[i].Items = append(orders[i].Items, Item{ID: row[1], Name: row[2]})
	}
	slices.SortStableFunc(orders, func(a, b Order) int { return a.At.Compare(b.At) })
	return orders
}
