package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"rapport/pkg/event"
	"rapport/pkg/jsontext"
)

// personContext is the part of a call's context that is about the person.
type personContext struct {
	Traits     json.RawMessage `json:"traits"`
	Timezone   json.RawMessage `json:"timezone"`
	Locale     json.RawMessage `json:"locale"`
	Consent    json.RawMessage `json:"consent"`
	Historical json.RawMessage `json:"historical"`
}

// past is context.historical: the event is told long after it happened.
func (p *personContext) past() (bool, *fieldError) {
	switch kind(p.Historical) {
	case "", "null":
		return false, nil
	case "boolean":
		return strings.TrimSpace(string(p.Historical)) == "true", nil
	}
	return false, wrong("context.historical", "is %s, must be true or false", describe(p.Historical))
}

// profileUpdate is event.ProfileUpdate with traits as bytes, so that numbers stay exact.
type profileUpdate struct {
	Traits  map[string]json.RawMessage `json:"traits,omitempty"`
	Consent []event.ConsentUpdate      `json:"consent,omitempty"`
	Also    []string                   `json:"also,omitempty"`
}

func (u *profileUpdate) empty() bool { return len(u.Traits)+len(u.Consent)+len(u.Also) == 0 }

// profile is what a call says of the person.
func (o *origin) profile(c *call, verb string, at time.Time, pc *personContext) (u profileUpdate, err *fieldError) {
	if verb != "identify" && len(c.Context) == 0 && len(o.context) == 0 {
		return u, nil // as most calls are
	}
	t := traits{known: map[string]json.RawMessage{}}
	if err := t.add("context.traits", pc.Traits); err != nil {
		return u, err
	}
	if verb == "identify" {
		if err := t.add("traits", c.Traits); err != nil {
			return u, err
		}
	}
	for _, d := range []struct {
		field, name string
		value       json.RawMessage
	}{{"context.timezone", "timezone", pc.Timezone}, {"context.locale", "locale", pc.Locale}} {
		if _, given := t.known[d.name]; !given && first(d.value) != nil {
			if err := t.set(d.name, d.value); err != nil {
				err.field = d.field
				return u, err
			}
		}
	}
	t.phone()
	u.Traits = t.known
	u.Consent, err = o.consent(pc.Consent, at)
	return u, err
}

// encode writes the update as encoding/json would, with the traits in the order of their names.
func (u *profileUpdate) encode() (json.RawMessage, error) {
	out := []byte{'{'}
	if len(u.Traits) > 0 {
		out = append(jsontext.Name(out, "traits"), '{')
		for _, name := range slices.Sorted(maps.Keys(u.Traits)) {
			out = append(append(jsontext.Name(out, name), u.Traits[name]...), ',')
		}
		out = append(jsontext.WithoutComma(out), '}', ',')
	}
	if len(u.Consent) > 0 {
		list, err := json.Marshal(u.Consent)
		if err != nil {
			return nil, fmt.Errorf("write consent: %w", err)
		}
		out = append(append(jsontext.Name(out, "consent"), list...), ',')
	}
	if len(u.Also) > 0 {
		out = append(jsontext.Name(out, "also"), '[')
		for _, id := range u.Also {
			out = append(jsontext.String(out, id), ',')
		}
		out = append(jsontext.WithoutComma(out), ']', ',')
	}
	return append(jsontext.WithoutComma(out), '}'), nil
}

// person merges the context of the call over that of its batch.
func (o *origin) person(c *call) (personContext, *fieldError) {
	var pc personContext
	for _, raw := range []json.RawMessage{o.context, c.Context} {
		obj, err := object("context", raw)
		if err != nil {
			return pc, err
		}
		if obj == nil {
			continue
		}
		over, ok := scanPerson(obj)
		if !ok {
			over = personContext{}
			if err := json.Unmarshal(obj, &over); err != nil {
				return pc, wrong("context", "cannot be read: %v", err)
			}
		}
		pc = personContext{
			Traits: first(over.Traits, pc.Traits), Timezone: first(over.Timezone, pc.Timezone),
			Locale: first(over.Locale, pc.Locale), Consent: first(over.Consent, pc.Consent),
			Historical: first(over.Historical, pc.Historical),
		}
	}
	return pc, nil
}

