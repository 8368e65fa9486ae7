package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// testReopen closes a store and opens it again: all of it is there.
func testReopen(t *testing.T, o Options) {
	dir := t.TempDir()
	f := fixture{o.Open(t, dir), t}
	f.acquire(1, 4)
	from := f.commit(eventBatch(1, 4, store.Position{}, "ada", "e1"))
	f.commit(eventBatch(1, 4, from, "bob", "e2"))
	f.claim(claimOf("m-e1", "w1"), claimOf("m-e2", "w1"))
	f.record(resultOf("m-e1", "w1", `{"outcome":"sent"}`))
	profiles, events := []string{"ada", "bob"}, []string{"e1", "e2"}
	v := version("v", 1, store.JourneyVersion{Journey: "thank-you", Version: "v1"})
	f.save(v)
	f.apply("v", at(5))
	before := f.look(1, 4, profiles, events)
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		f = fixture{o.Open(t, dir), t}
		if _, err := f.Acquire(t.Context(), 1, 3); err == nil {
			t.Error("the epoch was forgotten")
		}
		equal(t, "partition", f.look(1, 4, profiles, events), before)
		equal(t, "done claim", f.claim(claimOf("m-e1", "w1"))[0].State, store.Done)
		equal(t, "version in force", f.applied(1), []store.Application{{Version: "v", At: at(5), By: "ada"}})
		equal(t, "version", f.version("v"), v)
		equal(t, "stale", f.staleCount("w2"), 2)
		equal(t, "open claim", f.claim(claimOf("m-e2", "w1"))[0].State, store.Open)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// testClose pings, closes twice, and finds everything refused after that.
func testClose(t *testing.T, o Options) {
	s := o.Open(t, t.TempDir())
	ctx := t.Context()
	if err := s.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	for name, call := range map[string]func(context.Context) error{
		"ping":    s.Ping,
		"acquire": func(ctx context.Context) error { _, err := s.Acquire(ctx, 1, 1); return err },
		"load":    func(ctx context.Context) error { _, err := s.Load(ctx, 1, []store.Want{{Profile: "a"}}); return err },
		"commit":  func(ctx context.Context) error { return s.Commit(ctx, &store.Batch{Partition: 1, Epoch: 1}) },
		"claim":   func(ctx context.Context) error { _, err := s.Claim(ctx, []store.Claim{claimOf("a", "w")}); return err },
		"open":    func(ctx context.Context) error { _, err := s.Unfinished(ctx); return err },
		"look": func(ctx context.Context) error {
			_, err := s.Look(ctx, []store.Look{{ProfileRef: store.ProfileRef{Profile: "a"}}})
			return err
		},
		"save":    func(ctx context.Context) error { return s.SaveVersion(ctx, version("v", 1)) },
		"resting": func(ctx context.Context) error { _, err := s.Resting(ctx); return err },
		"stale":   func(ctx context.Context) error { _, err := s.Stale(ctx, 1, "w", "", 1); return err },
		"suppress": func(ctx context.Context) error {
			return s.Suppress(ctx, []store.Suppression{suppressionOf("a@example.com")})
		},
		"release": func(ctx context.Context) error { _, err := s.Release(ctx, mail("a@example.com")); return err },
		"suppressed": func(ctx context.Context) error {
			_, err := s.Suppressed(ctx, []store.Address{mail("a@example.com")})
			return err
		},
		"list":   func(ctx context.Context) error { _, err := s.Suppressions(ctx, store.Suppression{}, 1); return err },
		"number": func(ctx context.Context) error { _, err := s.ByPhone(ctx, "+44"); return err },
		"counts": func(ctx context.Context) error { _, err := s.Counts(ctx); return err },
	} {
		if call(ctx) == nil {
			t.Errorf("%s works on a closed store", name)
		}
	}
}

// The run of batches that the killed process commits. Everything in batch n follows from n,
// so that whoever knows the position knows what has to be there.

// runProfiles is over how many profiles the run goes.
const runProfiles = 7

func runProfile(n uint64) string { return fmt.Sprintf("profile-%d", n%runProfiles) }
func runEvent(n uint64) string   { return fmt.Sprintf("event-%d", n) }
func runMessage(n uint64) string { return fmt.Sprintf("message-%d", n) }

func runAddress(partition int, n uint64) string {
	return fmt.Sprintf("%d-%d@example.com", partition, n)
}
func runNumber(partition int) string { return fmt.Sprintf("+4477009%05d", partition) }

func runJourney(partition int) string { return fmt.Sprintf("journey-%d", partition) }

func runPosition(n uint64) store.Position {
	if n == 0 {
		return store.Position{}
	}
	return store.Position{Seq: n, Clock: at(time.Duration(n) * time.Second)}
}

// runBatch is the batch that ends at n. It records the message of the batch before as sent.
func runBatch(partition int, n uint64) *store.Batch {
	to := runPosition(n)
	b := &store.Batch{
		Partition: partition, Epoch: runEpoch, From: runPosition(n - 1), To: to,
		Profiles: []store.ProfileRow{{ID: runProfile(n), State: []byte(runEvent(n)), Wake: to.Clock}},
		Timeline: []store.TimelineRow{
			{Profile: runProfile(n), At: to.Clock, ID: runEvent(n), Kind: store.KindEvent, Name: "ran"},
			{Profile: runProfile(n), At: to.Clock, ID: runMessage(n), Kind: store.KindEntered, Name: "journey"},
		},
		Messages: []store.MessageRow{newMessage(runMessage(n), runProfile(n), to.Clock)},
		Outbox:   []store.Outgoing{{Subject: "send.email", ID: runMessage(n), Data: make([]byte, 2000)}},
		Resting:  []store.RestingDelta{{Journey: runJourney(partition), Step: "mail", Delta: 1}},
		Arms:     []store.ArmDelta{{Journey: runJourney(partition), Arm: "sent", Entered: 1, Value: 0.1}},
	}
	b.Suppressions = []store.Suppression{{Channel: message.Email, Address: runAddress(partition, n), Reason: store.Bounced, At: to.Clock}}
	switch n % runProfiles {
	case 3: // Somebody comes, to be forgotten three batches later.
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: "brief", State: []byte("x")})
		b.Phones = []store.PhoneRow{{Profile: "brief", Number: runNumber(partition)}}
	case 6:
		b.Erasures = []store.Erasure{{Profile: "brief", At: to.Clock, Key: "brief"}}
	}
	if n > 1 {
		b.Outcomes = []store.OutcomeRow{{MessageID: runMessage(n - 1), Outcome: message.Sent, At: to.Clock}}
	}
	return b
}

