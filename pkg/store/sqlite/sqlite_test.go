package sqlite_test

import (
	"testing"

	"go.uber.org/goleak"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Options{Open: func(t *testing.T, dir string) store.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}