// traits collects what is known of the person under our names.
type traits struct{ known map[string]json.RawMessage }

// add takes the members of an object of traits over what is there.
func (t *traits) add(field string, raw json.RawMessage) *fieldError {
	obj, err := object(field, raw)
	if err != nil || obj == nil {
		return err
	}
	members, ok := scanProperties(obj)
	if ok {
		return t.merge(field, members, func(name string) (json.RawMessage, bool) { return find(members, name) })
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(obj, &all); err != nil {
		return wrong(field, "cannot be read: %v", err)
	}
	members = members[:0]
	for name, value := range all {
		members = append(members, property{name, value})
	}
	return t.merge(field, members, func(name string) (json.RawMessage, bool) { v, ok := all[name]; return v, ok })
}

// merge takes traits over what is there; lookup finds one of them by its name.
func (t *traits) merge(field string, members []property, lookup func(string) (json.RawMessage, bool)) *fieldError {
	for _, m := range members {
		ours := traitName(m.name)
		if ours != m.name {
			if _, both := lookup(ours); both {
				continue // the name that is ours already wins
			}
		}
		if err := t.set(ours, m.value); err != nil {
			err.field = field + "." + m.name
			return err
		}
	}
	address, _ := lookup("address")
	if _, given := lookup("country"); !given && kind(address) == "object" {
		return t.country(field, address)
	}
	return nil
}

// set keeps a trait. The well-known ones are text, or null to remove them. Where the trait was
// given is for the caller to say.
func (t *traits) set(name string, value json.RawMessage) *fieldError {
	if !wellKnown(name) || kind(value) == "null" {
		t.known[name] = value
		return nil
	}
	s, err := text(name, value)
	if err != nil {
		return err
	}
	if name == "country" && len(s) == 2 {
		s = strings.ToUpper(s)
	}
	t.known[name] = jsontext.String(nil, strings.TrimSpace(s))
	return nil
}

func (t *traits) country(field string, address json.RawMessage) *fieldError {
	var a struct {
		Country json.RawMessage `json:"country"`
	}
	if err := json.Unmarshal(address, &a); err != nil {
		return wrong(field+".address", "cannot be read: %v", err)
	}
	if first(a.Country) == nil {
		return nil
	}
	if err := t.set("country", a.Country); err != nil {
		err.field = field + ".address.country"
		return err
	}
	return nil
}

// phone writes the number in E.164 where that is possible: with a country code, or
// in the national form of the country or locale that the traits name. A number that
// cannot be read stays as it is; sending to it will fail with a reason.
func (t *traits) phone() {
	given, err := text("phone", t.known["phone"])
	if err != nil || given == "" {
		return
	}
	number, perr := phonenumbers.Parse(given, t.region())
	if perr != nil || !phonenumbers.IsPossibleNumber(number) {
		return
	}
	t.known["phone"], _ = json.Marshal(phonenumbers.Format(number, phonenumbers.E164))
}

// region is the ISO 3166 country of the traits, "" when they do not say.
func (t *traits) region() string {
	if country, err := text("country", t.known["country"]); err == nil && len(country) == 2 {
		return country
	}
	locale, err := text("locale", t.known["locale"])
	if err != nil {
		return ""
	}
	if i := strings.LastIndexAny(locale, "-_"); i >= 0 && len(locale)-i-1 == 2 {
		return strings.ToUpper(locale[i+1:])
	}
	return ""
}

func traitName(name string) string {
	switch name {
	case "firstName", "firstname":
		return "first_name"
	case "lastName", "lastname":
		return "last_name"
	}
	return name
}

func wellKnown(name string) bool {
	switch name {
	case "email", "phone", "first_name", "last_name", "name", "timezone", "locale", "country":
		return true
	}
	return false
}

func itemField(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
