package importing_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/client"
	"rapport/services/rapport/importing"
)

// nothing is a sink that takes everything at once.
type nothing struct{ report func([]client.Result) }

func (n *nothing) Put(_ context.Context, c client.Call) error {
	n.report([]client.Result{{Call: c}})
	return nil
}

func (n *nothing) Close(context.Context) error { return nil }

// large writes a file of n rows: what a shop exports of its customers, or of its orders.
func large(t testing.TB, k importing.Kind, n int) string {
	t.Helper()
	var b strings.Builder
	switch k {
	case importing.Profiles:
		b.WriteString("customer_id,email,phone,first_name,last_name,country,city,points,updated_at\n")
		for i := range n {
			fmt.Fprintf(&b, "c-%d,ada.lovelace.%d@example.com,+4930%07d,Ada,Lovelace,DE,Berlin,%d,2025-%02d-%02dT10:11:12+01:00\n", i, i, i%10_000_000, i, 1+i%12, 1+i%28)
		}
	default:
		b.WriteString("order_id,customer_id,email,created_at,total,currency,line_items\n")
		for i := range n {
			fmt.Fprintf(&b, "%d,c-%d,ada.lovelace.%d@example.com,2025-%02d-%02d 10:11:12 +0100,%d.90,EUR,\"[{\"\"product_id\"\":\"\"p-%d\"\",\"\"name\"\":\"\"Lamp, large\"\",\"\"price\"\":19.90,\"\"quantity\"\":2}]\"\n",
				i, i%100_000, i%100_000, 1+i%12, 1+i%28, i%1000, i%500)
		}
	}
	path := filepath.Join(t.TempDir(), "large.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// BenchmarkImport is the importer alone, without anybody who takes the events: rows that are read, mapped,
// checked and accounted for.
func BenchmarkImport(b *testing.B) {
	for _, k := range []importing.Kind{importing.Profiles, importing.Orders} {
		b.Run(string(k), func(b *testing.B) {
			const rows = 100_000
			path := large(b, k, rows)
			b.ReportAllocs()
			for b.Loop() {
				counts, err := importing.Run(b.Context(), importing.Options{
					Path: path, Kind: k,
					Open: func(report func([]client.Result)) (importing.Sink, error) { return &nothing{report}, nil },
				})
				if err != nil || counts.Stored != rows {
					b.Fatalf("%+v, %v", counts, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
