package orchestrator_test

import (
	"encoding/json"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// Who may publish receipts only must not be able to place orders with them: an order that
// comes where receipts do is buried, and nobody is thanked for it.
func TestReceiptsCarryNoOrders(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	forged := r.order("ada", start(), "o1", "soap")
	r.raw(bus.Placing{Partitions: partitions}.Receipt(forged.Key()), must(event.Encode(&forged))(t))
	genuine := r.order("ada", start().Add(time.Hour), "o2", "soap")
	r.publish(genuine)
	o, _ := r.run(nil)
	r.settled(o)
	sends := r.sends()
	if len(sends) != 1 {
		t.Fatalf("%d messages are sent, want the one for the real order: %v", len(sends), must(json.Marshal(sends))(t))
	}
	if last := must(bus.LastSeq(t.Context(), r.js, bus.StreamDead))(t); last != 1 {
		t.Fatalf("%d dead letters, want one", last)
	}
}
