package schedule

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func zoneNames(zones []*time.Location) string {
	var names []string
	for _, z := range zones {
		names = append(names, z.String())
	}
	return strings.Join(names, " ")
}

func TestZones(t *testing.T) {
	t.Parallel()
	fallback := zone(t, "Europe/London")
	const usa = "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu"
	for name, c := range map[string]struct {
		timezone, phone, country string
		want                     string
	}{
		"the profile's own":        {berlin, "+12125550123", "JP", berlin},
		"an old name":              {"Asia/Calcutta", "", "", "Asia/Calcutta"},
		"UTC":                      {"UTC", "+12125550123", "JP", "UTC"},
		"unknown, then phone":      {"Mars/Olympus", "+12125550123", "JP", newYork},
		"Local is none":            {"Local", "+493012345678", "", berlin},
		"phone with signs":         {"", " +49 (30) 1234-5678", "", berlin},
		"California":               {"", "+14155550123", "US", "America/Los_Angeles"},
		"one clock, many names":    {"", "+447911123456", "GB", "Europe/Guernsey"}, // The first by name; London's is the same.
		"phone without a country":  {"", "030 12345678", "DE", berlin},
		"phone that is none":       {"", "+49x", "AT", "Europe/Vienna"},
		"phone of nowhere":         {"", "+999123456", "AT", "Europe/Vienna"},
		"phone too long":           {"", "+4930123456789012345", "AT", "Europe/Vienna"},
		"phone that is a plus":     {"", "+", "AT", "Europe/Vienna"},
		"country":                  {"", "", "US", usa},
		"country in small letters": {"", "", "de", berlin},
		"country that is none":     {"", "", "ZZ", "Europe/London"},
		"no ISO country":           {"", "", "USA", "Europe/London"},
		"nothing":                  {"", "", "", "Europe/London"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := zoneNames(Zones(c.timezone, c.phone, c.country, fallback)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if got := zoneNames(Zones("", "", "", nil)); got != "UTC" {
		t.Errorf("without a fallback: %s", got)
	}
}

// TestManyZones: a number that may be anywhere in North America has each clock once, so that
// the strictest of them can be found.
func TestManyZones(t *testing.T) {
	t.Parallel()
	zones := Zones("", "+18005550123", "", nil)
	if len(zones) < 5 || len(zones) > 24 {
		t.Errorf("%d zones: %s", len(zones), zoneNames(zones))
	}
	january := time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)
	quiet, ends := Strictest(window(t, "20:00", "09:00"), january, zones)
	for _, z := range zones {
		if hour := ends.In(z).Hour(); hour < 9 || hour >= 20 {
			t.Errorf("quiet: %t until %s, which is night in %s", quiet, ends, z)
		}
	}
}

// TestCountries: each zone of the table exists, and no country has one clock twice.
func TestCountries(t *testing.T) {
	t.Parallel()
	for country, list := range zonesOf {
		names := strings.Fields(list)
		for _, name := range names {
			zone(t, name)
		}
		if got := zoneNames(distinct(names)); got != list {
			t.Errorf("%s has %s, of which %s differ", country, list, got)
		}
	}
	for _, c := range []string{"AF", "AU", "BR", "DE", "GB", "IN", "JP", "KI", "NP", "WS", "ZW"} {
		if len(countryZones(c)) == 0 {
			t.Errorf("%s is missing", c)
		}
	}
}

// TestAtlasIsBounded: what is no zone is not remembered, however it is spelt, and there is an
// end to what is.
func TestAtlasIsBounded(t *testing.T) {
	t.Parallel()
	a := atlas{places: map[string]place{}}
	for _, name := range []string{
		"", "Local", "local", "localtime", "posixrules", "Factory", "right/Europe/Berlin", "posix/Europe/Berlin", "../Europe/Berlin",
		"Europe/../Europe/Berlin", "Europe//Berlin", "Europe/./Berlin", "/Europe/Berlin", "Europe/Berlin/", `Europe\Berlin`, "Europe", "E",
		"Europe/Berlin\x00", " Europe/Berlin", "Europe/Böblingen", "zone.tab", "tzdata.zi", "+02:00", "GMT+2", strings.Repeat("A", 1<<16),
	} {
		if p, ok := a.place(name); ok {
			t.Errorf("%.40q is %s", name, p.loc)
		}
	}
	if len(a.places) > 0 {
		t.Errorf("remembers %v", a.places)
	}
	for i := range maxPlaces {
		a.places[fmt.Sprint(i)] = place{}
	}
	if _, ok := a.place(berlin); !ok || len(a.places) != maxPlaces {
		t.Errorf("a full memory: %t, %d", ok, len(a.places))
	}
}

func TestAtlasIsShared(t *testing.T) {
	t.Parallel()
	a := atlas{places: map[string]place{}}
	names := []string{berlin, newYork, lordHowe, kiritimati, "Nowhere/Land"}
	var wait sync.WaitGroup
	got := make([][]*time.Location, 8)
	for i := range got {
		wait.Go(func() {
			for _, name := range names {
				p, _ := a.place(name)
				got[i] = append(got[i], p.loc)
			}
		})
	}
	wait.Wait()
	for _, locs := range got {
		if !slices.Equal(locs, got[0]) || locs[0] == nil || locs[4] != nil {
			t.Errorf("got %v and %v", got[0], locs)
		}
	}
}

func TestYearOf(t *testing.T) {
	t.Parallel()
	year := func(name string) string { return yearOf(zone(t, name)).Value() }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{berlin, "Europe/Paris", true},
		{berlin, "Africa/Lagos", false},
		{"America/Denver", "America/Phoenix", false},
		{newYork, "America/Havana", false}, // An hour apart for an hour, twice a year.
		{kiritimati, "Pacific/Honolulu", false},
		{"Etc/GMT-5", "Asia/Karachi", true},
	} {
		if (year(c.a) == year(c.b)) != c.same {
			t.Errorf("%s is %q, %s is %q", c.a, year(c.a), c.b, year(c.b))
		}
	}
}
