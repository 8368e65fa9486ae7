package main_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"rapport/pkg/store/postgres/pgtest"
	"rapport/pkg/store/transfer"
)

// A shop begins on one machine, moves its store to PostgreSQL and goes on with the same
// broker: orders of before are still applied once, and those after are thanked for.
func TestMoveToPostgreSQL(t *testing.T) {
	t.Parallel()
	data, store := t.TempDir(), pgtest.URL(t)
	r := up(t, data)
	for _, id := range []string{"M-1", "M-2", "M-3"} {
		r.accepted(t, order(id, "p"+id, "Ada", "Lamp"))
	}
	r.await(t, 3, url.Values{"journey": {"thank-you"}})
	if code := r.interrupt(t); code != 0 {
		t.Fatalf("Ctrl-C ends with %d", code)
	}
	moved := execute(t, command(t, t.TempDir(), "migrate-store", "--data", data, "--store", store, "--json"))
	var tables []transfer.Table
	if err := json.Unmarshal([]byte(moved.out), &tables); err != nil || moved.code != 0 {
		t.Fatalf("exit code %d, %v:\n%s", moved.code, err, moved.errors)
	}
	for _, table := range tables {
		if table.Name == "profile" && table.Rows != 3 {
			t.Errorf("%d profiles are moved, want 3", table.Rows)
		}
	}
	r = up(t, data, "--store", store)
	r.accepted(t, order("M-1", "pM-1", "Ada", "Lamp"))
	r.accepted(t, order("M-4", "pM-1", "Ada", "Lamp"))
	if all := r.await(t, 4, url.Values{"journey": {"thank-you"}}); len(all) != 4 {
		t.Errorf("%d thank-yous, want 4", len(all))
	}
	explained := execute(t, command(t, t.TempDir(), "explain", "--store", store, "--profile", "pM-1", "--journey", "thank-you", "--json"))
	if explained.code != 0 {
		t.Errorf("the store does not explain:\n%s", explained.errors)
	}
}
