package delivery_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// people is a store with one profile for each test of the last look.
type people struct {
	st    *sqlite.Store
	codec *journey.Codec
	set   *journey.Set
	at    store.Position
}

func newPeople(t testing.TB) *people {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if _, err := st.Acquire(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	codec, err := journey.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	set, err := journey.NewSet(journey.Config{Version: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	return &people{st: st, codec: codec, set: set}
}

// standing is somebody who may be written to, in the middle of a journey.
func standing(id string) *journey.State {
	st := journey.NewState(id, decided)
	st.Profile.Known = true
	st.Profile.Traits = map[string]any{"email": address, "first_name": "Jane", "locale": "en-GB", "timezone": "Europe/London"}
	st.Profile.Consent = []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true, At: decided}}
	st.Instances = []journey.Instance{{ID: "i1", Journey: "thank-you", Version: "v1", At: decided, Step: "mail"}}
	return st
}

func (p *people) save(t testing.TB, states ...*journey.State) {
	t.Helper()
	b := store.Batch{Epoch: 1, From: p.at, To: p.at}
	b.To.Seq++
	p.at = b.To
	for _, s := range states {
		raw, err := p.codec.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: s.Profile.ID, State: raw, Known: true, UpdatedAt: decided})
	}
	if err := p.st.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

func (p *people) list(t testing.TB, c message.Channel, address string, why store.Grounds) {
	t.Helper()
	err := p.st.Suppress(t.Context(), []store.Suppression{{Channel: c, Address: address, Reason: why, At: decided}})
	if err != nil {
		t.Fatal(err)
	}
}

func (p *people) look() *delivery.Standing {
	return delivery.NewStanding(p.st, p.codec, func() *journey.Set { return p.set }, func(string) int { return 0 }, func() time.Time { return decided.Add(time.Minute) })
}

// TestStanding changes how a person stands after the message was decided.
func TestStanding(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	cases := map[string]struct {
		category message.Category
		change   func(*journey.State)
		want     message.Reason
		listed   store.Grounds
		on       message.Channel
	}{
		"nothing has happened": {want: ""},
		"the consent was withdrawn": {
			change: func(s *journey.State) { s.Profile.Consent[0].Granted = false }, want: message.ReasonNoConsent,
		},
		"the consent to marketing was withdrawn, and it is an order": {
			category: message.Transactional, change: func(s *journey.State) { s.Profile.Consent = nil },
		},
		"the address bounced": {
			category: message.Transactional, want: message.ReasonSuppressed,
			change: func(s *journey.State) {
				s.Profile.Blocked = []profile.Block{{Channel: message.Email, Why: "bounced", At: decided}}
			},
		},
		"the address is on the list, whoever's it was": {
			category: message.Transactional, listed: store.Bounced, want: message.ReasonSuppressed,
		},
		"the address is on the list of those who complained, and it is an order": {
			category: message.Transactional, listed: store.Complained, want: message.ReasonSuppressed,
		},
		"the address is on another channel's list": {listed: store.OptedOut, on: message.SMS},
		"the address is gone":                      {change: func(s *journey.State) { delete(s.Profile.Traits, "email") }, want: message.ReasonNoAddress},
		"the journey was left": {
			change: func(s *journey.State) { s.Instances, s.Gone = nil, []journey.Departed{{Instance: "i1", At: decided}} },
			want:   message.ReasonLeft,
		},
		"the journey came to its end": {change: func(s *journey.State) { s.Instances = nil }},
	}
	commands := []*message.Command{mailCommand("erased", message.Transactional)}
	commands[0].Profile = "nobody"
	names, want := []string{"the person was erased"}, []message.Reason{message.ReasonSuppressed}
	for name, tc := range cases {
		st := standing(name)
		if tc.change != nil {
			tc.change(st)
		}
		p.save(t, st)
		c := mailCommand(name, message.Marketing)
		if tc.category != "" {
			c.Category = tc.category
		}
		c.Profile = name
		if tc.listed != "" {
			c.To = message.Hash(name) + "@Example.com"
			p.list(t, cmp.Or(tc.on, message.Email), message.Hash(name)+"@example.com", tc.listed)
		}
		commands, names, want = append(commands, c), append(names, name), append(want, tc.want)
	}
	got, err := p.look().Recheck(t.Context(), commands)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: %q, want %q", names[i], got[i], want[i])
		}
	}
}

