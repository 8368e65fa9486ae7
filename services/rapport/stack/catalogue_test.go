package stack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rapport/services/catcher"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

// recommending is a workspace with the starter's mail and webhooks of Shopify, whose journey recommends at once.
func recommending(t *testing.T) fstest.MapFS {
	t.Helper()
	files := shop("", "category: transactional\nsteps:\n"+
		"  - {id: picks, recommend: {from: [store_popular], min: 1, max: 4}, otherwise: leave}\n"+
		"  - {id: offer, send: {email: related-products}}\n  - {id: crm, send: {webhook: crm}}\n")
	for _, name := range []string{
		"email/related-products.html.liquid", "email/related-products.txt.liquid", "email/layouts/shop.html.liquid", "email/layouts/shop.txt.liquid",
		"email/partials/thumbnail.html.liquid", "email/partials/button.html.liquid", "sources/shopify.yaml", "locales/en.yaml",
	} {
		if text, err := templates.FS.ReadFile(name); err == nil {
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	files["webhook/crm.yaml"] = &fstest.MapFile{Data: []byte("url: https://crm.shop.example/\nbody: |\n  {\"stand\": {{ catalogue[\"632910392\"].stock | json }}}\n")}
	return files
}

// products sends records to POST /v1/products.
func products(t *testing.T, st *stack.Stack, records string) {
	t.Helper()
	res, said := deliver(t, "http://"+st.Ingest.Addr()+"/v1/products", records, func(h http.Header) {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("key:")))
	})
	if res != http.StatusOK {
		t.Fatalf("the door answers %d: %s", res, said)
	}
}

func deliver(t *testing.T, to, body string, headers func(http.Header)) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	headers(req.Header)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // Reading it tells.
	said, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(said)
}

// crowd has three others buy three things, so that they are what the shop recommends.
func crowd(t *testing.T, st *stack.Stack) {
	t.Helper()
	var calls []string
	for _, who := range []string{"ben", "cleo", "dan"} {
		calls = append(calls, `{"type":"track","userId":"`+who+`","event":"Order Completed","messageId":"`+who+`","timestamp":"`+time.Now().Add(-time.Hour).Format(time.RFC3339)+`",
			"properties":{"order_id":"`+who+`","total":30,"currency":"GBP","products":[{"product_id":"632910392","name":"Cake stand","price":20},{"product_id":"bulb","name":"Bulb","price":5},{"product_id":"cord","name":"Cord","price":5}]}}`)
	}
	status, said := deliver(t, "http://"+st.Ingest.Addr()+"/v1/batch", `{"batch":[`+strings.Join(calls, ",")+`]}`, func(h http.Header) {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("key:")))
	})
	if status != http.StatusOK {
		t.Fatalf("the door answers %d: %s", status, said)
	}
	applied(t, st, "order.completed", 3)
}

// What the shop's system says of its products by a webhook, and a backend by a request, is what the
// next mail shows: nothing that is sold out, and prices and pictures as they are now.
func TestMailsShowProductsAsTheyAreNow(t *testing.T) {
	t.Setenv("RAPPORT_SECRET_SHOPIFY", "the shop's secret")
	st := open(t, func(c *stack.Config) { c.Starter = recommending(t) })
	crowd(t, st)
	offers := catcher.Filter{Channel: "email", Journey: "note"}
	read := func(n int) catcher.Content {
		t.Helper()
		m := caught(t, st, offers, n)
		content, err := st.Catcher.Read(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	post(t, st, "A1")
	if before := read(1); !strings.Contains(before.Text, "Cake stand") || !strings.Contains(before.Text, "Bulb") || strings.Contains(before.HTML, "£") {
		t.Fatalf("before anything is told of products the mail says %s", before.Text)
	}
	body := `{"id":632910392,"title":"Cake stand","handle":"stand","status":"active","published_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z","variants":[{"id":1,"price":"19.00","inventory_management":"shopify","inventory_quantity":0}],"images":[]}`
	mac := hmac.New(sha256.New, []byte("the shop's secret"))
	mac.Write([]byte(body))
	status, said := deliver(t, "http://"+st.Ingest.Addr()+"/v1/webhooks/shopify", body, func(h http.Header) {
		h.Set("X-Shopify-Topic", "products/update")
		h.Set("X-Shopify-Webhook-Id", "w1")
		h.Set("X-Shopify-Shop-Domain", "shop.example")
		h.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	})
	if status != http.StatusOK || !strings.Contains(said, "mapped") {
		t.Fatalf("the webhook is answered with %d: %s", status, said)
	}
	products(t, st, `[{"product_id":"bulb","name":"Warm bulb","price":"4.50","compare_at_price":"6.00","image_url":"https://shop.example/bulb.jpg","url":"https://shop.example/bulb"}]`)
	order(t, st, "A2")
	after := read(2)
	if strings.Contains(after.Text, "Cake stand") || !strings.Contains(after.Text, "Warm bulb") || !strings.Contains(after.Text, "Cord") {
		t.Errorf("once it is sold out the mail says %s", after.Text)
	}
	for _, want := range []string{"£4.50", "£6.00", "https://shop.example/bulb.jpg", `href="https://shop.example/bulb"`} {
		if !strings.Contains(after.HTML, want) {
			t.Errorf("the mail lacks %s: %s", want, after.HTML)
		}
	}
	hook := caught(t, st, catcher.Filter{Channel: "webhook", Journey: "note"}, 2)
	content, err := st.Catcher.Read(t.Context(), hook.ID)
	if err != nil || !strings.Contains(content.Text, `"stand": 0`) {
		t.Errorf("the webhook says %s, %v", content.Text, err)
	}
	if keep := os.Getenv("RAPPORT_KEEP_MAIL"); keep != "" {
		if err := os.WriteFile(filepath.Join(keep, "now.html"), []byte(after.HTML), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A feed that the process follows, and what a backend tells of a product, are one catalogue.
func TestFeedsAreFollowed(t *testing.T) {
	t.Parallel()
	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "id,title,price,availability\nbulb,Bulb of the feed,4.20 GBP,in stock\n632910392,Cake stand,19.00 GBP,out of stock\n")
	}))
	t.Cleanup(list.Close)
	st := open(t, func(c *stack.Config) {
		c.Starter = recommending(t)
		c.Feeds = stack.Feeds{URLs: []string{list.URL + "/feed.csv"}, AllowPrivate: true}
	})
	crowd(t, st)
	for n := 1; ; n++ {
		post(t, st, "A"+strconv.Itoa(n))
		m := caught(t, st, catcher.Filter{Channel: "email", Journey: "note"}, n)
		content, err := st.Catcher.Read(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(content.Text, "Bulb of the feed, £4.20") && !strings.Contains(content.Text, "Cake stand") {
			return
		}
		if n == 20 { // It is read at the start, while the first orders come.
			t.Fatalf("the mail says %s", content.Text)
		}
	}
}
