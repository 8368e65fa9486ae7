package transfer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
	"rapport/pkg/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

var day = time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)

// order is long enough to be packed by the source.
const order = `{"order_id":"A-1","total":27.50,"currency":"GBP","products":[{"product_id":"22423","name":"Regency cake stand","price":12.75,"quantity":2}]}`

// batch is a batch with something of everything, and odd values among it.
func batch(partition, n int, from store.Position) *store.Batch {
	id := func(what string) string { return fmt.Sprintf("%s-%d-%d", what, partition, n) }
	at := day.Add(time.Duration(n) * 40 * time.Hour)
	b := &store.Batch{Partition: partition, Epoch: 1, From: from, To: store.Position{Seq: from.Seq + 3, Clock: at}}
	b.Profiles = []store.ProfileRow{
		{ID: id("known"), State: []byte{0, 1, byte(n)}, Known: true, Orders: n, LastOrderAt: at, UpdatedAt: at, Wake: at.Add(time.Hour), Snapshot: "w1"},
		{ID: id("Ünknown ’"), State: []byte("x")},
		{ID: "the same", State: fmt.Append(nil, n, order), Wake: at.Add(-time.Duration(n) * time.Minute)},
	}
	b.Timeline = []store.TimelineRow{
		{Profile: "the same", At: at, ID: id("event"), Kind: store.KindEvent, Name: "order.completed", Trace: strings.Repeat("a", 32), Data: []byte(order)},
		{Profile: "the same", At: time.Date(1901, 2, 3, 4, 5, 6, 7, time.UTC), ID: id("early"), Kind: store.KindEvent, Name: "page.viewed", Data: []byte(`{"total": 5}`)},
		{Profile: id("known"), At: at, ID: "entered", Kind: store.KindEntered, Name: "note", Detail: "why"},
	}
	row := store.MessageRow{
		Profile: "the same", Journey: "note", Version: "v", Instance: "i", Step: "mail", Channel: message.Email, Category: message.Marketing,
		Template: "note", DecidedAt: at, Trace: "t",
	}
	for _, name := range []string{"open", "sent", "kept"} {
		row.ID = id(name)
		b.Messages = append(b.Messages, row)
	}
	b.Messages[2].Outcome, b.Messages[2].Reason, b.Messages[2].OutcomeAt = message.Suppressed, message.ReasonCapped, at
	b.Outcomes = []store.OutcomeRow{{MessageID: id("sent"), Outcome: message.Sent, Provider: "smtp", ProviderID: "250", Resent: true, At: at.Add(time.Second)}}
	b.Outbox = []store.Outgoing{{Subject: "send.email.x", ID: id("open"), Header: map[string]string{"traceparent": "00"}, Data: []byte{0xff, 0}}}
	b.Phones = []store.PhoneRow{{Profile: id("known"), Number: fmt.Sprintf("+44770090%04d", n)}}
	b.Suppressions = []store.Suppression{{Channel: message.Email, Address: id("a") + "@example.com", Reason: store.Bounced, At: at, Source: "test"}}
	b.Identities = []store.IdentityRow{{ID: id("known"), State: []byte{0xff, byte(n)}}, {ID: "the same", State: []byte{byte(n)}}}
	if n == 5 {
		b.Identities[1].State = nil
		b.Erasures = []store.Erasure{{Profile: fmt.Sprintf("known-%d-2", partition), At: at}}
	}
	b.Resting = []store.RestingDelta{{Journey: "note", Version: "v", Step: "wait", Delta: n + 1}}
	b.Arms = []store.ArmDelta{{Journey: "note", Version: "v", Step: "split", Arm: "a", Ghost: n%2 == 0, Entered: 2, Converted: 1, Value: 1.25}}
	return b
}

