package recorded

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const partitions = 3

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// filled is a store with the events of some people.
func filled(t *testing.T, people, events int) *sqlite.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	codec, err := journey.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	batches := make([]store.Batch, partitions)
	for n := range people {
		id := fmt.Sprint("p", n)
		b := &batches[bus.Partition(event.Key(id), partitions)]
		state := journey.NewState(id, day)
		state.Profile.Traits = map[string]any{"email": id + "@example.com"}
		state.Profile.Consent = []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true, At: day.Add(time.Hour)}}
		body, err := codec.Encode(state)
		if err != nil {
			t.Fatal(err)
		}
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: body, Known: true})
		for k := range events {
			b.Timeline = append(b.Timeline, store.TimelineRow{
				Profile: id, At: day.Add(time.Duration(k*7+n) * time.Minute), ID: fmt.Sprintf("shop#%s-%d", id, k), Kind: store.KindEvent,
				Name: "page.viewed", Trace: "4bf92f3577b34da6a3ce929d0e0e4736", Data: json.RawMessage(`{"$profile":{"traits":{"email":"` + id + `@example.com"}}}`),
			})
		}
		b.Timeline = append(b.Timeline, store.TimelineRow{Profile: id, At: day, ID: event.EngineSource + "#" + id, Kind: store.KindEvent, Name: "tag.added"})
		b.Messages = append(b.Messages,
			store.MessageRow{ID: "sent-" + id, Profile: id, Journey: "j", Step: "s", Channel: message.Email, Template: "t", DecidedAt: day},
			store.MessageRow{ID: "kept-" + id, Profile: id, Journey: "j", Step: "s", Channel: message.Email, Template: "t", DecidedAt: day, Outcome: message.Suppressed, Reason: message.ReasonCapped})
	}
	for p := range batches {
		if _, err := st.Acquire(t.Context(), p, 1); err != nil {
			t.Fatal(err)
		}
		b := &batches[p]
		b.Partition, b.Epoch, b.To = p, 1, store.Position{Seq: 1, Clock: day.Add(time.Duration(p) * 24 * time.Hour)}
		b.Arms = []store.ArmDelta{
			{Journey: "j", Version: fmt.Sprint(p), Arm: "sent", Entered: 10, Converted: 2},
			{Journey: "j", Version: "1", Arm: "held out", Ghost: true, Entered: 1},
			{Journey: "j", Version: "1", Step: "split", Arm: "a", Entered: 99},
		}
		if err := st.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// Events of all partitions come in the order of time, each once, with what they say about
// the person.
func TestEvents(t *testing.T) {
	t.Parallel()
	r, err := New(filled(t, 11, 20))
	if err != nil {
		t.Fatal(err)
	}
	seen, said, last := map[string]bool{}, map[string]int{}, time.Time{}
	for ev, err := range r.Events(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Time.Before(last) || seen[ev.UID()] {
			t.Fatalf("%s of %s after %s, or again", ev.UID(), ev.Time, last)
		}
		last, seen[ev.UID()] = ev.Time, true
		u, err := ev.Profile()
		if err != nil {
			t.Fatal(err)
		}
		if u != nil {
			said[ev.Subject]++
			if u.Traits["email"] != ev.Subject+"@example.com" {
				t.Errorf("%s says %+v", ev.UID(), u)
			}
		}
	}
	if len(seen) != 11*21 || len(said) != 11 {
		t.Errorf("%d events, and %d people said something", len(seen), len(said))
	}
	for id, n := range said {
		if n != 20 {
			t.Errorf("%s said it %d times", id, n)
		}
	}
	for range r.Events(t.Context(), time.Time{}) {
		break // Leaving early gives everything back; goleak looks.
	}
}

func TestPerson(t *testing.T) {
	t.Parallel()
	r, err := New(filled(t, 5, 3))
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.Person(t.Context(), "p4", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Events) != 3 || len(in.Recorded) != 2 || in.Traces["shop#p4-1"] == "" || !in.Until.Equal(day.Add(48*time.Hour)) {
		t.Errorf("%+v", in)
	}
	if _, err := r.Person(t.Context(), "nobody", time.Time{}); err == nil {
		t.Error("there is a nobody")
	}
}

// Whichever id is asked for, the past is that of all of the person's.
func TestPersonOfSeveralIDs(t *testing.T) {
	t.Parallel()
	st := filled(t, 5, 3)
	r, err := New(st)
	if err != nil {
		t.Fatal(err)
	}
	// p1 acts for p2, and p2 for p3.
	link := func(id string, n identity.Node, rows ...store.TimelineRow) {
		t.Helper()
		p := bus.Partition(event.Key(id), partitions)
		from, err := st.Acquire(t.Context(), p, 2)
		if err != nil {
			t.Fatal(err)
		}
		state, _, err := r.state(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		n.ID = id
		state.Identity = &n
		body, err := r.codec.Encode(state)
		if err != nil {
			t.Fatal(err)
		}
		b := store.Batch{Partition: p, Epoch: 2, From: from, To: from, Profiles: []store.ProfileRow{{ID: id, State: body}}, Timeline: rows}
		if err := st.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	merged := store.TimelineRow{Profile: "p1", At: day.Add(time.Hour), ID: "published/m", Kind: store.KindPublished, Name: event.ProfileMerged, Data: []byte(`{"id":"p2"}`)}
	copied := store.TimelineRow{Profile: "p1", At: day.Add(2 * time.Hour), ID: store.PassedID("p2", "shop#p2-1"), Kind: store.KindPassed, Name: "page.viewed", Detail: "p2"}
	link("p1", identity.Node{Parts: []identity.Part{{ID: "p1"}, {ID: "p2"}, {ID: "gone"}}}, merged, copied)
	link("p2", identity.Node{Into: "p1", Parts: []identity.Part{{ID: "p2"}, {ID: "p3"}}})
	link("p3", identity.Node{Into: "p2"})
	for _, id := range []string{"p1", "p2", "p3"} {
		in, err := r.Person(t.Context(), id, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if in.Profile != "p1" || !slices.Equal(in.IDs, []string{"p1", "p2", "p3"}) || len(in.Events) != 9 || len(in.Recorded) != 6 {
			t.Errorf("%s: %s, %v, %d events, %d messages", id, in.Profile, in.IDs, len(in.Events), len(in.Recorded))
		}
		if !slices.IsSortedFunc(in.Events, func(a, b *event.Event) int { return a.Time.Compare(b.Time) }) || in.Events[1].Subject != "p1" {
			t.Errorf("%s: events are out of order, or another's", id)
		}
		if want := "2026-03-02 01:00:00: p2 was joined to p1."; !slices.Contains(in.Notes, want) {
			t.Errorf("%s: notes %q, want %q", id, in.Notes, want)
		}
	}
	if copied.PassedUID() != "shop#p2-1" {
		t.Errorf("the uid is %q", copied.PassedUID())
	}
}

func TestMessagesAndPast(t *testing.T) {
	t.Parallel()
	r, err := New(filled(t, 5, 1))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for m, err := range r.Messages(t.Context(), time.Time{}, time.Time{}) {
		if err != nil || m.Journey != "j" {
			t.Fatal(m, err)
		}
		n++
	}
	past, err := r.Past(t.Context())
	if p := past["j"]; err != nil || n != 5 || p.Entered != 30 || p.Converted != 6 || p.HeldOut != 3 || p.HeldOutConverted != 0 {
		t.Errorf("%d messages went out, past %+v, %v", n, past, err)
	}
}

// What came under several ids of one person is that person's, and what was taken back is not.
func TestEventsOfSeveralIDs(t *testing.T) {
	t.Parallel()
	st := filled(t, 6, 2)
	for p := range partitions {
		b := store.Batch{Partition: p, Epoch: 1, From: store.Position{Seq: 1, Clock: day.Add(time.Duration(p) * 24 * time.Hour)}}
		b.To = store.Position{Seq: 2, Clock: b.From.Clock}
		for _, said := range []struct{ subject, name, data string }{
			{"p1", event.ProfileAliased, `{"previous_id":"p0"}`},
			{"p2", event.ProfileAliased, `{"previous_id":"p1"}`},
			{"p4", event.ProfileAliased, `{"previous_id":"p3"}`},
			{"p4", event.ProfileUnaliased, `{"previous_id":"p3"}`},
			{"p5", "page.viewed", `{"$profile":{"also":["anonymous:x"]}}`},
		} {
			if bus.Partition(event.Key(said.subject), partitions) == p {
				b.Timeline = append(b.Timeline, store.TimelineRow{
					Profile: said.subject, At: day.Add(time.Duration(len(b.Timeline)+1) * time.Hour), ID: fmt.Sprint("shop#", said, len(b.Timeline)),
					Kind: store.KindEvent, Name: said.name, Data: json.RawMessage(said.data),
				})
			}
		}
		if err := st.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := New(st)
	if err != nil {
		t.Fatal(err)
	}
	whose := map[string]int{}
	for ev, err := range r.Events(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type == "page.viewed" {
			whose[ev.Subject]++
		}
	}
	if fmt.Sprint(whose) != "map[p2:6 p3:2 p4:2 p5:3]" {
		t.Errorf("page views by person: %v", whose)
	}
}
