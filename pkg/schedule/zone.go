package schedule

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Images without zone files know the zones too.
	"unique"

	"github.com/nyaruka/phonenumbers"
)

// Zones are the zones in which a recipient may be: the one that the profile names; else those
// of the phone number's region (E.164, as +49 30 1234); else those of the ISO 3166 country;
// else the fallback, or UTC when that is nil. Names that are no IANA zone, "Local" and "" among
// them, and numbers and countries that nobody knows are passed over.
//
// Of zones whose clocks agree all year there is one, so that what is left is few: callers take
// the strictest (see Strictest). A mobile number says where it was bought, not where its owner
// is, but nothing better is known by then.
func Zones(timezone, phone, country string, fallback *time.Location) []*time.Location {
	if p, ok := loaded.place(timezone); ok {
		return []*time.Location{p.loc}
	}
	if zones := distinct(phoneZones(phone)); len(zones) > 0 {
		return zones
	}
	if zones := distinct(countryZones(country)); len(zones) > 0 {
		return zones
	}
	if fallback == nil {
		fallback = time.UTC
	}
	return []*time.Location{fallback}
}

// phoneZones are the names of the zones of a number's region, by Google's libphonenumber
// (https://github.com/google/libphonenumber, resources/timezones).
func phoneZones(phone string) []string {
	const longest = 15 // digits, by E.164
	phone, international := strings.CutPrefix(strings.TrimSpace(phone), "+")
	if !international {
		return nil
	}
	number := make([]byte, 0, longest)
	for i := range len(phone) {
		switch c := phone[i]; {
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/':
		case c < '0' || c > '9' || len(number) == longest:
			return nil
		default:
			number = append(number, c)
		}
	}
	if len(number) == 0 {
		return nil
	}
	names, err := phonenumbers.GetTimezonesForPrefix(string(number))
	if err != nil {
		return nil // The next best answer is the country; the library's data come with it.
	}
	return names
}

// distinct loads zones and keeps the first of those whose clocks agree all year.
func distinct(names []string) []*time.Location {
	var zones []*time.Location
	var seen []unique.Handle[string]
next:
	for _, name := range names {
		p, ok := loaded.place(name)
		if !ok {
			continue
		}
		for _, year := range seen {
			if year == p.year {
				continue next
			}
		}
		zones, seen = append(zones, p.loc), append(seen, p.year)
	}
	return zones
}

// place is a zone and how its clock goes through a year.
type place struct {
	loc  *time.Location
	year unique.Handle[string]
}

// atlas is the places that were loaded. It remembers names of zones that exist, and no more
// than maxPlaces: file systems that take upper for lower case know more names than the 600
// that IANA gives.
type atlas struct {
	lock   sync.RWMutex
	places map[string]place
}

const maxPlaces = 1024

// loaded is memory, and no state: a zone is the same whether it is read from here or from its
// file. Reading the file takes a hundred times as long.
var loaded = atlas{places: map[string]place{}}

// place finds a zone by its name; ok is false when there is none.
func (a *atlas) place(name string) (p place, ok bool) {
	if name == "" {
		return place{}, false
	}
	a.lock.RLock()
	p, ok = a.places[name]
	a.lock.RUnlock()
	if ok || !zoneName(name) {
		return p, ok
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return place{}, false
	}
	p = place{loc: loc, year: yearOf(loc)}
	a.lock.Lock()
	defer a.lock.Unlock()
	if known, ok := a.places[name]; ok {
		return known, true
	}
	if len(a.places) < maxPlaces {
		a.places[strings.Clone(name)] = p
	}
	return p, true
}

// zoneName reports whether a text is spelt as the IANA spells names of zones: parts of
// letters, digits, + - and _ between slashes, the first letter a capital. The directory with
// the files holds more than zones (posixrules, right/...), and its names can be written in many
// ways (Europe//Berlin).
func zoneName(s string) bool {
	const longest = 64
	if len(s) == 0 || len(s) > longest || s[0] < 'A' || s[0] > 'Z' || s[len(s)-1] == '/' || strings.Contains(s, "//") {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '/', c == '+', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != "Local" && s != "Factory"
}

// yearOf describes how the clock of a zone goes through a year that is far enough ahead for
// the rules that hold now, and as they would go on.
func yearOf(loc *time.Location) unique.Handle[string] {
	const year = 2036
	var b strings.Builder
	t := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	last := ""
	for end := t.AddDate(1, 0, 0); t.Before(end); {
		local := t.In(loc)
		_, offset := local.Zone()
		if o := time.Duration(offset * int(time.Second)).String(); o != last {
			b.WriteString(t.UTC().Format("0102T150405 ") + o + " ")
			last = o
		}
		next, ok := change(local)
		if !ok {
			break
		}
		t = next
	}
	return unique.Make(b.String())
}
