package feed_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/catalogue"
	"rapport/pkg/catalogue/feed"
)

// read returns the records of a feed, and "place id: reason" of what is refused.
func read(in io.Reader) (records, refused []string, err error) {
	r := feed.Reader{
		Now:     time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Take:    func(_ string, record []byte) error { records = append(records, string(record)); return nil },
		Refused: func(f feed.Refusal) { refused = append(refused, fmt.Sprintf("%s %s: %s", f.Place, f.ID, f.Reason)) },
	}
	err = r.Read(in)
	return records, refused, err
}

const rss = `<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title><link>https://shop.example</link>
<item><g:id>lamp</g:id><title>RSS title</title><g:title>Ash &amp; oak lamp</g:title><link>https://shop.example/lamp</link><g:image_link>https://shop.example/lamp.jpg</g:image_link>
<g:price>112.50 GBP</g:price><g:sale_price>99.00 GBP</g:sale_price><g:sale_price_effective_date>2026-03-01T00:00+0000/2026-03-08T00:00+0000</g:sale_price_effective_date>
<g:availability>in stock</g:availability><g:product_type>Home &gt; Lighting &gt; Lamps</g:product_type><g:google_product_category>594</g:google_product_category><g:brand>Ash</g:brand><g:item_group_id>lamps</g:item_group_id>
<g:shipping><g:country>GB</g:country><g:price>4.00 GBP</g:price></g:shipping></item>
<item><g:id>bulb</g:id><title><![CDATA[Bulb <warm>]]></title><g:price>4.50 GBP</g:price><g:availability>out_of_stock</g:availability></item>
<item><g:id>cord</g:id><g:price>on request</g:price></item>
<item><title>nobody</title></item>
</channel></rss>`

const lamp = `{"available":true,"brand":"Ash","category":"Lamps","compare_at_price":112.50,"currency":"GBP","image_url":"https://shop.example/lamp.jpg","item_group_id":"lamps","name":"Ash & oak lamp","price":99.00,"product_id":"lamp","url":"https://shop.example/lamp"}`

const bulb = `{"available":false,"compare_at_price":null,"currency":"GBP","name":"Bulb <warm>","price":4.50,"product_id":"bulb"}`

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	t.Parallel()
	atom := `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title><link rel="self" href="https://shop.example/feed"/>
		<entry><g:id>bulb</g:id><title>Bulb &lt;warm&gt;</title><link rel="edit" href="https://shop.example/edit"/><g:price>4.50 GBP</g:price><g:availability>sold out</g:availability></entry></feed>`
	table := "id\ttitle\tprice\tavailability\tproduct type\nbulb\tBulb <warm>\t4.50 GBP\tout of stock\t\n\nx\ty\n"
	for name, c := range map[string]struct {
		text             string
		records, refused []string
	}{
		"RSS":         {rss, []string{lamp, bulb}, []string{`item 3 cord: price is "on request", must be an amount such as 12.50 GBP`, "item 4 : product_id is missing: name the product"}},
		"RSS, packed": {packed(t, rss), []string{lamp, bulb}, []string{`item 3 cord: price is "on request", must be an amount such as 12.50 GBP`, "item 4 : product_id is missing: name the product"}},
		"Atom":        {atom, []string{bulb}, nil},
		"tabs":        {table, []string{bulb}, []string{"line 4 : has 2 values, and there are 5 columns"}},
		"semicolons, marked, in Windows' letters": {
			"\ufeffproduct_id;name;price;currency;stock\r\n7;\"Th\xe9 \"\"noir\"\"\";1.299,90;eur;3\r\n",
			[]string{`{"compare_at_price":null,"currency":"EUR","name":"Thé \"noir\"","price":1299.90,"product_id":"7","stock":3}`},
			nil,
		},
		"a JSON array": {
			`[{"offerId":"no"},{"id":"bulb","title":"Bulb <warm>","price":{"value":"4.50","currency":"GBP"},"availability":"out of stock"}]`,
			[]string{bulb},
			[]string{"product 1 : product_id is missing: name the product"},
		},
		"JSON lines": {
			"{\"product_id\":7,\"price\":1e1}\n{\"product_id\":\"8\",\"available\":false,\"stock\":2.5}",
			[]string{`{"available":false,"compare_at_price":null,"product_id":"8","stock":2.5}`},
			[]string{`product 1 7: price is "1e1", must be an amount such as 12.50 GBP`},
		},
		"an empty list": {"[]", nil, nil},
	} {
		records, refused, err := read(strings.NewReader(c.text))
		if err != nil || !slices.Equal(records, c.records) || !slices.Equal(refused, c.refused) {
			t.Errorf("%s: %s\nrefused %q, %v\nwant %s\nand %q", name, records, refused, err, c.records, c.refused)
		}
	}
}

