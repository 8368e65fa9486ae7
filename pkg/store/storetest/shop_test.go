package storetest_test

import (
	"reflect"
	"testing"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/storetest"
)

// Benchmarks compare a store with a ceiling, and one version with another, by what a shop
// makes: it has to be the same each time.
func TestShop(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	one, other := storetest.NewShop(7, at, 700, 20), storetest.NewShop(7, at, 700, 20)
	ids := map[string]bool{}
	from := store.Position{}
	for range 3 {
		b := one.Batch(1, from, 50)
		if again := other.Batch(1, from, 50); !reflect.DeepEqual(b, again) {
			t.Fatalf("the same seed made %+v\nand then %+v", b, again)
		}
		if b.From != from || b.To.Seq != from.Seq+50 || !b.To.Clock.After(from.Clock) || len(b.Profiles[0].State) != 700 {
			t.Errorf("from %+v a batch goes from %+v to %+v, with states of %d bytes", from, b.From, b.To, len(b.Profiles[0].State))
		}
		for i, line := range b.Timeline {
			if ids[line.ID] || line.Profile != b.Profiles[i/2].ID {
				t.Errorf("row %d of %s is of profile %s, its id was there: %v", i, b.Profiles[i/2].ID, line.Profile, ids[line.ID])
			}
			ids[line.ID] = true
		}
		from = b.To
	}
}
