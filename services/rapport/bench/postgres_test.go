package bench_test

import (
	"testing"

	"rapport/pkg/store/postgres/pglocal"
	"rapport/services/rapport/bench"
)

// Every row is measured on PostgreSQL too, with a server that the bench starts.
func TestEveryRowOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("TestEveryRow runs the same rows")
	}
	t.Parallel()
	if err := pglocal.Available(); err != nil {
		t.Skipf("there is no PostgreSQL here: %v", err)
	}
	everyRow(t, bench.Postgres, "")
}
