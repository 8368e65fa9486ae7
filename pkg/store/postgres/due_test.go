package postgres_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
)

// pend makes n profiles of a partition that wake one second after the other, from a day on.
func pend(t testing.TB, url string, partition, n int) {
	t.Helper()
	at := day.Add(24 * time.Hour).UnixNano()
	do(t, url,
		fmt.Sprintf(`INSERT INTO profile (bucket, id, state, known, arming, orders, wake, armed, snapshot)
			SELECT %d, 'pending-' || i, '\x00', false, false, 0, %d + i * 1000000000::bigint, %[2]d + i * 1000000000::bigint, ''
			FROM generate_series(1, %d) i`, partition, at, n),
		fmt.Sprintf(`INSERT INTO wake (bucket, due, id) SELECT bucket, wake, id FROM profile WHERE bucket = %d`, partition),
		fmt.Sprintf(`UPDATE partition_offset SET wake_floor = %d WHERE bucket = %d`, at, partition),
		`ANALYZE wake`, `ANALYZE profile`)
}

// TestIdlePoll asks among very many pending wakes whether one is due: the plan goes by the
// index and touches a handful of pages, before and after thousands have fired.
func TestIdlePoll(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	acquire(t, s, 1, 1)
	pend(t, url, 1, 50_000)
	check := func(when string, before time.Time) {
		t.Helper()
		if wakes, err := s.Due(t.Context(), 1, before, 500); err != nil || len(wakes) > 0 {
			t.Fatalf("%s: %d are due (%v), want none", when, len(wakes), err)
		}
		if pages := pagesOf(t, url, postgres.DueQuery, 1, before.UnixNano(), 500); pages > 30 {
			t.Errorf("%s: a poll touches %d pages", when, pages)
		}
	}
	check("at first", day)
	var at store.Position
	fired := day.Add(24*time.Hour + 4000*time.Second)
	for n := 0; ; n++ {
		wakes, err := s.Due(t.Context(), 1, fired.Add(1), 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(wakes) == 0 {
			if n != 8 {
				t.Errorf("fired in %d pages, want 8", n)
			}
			break
		}
		b := &store.Batch{Partition: 1, Epoch: 1, From: at, To: at}
		for _, w := range wakes {
			b.Profiles = append(b.Profiles, store.ProfileRow{ID: w.Profile, State: []byte("fired")})
		}
		commit(t, s, b)
	}
	check("after 4,000 fired", fired)
	if next, ok, err := s.NextDue(t.Context(), 1); err != nil || !ok || !next.Equal(day.Add(24*time.Hour+4001*time.Second)) {
		t.Errorf("next due: %v %v %v", next, ok, err)
	}
}

// pagesOf returns how many pages a query touched.
func pagesOf(t *testing.T, url, query string, args ...any) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) `+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, line := range lines[:1+min(1, len(lines)-1)] { // the root counts what lies below it
		for _, hit := range regexp.MustCompile(`(?:hit|read)=(\d+)`).FindAllStringSubmatch(line, -1) {
			n, err := strconv.Atoi(hit[1])
			if err != nil {
				t.Fatal(err)
			}
			pages += n
		}
	}
	if pages == 0 {
		t.Fatalf("no pages in %q", lines)
	}
	return pages
}

// TestStaleWakes moves and clears more wakes than one look takes: what is due and what is
// next stay exact, and rows that stand for nothing go.
func TestStaleWakes(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	acquire(t, s, 1, 1)
	const n = 2500
	set := func(wake func(i int) time.Time) {
		b := &store.Batch{Partition: 1, Epoch: 1}
		for i := range n {
			b.Profiles = append(b.Profiles, store.ProfileRow{ID: fmt.Sprintf("p-%04d", i), State: []byte("x"), Wake: wake(i)})
		}
		commit(t, s, b)
	}
	next := func(want time.Time) {
		t.Helper()
		if got, ok, err := s.NextDue(t.Context(), 1); err != nil || ok == want.IsZero() || ok && !got.Equal(want) {
			t.Fatalf("next due: %v %v %v, want %v", got, ok, err, want)
		}
	}
	second := func(i int) time.Time { return day.Add(time.Duration(i) * time.Second) }
	set(second)
	next(day)
	set(func(i int) time.Time { // the first 2,000 move behind the others, some are cleared
		switch {
		case i < 2000 && i%7 == 0:
			return time.Time{}
		case i < 2000:
			return second(i + 100_000)
		}
		return second(i)
	})
	next(second(2000))
	wakes, err := s.Due(t.Context(), 1, second(200_000), n)
	if err != nil || len(wakes) != n-286 || wakes[0].Profile != "p-2000" || wakes[500].Profile != "p-0001" {
		t.Fatalf("%d are due (%v), want %d", len(wakes), err, n-286)
	}
	if rows := sql[int](t, url, `SELECT count(*)::int FROM wake`); rows != n-286 {
		t.Errorf("%d rows in wake, want %d", rows, n-286)
	}
	set(func(i int) time.Time { return second(5000 - i) }) // all earlier, in the other order
	next(second(5000 - n + 1))
	set(func(int) time.Time { return time.Time{} })
	next(time.Time{})
	if rows := sql[int](t, url, `SELECT count(*)::int FROM wake`); rows > 16 {
		t.Errorf("%d rows in wake of nobody", rows)
	}
	set(func(int) time.Time { return day.Add(-time.Hour) }) // below the floor of an empty table
	next(day.Add(-time.Hour))
}
