package orchestrator

import (
	"fmt"
	"slices"

	"rapport/pkg/profile"
	"rapport/pkg/store"
)

// numbers are a person's telephone numbers, as far as the store finds people by them. Of a
// person with several ids all are found at the one that acts for the others.
func (p *person) numbers() ([]string, error) {
	if p.state == nil || p.state.Follows() {
		return nil, nil
	}
	var list []string
	add := func(n string) {
		if n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	add(p.state.Profile.Trait("phone"))
	for _, stored := range p.state.Identity.Profiles() {
		part, err := profile.Decode(stored)
		if err != nil {
			return nil, fmt.Errorf("number of %s: %w", p.id, err)
		}
		add(part.Trait("phone"))
	}
	return list, nil
}

// callable notes who has another number than when they were loaded. Of those who are
// brought under a workspace it is noted all the same: the store may be older than its index.
func (b *batch) callable(p *person) error {
	now, err := p.numbers()
	if err != nil {
		return err
	}
	for _, n := range p.phones {
		if !slices.Contains(now, n) {
			b.out.Phones = append(b.out.Phones, store.PhoneRow{Profile: p.id, Former: n})
		}
	}
	for _, n := range now {
		if b.renewing || !slices.Contains(p.phones, n) {
			b.out.Phones = append(b.out.Phones, store.PhoneRow{Profile: p.id, Number: n})
		}
	}
	return nil
}
