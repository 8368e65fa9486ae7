package storetest

import (
	"fmt"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// address is one of few, sometimes written in another way.
func (m *machine) address(r *rapid.T) store.Address {
	text := m.own(rapid.SampledFrom([]string{"ada", "ADA", "bob"}).Draw(r, "local part")) + "@example.com"
	return store.Address{Channel: rapid.SampledFrom([]message.Channel{message.Email, message.SMS}).Draw(r, "channel"), Address: text}
}

func (m *machine) number(r *rapid.T) string {
	return fmt.Sprintf("+4477%04d%d", m.sequence, rapid.IntRange(0, 1).Draw(r, "number"))
}

func drawGrounds(r *rapid.T) store.Grounds {
	return rapid.SampledFrom(store.AllGrounds()).Draw(r, "grounds")
}

func (m *machine) suppression(r *rapid.T) store.Suppression {
	a := m.address(r)
	return store.Suppression{Channel: a.Channel, Address: a.Address, Reason: drawGrounds(r), At: drawTime(r)}
}

// drawLists draws what a batch says about addresses, numbers, and people to forget.
func (m *machine) drawLists(r *rapid.T, b *store.Batch) {
	if rapid.IntRange(0, 3).Draw(r, "erases") == 0 {
		e := store.Erasure{Profile: m.profile(r), At: drawTime(r)}
		e.Key = e.Profile
		b.Erasures = append(b.Erasures, e)
	}
	if rapid.Bool().Draw(r, "calls") {
		row := store.PhoneRow{Profile: m.profile(r), Former: m.number(r)}
		if rapid.Bool().Draw(r, "has a number") {
			row.Number = m.number(r)
		}
		b.Phones = append(b.Phones, row)
	}
	if rapid.IntRange(0, 2).Draw(r, "releases") == 0 {
		release := store.Release{Address: m.address(r)}
		if rapid.Bool().Draw(r, "one ground") {
			release.Reasons = []store.Grounds{drawGrounds(r)}
		}
		b.Releases = append(b.Releases, release)
	}
	for range rapid.IntRange(0, 2).Draw(r, "suppressions") {
		b.Suppressions = append(b.Suppressions, m.suppression(r))
	}
	m.drawIdentities(r, b)
}

// stepList asks for addresses and numbers, and changes the list beside the batches.
func (m *machine) stepList(r *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(r, "how") {
	case 0:
		list := []store.Suppression{m.suppression(r), m.suppression(r)}
		m.model.list(nil, list)
		if err := m.Suppress(r.Context(), list); err != nil {
			r.Fatalf("suppress: %v", err)
		}
	case 1:
		a := m.address(r)
		want := m.model.ground(a) != ""
		m.model.list([]store.Release{{Address: a}}, nil)
		got, err := m.Release(r.Context(), a)
		if err != nil || got != want {
			r.Fatalf("release: %v %v, want %v", got, err, want)
		}
	}
	addresses := []store.Address{m.address(r), m.address(r), m.address(r)}
	looks := []store.Look{{Address: addresses[0]}, {Address: addresses[1]}, {}}
	var want []store.Grounds
	var sights []store.Sight
	for _, a := range addresses {
		want = append(want, m.model.ground(a))
	}
	for i := range looks {
		l := &looks[i]
		l.ProfileRef = store.ProfileRef{Partition: m.partition(r), Profile: m.profile(r)}
		sight := store.Sight{State: m.model.load(l.Partition, store.Want{Profile: l.Profile}).State}
		sight.Suppressed = sight.State != nil && l.Address.Address != "" && want[i] != ""
		sights = append(sights, sight)
	}
	got, err := m.Suppressed(r.Context(), addresses)
	if err != nil {
		r.Fatalf("suppressed: %v", err)
	}
	differ(r, "grounds", got, want)
	differ(r, "sights", m.sights(looks...), sights)
	number := m.number(r)
	refs, err := m.ByPhone(r.Context(), number)
	if err != nil {
		r.Fatalf("by phone: %v", err)
	}
	differ(r, "whose number", refs, m.model.whose(number))
}
