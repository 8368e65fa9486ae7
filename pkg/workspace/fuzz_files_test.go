package workspace

import (
	"errors"
	"maps"
	"testing"
)

// FuzzFiles: whatever the files hold that are neither journeys nor templates, reading ends
// with a snapshot whose configuration the engine takes, or with problems at places.
func FuzzFiles(f *testing.F) {
	names := []string{"policy.yaml", "loyalty.yaml", "segments/x.yaml", "webhook/x.yaml", "rapport.yaml"}
	for i, texts := range [][]string{
		{"caps: [{channel: sms, at_most: 1, per: 24h}]\nquiet_hours: {sms: {from: \"20:00\", to: \"09:00\"}, email: none}\nholdout: {share: 5%, salt: 1}\npurposes: [marketing]\n", "reserve: {priority_at_least: 80}\nthrottles: [{domain: a.b, at_most: 1, per: 1s}]\n"},
		{"earn: [{on: order.completed, if: event.total > 1, points: event.total}]\ntiers: [{name: a, from: 1}, {name: b, from: 2}]\n"},
		{"segment: x\nwhen: {profile.country: [DE, AT], any_of: {profile.orders.count: {gte: 2}}}\n", "segment: x\nif: '\"x\" in profile.segments'\n", "segment: x\nif: |\n  orders.count(last = 90d) > 2\n    and profile.segment(\"y\")\n"},
		{"url: https://a.example/${B}\nheaders: {Authorization: \"Bearer ${A}\"}\nbody: '{\"a\": {{ profile.id }}, \"b\": \"{{ profile.id }}\"}'\ntimeout: 5s\n"},
		{"shop: {name: S, currency: GBP, timezone: UTC, address: [a, b]}\nwhatsapp: {from: \"+447700900123\"}\n"},
	} {
		for _, text := range texts {
			f.Add(i, text)
		}
	}
	base := small()
	f.Fuzz(func(t *testing.T, which int, text string) {
		files := maps.Clone(base)
		files[names[uint(which)%uint(len(names))]] = text
		_, err := load(files)
		if err == nil {
			return
		}
		var ps Problems
		if !errors.As(err, &ps) || len(ps.Errors()) == 0 {
			t.Fatalf("not Problems: %v", err)
		}
		for _, p := range ps {
			if p.Message == "" || p.File == "" || p.File == "journeys" || p.Line < 0 || (p.Line > 0 && p.Col < 1) {
				t.Errorf("a problem without words or place: %+v", p)
			}
		}
	})
}
