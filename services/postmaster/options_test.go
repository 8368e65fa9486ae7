package postmaster_test

import (
	"testing"

	"rapport/services/postmaster"
)

// TestOptions: what is missing is said before anything runs.
func TestOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*postmaster.Options){
		"no publisher": func(o *postmaster.Options) { o.Publisher = nil },
		"no store":     func(o *postmaster.Options) { o.Find = nil },
		"no keys":      func(o *postmaster.Options) { o.Keys = nil },
		"no domain":    func(o *postmaster.Options) { o.Domains = nil },
		"empty domain": func(o *postmaster.Options) { o.Domains = []string{""} },
		"an address":   func(o *postmaster.Options) { o.Domains = []string{"a@b.example"} },
		"no address":   func(o *postmaster.Options) { o.Addr = "" },
		"udp":          func(o *postmaster.Options) { o.Network = "udp" },
	} {
		o := postmaster.Options{Addr: ":0", Domains: []string{bounceDomain}, Keys: keysOf(t, secret), Publisher: &recording{}, Find: find}
		if _, err := postmaster.New(o); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if _, err := postmaster.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	o := postmaster.Options{Addr: "256.0.0.1:1", Domains: []string{bounceDomain}, Keys: keysOf(t, secret), Publisher: &recording{}, Find: find}
	s, err := postmaster.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil {
		t.Error("it listens nowhere, without an error")
	}
}
