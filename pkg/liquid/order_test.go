package liquid_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// amount prints minor units; the package leaves money to its users.
func amount(c *liquid.Call, in any, _ []any) (any, error) {
	cents, ok := in.(int64)
	if !ok {
		return nil, fmt.Errorf("amount wants minor units, not %T", in)
	}
	out := make([]byte, 0, 24)
	out = fmt.Appendf(out, "€%d.%02d", cents/100, cents%100)
	return string(out), c.Charge(len(out))
}

func orderEngine(opts ...liquid.Option) *liquid.Engine {
	return liquid.New(append(opts,
		liquid.WithLoader(func(name string) (string, error) {
			b, err := os.ReadFile(filepath.Join("testdata", "order", filepath.Base(name)+".liquid"))
			return string(b), err
		}),
		liquid.WithFilter("amount", liquid.Filter{Func: amount}),
	)...)
}

func orderVars(lines int) (vars, globals map[string]any) {
	var list []any
	total := int64(0)
	for i := range lines {
		price := int64(495 + 250*i)
		total += price * 2
		variant := ""
		if i%2 == 0 {
			variant = fmt.Sprintf("Size %d, \"extra\" long", 36+i)
		}
		list = append(list, map[string]any{
			"title": fmt.Sprintf("Candle & holder no. %d", i+1), "variant": variant, "quantity": int64(2), "price": price,
			"url":   fmt.Sprintf("https://shop.example/p/%d?from=mail&pos=%d", 1000+i, i),
			"image": fmt.Sprintf("https://cdn.shop.example/i/%d.jpg", 1000+i),
		})
	}
	vars = map[string]any{
		"customer": map[string]any{"first_name": "Zoë <3"},
		"links":    map[string]any{"unsubscribe": "https://shop.example/u/abc"},
		"order": map[string]any{
			"number": "R-10423", "note": "It leaves our house today", "lines": list, "shipping": "express",
			"placed_at": time.Date(2026, 5, 4, 7, 5, 0, 0, time.UTC), "address": map[string]any{"city": "Graz"},
			"subtotal": total, "discount": int64(500), "discount_code": "may5", "shipping_price": int64(590), "total": total + 90,
		},
	}
	globals = map[string]any{"shop": map[string]any{
		"name": "Tallow & Wick", "url": "https://shop.example", "logo": "https://cdn.shop.example/logo.png",
		"color": "#b7410e", "address": "12 Dock Street\nLeeds",
	}}
	return vars, globals
}

func renderOrder(tb testing.TB, opts ...liquid.Option) (*liquid.Template, map[string]any, []liquid.RenderOption) {
	tb.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "order", "order.liquid"))
	if err != nil {
		tb.Fatal(err)
	}
	tmpl, err := orderEngine(opts...).Parse("order.liquid", string(src))
	if err != nil {
		tb.Fatal(err)
	}
	vars, globals := orderVars(20)
	vars["shop"] = globals["shop"]
	return tmpl, vars, []liquid.RenderOption{liquid.Globals(globals), liquid.In(time.FixedZone("CEST", 2*3600))}
}

// TestOrderEmail reads the mail of the benchmark: what is measured has to be
// right.
func TestOrderEmail(t *testing.T) {
	t.Parallel()
	tmpl, vars, opts := renderOrder(t)
	out, err := tmpl.Render(context.Background(), vars, opts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<html lang="en">`, "<title>Your order R-10423</title>", "<h1>Thank you, Zoë &lt;3!</h1>", "of 4 May 2026, 09:05 is on its way",
		"It arrives tomorrow.", "<small>Size 36, &quot;extra&quot; long</small>", "2 &times; €4.95",
		`<a href="https://shop.example/p/1003?from=mail&amp;pos=3">Candle &amp; holder no. 4</a>` + "\n  </td>", "20 items", "Discount MAY5",
		`href="https://shop.example/orders/R-10423"`, "Tallow &amp; Wick, 12 Dock Street<br />\nLeeds", "border-top:4px solid #b7410e",
		`<a href="https://shop.example/u/abc">No more mail like this</a>`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the mail lacks %q", want)
		}
	}
	if n := strings.Count(out, "<tr>"); n != 20+4+3+1 {
		t.Errorf("the mail has %d rows", n)
	}
	if t.Failed() && testing.Verbose() {
		t.Log(out)
	}
}

// BenchmarkOrderEmail renders the mail of TestOrderEmail: a layout, 20 lines
// by a partial, about 150 outputs, 9 kB.
func BenchmarkOrderEmail(b *testing.B) {
	tmpl, vars, opts := renderOrder(b)
	ctx := context.Background()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = tmpl.Append(ctx, buf[:0], vars, opts...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "bytes/mail")
}

// BenchmarkParse compiles the body of the same mail; its partials are cached.
func BenchmarkParse(b *testing.B) {
	src, err := os.ReadFile(filepath.Join("testdata", "order", "order.liquid"))
	if err != nil {
		b.Fatal(err)
	}
	e := orderEngine()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Parse("order.liquid", string(src)); err != nil {
			b.Fatal(err)
		}
	}
}
