package main_test

import (
	"strings"
	"testing"
)

// Check tells what customers would get: warnings at their place, by which --strict fails; notes when they are asked for.
func TestCheckOfMessages(t *testing.T) {
	t.Parallel()
	shop := workspace(t)
	if got := execute(t, command(t, t.TempDir(), "check", "--strict", shop)); got.code != 0 || strings.Contains(got.out, "note: ") || !strings.Contains(got.out, "no errors, ") || !strings.Contains(got.out, " notes (version") {
		t.Errorf("the starter: exit code %d, %s%s", got.code, got.out, got.errors)
	}
	if got := execute(t, command(t, t.TempDir(), "check", "--notes", shop)); got.code != 0 || !strings.Contains(got.out, "email/partials/thumbnail.html.liquid:3:1: note: object-fit is not known to outlook, yahoo") {
		t.Errorf("the notes: exit code %d, %s%s", got.code, got.out, got.errors)
	}
	edit(t, shop, "email/win-back.html.liquid", `{%- if shop.url %}`, "<p style=\"color:#999999\">Only until Sunday.</p>\n{%- if shop.url %}")
	const want = `: warning: "Only until Sunday." is hard to read: #999999 on #ffffff has a contrast of 2.84:1, and text needs 4.5:1 [contrast]`
	got := execute(t, command(t, t.TempDir(), "check", shop))
	if got.code != 0 || strings.Count(got.out, want) != 1 || !strings.Contains(got.out, "email/win-back.html.liquid:") || !strings.Contains(got.out, "no errors, 1 warning") {
		t.Errorf("a pale text: exit code %d, %s%s", got.code, got.out, got.errors)
	}
	if got := execute(t, command(t, t.TempDir(), "check", "--strict", shop)); got.code != 1 || !strings.Contains(got.errors, want) || strings.Contains(got.errors, "note: ") {
		t.Errorf("a pale text, strictly: exit code %d, %s%s", got.code, got.out, got.errors)
	}
	edit(t, shop, "email/win-back.html.liquid", "<p style=\"color:#999999\">", "{% # lint_off: contrast %}<p style=\"color:#999999\">")
	if got := execute(t, command(t, t.TempDir(), "check", "--strict", shop)); got.code != 0 {
		t.Errorf("switched off: exit code %d, %s%s", got.code, got.out, got.errors)
	}
}
