package mailer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"rapport/pkg/message"
	"rapport/pkg/workspace"
)

// templates is a workspace with one mail of the usual size: a layout, a table of products.
func templates(t testing.TB) *workspace.Snapshot {
	t.Helper()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	s, err := workspace.Load(fstest.MapFS{
		"rapport.yaml": file("shop:\n  name: Blüm\n  url: https://shop.test\n  currency: GBP\n  timezone: Europe/London\n" +
			"email:\n  from:\n    name: Blüm\n    address: shop@shop.test\n"),
		"email/layouts/shop.html.liquid": file("<html><head><style>" + strings.Repeat("td { padding: 4px; color: #333333 }\n", 40) +
			"</style></head><body>{{ content }}<p>{{ shop.name }}</p></body></html>\n"),
		"email/layouts/shop.txt.liquid": file("{{ content }}\n-- \n{{ shop.name }}\n"),
		"email/thank-you.html.liquid": file("---\nsubject: Thank you, {{ profile.first_name | default: \"dear customer\" }}\npreheader: Your order {{ trigger.order_id }}\nlayout: shop\n---\n" +
			"<h1>Thank you!</h1><table>{% for p in trigger.products %}<tr><td>{{ p.name }}</td><td>{{ p.quantity }}</td><td>{{ p.price }}</td></tr>\n{% endfor %}</table>\n"),
		"email/thank-you.txt.liquid": file("---\nlayout: shop\n---\nThank you!\n{% for p in trigger.products %}{{ p.quantity }} x {{ p.name }}: {{ p.price }}\n{% endfor %}\n"),
	}, "bench")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// order is a command as the orchestrator writes it, with 20 products.
func order(t testing.TB, i int) *message.Command {
	t.Helper()
	var products []map[string]any
	for p := range 20 {
		products = append(products, map[string]any{"product_id": fmt.Sprint(p), "name": fmt.Sprintf("WHITE HANGING HEART T-LIGHT HOLDER & %d", p), "quantity": p + 1, "price": "2.55"})
	}
	vars, err := json.Marshal(map[string]any{
		"profile": map[string]any{"id": "c", "first_name": "Zoë", "orders": map[string]any{"count": 1}},
		"trigger": map[string]any{"order_id": "536365", "total": "15.30", "products": products},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := command(fmt.Sprintf("%032d", i), message.Transactional)
	c.Profile, c.Vars = fmt.Sprintf("customer-%d", i%997), vars
	return c
}

// BenchmarkMailer is the whole way of a command: broker, claim, render, SMTP to a server
// in this process, record, receipt. Broker and store sync as in production.
func BenchmarkMailer(b *testing.B) {
	s := newShop(b, nil)
	ws := templates(b)
	commands := make([]*message.Command, b.N)
	for i := range commands {
		commands[i] = order(b, i)
	}
	s.send(b, "", commands...)
	m := s.mailer(b, func(o *Options) { o.Render = ws.Mail })
	b.ResetTimer()
	stop := run(b, m)
	s.receipts(b, b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	if err := stop(); err != nil {
		b.Fatal(err)
	}
	if got := len(s.mail.mails()); got != b.N {
		b.Errorf("%d mails arrived, want %d", got, b.N)
	}
}

// BenchmarkHandOver is SMTP alone: 8 connections, one server in this process.
func BenchmarkHandOver(b *testing.B) {
	s := startServer(b, nil)
	p := newPool(b, s, nil)
	l := aLetter(b, "m1")
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := p.send(b.Context(), l); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkRender is rendering and MIME alone.
func BenchmarkRender(b *testing.B) {
	ws := templates(b)
	c := order(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		m, err := ws.Mail(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		l, err := compose(c, m, Identity{}, "", decided)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(l.mime)))
	}
}
