package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/event"
)

// An event that nobody could place is seen, found, sent on its way again, and thanked for; another is dropped.
// All of it while rapport up runs, through the broker that it has in it.
func TestDeadLettersFromTheCommandLine(t *testing.T) {
	t.Parallel()
	r := up(t, t.TempDir())
	conn, err := nats.Connect(r.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	order := `{"specversion":"1.0","id":"lost","source":"till","type":"order.completed","subject":"di","time":"` + time.Now().UTC().Format(time.RFC3339) + `",
		"data":{"order_id":"lost","total":5,"currency":"GBP","products":[{"product_id":"1","name":"Lamp","price":5,"quantity":1}],
		"$profile":{"traits":{"email":"di@example.com"}}}}`
	for subject, body := range map[string]string{"events.elsewhere": order, "events." + event.Key("x"): "not an event"} {
		if _, err := js.Publish(t.Context(), subject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	deadLetters(t, js, 2)

	run := func(code int, args ...string) answer {
		t.Helper()
		got := execute(t, command(t, t.TempDir(), append([]string{"deadletters"}, args...)...))
		if got.code != code {
			t.Fatalf("deadletters %s: exit code %d, want %d: %s%s", strings.Join(args, " "), got.code, code, got.out, got.errors)
		}
		return answer{got.out, got.errors}
	}
	if list := run(0, "list", "--since", "1h", "--nats-url", r.nats).out; strings.Count(list, "\n") != 3 || !strings.Contains(list, "orchestrator") || !strings.Contains(list, "till") {
		t.Fatalf("the list:\n%s", list)
	}
	var found []struct {
		Number uint64
		Text   string
		Source string
	}
	if err := json.Unmarshal([]byte(run(0, "list", "--source", "till", "--json", "--nats-url", r.nats).out), &found); err != nil || len(found) != 1 || found[0].Text != order {
		t.Fatalf("as JSON: %+v, %v", found, err)
	}
	number := fmt.Sprint(found[0].Number)
	if raw := run(0, "show", number, "--raw", "--nats-url", r.nats).out; raw != order {
		t.Errorf("raw: %q", raw)
	}
	if text := run(0, "show", number, "--nats-url", r.nats).out; !strings.Contains(text, "reason") || !strings.Contains(text, `"order_id": "lost"`) {
		t.Errorf("shown:\n%s", text)
	}
	if told := run(0, "retry", "--source", "till", "--nats-url", r.nats); told.out != "1 dead letter sent on their way again.\n" {
		t.Errorf("retry says %q", told.out)
	}
	r.await(t, 1, url.Values{"to": {"di@example.com"}})

	if told := run(1, "drop", "--all", "--nats-url", r.nats); !strings.Contains(told.errors, "Remove 1 dead letter for good?") || !strings.Contains(told.errors, "nothing was removed") {
		t.Errorf("without an answer: %+v", told)
	}
	if told := run(0, "drop", "--all", "--yes", "--json", "--nats-url", r.nats); !strings.Contains(told.out, `"done": 1`) {
		t.Errorf("drop says %q", told.out)
	}
	if told := run(0, "list", "--nats-url", r.nats); told.out != "There are no dead letters like that.\n" {
		t.Errorf("the list at the end: %q", told.out)
	}
	if told := run(1, "show", number, "--nats-url", r.nats); !strings.Contains(told.errors, "there is no dead letter "+number) {
		t.Errorf("what is gone: %q", told.errors)
	}
	if told := run(1, "list", "--nats-url", "nats://127.0.0.1:1"); !strings.Contains(told.errors, "start rapport up, or name another with --nats-url") {
		t.Errorf("without a broker: %q", told.errors)
	}
}

type answer struct{ out, errors string }

// A webhook that cannot be mapped is kept, and is mapped once its file is mended.
func TestAWebhookThatIsMappedLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop := filepath.Join(dir, "shop")
	if got := execute(t, command(t, dir, "init", shop)); got.code != 0 {
		t.Fatal(got.errors)
	}
	file := filepath.Join(shop, "sources", "shopify.yaml")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(whole), "total: money(body.total_price)", "total: money(body.note)", 1)
	if broken == string(whole) {
		t.Fatal("the file has no total to break")
	}
	write(t, filepath.Join(shop, "sources"), "shopify.yaml", broken)
	r := upWith(t, dir, []string{"RAPPORT_SECRET_SHOPIFY=hush"}, "--data", "data", "--workspace", shop)
	body := fmt.Sprintf(`{"id":1001,"email":"ida@example.com","note":"no amount","created_at":%q,"currency":"GBP","total_price":"42.50","current_total_price":"42.50",
		"line_items":[{"id":1,"product_id":7,"title":"Lamp","price":"42.50","quantity":1}]}`, time.Now().UTC().Format(time.RFC3339))
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.events+"/v1/webhooks/shopify", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Shopify-Topic", "orders/create")
	req.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the door answers %s", resp.Status)
	}
	retry := func() ended {
		return execute(t, command(t, dir, "deadletters", "retry", "--source", "shopify", "--workspace", shop, "--nats-url", r.nats))
	}
	if got := retry(); got.code != 1 || !strings.Contains(got.errors, "shopify.yaml") {
		t.Errorf("before it is mended: %+v", got)
	}
	write(t, filepath.Join(shop, "sources"), "shopify.yaml", string(whole))
	if got := retry(); got.code != 0 || got.out != "1 dead letter sent on their way again.\n" {
		t.Fatalf("after it was mended: %+v", got)
	}
	r.await(t, 1, url.Values{"to": {"ida@example.com"}})
}
