package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// testOutcomes applies every pair of outcomes in turn: the first stays, except that Sent
// and Failed replace Uncertain.
func testOutcomes(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	outcomes := []message.Outcome{"", message.Sent, message.Failed, message.Suppressed, message.Uncertain}
	row := func(id string, outcome message.Outcome, n int) store.OutcomeRow {
		return store.OutcomeRow{
			MessageID: id, Outcome: outcome, Reason: message.ReasonRejected, Detail: fmt.Sprint("detail ", n),
			Provider: fmt.Sprint("provider ", n), ProviderID: fmt.Sprint("id ", n), Resent: n == 2, At: at(time.Duration(n)),
		}
	}
	for _, first := range outcomes {
		for _, second := range outcomes[1:] {
			want := newMessage(fmt.Sprintf("%s then %s", first, second), "ada", day)
			b := &store.Batch{Partition: 1, Epoch: 1, Messages: []store.MessageRow{want}}
			apply := func(o store.OutcomeRow) {
				b.Outcomes = append(b.Outcomes, o)
				want.Outcome, want.Reason, want.Detail, want.OutcomeAt = o.Outcome, o.Reason, o.Detail, o.At
				want.Provider, want.ProviderID, want.Resent = o.Provider, o.ProviderID, o.Resent
			}
			if first != "" {
				apply(row(want.ID, first, 1)) // in the batch that decides: rows come before outcomes
			}
			f.commit(b)
			b = &store.Batch{Partition: 1, Epoch: 1}
			replaced := first == "" || first == message.Uncertain && (second == message.Sent || second == message.Failed)
			kept := want
			apply(row(want.ID, second, 2))
			if !replaced {
				want = kept
			}
			f.commit(b)
			equal(t, want.ID, f.message(1, want.ID), want)
		}
	}
	// A message the store does not have changes nothing, and is no reason to stop: its
	// store may have been lost.
	f.commit(&store.Batch{Partition: 1, Epoch: 1, Outcomes: []store.OutcomeRow{row("unknown", message.Sent, 1)}})
	if _, err := f.Message(t.Context(), 1, "unknown"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown message: %v, want ErrNotFound", err)
	}
	if err := f.Commit(t.Context(), &store.Batch{Partition: 1, Epoch: 1, Outcomes: []store.OutcomeRow{row("x", "", 1)}}); err == nil {
		t.Error("an outcome that says nothing was taken")
	}
}

// kinds are all kinds of timeline rows.
var kinds = []store.Kind{
	store.KindEvent, store.KindEntered, store.KindLeft, store.KindFinished, store.KindJoined,
	store.KindParted, store.KindArm, store.KindConverted, store.KindMoved, store.KindPublished,
}

// testTimeline writes rows out of order and reads the newest first.
func testTimeline(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	var want []store.TimelineRow
	for i, kind := range kinds {
		for j := range 4 { // pairs share a time
			want = append(want, store.TimelineRow{
				Profile: "ada", At: at(time.Duration((7*i + j/2) % 5)), ID: fmt.Sprintf("%d-%d", i, j), Kind: kind, Name: "n" + string(kind),
				Detail: "because", Trace: "0123456789abcdef0123456789abcdef", Data: []byte(long),
			})
		}
	}
	want[0].Detail, want[0].Trace, want[0].Data = "", "", nil
	other := store.TimelineRow{Profile: "bob", At: day, ID: "0-0", Kind: store.KindEvent, Name: "n"}
	f.commit(&store.Batch{Partition: 1, Epoch: 1, Timeline: append(slices.Clone(want), other)})
	slices.SortFunc(want, newestFirst)
	equal(t, "timeline", f.timeline(1, "ada", 100), want)
	equal(t, "newest rows", f.timeline(1, "ada", 7), want[:7])
	equal(t, "no rows", len(f.timeline(1, "ada", 0)), 0)
	equal(t, "another profile", f.timeline(1, "bob", 100), []store.TimelineRow{other})
	equal(t, "another partition", len(f.timeline(2, "ada", 100)), 0)
}

func newestFirst(a, b store.TimelineRow) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
}