// filled makes a store with so many batches in each of three partitions.
func filled(t *testing.T, batches int) string {
	t.Helper()
	dir := t.TempDir()
	st := openSQLite(t, dir)
	for p := range 3 {
		from, err := st.Acquire(t.Context(), p, 1)
		for n := 0; n < batches && err == nil; n++ {
			b := batch(p, n, from)
			from, err = b.To, st.Commit(t.Context(), b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	claims := []store.Claim{{Partition: 1, MessageID: "open-1-0", Worker: "m", At: day}, {Partition: 1, MessageID: "sent-1-0", Worker: "m", At: day}}
	_, err := st.Claim(t.Context(), claims)
	err = errors.Join(err,
		st.Record(t.Context(), []store.Result{{Partition: 1, MessageID: "sent-1-0", Worker: "m", Receipt: []byte(`{"a":1}`)}}),
		st.OutboxDone(t.Context(), 2, 1),
		st.SaveVersion(t.Context(), store.Version{
			ID: "w1", At: day, By: "me", Files: map[string][]byte{"a.yaml": []byte("b"), "empty": {}},
			Holds: []store.JourneyVersion{{Journey: "note", Version: "v"}},
		}),
		st.Apply(t.Context(), "w1", day, "me"))
	for _, step := range []string{"b", "a"} {
		_, werr := st.Decide(t.Context(), store.Winner{Journey: "note", Version: "v", Step: step, Arm: "a", At: day, Detail: "d"})
		err = errors.Join(err, werr)
	}
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openSQLite(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// What a store answers is what the other answers after the move; then the work goes on.
func TestBothSidesAnswerTheSame(t *testing.T) {
	t.Parallel()
	url, dir := pgtest.URL(t), filled(t, 20)
	var told []string
	all, err := Run(t.Context(), Options{From: dir, To: url, Chunk: 7, Progress: func(table string, done, of int64) {
		if done == of {
			told = append(told, table)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(tables()) || !slices.ContainsFunc(all, func(x Table) bool { return x.Name == "timeline" && x.Rows == 177 }) || !slices.Contains(told, "message") {
		t.Errorf("moved %+v, told of %v", all, told)
	}
	from := openSQLite(t, dir)
	to, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close() })
	a, b := answers(t, from), answers(t, to)
	for what := range a {
		if !reflect.DeepEqual(a[what], b[what]) {
			t.Errorf("%s\n  was %+v\n  is  %+v", what, a[what], b[what])
		}
	}
	position, err := to.Acquire(t.Context(), 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	next := batch(1, 99, position)
	next.Epoch = 2
	if err := to.Commit(t.Context(), next); err != nil {
		t.Errorf("the work does not go on: %v", err)
	}
	twice := batch(1, 3, next.To)
	twice.Epoch = 2
	if err := to.Commit(t.Context(), twice); !errors.Is(err, store.ErrExists) {
		t.Errorf("ids of before the move are taken again: %v", err)
	}
}

// answers is what a store says when it is asked everything.
func answers(t *testing.T, st store.Store) map[string]any {
	t.Helper()
	ctx, all := t.Context(), map[string]any{}
	note := func(what string, answer any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		all[what] = answer
	}
	ask := func(what string, of func() (any, error)) {
		t.Helper()
		answer, err := of()
		note(what, answer, err)
	}
	ask("positions", func() (any, error) { return st.Positions(ctx) })
	ask("counts", func() (any, error) { return st.Counts(ctx) })
	ask("unfinished", func() (any, error) { return st.Unfinished(ctx) })
	ask("messages", func() (any, error) { return st.Messages(ctx, store.MessageFilter{}) })
	ask("resting", func() (any, error) { return st.Resting(ctx) })
	ask("arms", func() (any, error) { return st.Arms(ctx) })
	ask("winners", func() (any, error) { return st.Winners(ctx) })
	ask("versions", func() (any, error) { return st.Versions(ctx) })
	ask("version", func() (any, error) { return st.Version(ctx, "w1") })
	ask("suppressions", func() (any, error) { return st.Suppressions(ctx, store.Suppression{}, 1000) })
	ask("suppressed", func() (any, error) {
		return st.Suppressed(ctx, []store.Address{{Channel: message.Email, Address: " A-1-3@example.com"}, {Channel: message.SMS, Address: "a-1-3@example.com"}})
	})
	ask("phones", func() (any, error) { return st.ByPhone(ctx, "0044 7700 900003") })
	ask("erased", func() (any, error) {
		return st.Load(ctx, 1, []store.Want{{Profile: "known-1-2"}, {Profile: "the same"}})
	})
	ask("identities", func() (any, error) { return st.Identities(ctx, 1, []string{"known-1-2", "the same", "nobody"}) })
	ask("applied", func() (any, error) { return st.Applied(ctx, 10) })
	for p := range 3 {
		ask(fmt.Sprintf("profiles of %d", p), func() (any, error) { return st.Profiles(ctx, p, "", 1000) })
		ask(fmt.Sprintf("due of %d", p), func() (any, error) { return st.Due(ctx, p, day.AddDate(1, 0, 0), 1000) })
		ask(fmt.Sprintf("outbox of %d", p), func() (any, error) { return st.Outbox(ctx, p, 0, 1000) })
		ask(fmt.Sprintf("history of %d", p), func() (any, error) { return st.History(ctx, p, "the same", time.Time{}, time.Time{}) })
		ask(fmt.Sprintf("stale of %d", p), func() (any, error) { return st.Stale(ctx, p, "w1", "", 100) })
	}
	ask("claims", func() (any, error) {
		return st.Claim(ctx, []store.Claim{
			{Partition: 1, MessageID: "open-1-0", Worker: "n", At: day},
			{Partition: 1, MessageID: "sent-1-0", Worker: "n", At: day},
			{Partition: 1, MessageID: "none", Worker: "n", At: day},
		})
	})
	return all
}

// A transfer that is interrupted goes on, wherever that was, and the outcome is the same.
func TestInterruptedTransferGoesOn(t *testing.T) {
	t.Parallel()
	url, dir := pgtest.URL(t), filled(t, 12)
	interrupted := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := Run(ctx, Options{From: dir, To: url, Chunk: 5, Progress: func(string, int64, int64) {
			if steps++; steps == 3 {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		interrupted++
	}
	if interrupted < 5 {
		t.Errorf("it was interrupted %d times: too few to show anything", interrupted)
	}
	if _, err := Run(t.Context(), Options{From: dir, To: url}); err != nil {
		t.Errorf("a repeat only compares: %v", err)
	}
}

// What would make a mixture of two stores is refused, with the remedy.
func TestRefusals(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, o Options, want string) {
		t.Helper()
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	t.Run("used after it began", func(t *testing.T) {
		t.Parallel()
		url, dir := pgtest.URL(t), filled(t, 2)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, Options{From: dir, To: url, Chunk: 2, Progress: func(string, int64, int64) { cancel() }})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		st := openSQLite(t, dir)
		if _, err := st.Claim(t.Context(), []store.Claim{{MessageID: "new", Worker: "m", At: day}}); err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		refused(t, Options{From: dir, To: url}, "was used after its transfer began")
	})
	t.Run("another source", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		if _, err := Run(t.Context(), Options{From: filled(t, 1), To: url}); err != nil {
			t.Fatal(err)
		}
		refused(t, Options{From: filled(t, 1), To: url}, "the target holds a transfer from")
	})
	t.Run("a target in use", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		st, err := postgres.Open(t.Context(), postgres.Options{URL: url})
		if err == nil {
			_, err = st.Acquire(t.Context(), 1, 1)
			err = errors.Join(err, st.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		refused(t, Options{From: filled(t, 1), To: url}, "the target is in use already")
	})
	t.Run("a source in use", func(t *testing.T) {
		t.Parallel()
		dir := filled(t, 1)
		openSQLite(t, dir)
		refused(t, Options{From: dir, To: pgtest.URL(t)}, "is in use")
	})
	t.Run("no source", func(t *testing.T) {
		t.Parallel()
		refused(t, Options{From: t.TempDir(), To: pgtest.URL(t)}, "there is no database in")
	})
	t.Run("a row that was changed on the way", func(t *testing.T) {
		t.Parallel()
		url, dir := pgtest.URL(t), filled(t, 1)
		if _, err := Run(t.Context(), Options{From: dir, To: url}); err != nil {
			t.Fatal(err)
		}
		to, err := openTarget(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_, err = to.conn.Exec(t.Context(), `UPDATE profile SET orders = orders + 1 WHERE id = 'known-1-0'`)
		if err := errors.Join(err, to.close()); err != nil {
			t.Fatal(err)
		}
		refused(t, Options{From: dir, To: url}, "profile differs: the source has 9 rows")
	})
}

// Every table of the source is moved, or holds nothing to move.
func TestEveryTableIsKnown(t *testing.T) {
	t.Parallel()
	s, err := openSource(t.Context(), filled(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	rows, err := s.db.QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err says it.
	n := 0
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		n++
		known := slices.Contains(left(), name) || slices.ContainsFunc(tables(), func(x table) bool { return x.name == name })
		if !known {
			t.Errorf("nobody moves the table %s", name)
		}
	}
	if rows.Err() != nil || n < len(tables()) {
		t.Errorf("%d tables, %v", n, rows.Err())
	}
}
