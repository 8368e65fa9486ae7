package main_test

import (
	"encoding/json"
	"fmt"
	"net/url"
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
