package routing_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/routing"
)

func config() *routing.Config {
	return &routing.Config{
		Providers: []routing.Provider{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		Routes: []routing.Rule{
			{Match: routing.Match{Category: message.Transactional}, To: []routing.Target{{Provider: "c"}, {Provider: "a"}}},
			{Match: routing.Match{Domain: "microsoft"}, To: []routing.Target{{Provider: "b"}}},
			{Match: routing.Match{Journey: "win-back", Domain: "web.de"}, To: []routing.Target{{Provider: "b"}, {Provider: "c"}}},
			{Match: routing.Match{Domain: "gmail", Share: 0.25}, To: []routing.Target{{Provider: "c"}}},
			{Match: routing.Match{Domain: "gmail"}, To: []routing.Target{{Provider: "a", Weight: 80}, {Provider: "b", Weight: 20}}},
		},
		Domains: []routing.Domain{{Name: "web.de", Domains: []string{"web.de", "gmx.de"}}},
	}
}

func names(d routing.Decision) (all []string) {
	for _, c := range d.Candidates {
		all = append(all, c.Provider)
	}
	return all
}

// TestRoute: the first rule that holds counts, and only its providers.
func TestRoute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		facts routing.Facts
		rule  int
		group string
		want  []string
	}{
		"by category":       {routing.Facts{Category: message.Transactional, Domain: "outlook.com"}, 0, "microsoft", []string{"c", "a"}},
		"by group":          {routing.Facts{Category: message.Marketing, Domain: "hotmail.co.uk"}, 1, "microsoft", []string{"b"}},
		"by all of a match": {routing.Facts{Journey: "win-back", Domain: "gmx.de"}, 2, "web.de", []string{"b", "c"}},
		"not by half of it": {routing.Facts{Journey: "welcome", Domain: "web.de"}, -1, "web.de", []string{"a", "b", "c"}},
		"by none":           {routing.Facts{Domain: "shop.example"}, -1, "shop.example", []string{"a", "b", "c"}},
	} {
		d := config().Route(tc.facts, nil)
		if d.Rule != tc.rule || d.Group != tc.group || !slices.Equal(names(d), tc.want) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestStanding: who cannot have it now comes behind those who can, with the reason.
func TestStanding(t *testing.T) {
	t.Parallel()
	standing := func(provider, group string) routing.Standing {
		if group != "shop.example" {
			t.Errorf("asked about %s", group)
		}
		return map[string]routing.Standing{
			"a": {Down: time.Minute, Spent: time.Second}, "b": {Spent: time.Hour, Blocked: 0}, "c": {},
		}[provider]
	}
	d := config().Route(routing.Facts{Category: message.Marketing, Domain: "shop.example"}, standing)
	want := []routing.Candidate{{Provider: "c"}, {Provider: "a", Why: routing.Down, Wait: time.Minute}, {Provider: "b", Why: routing.Spent, Wait: time.Hour}}
	if !slices.Equal(d.Candidates, want) {
		t.Errorf("%+v", d.Candidates)
	}
	// Mail that somebody waits for is not held back by a warm-up.
	c := &routing.Config{Providers: []routing.Provider{{Name: "b"}}}
	d = c.Route(routing.Facts{Category: message.Transactional, Domain: "shop.example"}, standing)
	if d.Candidates[0].Why != routing.Open {
		t.Errorf("%+v", d.Candidates)
	}
}

// TestShares: weights and shares are met over many messages, and one message always goes the
// same way.
func TestShares(t *testing.T) {
	t.Parallel()
	const n = 20_000
	c := config()
	first := map[string]int{}
	for i := range n {
		f := routing.Facts{ID: fmt.Sprintf("%032x", i*7919), Category: message.Marketing, Domain: "googlemail.com"}
		d := c.Route(f, nil)
		first[fmt.Sprintf("%d%v", d.Rule, names(d))]++
		if again := c.Route(f, nil); !slices.Equal(names(again), names(d)) {
			t.Fatalf("message %s goes %v, and then %v", f.ID, d, again)
		}
	}
	for way, want := range map[string]float64{"3[c]": 0.25, "4[a b]": 0.75 * 0.8, "4[b a]": 0.75 * 0.2} {
		// Five standard deviations of a binomial count.
		if got := float64(first[way]) / n; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%s: %.3f of the messages, want %.2f", way, got, want)
		}
	}
	if len(first) != 3 {
		t.Errorf("ways: %v", first)
	}
}

