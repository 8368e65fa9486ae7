package archive

import (
	"testing"

	"rapport/pkg/plan"
	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/workspace"
)

// A version in force that does not read any more is compared as far as it is known, and
// keeps nobody from replacing it.
func TestPlanBesideAVersionThatDoesNotRead(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	v := store.Version{
		ID: "of old", At: on(1), Files: map[string][]byte{"rapport.yaml": []byte("shop: {what: was}\n")},
		Holds: []store.JourneyVersion{{Journey: "gone", Version: "1"}, {Journey: "hello", Version: "1"}},
	}
	if err := st.SaveVersion(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := st.Apply(t.Context(), v.ID, v.At, ""); err != nil {
		t.Fatal(err)
	}
	next, err := workspace.FromFiles(map[string][]byte{
		"rapport.yaml":         []byte("shop: {name: S, url: \"https://s.example\", currency: GBP, locale: en-GB, timezone: Europe/London, address: [S]}\nsms: {from: Shop}\n"),
		"journeys/hello.yaml":  []byte("journey: hello\ncategory: transactional\nstatus: active\nenter: {on: order.completed}\nsteps:\n  - {id: a, send: {sms: hello}}\n"),
		"sms/hello.txt.liquid": []byte("Hello"),
	}, "test")
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(st).Plan(t.Context(), next)
	if err != nil || len(p.Notes) != 1 || len(p.Journeys) != 2 || p.From != "of old" {
		t.Fatalf("%+v, %v", p, err)
	}
	if p.Journeys[0].Changes[0] != plan.Removed || len(p.Journeys[1].Changes) != 1 || p.Journeys[1].Changes[0] != plan.Changed {
		t.Errorf("%+v", p.Journeys)
	}
}
