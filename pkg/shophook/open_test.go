package shophook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/shophook"
	"rapport/pkg/workspace"
)

const testSecret = "hush"

// at is when the deliveries of these tests are received.
var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// opened are the sources of templates/ and of testdata/, read as a workspace is, with one secret.
var opened = sync.OnceValues(func() (*shophook.Sources, error) {
	files := fstest.MapFS{"rapport.yaml": {Data: []byte("shop: {name: S, currency: GBP, timezone: UTC}\n")}}
	for _, pattern := range []string{"../../templates/sources/*.yaml", "testdata/sources/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			files["sources/"+filepath.Base(name)] = &fstest.MapFile{Data: text}
		}
	}
	s, err := workspace.Load(files, "test")
	if err != nil {
		return nil, err
	}
	return shophook.Open(s.Sources(), func(string) string { return testSecret }), nil
})

func open(t testing.TB, name string) *shophook.Source {
	t.Helper()
	all, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	src := all.Get(name)
	if src == nil {
		t.Fatalf("there is no source %s among %v", name, all.Names())
	}
	return src
}

func mac(parts ...string) []byte {
	m := hmac.New(sha256.New, []byte(testSecret))
	for _, p := range parts {
		_, _ = m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// signed are the headers of a delivery, as each of the shops sends them.
func signed(shop, topic string, body []byte) http.Header {
	h := http.Header{}
	stamp := fmt.Sprint(at.Unix())
	switch shop {
	case "shopify":
		h.Set("X-Shopify-Topic", topic)
		h.Set("X-Shopify-Shop-Domain", "hazel.myshopify.com")
		h.Set("X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
		h.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac(string(body))))
	case "woocommerce":
		h.Set("X-WC-Webhook-Topic", topic)
		h.Set("X-WC-Webhook-Delivery-ID", "5d3e")
		h.Set("X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(mac(string(body))))
	case "stripe":
		h.Set("Stripe-Signature", "t="+stamp+",v1="+hex.EncodeToString(mac(stamp, ".", string(body))))
	default:
		h.Set("X-Gizmo-Time", stamp)
		h.Set("X-Gizmo-Sign", "sha256="+hex.EncodeToString(mac(stamp, ".", string(body))))
	}
	return h
}

// deliver hands a body that is signed to a source.
func deliver(t testing.TB, shop, topic string, body []byte) (shophook.Delivery, error) {
	t.Helper()
	return open(t, shop).Receive(signed(shop, topic, body), body, at)
}

// corpus is a file of the shared test data; the test is skipped where there is none.
func corpus(t testing.TB, path ...string) []byte {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = "../../../shared/testdata"
	}
	b, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Skipf("%v; set RAPPORT_TESTDATA to where the test data is", err)
	}
	return b
}

// inside is a part of a document of a shop's API, as its webhooks send it; "" is all of it.
func inside(t testing.TB, doc []byte, names ...string) []byte {
	t.Helper()
	for _, name := range names {
		var list []json.RawMessage
		if index, err := strconv.Atoi(strings.Trim(name, "[]")); err == nil {
			if err := json.Unmarshal(doc, &list); err != nil {
				t.Fatal(err)
			}
			doc = list[index]
			continue
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(doc, &m); err != nil || m[name] == nil {
			t.Fatalf("no %s: %v", name, err)
		}
		doc = m[name]
	}
	return doc
}
