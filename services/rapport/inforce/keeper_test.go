package inforce_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/workspace"
	"rapport/services/rapport/archive"
	"rapport/services/rapport/inforce"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

const shop = `
shop: {name: S, url: "https://s.example", currency: GBP, locale: en-GB, timezone: Europe/London, address: [S, Street]}
email: {from: {name: S, address: s@s.example}}
sms: {from: Shop}
`

// hello is a journey with one wait, whose id and rule for changes are given.
func hello(step, onChange, text string) map[string]string {
	return map[string]string{
		"rapport.yaml": shop,
		"journeys/hello.yaml": `
journey: hello
title: Hello
category: transactional
status: active
on_change: ` + onChange + `
enter: {on: order.completed}
steps:
  - {id: ` + step + `, wait: 3d}
  - id: version
    split:
      - {arm: plain, weight: 1, steps: [{id: p, send: {sms: hello}}]}
      - {arm: story, weight: 1, steps: [{id: s, send: {sms: hello}}]}
    winner: {metric: goal, after: 100, confidence: 95%}
goal: {on: order.completed, within: 14d}
`,
		"sms/hello.txt.liquid": text,
	}
}

func snapshot(t *testing.T, files map[string]string) *workspace.Snapshot {
	t.Helper()
	raw := map[string][]byte{}
	for name, text := range files {
		raw[name] = []byte(text)
	}
	s, err := workspace.FromFiles(raw, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rig is a store and a keeper.
type rig struct {
	*testing.T
	store  *sqlite.Store
	keeper *inforce.Keeper
	seq    uint64
}

func newRig(t *testing.T) *rig {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if _, err := st.Acquire(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	return &rig{T: t, store: st, keeper: inforce.New(inforce.Options{Store: st, Every: time.Millisecond, By: "test"})}
}

func (r *rig) adopt(files map[string]string) *workspace.Snapshot {
	r.Helper()
	s := snapshot(r.T, files)
	if err := r.keeper.Adopt(r.Context(), s); err != nil {
		r.Fatal(err)
	}
	return s
}

// commit writes what an orchestrator would have counted.
func (r *rig) commit(resting []store.RestingDelta, arms []store.ArmDelta) {
	r.Helper()
	b := &store.Batch{Epoch: 1, From: store.Position{Seq: r.seq}, To: store.Position{Seq: r.seq + 1}, Resting: resting, Arms: arms}
	if err := r.store.Commit(r.Context(), b); err != nil {
		r.Fatal(err)
	}
	r.seq++
}

func version(s *workspace.Snapshot) string { return s.Journeys()[0].Version }

// has reports whether the set can go on with people in a version of hello.
func (r *rig) has(version, step string) bool {
	r.Helper()
	st := journey.NewState("ada", time.Now())
	st.Snapshot = r.keeper.Journeys().Version()
	st.Instances = []journey.Instance{{ID: "i", Journey: "hello", Version: version, Step: step, At: time.Now(), Due: time.Now()}}
	for _, e := range r.keeper.Journeys().Fire(st, time.Now()) {
		if ended, ok := e.(journey.Ended); ok && ended.Reason == journey.LeftVersionGone {
			return false
		}
	}
	return true
}

func TestVersionsThatPeopleAreInsideOfStay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.adopt(hello("rest", "drain", "Hello"))
	changed := r.keeper.Changed()
	r.commit([]store.RestingDelta{{Journey: "hello", Version: version(first), Step: "rest", Delta: 1}}, nil)
	files := hello("pause", "drain", "Hello")
	delete(files, "sms/hello.txt.liquid")
	files["sms/ciao.txt.liquid"] = "Ciao"
	files["journeys/hello.yaml"] = strings.ReplaceAll(files["journeys/hello.yaml"], "sms: hello", "sms: ciao")
	second := r.adopt(files)
	select {
	case <-changed:
	default:
		t.Error("nobody was told of the change")
	}
	// Another process, later: what people are inside of is read from the archive.
	r.keeper = inforce.New(inforce.Options{Store: r.store})
	if err := r.keeper.Adopt(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if !r.has(version(first), "rest") || !r.has(version(second), "pause") || r.has("unheard of", "rest") {
		t.Error("people in the first or the second version cannot go on, or those of none can")
	}
	for v, want := range map[string]string{version(first): "Hello", version(second): "Ciao"} {
		template := map[string]string{"Hello": "hello", "Ciao": "ciao"}[want]
		c := &message.Command{Journey: "hello", Version: v, Channel: message.SMS, Template: template, Vars: []byte(`{"profile":{}}`)}
		snap, err := r.keeper.For(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if sms, err := snap.SMS(t.Context(), c); err != nil || sms.Body != want {
			t.Errorf("version %s says %q, %v; want %q", v, sms.Body, err, want)
		}
	}
}

func TestMigrationsThatLosePeopleAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.adopt(hello("rest", "drain", "Hello"))
	r.commit([]store.RestingDelta{{Journey: "hello", Version: version(first), Step: "rest", Delta: 2}}, nil)
	err := r.keeper.Adopt(t.Context(), snapshot(t, hello("pause", "migrate", "Hello")))
	if !errors.Is(err, inforce.ErrRefused) || !strings.Contains(err.Error(), "rest") {
		t.Errorf("adopted, or refused without the step: %v", err)
	}
	if r.keeper.Snapshot().Version() != first.Version() {
		t.Error("what was refused is in force")
	}
	files := hello("pause", "migrate", "Hello")
	files["journeys/hello.yaml"] += "moves: {rest: pause}\n"
	r.adopt(files)
}

func TestWhatIsAppliedInTheStoreIsAdopted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.adopt(hello("rest", "drain", "Hello"))
	r.follow()
	next := snapshot(t, hello("rest", "drain", "Good day"))
	changed := r.keeper.Changed()
	if err := archive.New(r.store).Save(t.Context(), next, time.Now(), "somebody", "a kinder word"); err != nil {
		t.Fatal(err)
	}
	r.wait(changed)
	if r.keeper.Snapshot().Version() != next.Version() {
		t.Errorf("in force is %s, applied was %s", r.keeper.Snapshot().Version(), next.Version())
	}
}

func TestSplitsGetTheirWinner(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.adopt(hello("rest", "drain", "Hello"))
	arm := func(name string, entered, converted int) store.ArmDelta {
		return store.ArmDelta{Journey: "hello", Version: version(s), Step: "version", Arm: name, Entered: entered, Converted: converted}
	}
	changed := r.keeper.Changed()
	r.follow()
	r.commit(nil, []store.ArmDelta{arm("plain", 1000, 20), arm("story", 1000, 90)})
	r.wait(changed)
	winners, err := r.store.Winners(t.Context())
	if err != nil || len(winners) != 1 || winners[0].Arm != "story" || !strings.Contains(winners[0].Detail, "90 of 1000") {
		t.Fatalf("winners %+v, %v", winners, err)
	}
	// Everybody who comes now takes it; a process that starts later knows it, too.
	later := inforce.New(inforce.Options{Store: r.store})
	if err := later.Adopt(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, set := range []*journey.Set{r.keeper.Journeys(), later.Journeys()} {
		arms := map[string]int{}
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			st := journey.NewState(id, time.Now())
			st.Snapshot = set.Version()
			st.Instances = []journey.Instance{{ID: "i", Journey: "hello", Version: version(s), Step: "rest", At: time.Now(), Due: time.Now()}}
			for _, e := range set.Fire(st, time.Now()) {
				if a, ok := e.(journey.Armed); ok {
					arms[a.Arm]++
				}
			}
		}
		if !maps.Equal(arms, map[string]int{"story": 8}) {
			t.Errorf("arms %v, want all in story", arms)
		}
	}
}

// follow runs the keeper until the test ends.
func (r *rig) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.keeper.Run(ctx) }()
	r.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	})
}

func (r *rig) wait(changed <-chan struct{}) {
	r.Helper()
	select {
	case <-changed:
	case <-time.After(patience):
		r.Fatal("nothing else came into force")
	}
}

// blind is a store that cannot tell who has won.
type blind struct{ *sqlite.Store }

func (blind) Winners(context.Context) ([]store.Winner, error) { return nil, errors.New("no answer") }

// A version that this process cannot put in force is not in force for others either.
func TestFailedAdoptionTellsNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.adopt(hello("rest", "drain", "one"))
	k := inforce.New(inforce.Options{Store: blind{r.store}, By: "test"})
	if err := k.Adopt(t.Context(), snapshot(t, hello("rest", "drain", "two"))); err == nil {
		t.Fatal("adopted")
	}
	applied, err := r.store.Applied(t.Context(), 10)
	if err != nil || len(applied) != 1 {
		t.Errorf("applied %+v, %v", applied, err)
	}
}
