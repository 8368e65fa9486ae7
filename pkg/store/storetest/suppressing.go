package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

func mail(address string) store.Address {
	return store.Address{Channel: message.Email, Address: address}
}

func suppressionOf(address string) store.Suppression {
	return store.Suppression{Channel: message.Email, Address: address, Reason: store.Bounced, At: day}
}

func (f fixture) sights(looks ...store.Look) []store.Sight {
	f.t.Helper()
	sights, err := f.Look(f.t.Context(), looks)
	if err != nil {
		f.t.Fatalf("look: %v", err)
	}
	if len(sights) != len(looks) {
		f.t.Fatalf("look: %d answers to %d", len(sights), len(looks))
	}
	return sights
}

func (f fixture) suppressed(addresses ...store.Address) []store.Grounds {
	f.t.Helper()
	grounds, err := f.Suppressed(f.t.Context(), addresses)
	if err != nil {
		f.t.Fatalf("suppressed: %v", err)
	}
	return grounds
}

func (f fixture) suppress(list ...store.Suppression) {
	f.t.Helper()
	if err := f.Suppress(f.t.Context(), list); err != nil {
		f.t.Fatalf("suppress: %v", err)
	}
}

func (f fixture) release(a store.Address) bool {
	f.t.Helper()
	listed, err := f.Release(f.t.Context(), a)
	if err != nil {
		f.t.Fatalf("release: %v", err)
	}
	return listed
}

func (f fixture) suppressions(after store.Suppression, limit int) []store.Suppression {
	f.t.Helper()
	list, err := f.Suppressions(f.t.Context(), after, limit)
	if err != nil {
		f.t.Fatalf("suppressions: %v", err)
	}
	return list
}

func (f fixture) byPhone(number string) []store.ProfileRef {
	f.t.Helper()
	refs, err := f.ByPhone(f.t.Context(), number)
	if err != nil {
		f.t.Fatalf("by phone: %v", err)
	}
	return refs
}

