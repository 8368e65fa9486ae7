package portal

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAddressIsWhatTrustedProxiesSay(t *testing.T) {
	t.Parallel()
	s := &Service{o: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	for name, c := range map[string]struct {
		peer, want string
		forwarded  []string
	}{
		"no proxy":              {"192.0.2.7:4711", "192.0.2.7", nil},
		"a stranger's claim":    {"192.0.2.7:4711", "192.0.2.7", []string{"198.51.100.1"}},
		"a proxy":               {"10.0.0.1:80", "198.51.100.1", []string{"198.51.100.1"}},
		"a claim before it":     {"10.0.0.1:80", "198.51.100.1", []string{"203.0.113.9, 198.51.100.1"}},
		"two proxies":           {"10.0.0.1:80", "198.51.100.1", []string{"203.0.113.9, 198.51.100.1", "10.2.0.1"}},
		"nobody but proxies":    {"10.0.0.1:80", "10.9.9.9", []string{"10.9.9.9"}},
		"nonsense":              {"10.0.0.1:80", "10.0.0.1", []string{"198.51.100.1, unknown"}},
		"no header":             {"10.0.0.1:80", "10.0.0.1", nil},
		"IPv6":                  {"[fd00::1]:80", "2001:db8::5", []string{"2001:db8::5"}},
		"IPv4 in IPv6":          {"[::ffff:10.0.0.1]:80", "192.0.2.7", []string{"::ffff:192.0.2.7"}},
		"not from the internet": {"@", "invalid IP", nil},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := s.address(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := rates{perMinute: 2}
	home, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	steps := []struct {
		from  netip.Addr
		after time.Duration
		want  bool
	}{
		{home, 0, true},
		{other, 0, true},
		{home, 0, false},
		{netip.MustParseAddr("2001:db8:0:1::1"), 0, true},
		{home, 20 * time.Second, false},
		{home, 10 * time.Second, true},
		{home, 0, false},
		{netip.Addr{}, 0, true},
	}
	for i, step := range steps {
		at = at.Add(step.after)
		if got := r.allows(household(step.from), at); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ada@example.com": "a•••@example.com", "ä@example.com": "ä•••@example.com", "@example.com": "•••@example.com",
		"+447700900123": "+44•••23", "12345": "•••", "": "", "a•••@example.com": "a•••@example.com",
	} {
		if got := mask(in); got != want {
			t.Errorf("mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ person, accepts, shop, want string }{
		"the person's":           {"de-AT", "fr", "en", "de"},
		"with an underscore":     {"nl_BE", "", "en", "nl"},
		"not the person's":       {"ja", "fr-CA, en;q=0.5", "de", "fr"},
		"by weight":              {"", "en;q=0.5, it;q=0.9, ja", "de", "it"},
		"refused":                {"", "fr;q=0, ja", "es", "es"},
		"nonsense":               {"", ";;q=x,,;q=1", "es-MX", "es"},
		"nobody's":               {"", "", "ja", "en"},
		"any":                    {"", "*", "de", "de"},
		"more than is looked at": {"", strings.Repeat("ja,", 50) + "fr", "de", "de"},
	} {
		if got := choose(all, c.person, c.accepts, c.shop).tag; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Every language says everything, with the same arguments, and nothing that no page says.
func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"en", "de", "fr", "es", "it", "nl"} {
		if all[tag] == nil {
			t.Fatalf("there is no %s", tag)
		}
	}
	args := func(text string) (n [4]int) {
		for i := 1; i < len(n); i++ {
			n[i] = strings.Count(text, "%["+string(rune('0'+i))+"]s")
		}
		n[0] = strings.Count(text, "%s") + strings.Count(text, "%d")
		return n
	}
	for tag, l := range all {
		if len(l.months) != 12 {
			t.Errorf("%s has %d months", tag, len(l.months))
		}
		for key, text := range all[fallback].words {
			switch have, ok := l.words[key]; {
			case !ok || strings.TrimSpace(have) == "":
				t.Errorf("%s has no %s", tag, key)
			case args(have) != args(text):
				t.Errorf("%s: %s has the arguments %v, want %v", tag, key, args(have), args(text))
			}
		}
		for key := range l.words {
			if _, ok := all[fallback].words[key]; !ok {
				t.Errorf("%s has %s, which nobody uses", tag, key)
			}
		}
	}
	if got := all["de"].date(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)); got != "1. März 2027" {
		t.Error(got)
	}
}
