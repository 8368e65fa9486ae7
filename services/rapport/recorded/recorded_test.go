package recorded

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/event"
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
