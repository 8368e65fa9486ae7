package condition

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// questions are conditions that look at the clock; LENGTH and NUMBER stand for some.
func questions() []string {
	return []string{
		`orders.count(last = LENGTH) >= NUMBER`, `orders.count(last = LENGTH) == 0`, `orders.sum(total, last = LENGTH) > 20 * NUMBER`,
		`orders.avg(total, last = LENGTH) < 40`, `orders.max(total, last = LENGTH) > 40`, `orders.min(total, last = LENGTH) > 20`,
		`orders.distinct(category, last = LENGTH) == NUMBER`, `orders.where(total > 30).count(last = LENGTH) > 0`,
		`orders.where(since(time) > LENGTH).count == NUMBER`, `orders.count(since = profile.birthday) > NUMBER`,
		`events("product.viewed").count(last = LENGTH) > NUMBER`, `events("product.viewed").where(category == "lamps").count(last = LENGTH) > NUMBER`,
		`events("product.viewed").sum(value, last = LENGTH) > 50 * NUMBER`,
		`since(orders.last) > LENGTH`, `since(orders.last) >= LENGTH`, `since(orders.last) == LENGTH`, `since(orders.last) != LENGTH`,
		`LENGTH <= since(orders.first)`, `until(orders.last + 100d) < LENGTH`, `now - orders.last > LENGTH`, `orders.last + LENGTH < now`,
		`orders.last + LENGTH <= now`, `now < orders.first + LENGTH`, `now == orders.last + LENGTH`, `since(now - LENGTH) > LENGTH`, `since(orders.last) > until(orders.last + 300d)`,
		`(orders.count(last = LENGTH) > 0 ? since(orders.last) : until(orders.first + 500d)) > LENGTH`, `(profile.none ?? now) > orders.last + LENGTH`,
		`days(since(orders.last)) > NUMBER`, `hours(until(orders.last + 100d)) % 2 == 0`, `age(profile.birthday) >= 34 + NUMBER`, `age(orders.first) == NUMBER`,
		`hour >= 3 * NUMBER`, `weekday in ["mon", "tue", "sun"]`, `today > orders.last`, `month == NUMBER`, `since(today) > LENGTH`,
		`orders.count(last = LENGTH) > 0 and hour < 12 or since(orders.first) > LENGTH`, `any([1, 2], since(orders.last) > LENGTH)`,
		`profile.consented_at < now - LENGTH`, `now > event.at`, `sent.first.at + LENGTH < now`, `not (since(sent.first.at) < LENGTH)`,
	}
}

// someone has a random past: few or many events, some of them at one time or in the future.
func someone(seed uint64) *profile.Profile {
	r := rand.New(rand.NewPCG(seed, 7))
	n, days := []int{0, 2, 5, 40, 400}[r.IntN(5)], []int{100, 420}[r.IntN(2)]
	var things []past
	for range n {
		ago := float64(r.IntN(days*24))/24 - 2
		if r.IntN(3) == 0 {
			ago += float64(r.IntN(86_400_000)) / 86_400_000
		}
		if r.IntN(2) == 0 {
			things = append(things, past{ago, event.OrderCompleted, anOrder("A", float64(r.IntN(60)), []string{"lamps", "mugs", "garden"}[r.IntN(3)])})
		} else {
			things = append(things, past{ago, "product.viewed", fmt.Sprintf(`{"category": %q, "value": %d}`, []string{"lamps", "mugs"}[r.IntN(2)], r.IntN(50))})
		}
	}
	p := lived(things...)
	zones := []string{"", "Europe/Berlin", "Pacific/Kiritimati", "America/New_York", "Australia/Lord_Howe", "Pacific/Pago_Pago", "Asia/Kolkata"}
	p.Traits = map[string]any{"timezone": zones[r.IntN(len(zones))], "birthday": fmt.Sprintf("19%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)), "consented_at": "2025-11-03T10:00:00+02:00"}
	if r.IntN(4) == 0 {
		p.Traits["birthday"] = "1988-02-29"
	}
	return p
}

func asked(t testing.TB, c journey.Condition, p *profile.Profile, at time.Time) (bool, time.Time) {
	t.Helper()
	ev := &event.Event{ID: "e", Source: "s", Type: "x.y", Subject: "ada", Time: noon, Data: []byte(`{"at": "2026-04-01T00:00:00Z"}`)}
	s := journey.NewScope(at, p, ev, nil, []journey.SentRef{{Step: "first", ID: "m1", At: noon.Add(-36 * time.Hour)}})
	ok, err := c.Eval(s)
	if err != nil {
		t.Fatal(err)
	}
	return ok, s.NextChange()
}

// Until the time at which an answer could next change, it does not.
func TestAnswersStayUntilNextChange(t *testing.T) {
	t.Parallel()
	lengths := []string{"90d", "30d", "1h", "36h", "1w", "1d12h30m5s", "400d", "15m"}
	rapid.Check(t, func(rt *rapid.T) {
		p := someone(rapid.Uint64().Draw(rt, "person"))
		src := strings.NewReplacer("LENGTH", rapid.SampledFrom(lengths).Draw(rt, "length"), "NUMBER", strconv.Itoa(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 40, 70, 100, 150}).Draw(rt, "number"))).
			Replace(rapid.SampledFrom(questions()).Draw(rt, "question"))
		c, err := Compile(src, Env{Sends: []string{"first"}})
		if err != nil {
			rt.Fatalf("%s: %v", src, err)
		}
		now := noon.Add(time.Duration(rapid.Int64Range(-int64(30*24*time.Hour), int64(500*24*time.Hour)).Draw(rt, "now")))
		for range 4 {
			is, next := asked(t, c, p, now)
			if !next.IsZero() && !next.After(now) {
				rt.Fatalf("%s at %s may next change at %s", src, now, next)
			}
			length := 900 * 24 * time.Hour
			if !next.IsZero() {
				length = next.Sub(now)
			}
			probes := []time.Duration{length - 1, length / 2, length / 3}
			for range 3 {
				probes = append(probes, time.Duration(rapid.Int64Range(0, int64(length-1)).Draw(rt, "later")))
			}
			for _, later := range probes {
				if is2, _ := asked(t, c, p, now.Add(later)); is2 != is {
					rt.Fatalf("%s is %v at %s and %v at %s, before it may change at %s", src, is, now, is2, now.Add(later), next)
				}
			}
			if next.IsZero() {
				return
			}
			now = next
		}
	})
}

