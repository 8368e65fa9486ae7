package bus_test

import (
	"testing"

	"rapport/pkg/bus"
)

func readN(t *testing.T, r *bus.Reader, n int) []bus.Delivery {
	t.Helper()
	var all []bus.Delivery
	for len(all) < n {
		batch, err := r.Next(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}
