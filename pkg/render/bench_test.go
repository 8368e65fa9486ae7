package render_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/workspace/source"
)

// starterFiles are the messages of the starter workspace.
func starterFiles(tb testing.TB) []*source.File {
	tb.Helper()
	var files []*source.File
	root := os.DirFS("../../templates")
	for _, dir := range []string{"email", "sms", "locales"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(root, name)
			files = append(files, source.NewFile(name, string(text)))
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return files
}

func starterShop() render.Shop {
	return render.Shop{
		Name: "Hazel & Finch", URL: "https://hazelandfinch.example", Currency: "GBP", Locale: "en-GB", Timezone: "Europe/London",
		Address:  []string{"Hazel & Finch Ltd", "1 Example Street", "London EX1 1AA"},
		FromName: "Hazel & Finch", FromAddress: "hello@hazelandfinch.example", ReplyTo: "hello@hazelandfinch.example", SMSFrom: "HazelFinch",
	}
}

// order is an order confirmation with four products, as a shop's event tells of it.
func order(locale string) *message.Command {
	product := func(id, name, price, quantity string) string {
		return `{"product_id": "` + id + `", "name": "` + name + `", "price": "` + price + `", "quantity": ` + quantity +
			`, "category": "Lighting", "url": "https://hazelandfinch.example/p/` + id + `?ref=mail&v=1", "image_url": "https://cdn.hazelandfinch.example/i/` + id + `.jpg"}`
	}
	products := []string{
		product("84029G", "Brass table lamp \\\"Finch\\\"", "84.50", "1"), product("22752", "RED WOOLLY HOTTIE WHITE HEART", "3.39", "6"),
		product("71053", "White metal lantern & hook", "12.75", "2"), product("21730", "Glass star frosted t-light holder", "4.25", "4"),
	}
	return &message.Command{
		ID: strings.Repeat("0af3", 8), Profile: "ada", Journey: "thank-you", Step: "thanks", Channel: message.Email, Category: message.Transactional,
		Template: "thank-you", To: "ada@example.com", Locale: locale, Timezone: "Europe/Berlin", DecidedAt: time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC),
		Vars: []byte(`{"profile": {"id": "ada", "first_name": "Ada", "email": "ada@example.com", "orders": {"count": 3, "total": "312.40", "last_at": "2026-06-30T22:29:58Z", "last_id": "A-10233"}},
			"trigger": {"order_id": "A-10233", "total": "147.34", "currency": "GBP", "products": [` + strings.Join(products, ",") + `]}}`),
	}
}

// BenchmarkOrder renders the order confirmation of the starter workspace: subject, preheader, HTML in its layout with four products, plain
// text, in two languages; with all links tracked; and with plain text that is made of the HTML, which is what writing it by hand saves.
func BenchmarkOrder(b *testing.B) {
	keys, err := link.NewKeys(strings.Repeat("k", 32))
	if err != nil {
		b.Fatal(err)
	}
	tracked := &link.Maker{Keys: keys, Base: "https://news.hazelandfinch.example", Opens: true, Clicks: true, Transactional: true}
	files := starterFiles(b)
	made := slices.DeleteFunc(slices.Clone(files), func(f *source.File) bool {
		return strings.HasPrefix(f.Name, "email/thank-you.") && strings.HasSuffix(f.Name, ".txt.liquid")
	})
	for _, c := range []struct {
		name, locale string
		files        []*source.File
		opts         []render.Option
	}{
		{"English", "en-GB", files, nil},
		{"German", "de-AT", files, nil},
		{"tracked", "en-GB", files, []render.Option{render.WithLinks(tracked)}},
		{"text made of HTML", "en-GB", made, nil},
	} {
		var r source.Report
		set := render.Compile(c.files, starterShop(), &r)
		if ps := r.Problems(); ps.Errors() != nil {
			b.Fatal(ps)
		}
		cmd := order(c.locale)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m, err := set.Mail(b.Context(), cmd, c.opts...)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(m.HTML) + len(m.Text)))
			}
		})
	}
}