// TestNextChange: the times are those at which something happens, and not sooner.
func TestNextChange(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for src, want := range map[string]time.Duration{ // after noon; zero: never
		`orders.count(last = 90d) >= 1`:                                          10 * day, // the order of 80 days ago
		`orders.sum(total, last = 400d) > 1`:                                     200 * day,
		`orders.where(total > 40).count(last = 90d) > 0`:                         80 * day,
		`orders.count(last = 5d) == 0`:                                           0,
		`orders.count > 1`:                                                       0,
		`orders.count(since = "2026-01-01") > 1`:                                 0,
		`since(orders.last) > 30d`:                                               20*day + 1,
		`since(orders.last) >= 30d`:                                              20 * day,
		`since(orders.last) > 3d`:                                                0,
		`orders.last + 30d <= now`:                                               20 * day,
		`since(profile.birthday) > 1d`:                                           0,
		`age(profile.birthday) > 36`:                                             11*time.Hour + 364*day, // midnight in Berlin
		`hour == 13`:                                                             time.Hour,
		`weekday == "mon"`:                                                       11 * time.Hour,
		`profile.country == "DE" or since(orders.last) > 30d`:                    0, // it never looked
		`profile.country == "FR" or since(orders.last) > 30d`:                    20*day + 1,
		`events("product.viewed").count(last = 7d) > 1 and since(now) < 1d`:      day,
		`messages.count(last = 7d, channel = "email", journey = "win-back") > 0`: 4 * day,
		`days(since(orders.last)) == 10`:                                         day,
	} {
		c, err := Compile(src, Env{})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		_, next := asked(t, c, ada(), noon)
		if want == 0 && !next.IsZero() || want != 0 && !next.Equal(noon.Add(want)) {
			t.Errorf("%s may next change at %s (after %s), want after %s", src, next, next.Sub(noon), want)
		}
	}
}

// Where the clock is changed before it shows the next hour or day, that is when.
func TestNextChangeKnowsTheClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, zone, now, want string }{
		{`hour == 3`, "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},       // two o'clock does not come
		{`hour == 1`, "Australia/Lord_Howe", "2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z"}, // half past one comes twice
		{`hour == 1`, "Asia/Kolkata", "2026-03-02T12:00:00Z", "2026-03-02T12:30:00Z"},
		{`weekday == "sun"`, "Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29T01:00:00Z"}, // the clocks; the day is over at 22:00
		{`weekday == "sun"`, "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T22:00:00Z"},
		{`month == 1`, "Pacific/Kiritimati", "2026-03-02T09:59:00Z", "2026-03-02T10:00:00Z"},
		{`age(profile.birthday) > 3`, "Pacific/Pago_Pago", "2026-02-28T10:59:00Z", "2026-02-28T11:00:00Z"}, // 29 February on the 28th
	} {
		cond, err := Compile(c.src, Env{})
		if err != nil {
			t.Fatal(err)
		}
		p := lived()
		p.Traits = map[string]any{"timezone": c.zone, "birthday": "1988-02-29"}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, next := asked(t, cond, p, now); next.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%s in %s at %s may next change at %s, want %s", c.src, c.zone, c.now, next.UTC().Format(time.RFC3339), c.want)
		}
	}
}

// A ninety-day window over a long past is asked anew once for each thing that leaves it,
// not by the hour.
func TestNextChangeIsNotTooSoon(t *testing.T) {
	t.Parallel()
	var things []past
	for i := range 1000 {
		things = append(things, past{float64(i) / 4, event.OrderCompleted, anOrder("A", 10, "lamps")})
	}
	p := lived(things...)
	c, err := Compile(`orders.count(last = 90d) == 0`, Env{})
	if err != nil {
		t.Fatal(err)
	}
	asks, holds := 0, false
	for now := noon; !now.IsZero(); asks++ {
		holds, now = asked(t, c, p, now)
	}
	// 64 orders are exact; the days of the older ones of these ninety are 75.
	if !holds || asks > 64+76 {
		t.Errorf("%v after %d times", holds, asks)
	}
}
