package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tracking plan is shown with who hears what, and written as Go and as JSON Schema.
func TestEvents(t *testing.T) {
	t.Parallel()
	shop, dir := workspace(t), t.TempDir()
	got := execute(t, command(t, dir, "events", "list", "--workspace", shop))
	for _, want := range []string{
		"customer.at_risk (declared, \"Customer At Risk\")", "emitted by churn-alert", "order.completed (extended", "heard by birthday", "gift_message", "monthly|yearly, required",
		"product.reviewed (known", "loyalty.yaml",
	} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("exit code %d, %s, nothing of %q in\n%s", got.code, got.errors, want, got.out)
		}
	}
	if strings.Contains(got.out, "sms.failed") {
		t.Errorf("what nobody hears is shown:\n%s", got.out)
	}
	if got := execute(t, command(t, dir, "events", "list", "--all", "--workspace", shop)); !strings.Contains(got.out, "sms.failed (known)") {
		t.Errorf("--all does not show everything:\n%s", got.out)
	}
	var list []struct{ Type, Origin string }
	if got := execute(t, command(t, dir, "events", "list", "subscription.paused", "--json", "--workspace", shop)); json.Unmarshal([]byte(got.out), &list) != nil || len(list) != 1 || list[0].Origin != "declared" {
		t.Errorf("as JSON: %s%s", got.out, got.errors)
	}
	file := filepath.Join(dir, "gen", "events.go")
	if got := execute(t, command(t, dir, "events", "generate", "--go", "events", "--out", file, "--workspace", shop)); got.code != 0 || !strings.Contains(got.out, ": 4 types\n") {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.errors)
	}
	if code, err := os.ReadFile(file); err != nil || !strings.Contains(string(code), "func NewSubscriptionPaused(subscriptionID string, plan string) SubscriptionPaused {") {
		t.Errorf("%v\n%s", err, code)
	}
	if got := execute(t, command(t, dir, "events", "generate", "--json-schema", "--known", "--workspace", shop)); got.code != 0 || !json.Valid([]byte(got.out)) || !strings.Contains(got.out, `"cart.viewed"`) {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.errors)
	}
	for line, want := range map[string]string{
		"events generate":                      "say what to write: --go PACKAGE, or --json-schema",
		"events generate --go shop-events":     "\"shop-events\" cannot be the name of a Go package",
		"events generate --go a --json-schema": "say what to write: --go PACKAGE, or --json-schema",
		"events list plant.watered":            "there is no type \"plant.watered\"",
	} {
		if got := execute(t, command(t, dir, strings.Fields(line+" --workspace "+shop)...)); got.code != 2 || !strings.Contains(got.errors, want) {
			t.Errorf("%s: exit code %d, %s, want one that says %s", line, got.code, got.errors, want)
		}
	}
}

// Tests of journeys use events that a door takes.
func TestRehearsedEventsAreChecked(t *testing.T) {
	t.Parallel()
	shop := workspace(t)
	write(t, filepath.Join(shop, "tests"), "wrong.test.yaml", `test: an event that no door takes
journey: thank-you
profile: {id: ada}
now: 2026-03-02T09:00:00+01:00
events:
  - {type: order.completed, data: {order_id: A1, total: 5, gift_message: [1]}}
expect: [{nothing: true}]
`)
	got := execute(t, command(t, t.TempDir(), "test", shop))
	if got.code == 0 || !strings.Contains(got.out+got.errors, "wrong.test.yaml:6:") || !strings.Contains(got.out+got.errors, "data.gift_message: is an array, must be a string") {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.errors)
	}
}
