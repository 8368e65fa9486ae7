package storetest

import (
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