// testMessages selects by each field and pages through with limits of all sizes.
func testMessages(t *testing.T, o Options) {
	f := newFixture(t, o)
	var all []store.MessageRow
	for p := range 3 {
		f.acquire(p, 1)
		b := &store.Batch{Partition: p, Epoch: 1}
		for i := range 20 {
			m := newMessage(fmt.Sprintf("m-%02d-%d", (i*7)%20, p), fmt.Sprintf("profile-%d", i%4), at(time.Duration(i/3)))
			m.Journey = []string{"thank-you", "win-back"}[i%2]
			if i%3 > 0 {
				m.Outcome, m.Reason = message.Suppressed, message.ReasonCapped
			}
			b.Messages, all = append(b.Messages, m), append(all, m)
		}
		f.commit(b)
	}
	slices.SortFunc(all, byDecision)
	for name, filter := range map[string]store.MessageFilter{
		"all":                   {},
		"of a profile":          {Profile: "profile-1"},
		"of a journey":          {Journey: "win-back"},
		"of an outcome":         {Outcome: message.Suppressed},
		"of all three":          {Profile: "profile-1", Journey: "win-back", Outcome: message.Suppressed},
		"of an unknown profile": {Profile: "nobody"},
		"from a time":           {From: at(2)},
		"up to a time":          {To: at(3)},
		"between times":         {From: at(1), To: at(4), Journey: "win-back"},
		"of no time":            {From: at(4), To: at(4)},
	} {
		var want []store.MessageRow
		for _, m := range all {
			if matches(&filter, &m) {
				want = append(want, m)
			}
		}
		equal(t, name, f.messages(filter), want)
		for limit := 1; limit < 8; limit++ {
			equal(t, fmt.Sprintf("%s by pages of %d", name, limit), f.pages(filter, limit), want)
		}
	}
}

func byDecision(a, b store.MessageRow) int {
	return cmp.Or(a.DecidedAt.Compare(b.DecidedAt), cmp.Compare(a.ID, b.ID))
}

func matches(f *store.MessageFilter, m *store.MessageRow) bool {
	return (f.Profile == "" || m.Profile == f.Profile) && (f.Journey == "" || m.Journey == f.Journey) &&
		(f.Outcome == "" || m.Outcome == f.Outcome) && !m.DecidedAt.Before(f.From) &&
		(f.To.IsZero() || m.DecidedAt.Before(f.To))
}

// pages reads a filter's messages page by page.
func (f fixture) pages(filter store.MessageFilter, limit int) (rows []store.MessageRow) {
	f.t.Helper()
	filter.Limit = limit
	for range 1000 {
		page := f.messages(filter)
		if len(page) > limit {
			f.t.Fatalf("a page of %d has %d messages", limit, len(page))
		}
		rows = append(rows, page...)
		if len(page) < limit {
			return rows
		}
		last := page[len(page)-1]
		filter.AfterTime, filter.AfterID = last.DecidedAt, last.ID
	}
	f.t.Fatalf("pages of %d do not come to an end", limit)
	return nil
}

// testExactValues writes values that databases like to change: local times, nanoseconds,
// times before 1970, and text that looks like something else.
func testExactValues(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1<<63+5)
	odd := `Ω "O'Neil" \ % _ {} <tag> 0x00 NULL 😀` + "\n\t"
	local := time.FixedZone("", 3600+30)
	clock := time.Date(1969, 7, 20, 20, 17, 40, 1, local)
	m := newMessage(odd, odd, time.Date(2200, 1, 1, 0, 0, 0, 999_999_999, local))
	m.Journey, m.Version, m.Instance, m.Step, m.Template, m.Detail = odd, odd, odd, odd, odd, odd
	m.Outcome, m.Reason, m.Provider, m.ProviderID, m.Trace, m.Resent = message.Sent, message.ReasonRender, odd, odd, odd, true
	m.OutcomeAt = time.Date(1700, 1, 1, 0, 0, 0, 1, local)
	row := store.TimelineRow{Profile: odd, At: clock, ID: odd, Kind: store.KindEvent, Name: odd, Detail: odd, Trace: odd, Data: []byte(`{"b":1,  "a":1e2}`)}
	b := &store.Batch{
		Partition: 1, Epoch: 1<<63 + 5, To: store.Position{Seq: 1<<64 - 1, Clock: clock},
		Profiles: []store.ProfileRow{{ID: odd, State: []byte(odd), Wake: clock}},
		Timeline: []store.TimelineRow{row}, Messages: []store.MessageRow{m},
	}
	f.commit(b)
	equal(t, "position", f.acquire(1, 1<<64-1), store.Position{Seq: 1<<64 - 1, Clock: clock.UTC()})
	equal(t, "wake", f.due(1, clock.Add(1), 1), []store.Wake{{Profile: odd, Due: clock.UTC()}})
	equal(t, "loaded", f.load(1, store.Want{Profile: odd, Events: []string{odd}})[0], store.Loaded{State: []byte(odd), Seen: []string{odd}})
	m.DecidedAt, m.OutcomeAt, row.At = m.DecidedAt.UTC(), m.OutcomeAt.UTC(), row.At.UTC()
	equal(t, "message", f.message(1, odd), m)
	equal(t, "filtered", f.messages(store.MessageFilter{Profile: odd, Journey: odd}), []store.MessageRow{m})
	equal(t, "timeline", f.timeline(1, odd, 5), []store.TimelineRow{row})
}