// TestRouteKeepsAll: whatever stands how, each provider of the rule is there once, those that
// are open first and in the order that they have when all are.
func TestRouteKeepsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := config()
		f := routing.Facts{
			ID: rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "id"), Category: rapid.SampledFrom([]message.Category{message.Marketing, message.Transactional}).Draw(t, "category"),
			Journey: rapid.SampledFrom([]string{"win-back", "welcome"}).Draw(t, "journey"),
			Domain:  rapid.SampledFrom([]string{"gmail.com", "live.com", "web.de", "x.example"}).Draw(t, "domain"),
		}
		stand := map[string]routing.Standing{}
		for _, p := range c.Providers {
			hours := rapid.SliceOfN(rapid.Int64Range(0, 2), 3, 3).Draw(t, p.Name)
			stand[p.Name] = routing.Standing{Down: time.Duration(hours[0]) * time.Hour, Blocked: time.Duration(hours[1]) * time.Hour, Spent: time.Duration(hours[2]) * time.Hour}
		}
		well, d := c.Route(f, nil), c.Route(f, func(provider, _ string) routing.Standing { return stand[provider] })
		if d.Rule != well.Rule || !slices.Equal(slices.Sorted(slices.Values(names(d))), slices.Sorted(slices.Values(names(well)))) {
			t.Fatalf("%+v, and when all are well %+v", d, well)
		}
		var open, expected []string
		for _, one := range d.Candidates {
			if one.Why == routing.Open {
				open = append(open, one.Provider)
			}
			if (one.Why == routing.Open) != (one.Wait == 0) {
				t.Fatalf("%+v", one)
			}
		}
		for _, name := range names(well) {
			s := stand[name]
			if s.Down == 0 && s.Blocked == 0 && (s.Spent == 0 || f.Category == message.Transactional) {
				expected = append(expected, name)
			}
		}
		if !slices.Equal(open, expected) || !slices.Equal(names(d)[:len(open)], open) {
			t.Fatalf("open are %v, want %v first in %v", open, expected, names(d))
		}
	})
}

// TestGroups: domains of one mailbox provider are one group.
func TestGroups(t *testing.T) {
	t.Parallel()
	c := config()
	for domain, want := range map[string]string{
		"gmail.com": "gmail", "googlemail.com": "gmail", "hotmail.fr": "microsoft", "live.com.au": "microsoft", "outlook.com": "microsoft",
		"yahoo.co.uk": "yahoo", "aol.com": "yahoo", "me.com": "apple", "gmx.de": "web.de", "web.de": "web.de",
		"live.example": "live.example", "yahoo.shop.example": "yahoo.shop.example", "": "", "gmail": "gmail", "notgmail.com": "notgmail.com",
	} {
		if got := c.GroupOf(domain); got != want {
			t.Errorf("%s belongs to %q, want %q", domain, got, want)
		}
	}
}

// TestThrottles: rates are rules of throttles, about a provider or about a group.
func TestThrottles(t *testing.T) {
	t.Parallel()
	c := config()
	c.Providers[1].Rate = routing.Rate{AtMost: 5, Per: time.Second}
	c.Domains[0].Rate = routing.Rate{AtMost: 7, Per: time.Minute}
	all := c.Throttles()
	if len(all) != 2 || all[0].Provider != "b" || all[0].AtMost != 5 || all[0].Domain != "" ||
		all[1].Provider != "" || all[1].Domain != routing.GroupPrefix+"web.de" || all[1].Per != time.Minute {
		t.Errorf("%+v", all)
	}
}