// testSuppressions lists addresses, asks for them in many ways, and goes through the list.
func testSuppressions(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "of an empty list", f.suppressed(mail("a@example.com")), []store.Grounds{""})
	equal(t, "of nothing", len(f.suppressed()), 0)
	f.suppress()
	var list []store.Suppression
	for i := range 100 {
		s := suppressionOf(fmt.Sprintf("a%d@example.com", i))
		s.Source = fmt.Sprint("source ", i)
		list = append(list, s)
	}
	f.suppress(list...)
	again := list[3]
	again.At, again.Source = at(time.Hour), "later"
	stronger, weaker := again, again
	stronger.Reason, weaker.Reason = store.Complained, store.Imported
	f.suppress(again, stronger, weaker, weaker)

	asked := []store.Address{mail(" A3@Example.COM "), mail("a4@example.com"), mail("b@example.com"), {Channel: message.SMS, Address: "a3@example.com"}}
	for range 20 {
		asked = append(asked, asked[:2]...) // More than a statement takes at once.
	}
	grounds := f.suppressed(asked...)
	equal(t, "the first", grounds[:4], []store.Grounds{store.Complained, store.Bounced, "", ""})
	equal(t, "the last", grounds[42:], []store.Grounds{store.Complained, store.Bounced})

	var all []store.Suppression
	for page := f.suppressions(store.Suppression{}, 7); len(page) > 0; page = f.suppressions(page[len(page)-1], 7) {
		all = append(all, page...)
	}
	equal(t, "all of the list", len(all), 102)
	equal(t, "limited to none", len(f.suppressions(store.Suppression{}, 0)), 0)
	equal(t, "in order", slices.IsSortedFunc(all, func(a, b store.Suppression) int {
		return cmp.Or(bytes.Compare(a.Hash, b.Hash), cmp.Compare(a.Reason, b.Reason))
	}), true)
	var third []store.Suppression
	for _, s := range all {
		if s.Source == "later" || s.Source == "source 3" {
			third = append(third, s)
		}
	}
	equal(t, "entries of one address", len(third), 3)
	want := []store.Suppression{list[3], stronger, weaker} // bounced, complained, imported
	for i := range want {
		want[i].Address, want[i].Hash = "", third[0].Hash
	}
	equal(t, "what is kept: the first of each ground, and no address", third, want)

	byHash := third[0]
	byHash.Reason = store.Manual
	equal(t, "release", f.release(mail("A3@example.com")), true)
	equal(t, "release again", f.release(mail("a3@example.com")), false)
	equal(t, "after the release", f.suppressed(asked[:2]...), []store.Grounds{"", store.Bounced})
	f.suppress(byHash)
	equal(t, "by its hash", f.suppressed(asked[:2]...), []store.Grounds{store.Manual, store.Bounced})
	for name, bad := range map[string]store.Suppression{
		"no address": {Channel: message.Email, Reason: store.Manual, At: day},
		"no reason":  {Channel: message.Email, Address: "a", At: day},
		"no time":    {Channel: message.Email, Address: "a", Reason: store.Manual},
		"half hash":  {Channel: message.Email, Hash: []byte("x"), Reason: store.Manual, At: day},
	} {
		if err := f.Suppress(t.Context(), []store.Suppression{suppressionOf("whole@example.com"), bad}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	equal(t, "all or nothing", f.suppressed(mail("whole@example.com")), []store.Grounds{""})
}

// testListing writes the list with batches: with them, or not at all.
func testListing(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	b := eventBatch(1, 1, store.Position{}, "ada", "e1")
	b.Suppressions = []store.Suppression{suppressionOf("ada@example.com"), suppressionOf("bob@example.com"), suppressionOf("bob@example.com")}
	two := f.commit(b)
	f.refused(b, store.ErrPosition)
	ada, bob := mail("ada@example.com"), mail("BOB@example.com")
	equal(t, "after a batch", f.suppressed(ada, bob), []store.Grounds{store.Bounced, store.Bounced})

	b = eventBatch(1, 1, two, "ada", "e1") // an id that is taken
	b.Releases = []store.Release{{Address: ada}}
	b.Suppressions = []store.Suppression{suppressionOf("cy@example.com")}
	f.refused(b, store.ErrExists)
	equal(t, "after a refusal", f.suppressed(ada, mail("cy@example.com")), []store.Grounds{store.Bounced, ""})

	b = eventBatch(1, 1, two, "ada", "e2")
	stopped := suppressionOf("ada@example.com")
	stopped.Reason = store.OptedOut
	b.Releases = []store.Release{{Address: ada}, {Address: bob, Reasons: []store.Grounds{store.OptedOut}}}
	b.Suppressions = []store.Suppression{stopped}
	f.commit(b)
	equal(t, "released first, listed then", f.suppressed(ada, bob), []store.Grounds{store.OptedOut, store.Bounced})
}

// testNumbers finds people by numbers that change.
func testNumbers(t *testing.T, o Options) {
	f := newFixture(t, o)
	for p := range 2 {
		f.acquire(p, 1)
		f.commit(&store.Batch{Partition: p, Epoch: 1, Phones: []store.PhoneRow{
			{Profile: "ada", Number: "+447700900001"}, {Profile: "bob", Number: "+447700900002"},
		}})
	}
	ref := func(p int, id string) store.ProfileRef { return store.ProfileRef{Partition: p, Profile: id} }
	equal(t, "shared by two", f.byPhone("0044 (7700) 900-001"), []store.ProfileRef{ref(0, "ada"), ref(1, "ada")})
	equal(t, "nobody's", len(f.byPhone("+447700900009")), 0)
	f.commit(&store.Batch{Epoch: 1, Phones: []store.PhoneRow{
		{Profile: "ada", Former: "+447700900001", Number: "+447700900002"}, {Profile: "bob", Former: "+447700900002"},
	}})
	equal(t, "left to one", f.byPhone("+447700900001"), []store.ProfileRef{ref(1, "ada")})
	equal(t, "changed hands", f.byPhone("+447700900002"), []store.ProfileRef{ref(0, "ada"), ref(1, "bob")})
	f.commit(&store.Batch{Epoch: 1, Phones: []store.PhoneRow{{Profile: "ada", Number: "+447700900002"}}})
	equal(t, "said again", len(f.byPhone("+447700900002")), 2)
}

// testLook asks for states and the list together.
func testLook(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	f.suppress(suppressionOf("7@example.com"), suppressionOf("8@example.com"))
	b := &store.Batch{Partition: 1, Epoch: 1}
	var looks []store.Look
	var want []store.Sight
	for i := range 70 {
		id := fmt.Sprint(i)
		l := store.Look{ProfileRef: store.ProfileRef{Partition: 1, Profile: id}, Address: mail(fmt.Sprint(i%10) + "@Example.com")}
		if i%10 == 8 {
			l.Address.Address = ""
		}
		looks = append(looks, l)
		if i%3 == 0 {
			want = append(want, store.Sight{})
			continue
		}
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: []byte(id)})
		want = append(want, store.Sight{State: []byte(id), Suppressed: i%10 == 7})
	}
	f.commit(b)
	equal(t, "sights", f.sights(looks...), want)
	for i := range looks {
		equal(t, "one by one", f.sights(looks[i]), want[i:i+1])
	}
	equal(t, "of nobody", len(f.sights()), 0)
}
