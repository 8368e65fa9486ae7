package journey_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// stored is a profile as others hold it, without what is asked of the whole.
func stored(t *rapid.T, p profile.Profile) []byte {
	p.Segments = nil
	b, err := profile.Encode(&p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// follow lets one life go on as a part of the other, as the orchestrator does it.
func (l *life) follow(into *life, version uint64) {
	id, root := l.state.Profile.ID, into.state.Profile.ID
	l.state.Identity = &identity.Node{ID: id, Into: root, Version: version}
	moved, _ := into.set.Yield(l.state, into.at)
	if due := l.state.NextDue(); !due.IsZero() || len(l.state.Instances) > 0 || len(l.state.Profile.Segments) > 0 {
		l.t.Fatalf("%s follows and has a timer at %s, %d instances", id, due, len(l.state.Instances))
	}
	if moved != nil { // It travels.
		b, err := l.codec.Encode(moved)
		if err != nil {
			l.t.Fatal(err)
		}
		if moved, err = l.codec.Decode(b); err != nil {
			l.t.Fatal(err)
		}
	}
	if into.state.Identity == nil {
		into.state.Identity = &identity.Node{ID: root}
	}
	news, err := into.state.Identity.Take(&identity.Joined{Of: id, Version: version, Seq: version, Profile: stored(l.t, l.state.Profile)},
		func() ([]byte, error) { return stored(l.t, into.state.Profile), nil }, profile.JoinStored)
	if err != nil || !news {
		l.t.Fatalf("taken: %v, %v", news, err)
	}
	maps.Copy(into.running, l.running)
	for what := range l.known {
		if !strings.HasPrefix(what, "joined ") {
			into.once(what)
		}
	}
	into.sent = append(into.sent, l.sent...)
	slices.SortFunc(into.sent, time.Time.Compare)
	l.running, l.known, l.sent = map[string]bool{}, map[string]bool{}, nil
	effects, err := into.set.Absorb(into.state, moved, into.at)
	if err != nil {
		l.t.Fatal(err)
	}
	into.took(effects)
	into.resumed = true // What was due while it moved is due since.
	into.comeBack()
}

// passOn is an event at an id that follows another one.
func (l *life) passOn(into *life, d *deed, id string) {
	ev := d.event(l.t, l.state.Profile.ID, id, into.at)
	if effects := into.set.Event(l.state, ev, into.at, ""); len(effects) > 0 {
		l.t.Fatalf("%s follows, and %+v", l.state.Profile.ID, effects)
	}
	copied := *ev
	copied.Subject, copied.Of = into.state.Profile.ID, ev.Subject
	into.took(into.set.Event(into.state, &copied, into.at, ""))
	into.comeBack()
}

// whole fails where the view of a life is not the join of its parts.
func (l *life) whole() {
	plain := func() []byte {
		p := l.state.Profile
		p.Ledger, p.Consent, p.Voices = nil, nil, nil // What ledgers leave out depends on what stands between.
		return stored(l.t, p)
	}
	before := plain()
	effects, err := l.set.View(l.state, l.at)
	if err != nil {
		l.t.Fatal(err)
	}
	l.took(effects)
	l.comeBack()
	if after := plain(); !bytes.Equal(before, after) {
		was, _ := profile.Decode(before)
		is, _ := profile.Decode(after)
		l.t.Fatalf("the view was\n%+v\nand is anew\n%+v", was, is)
	}
}

// Two ids of one person, whichever takes in the other's state, after whatever has happened to
// each: everything still happens once, caps count both, nobody rests for ever, and the view
// stays the join of its parts, until the ids part again.
func TestIdsOfOnePersonAreSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		worlds := []journey.Config{w.draw(t, "v1", start()), w.draw(t, "v2", start())}
		pair := [2]*life{born(t, "ada", worlds), born(t, "bob", worlds)}
		at := start()
		for _, l := range pair {
			l.through(deeds().Draw(t, "history"), nil)
			if l.at.After(at) {
				at = l.at
			}
		}
		for _, l := range pair {
			l.runOn(at.Add(time.Hour))
			l.comeUnder(rapid.IntRange(0, 1).Draw(t, "world"))
		}
		root, other := pair[0], pair[1]
		if rapid.Bool().Draw(t, "the other way round") {
			root, other = other, root
		}
		other.follow(root, 1)
		for i, d := range deeds().Draw(t, "together") {
			root.runOn(root.at.Add(d.after))
			switch {
			case d.typ == worldEvents:
				root.runOn(root.at.Add(time.Minute)) // There and back at one instant is no change.
				root.comeUnder(i % 2)
			case rapid.Bool().Draw(t, "under the other id"):
				other.passOn(root, &d, fmt.Sprint("together ", i))
			default:
				root.took(root.set.Event(root.state, d.event(t, root.state.Profile.ID, fmt.Sprint("together ", i), root.at), root.at, ""))
				root.comeBack()
			}
		}
		root.runOn(root.at.Add(time.Minute)) // Whatever is asked again at one instant has been.
		root.whole()
		root.part(other)
		root.runOn(root.at.Add(800 * day))
		other.at = root.at
		other.runOn(other.at.Add(800 * day))
	})
}

// part lets the other id go its own way again.
func (l *life) part(other *life) {
	if !l.state.Identity.Drop(&identity.Detached{Of: other.state.Profile.ID, Version: 2}) {
		l.t.Fatal("nothing was dropped")
	}
	effects, err := l.set.View(l.state, l.at)
	if err != nil {
		l.t.Fatal(err)
	}
	l.took(effects)
	l.comeBack()
	if !l.state.Identity.Alone() {
		l.t.Fatal("there are parts left")
	}
	other.state.Identity.Into, other.set, other.at = "", l.set, l.at
	other.took(other.set.Resume(other.state, other.at))
	other.comeBack()
	if n := len(other.state.Instances); n > 0 {
		l.t.Fatalf("%d instances began because the ids parted", n)
	}
}
