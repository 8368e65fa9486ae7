package condition

import (
	"testing"

	"rapport/pkg/event"
)

// What can be asked about by name is counted by name.
func TestTheCatalogueIsThatOfMetrics(t *testing.T) {
	t.Parallel()
	for _, typ := range Builtin().Types() {
		if got := event.Label(typ); got != typ {
			t.Errorf("events of type %s are counted as %s", typ, got)
		}
	}
	for _, typ := range []string{"", "order.Completed", "ada@example.com", "plant.watered"} {
		if got := event.Label(typ); got != event.Other {
			t.Errorf("events of type %q are counted as %q", typ, got)
		}
	}
}
