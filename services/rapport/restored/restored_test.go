package restored_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/services/catcher"
	"rapport/services/ingest"
	"rapport/services/rapport/restored"
	"rapport/services/rapport/stack"
)

const patience = 60 * time.Second

// thankYou is a workspace whose one journey sends one mail for each order.
func thankYou() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"rapport.yaml":           "shop: {name: Shop, currency: GBP, timezone: Europe/London}\nemail: {from: {name: Shop, address: a@shop.example}}\n",
		"email/note.html.liquid": "---\nsubject: Your order\n---\n<p>Thank you</p>\n",
		"email/note.txt.liquid":  "Thank you\n",
		"journeys/note.yaml": "journey: note\nstatus: active\ncategory: transactional\nenter: {on: order.completed, again: always, meanwhile: parallel}\n" +
			"steps:\n  - {id: mail, send: {email: note}}\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// running opens a stack on a directory; close it before the next.
func running(t *testing.T, dir string, services ...string) (*stack.Stack, func()) {
	t.Helper()
	keys, err := ingest.ParseKeys("shop:key")
	if err != nil {
		t.Fatal(err)
	}
	st, err := stack.Open(t.Context(), stack.Config{Dir: dir, Starter: thankYou(), Keys: keys, Partitions: 4, Services: services})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	closing := func() {
		if closed {
			return
		}
		closed = true
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := st.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(closing)
	return st, closing
}

// order sends the orders from one number to another, each by a person of its own.
func order(t *testing.T, st *stack.Stack, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		body := fmt.Sprintf(`{"userId":"p%d","event":"Order Completed","messageId":"o%d","context":{"traits":{"email":"p%d@example.com"}},
			"properties":{"order_id":"o%d","total":5,"currency":"GBP","products":[{"product_id":"1","name":"Lamp","price":5,"quantity":1}]}}`, n, n, n, n)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+st.Ingest.Addr()+"/v1/track", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("key", "")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("order %d: %s", n, res.Status)
		}
	}
}

// answered waits until so many messages have an outcome in the store.
func answered(t *testing.T, st *stack.Stack, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		moved := st.Orchestrator.Moved()
		rows, err := st.Store.Messages(ctx, store.MessageFilter{Outcome: message.Sent})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == n {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			t.Fatalf("%d messages are answered, want %d", len(rows), n)
		}
	}
}

// settled waits until all that was decided has been relayed, and the workers have dealt with
// all of it.
func settled(t *testing.T, st *stack.Stack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := st.Orchestrator.Relayed(ctx); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		through, err := bus.Acknowledged(ctx, st.JS, bus.StreamSend)
		if err != nil {
			t.Fatal(err)
		}
		last, err := bus.LastSeq(ctx, st.JS, bus.StreamSend)
		if err != nil {
			t.Fatal(err)
		}
		if through == last {
			return
		}
		select {
		case <-tick.C: // The broker tells nobody when a consumer is done.
		case <-ctx.Done():
			t.Fatalf("the workers are at %d of %d", through, last)
		}
	}
}

// delivered is how many mails lie in the catcher.
func delivered(t *testing.T, st *stack.Stack) int {
	t.Helper()
	list, err := st.Catcher.Messages(t.Context(), catcher.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A store that is set back to a backup, with a broker that went on, sends nothing again
// once Recover has run; and sends again without it, which is why it has to.
func TestNothingIsSentAgainAfterARestore(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"recovered": 8, "not recovered": 13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			st, stop := running(t, dir)
			order(t, st, 0, 3)
			answered(t, st, 3)
			stop()
			database := filepath.Join(dir, "rapport.db")
			backup, err := os.ReadFile(database)
			if err != nil {
				t.Fatal(err)
			}
			st, stop = running(t, dir)
			order(t, st, 3, 8)
			answered(t, st, 8)
			stop()
			if err := os.WriteFile(database, backup, 0o600); err != nil {
				t.Fatal(err)
			}
			setBack(t, dir, want == 8)
			st, stop = running(t, dir)
			answered(t, st, 8)
			settled(t, st)
			if got := delivered(t, st); got != want {
				t.Errorf("%d mails were delivered, want %d", got, want)
			}
			stop()
		})
	}
}

// setBack is the time after the restore: the broker's memory of ids is over, and the store
// is told what was sent, twice, or not at all.
func setBack(t *testing.T, dir string, told bool) {
	t.Helper()
	st, stop := running(t, dir, "catcher")
	defer stop()
	stream, err := st.JS.Stream(t.Context(), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil { // Ids of removed messages are forgotten at a restart.
		t.Fatal(err)
	}
	if !told {
		return
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // The test is over with it.
	for _, want := range []int{5, 0} {
		found, err := restored.Recover(t.Context(), st.JS, db, time.Now(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if found.Receipts != want || found.Open != 0 || found.Events < 10 {
			t.Errorf("found %+v, want %d receipts", found, want)
		}
	}
}

// What a worker had been given and had not answered is claimed by nobody who lives, so that
// the next worker treats it as uncertain; what was never given out is free.
func TestWhatWasInHandIsUncertain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, _ := running(t, dir, "catcher")
	for n := range 3 {
		if _, err := st.JS.Publish(t.Context(), "send.email.p1", fmt.Appendf(nil, `{"id":"m%d","partition":1}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	cons, err := st.JS.CreateConsumer(t.Context(), bus.StreamSend, jetstream.ConsumerConfig{
		Durable: "mailer", FilterSubject: "send.email.*", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	given, err := cons.Fetch(2)
	if err != nil {
		t.Fatal(err)
	}
	for range given.Messages() { // They are taken and not acknowledged.
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	found, err := restored.Recover(t.Context(), st.JS, db, time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if found.Open != 2 {
		t.Errorf("found %+v, want 2 in hand", found)
	}
	priors, err := db.Claim(t.Context(), []store.Claim{
		{Partition: 1, MessageID: "m0", Worker: "mailer-1"}, {Partition: 1, MessageID: "m1", Worker: "mailer-1"}, {Partition: 1, MessageID: "m2", Worker: "mailer-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if priors[0].State != store.Open || priors[1].State != store.Open || priors[2].State != store.Fresh {
		t.Errorf("claims: %+v", priors)
	}
}

// A broker that no longer holds the events since the backup is no help, and that is said.
func TestEventsSinceTheBackupAreGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, _ := running(t, dir)
	order(t, st, 0, 6)
	answered(t, st, 6)
	stream, err := st.JS.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	positions, err := st.Store.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeKeep(1)); err != nil {
		t.Fatal(err)
	}
	_, err = restored.Recover(t.Context(), st.JS, older{st.Store, positions}, time.Now(), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "restore a younger backup") {
		t.Errorf("error %v", err)
	}
}

// older is a store as it was after its first event.
type older struct {
	store.Claiming
	positions map[int]store.Position
}

func (o older) Positions(context.Context) (map[int]store.Position, error) {
	for p := range o.positions {
		o.positions[p] = store.Position{Seq: 1}
	}
	return o.positions, nil
}
