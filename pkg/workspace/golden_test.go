package workspace

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
)

var update = flag.Bool("update", false, "write the golden files anew")

// starter is the workspace that ships, two modules away from here.
const starter = "../../templates"

// decided is a summer evening, when London is an hour ahead of UTC and Berlin two: what a
// mail calls today is not the day in UTC.
var decided = time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)

func loadStarter(tb testing.TB) *Snapshot {
	tb.Helper()
	s, err := Load(os.DirFS(starter), "templates")
	if err != nil {
		tb.Fatalf("the starter workspace has mistakes:\n%v", err)
	}
	return s
}

// command is a message of the starter workspace, with variables as the engine makes them.
func command(tb testing.TB, template string, channel message.Channel, category message.Category, vars map[string]any) *message.Command {
	tb.Helper()
	b, err := json.Marshal(vars)
	if err != nil {
		tb.Fatal(err)
	}
	return &message.Command{
		ID: "0123456789abcdef0123456789abcdef", Profile: "17850", Journey: template, Step: "first", Channel: channel,
		Category: category, Template: template, To: "customer-17850@example.com", DecidedAt: decided, Vars: b,
	}
}

// basket is an order in the manner of the retail data that demos replay: names in capitals,
// no pictures, prices as numbers.
func basket() map[string]any {
	return map[string]any{
		"order_id": "536365", "total": "139.12", "currency": "GBP", "product_count": 7,
		"products": []any{
			map[string]any{"product_id": "85123A", "name": "WHITE HANGING HEART T-LIGHT HOLDER", "price": 2.55, "quantity": 6},
			map[string]any{"product_id": "71053", "name": "WHITE METAL LANTERN", "price": 3.39, "quantity": 6},
			map[string]any{"product_id": "84406B", "name": "CREAM CUPID HEARTS COAT HANGER", "price": 2.75, "quantity": 8},
			map[string]any{"product_id": "84029G", "name": "KNITTED UNION FLAG HOT WATER BOTTLE", "price": 3.39, "quantity": 6},
			map[string]any{"product_id": "84029E", "name": "RED WOOLLY HOTTIE WHITE HEART.", "price": 3.39, "quantity": 6},
			map[string]any{"product_id": "22752", "name": "SET 7 BABUSHKA NESTING BOXES", "price": 7.65, "quantity": 2},
			map[string]any{"product_id": "21730", "name": "GLASS STAR FROSTED T-LIGHT HOLDER", "price": 4.25, "quantity": 6},
		},
	}
}

// longOrder has more lines than a mail shows and next to nothing in them, and its customer
// no name.
func longOrder() map[string]any {
	products := make([]any, 20)
	for i := range products {
		products[i] = map[string]any{"product_id": fmt.Sprintf("P%02d", i+1), "name": fmt.Sprintf("Kerze <Nr. %d> & Halter", i+1), "price": "1234.50", "quantity": 1}
	}
	products[0] = map[string]any{"product_id": "P01", "quantity": 2.5}
	products[1] = map[string]any{
		"product_id": "P02", "name": "Lampe", "price": 9, "quantity": 1,
		"image_url": "https://img.example/lamp.jpg", "url": "https://hazelandfinch.example/lamp?a=1&b=2",
	}
	products[2] = map[string]any{"product_id": "P03", "name": "Hammer", "price": 9, "url": "javascript:alert(1)"}
	return map[string]any{"order_id": "A-9", "total": 12345.6, "currency": "EUR", "products": products, "product_count": 34}
}

func goldenCases(tb testing.TB) map[string]*message.Command {
	tb.Helper()
	known := map[string]any{"id": "17850", "first_name": "Ada", "email": "customer-17850@example.com", "orders": map[string]any{"count": 2, "total": "152.30"}}
	nameless := map[string]any{"id": "17850", "orders": map[string]any{"count": 1, "total": "12345.6"}}
	picks := []any{
		map[string]any{"id": "22423", "name": "REGENCY CAKESTAND 3 TIER"},
		map[string]any{"id": "22699", "name": "ROSES REGENCY TEACUP AND SAUCER"},
		map[string]any{"id": "47566", "name": "Party bunting", "category": "Garden", "url": "https://hazelandfinch.example/bunting", "image_url": "https://img.example/bunting.jpg"},
	}
	long := command(tb, "thank-you", message.Email, message.Transactional, map[string]any{"profile": nameless, "trigger": longOrder()})
	long.Locale, long.Timezone = "de", "Europe/Berlin"
	return map[string]*message.Command{
		"thank-you":        command(tb, "thank-you", message.Email, message.Transactional, map[string]any{"profile": known, "trigger": basket()}),
		"thank-you-long":   long,
		"related-products": command(tb, "related-products", message.Email, message.Marketing, map[string]any{"profile": known, "trigger": basket(), "recommendations": picks}),
		"win-back":         command(tb, "win-back", message.Email, message.Marketing, map[string]any{"profile": known, "trigger": basket()}),
		"win-back-sms":     command(tb, "win-back", message.SMS, message.Marketing, map[string]any{"profile": nameless, "trigger": basket()}),
	}
}

// TestGolden compares the shipped messages with what somebody has looked at. After a
// change that is meant: go test ./workspace -run Golden -update, and look at the difference.
func TestGolden(t *testing.T) {
	t.Parallel()
	s := loadStarter(t)
	for name, c := range goldenCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.Channel == message.SMS {
				sms, err := s.SMS(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+".txt", "from: "+sms.From+"\n\n"+sms.Body+"\n")
				return
			}
			m, err := s.Mail(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".html", m.HTML)
			golden(t, name+".txt", fmt.Sprintf("subject: %s\npreheader: %s\nfrom: %s <%s>\nreply-to: %s\n\n%s", m.Subject, m.Preheader, m.FromName, m.FromAddress, m.ReplyTo, m.Text))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if got != string(want) {
		t.Errorf("%s differs at line %d:\n got %q\nwant %q", path, firstDifference(got, string(want)), lineAt(got, firstDifference(got, string(want))), lineAt(string(want), firstDifference(got, string(want))))
	}
}

func firstDifference(a, b string) int {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return i + 1
		}
	}
	return min(len(as), len(bs)) + 1
}

func lineAt(s string, n int) string {
	lines := strings.Split(s, "\n")
	if n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// BenchmarkThankYou renders the shipped thank-you mail: subject, HTML and text of an order
// with seven lines.
func BenchmarkThankYou(b *testing.B) {
	s, c := loadStarter(b), goldenCases(b)["thank-you"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Mail(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad reads and checks the starter workspace.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		loadStarter(b)
	}
}
