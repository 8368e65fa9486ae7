package natsdoor_test

import (
	"fmt"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/services/ingest/natsdoor"
)

// A door that may not purge after all acknowledges.
func TestPurgeThatIsRefused(t *testing.T) {
	t.Parallel()
	b := start(t, embedded.Options{}, layout())
	s, err := b.js.Stream(b.deadline(), bus.StreamIn)
	if err != nil {
		t.Fatal(err)
	}
	config := s.CachedInfo().Config
	config.DenyPurge = true
	if _, err := b.js.UpdateStream(b.deadline(), config); err != nil {
		t.Fatal(err)
	}
	const events = 100
	for i := range events {
		b.publish("in.shop", viewed(fmt.Sprint(i), fmt.Sprintf("p%d", i%7)))
	}
	b.open(natsdoor.Options{Purge: true})
	inOrder(t, b.events(events))
	b.empty(bus.StreamIn)
}