// checkLists checks that just the addresses of the batches up to n are listed, and whether
// who comes and goes is there.
func (f fixture) checkLists(partition int, n uint64) {
	f.t.Helper()
	var addresses []store.Address
	want := make([]store.Grounds, n, n+1)
	for i := range n + 1 {
		addresses = append(addresses, mail(runAddress(partition, i+1)))
	}
	for i := range want {
		want[i] = store.Bounced
	}
	equal(f.t, "listed", f.suppressed(addresses...), append(want, ""))
	there := n%runProfiles >= 3 && n%runProfiles < 6
	erased := runPosition(n / runProfiles * runProfiles)
	if n%runProfiles == 6 {
		erased = runPosition(n)
	} else if n >= runProfiles {
		erased = runPosition(erased.Seq - 1)
	}
	brief := f.load(partition, store.Want{Profile: "brief"})[0]
	refs := f.byPhone(runNumber(partition))
	equal(f.t, "who comes and goes", [3]any{brief.State != nil, len(refs) == 1, brief.Erased}, [3]any{there, there, erased.Clock})
}

// checkRun checks that a partition is exactly what the batches up to n left: nothing of
// them missing, nothing of the next there.
func (f fixture) checkRun(partition int, n uint64) {
	f.t.Helper()
	var wants []store.Want
	var want []store.Loaded
	for p := range uint64(runProfiles) {
		w, l := store.Want{Profile: runProfile(p)}, store.Loaded{}
		for i := uint64(1); i <= n+1; i++ {
			if i%runProfiles != p {
				continue
			}
			w.Events = append(w.Events, runEvent(i), runMessage(i))
			if i <= n {
				l.Seen, l.State = append(l.Seen, runEvent(i), runMessage(i)), []byte(runEvent(i))
			}
		}
		wants, want = append(wants, w), append(want, l)
	}
	equal(f.t, fmt.Sprintf("states and events of partition %d up to %d", partition, n), f.load(partition, wants...), want)
	outbox := f.outbox(partition, 0, int(n)+10)
	equal(f.t, "outbox batches", len(outbox), int(n))
	for i, b := range outbox {
		equal(f.t, "outbox message", b.Messages[0].ID, runMessage(uint64(i)+1))
	}
	for i := uint64(1); i <= n; i++ {
		outcome := message.Sent
		if i == n {
			outcome = ""
		}
		equal(f.t, "outcome", f.message(partition, runMessage(i)).Outcome, outcome)
	}
	f.checkLists(partition, n)
	rest := slices.IndexFunc(f.resting(), func(r store.Resting) bool { return r.Journey == runJourney(partition) })
	arm := slices.IndexFunc(f.arms(), func(a store.Arm) bool { return a.Journey == runJourney(partition) })
	equal(f.t, "whether anything was counted", [2]bool{rest >= 0, arm >= 0}, [2]bool{n > 0, n > 0})
	if n > 0 {
		equal(f.t, "resting", f.resting()[rest], store.Resting{Journey: runJourney(partition), Step: "mail", Count: int(n)})
		equal(f.t, "measured", f.arms()[arm], store.Arm{
			Journey: runJourney(partition), Arm: "sent", Entered: int(n), Value: float64(n) / 10,
		})
	}
	if _, err := f.Message(f.t.Context(), partition, runMessage(n+1)); err == nil {
		f.t.Errorf("partition %d is at %d and has the next message", partition, n)
	}
	equal(f.t, "profiles due", len(f.due(partition, at(1000*time.Hour), 100)), min(int(n), runProfiles))
}
