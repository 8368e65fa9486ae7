package journey_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
)

// words is an event with a word about consent to marketing by e-mail.
func words(id, typ, more string) *event.Event {
	return &event.Event{
		ID: id, Source: "shop", Type: typ, Subject: "ada", Time: start(),
		Data: []byte(`{"$profile":{"consent":[{"channel":"email","purpose":"marketing","source":"form",` + more + `}]}}`),
	}
}

// listening is a workspace with a journey that enters when somebody agrees.
func listening(t *testing.T, status journey.Status) *journey.Set {
	t.Helper()
	set, err := journey.NewSet(journey.Config{Version: "w", Journeys: []*journey.Definition{{
		Name: "confirm", Version: "v", Status: status, Category: message.Transactional,
		Enter: journey.Entry{On: event.ConsentGranted, Again: journey.Again{Always: true}}, Steps: []journey.Step{email("ask", "confirm")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// toldOf are the events that the engine made.
func toldOf(effects []journey.Effect) (all []journey.Published) {
	for _, e := range effects {
		if p, ok := e.(journey.Published); ok {
			all = append(all, p)
		}
	}
	return all
}

// A word that changes what holds is an event of the engine's; one that repeats it is none, and
// neither is one that nobody would hear.
func TestChangesOfConsentAreTold(t *testing.T) {
	t.Parallel()
	set, silent := listening(t, journey.Active), listening(t, journey.Draft)
	st, other := journey.NewState("ada", start()), journey.NewState("ada", start())
	for i, c := range []struct {
		ev        *event.Event
		typ, want string // what is told; empty: nothing
	}{
		{words("1", "profile.identified", `"granted":false`), "", ""},
		{words("2", "order.created", `"granted":true`), event.ConsentGranted, `{"channel":"email","confirmed":false,"purpose":"marketing","source":"form"}`},
		{words("3", "order.created", `"granted":true`), "", ""},
		{words("4", event.ConsentConfirmed, `"granted":true,"confirmed":true`), event.ConsentGranted, `{"channel":"email","confirmed":true,"purpose":"marketing","source":"form"}`},
		{words("5", event.ConsentConfirmed, `"granted":true,"confirmed":true`), "", ""},
		{&event.Event{ID: "6", Source: "listener", Type: event.EmailComplained, Subject: "ada", Data: []byte(`{}`)}, event.ConsentWithdrawn, `{"channel":"email","confirmed":false,"purpose":"marketing","source":"complaint"}`},
	} {
		now := start().AddDate(0, 0, i)
		c.ev.Time = now
		told := toldOf(set.Event(st, c.ev, now, ""))
		switch {
		case c.want == "":
			if len(told) != 0 {
				t.Errorf("%d: told %+v", i, told)
			}
		case len(told) != 1 || told[0].Event.Type != c.typ || string(told[0].Event.Data) != c.want || told[0].Event.Source != event.EngineSource:
			t.Errorf("%d: told %+v, want %s", i, told, c.want)
		default:
			// It comes back and is heard; nothing follows from that but what journeys do.
			back := told[0].Event
			if again := toldOf(set.Event(st, &back, now, "")); len(again) != 0 {
				t.Errorf("%d: a change follows from a change: %+v", i, again)
			}
		}
		if more := toldOf(silent.Event(other, c.ev, now, "")); len(more) != 0 {
			t.Errorf("%d: nobody hears %+v", i, more)
		}
	}
	if len(st.Profile.History.Of(event.ConsentGranted).Exact) == 0 || other.Profile.History.Of(event.ConsentGranted) != nil {
		t.Error("what was told is not in the history, or what was not is")
	}
}

// The last look sees what the person said since the message was decided.
func TestRecheckSeesWishes(t *testing.T) {
	t.Parallel()
	set, err := journey.NewSet(journey.Config{Version: "w", Policy: &policy.Policy{
		DoubleOptIn: map[message.Channel][]string{message.Email: {"marketing"}},
		Caps:        []policy.Cap{{AtMost: 1, Per: day}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*profile.Profile)
		cat    message.Category
		want   message.Reason
	}{
		"nothing happened":     {func(*profile.Profile) {}, message.Marketing, ""},
		"a pause":              {func(p *profile.Profile) { p.PausedUntil = start().Add(day) }, message.Marketing, message.ReasonPaused},
		"a pause, of receipts": {func(p *profile.Profile) { p.PausedUntil = start().Add(day) }, message.Transactional, ""},
		"a pause that is over": {func(p *profile.Profile) { p.PausedUntil = start() }, message.Marketing, ""},
		"agreed anew":          {func(p *profile.Profile) { p.Consent[0].Confirmed = time.Time{} }, message.Marketing, message.ReasonUnconfirmed},
		"fewer messages":       {func(p *profile.Profile) { p.WriteLess = true }, message.Marketing, ""}, // It has its slot.
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := journey.NewState("ada", start())
			st.Profile.Traits = map[string]any{"email": "ada@example.com"}
			st.Profile.Consent = []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true, At: start(), Confirmed: start()}}
			st.Log = &policy.Log{}
			st.Log.Note(policy.Sent{At: start(), Channel: message.Email, Category: message.Marketing, ID: "m"})
			c.change(&st.Profile)
			if got := set.Recheck(st, &message.Command{ID: "m", Profile: "ada", Channel: message.Email, Category: c.cat}, start()); got != c.want {
				t.Errorf("kept back because %q, want %q", got, c.want)
			}
		})
	}
}

// A state that was stored before consent had proof, and blocks an address, is still read.
func TestStatesFromBeforeWordsAreRead(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/state-before-words.cbor")
	if err != nil {
		t.Fatal(err)
	}
	codec, err := journey.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	st, err := codec.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := codec.Encode(st); err != nil || !bytes.Equal(again, b) {
		t.Errorf("written again it is %x, %v", again, err)
	}
	p := &st.Profile
	if len(p.Consent) != 2 || !p.Consents(message.Email, "marketing") || p.Confirms(message.Email, "marketing") || len(p.Ledger) != 0 || len(p.Blocked) != 2 || p.Orders.Count != 1 {
		t.Errorf("read %+v", p)
	}
	p.Traits["email"] = "another@example.com"
	if !p.BlockedOn(message.Email) { // Whose address it was is not known any more.
		t.Error("an old block does not hold")
	}
}