// TestStandingUnknown: when nobody knows how the person stands, nothing goes.
func TestStandingUnknown(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	p.save(t, standing("customer-1"))
	c := []*message.Command{mailCommand("m1", message.Marketing)}
	early := delivery.NewStanding(p.st, p.codec, func() *journey.Set { return nil }, nil, nil)
	if _, err := early.Recheck(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no journeys") {
		t.Errorf("error %v, want one that says that there are no journeys yet", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.look().Recheck(cancelled, c); err == nil {
		t.Error("no error, though the store did not answer")
	}
	batch := store.Batch{Epoch: 1, From: p.at, To: store.Position{Seq: p.at.Seq + 1}}
	batch.Profiles = []store.ProfileRow{{ID: "customer-1", State: []byte{99}, UpdatedAt: decided}}
	if err := p.st.Commit(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	if _, err := p.look().Recheck(t.Context(), c); err == nil || !strings.Contains(err.Error(), "message m1") {
		t.Errorf("error %v, want one that names the message whose profile cannot be read", err)
	}
}

// TestStandingOfFollowers: where another id acts for the one of the message, both are looked at; and
// where that one has not heard of it yet, nobody knows.
func TestStandingOfFollowers(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	follower := func(id, into string) *journey.State {
		s := standing(id)
		s.Identity = &identity.Node{ID: id, Into: into, Version: 1}
		return s
	}
	withdrawn := func(s *journey.State) *journey.State { s.Profile.Consent[0].Granted = false; return s }
	left := standing("left")
	command := func(profile string) *message.Command {
		c := mailCommand("m-"+profile, message.Marketing)
		c.Profile = profile
		return c
	}
	left.Gone = []journey.Departed{{Instance: command("to-left").Instance, At: decided}}
	p.save(t, follower("to-root", "root"), standing("root"), follower("to-withdrawn", "withdrawn"), withdrawn(standing("withdrawn")),
		withdrawn(follower("withdrew", "root")), follower("to-left", "left"), left, follower("far", "to-withdrawn"), follower("early", "nobody"),
		follower("a", "b"), follower("b", "a"))
	for profile, want := range map[string]message.Reason{
		"to-root": "", "to-withdrawn": message.ReasonNoConsent, "withdrew": message.ReasonNoConsent, "to-left": message.ReasonLeft,
		"far": message.ReasonNoConsent, "gone": message.ReasonSuppressed,
	} {
		got, err := p.look().Recheck(t.Context(), []*message.Command{command("to-root"), command(profile)})
		if err != nil || got[0] != "" || got[1] != want {
			t.Errorf("%s: %q %v, want %q", profile, got, err, want)
		}
	}
	for _, profile := range []string{"early", "a"} {
		if _, err := p.look().Recheck(t.Context(), []*message.Command{command(profile)}); err == nil || !strings.Contains(err.Error(), "being joined") {
			t.Errorf("%s: error %v, want one that says that ids are being joined", profile, err)
		}
	}
}

// TestStandingInThePipeline: consent is withdrawn in the store between decision and hand-over.
func TestStandingInThePipeline(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	p.save(t, standing("customer-1"))
	b := newBench(t, newLedger(), &road{}, func(o *delivery.Options) { o.Claims, o.Recheck = p.st, p.look().Recheck })
	b.deliver(t, mailCommand("m1", message.Marketing))
	withdrawn := standing("customer-1")
	withdrawn.Profile.Consent[0].Granted = false
	p.save(t, withdrawn)
	b.deliver(t, mailCommand("m2", message.Marketing))
	if r := b.last(t, 2); r.Outcome != message.Suppressed || r.Reason != message.ReasonNoConsent || len(b.road.taken) != 1 {
		t.Errorf("receipt %+v, %d handed over; want the second kept back", r, len(b.road.taken))
	}
}

// BenchmarkStanding is what the last look costs one message, alone and with 32 in hand, for
// somebody with a year of history, and ten thousand addresses on the suppression list.
func BenchmarkStanding(b *testing.B) {
	p := newPeople(b)
	var states []*journey.State
	for i := range 1000 {
		st := standing(fmt.Sprint("customer-", i))
		for n := range 40 {
			st.Gone = append(st.Gone, journey.Departed{Instance: message.Hash("i", fmt.Sprint(n)), At: decided})
		}
		states = append(states, st)
	}
	p.save(b, states...)
	var list []store.Suppression
	for i := range 10_000 {
		list = append(list, store.Suppression{Channel: message.Email, Address: fmt.Sprint(i, "@example.com"), Reason: store.Bounced, At: decided})
	}
	if err := p.st.Suppress(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	command := func(i int) *message.Command {
		c := mailCommand("m", message.Marketing)
		c.Profile = fmt.Sprint("customer-", i%1000)
		return c
	}
	look := p.look()
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if _, err := look.Recheck(b.Context(), []*message.Command{command(i)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("together", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i += 32 {
			var all []*message.Command
			for n := range min(32, b.N-i) {
				all = append(all, command(i+n))
			}
			if _, err := look.Recheck(b.Context(), all); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPipeline is what the whole way of a message costs with 32 in hand, on SQLite,
// with a provider that answers at once, without and with the last look.
func BenchmarkPipeline(b *testing.B) {
	for name, looks := range map[string]bool{"as decided": false, "last look": true} {
		b.Run(name, func(b *testing.B) {
			p := newPeople(b)
			p.save(b, standing("customer-1"))
			o := delivery.Options{
				Channel: message.Email, Road: &road{}, Claims: p.st, Publisher: &outlet{}, Worker: "bench", Source: "rapport/test", InFlight: 32,
			}
			if looks {
				o.Recheck = p.look().Recheck
			}
			pipeline, err := delivery.New(o)
			if err != nil {
				b.Fatal(err)
			}
			ids := make(chan int)
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					for id := range ids {
						if err := pipeline.Deliver(b.Context(), mailCommand(fmt.Sprint("m", id), message.Marketing)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for id := range b.N {
				ids <- id
			}
			close(ids)
			wg.Wait()
		})
	}
}
