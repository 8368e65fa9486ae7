package workspacetest

import (
	"maps"
	"testing"

	"rapport/pkg/workspace"
)

// Shop is a shop in Berlin with a mail a and a text message b, and the files that a test adds.
func Shop(t testing.TB, files map[string]string) *workspace.Snapshot {
	t.Helper()
	all := map[string]string{
		"rapport.yaml":        "shop: {name: Shop, url: https://shop.example, currency: EUR, locale: de-DE, timezone: Europe/Berlin, address: [Shop]}\nemail: {from: {name: Shop, address: shop@shop.example}}\nsms: {from: Shop}\n",
		"email/a.html.liquid": "---\nsubject: A\n---\n<p>A</p>\n",
		"email/a.txt.liquid":  "A\n",
		"sms/b.txt.liquid":    "B\n",
	}
	maps.Copy(all, files)
	raw := make(map[string][]byte, len(all))
	for name, text := range all {
		raw[name] = []byte(text)
	}
	s, err := workspace.FromFiles(raw, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