// What is not read to its end is an error, since what is missing would count as no longer sold.
func TestIncompleteFeedsAreErrors(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "white space": " \n", "cut RSS": rss[:len(rss)-20], "cut within an item": rss[:len(rss)/2], "cut gzip": packed(t, rss)[:200],
		"a web page": "<!DOCTYPE html><html><body>Moved</body></html>", "cut JSON": `[{"id":"a"},`, "cut lines": `{"id":"a"}` + "\n{", "no list": `{"id":"a"} x`,
		"no columns": "Not found\n", "a foreign charset": `<?xml version="1.0" encoding="klingon"?><rss></rss>`,
		"one endless item":  "<rss><item><g:id>" + strings.Repeat("a", 300<<10) + "</g:id></item></rss>",
		"one endless value": "id,title\n\"" + strings.Repeat("a", 300<<10),
		"an endless object": `[{"id":"` + strings.Repeat("a", 300<<10) + `"}]`,
	} {
		if records, _, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("%s is read as %.300s", name, records)
		}
	}
	stop := errors.New("stop")
	r := feed.Reader{Take: func(string, []byte) error { return stop }}
	if err := r.Read(strings.NewReader(rss)); !errors.Is(err, stop) {
		t.Errorf("what Take says is %v", err)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12.50 GBP": "12.50 GBP", "GBP 12.50": "12.50 GBP", "12,50 EUR": "12.50 EUR", "1.299,00EUR": "1299.00 EUR", "1,299.00 usd": "1299.00 USD",
		"1,299": "1299", "0012.5": "12.5", "0": "0", "00": "0", "12": "12", "1'299.00 CHF": "1299.00 CHF", "1 299,00 SEK": "1299.00 SEK", ".5": "refused",
		"": "", "free": "refused", "-5 GBP": "refused", "12.50 pounds": "refused", "1.2.3": "refused", "1-2": "refused",
	} {
		records, refused, err := read(strings.NewReader("id|price\na|" + text + "\n"))
		got := "refused"
		if len(records) == 1 {
			p, perr := catalogue.Parse([]byte(records[0]))
			if perr != nil {
				t.Fatal(perr)
			}
			got = strings.TrimSpace(string(p.Price) + " " + p.Currency)
		}
		if err != nil || got != want || len(records)+len(refused) != 1 {
			t.Errorf("%q is %s, %v, %v; want %s", text, got, refused, err, want)
		}
	}
	for when, want := range map[string]string{
		"": "8", "2026-03-02T00:00Z/2026-03-03T00:00Z": "8", "2026-03-02T10:00+0100/2026-03-03": "8", "2026-02-01/2026-03-01": "10", "later": "10", "2026-03-02/never": "10",
	} {
		records, _, err := read(strings.NewReader("id|price|sale_price|sale_price_effective_date\na|10|8|" + when + "\n"))
		if err != nil || len(records) != 1 || !strings.Contains(records[0], `"price":`+want+`,`) || strings.Contains(records[0], `"compare_at_price":10`) != (want == "8") {
			t.Errorf("a sale of %q: %s, %v; want %s", when, records, err, want)
		}
	}
}

// Any bytes: records are such as the catalogue takes, and nothing takes for ever.
func FuzzRead(f *testing.F) {
	for _, text := range []string{rss, "id,price\na,1\n", `[{"id":"a","price":"1,5 EUR"}]`, "{\"product_id\":\"a\"}\n{}", "\x1f\x8b", "\xff\xfe<\x00", "<feed><entry><link href='x'/></entry></feed>"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		records, _, _ := read(bytes.NewReader(text))
		for _, record := range records {
			if p, err := catalogue.Parse([]byte(record)); err != nil || string(p.Record) != record {
				t.Fatalf("%q gives %s, %v", text, record, err)
			}
		}
	})
}
