package storetest

import (
	"cmp"
	"maps"
	"slices"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// erase removes a person, on slices and maps that are copied.
func (p *modelPartition) erase(e *store.Erasure) {
	unsent := map[string]bool{}
	var outbox [][]store.Outgoing
	for _, out := range p.outbox {
		var left []store.Outgoing
		for _, o := range out {
			if e.Owns(&o) {
				unsent[o.ID] = true
			} else {
				left = append(left, o)
			}
		}
		if len(left) > 0 {
			outbox = append(outbox, left)
		}
	}
	var timeline []store.TimelineRow
	gone := slices.Clone(p.gone)
	for _, row := range p.timeline {
		if row.Profile == e.Profile {
			gone = append(gone, row)
		} else {
			timeline = append(timeline, row)
		}
	}
	messages := slices.Clone(p.messages)
	for i := range messages {
		m := &messages[i]
		if m.Profile == e.Profile {
			m.Profile, m.Instance, m.Detail, m.ProviderID, m.Trace = "", "", "", "", ""
		}
		if unsent[m.ID] && m.Outcome == "" {
			m.Outcome, m.Reason, m.OutcomeAt = message.Suppressed, message.ReasonSuppressed, e.At
		}
	}
	p.outbox, p.timeline, p.gone, p.messages = outbox, timeline, gone, messages
	delete(p.phones, e.Profile)
}

// call changes whose a number is.
func (p *modelPartition) call(row store.PhoneRow) {
	numbers := maps.Clone(p.phones[row.Profile])
	if numbers == nil {
		numbers = map[string]bool{}
	}
	delete(numbers, row.Former)
	if row.Number != "" {
		numbers[row.Number] = true
	}
	p.phones[row.Profile] = numbers
}

// list changes the list of addresses, which is nobody's.
func (m *model) list(releases []store.Release, added []store.Suppression) {
	normal := func(a store.Address) store.Address { return store.Address{Channel: a.Channel, Address: a.Normal()} }
	for _, r := range releases {
		for _, reason := range store.AllGrounds() {
			if len(r.Reasons) == 0 || slices.Contains(r.Reasons, reason) {
				delete(m.listed[normal(r.Address)], reason)
			}
		}
	}
	for _, s := range added {
		a := normal(store.Address{Channel: s.Channel, Address: s.Address})
		if m.listed[a] == nil {
			m.listed[a] = map[store.Grounds]bool{}
		}
		m.listed[a][s.Reason] = true
	}
}

// ground is the strongest on which an address is listed.
func (m *model) ground(a store.Address) (strongest store.Grounds) {
	for reason := range m.listed[store.Address{Channel: a.Channel, Address: a.Normal()}] {
		strongest = store.Stronger(strongest, reason)
	}
	return strongest
}

// whose are the profiles that have a number.
func (m *model) whose(number string) (refs []store.ProfileRef) {
	for n, p := range m.partitions {
		for profile, numbers := range p.phones {
			if numbers[number] {
				refs = append(refs, store.ProfileRef{Partition: n, Profile: profile})
			}
		}
	}
	slices.SortFunc(refs, func(a, b store.ProfileRef) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Profile, b.Profile))
	})
	return refs
}
