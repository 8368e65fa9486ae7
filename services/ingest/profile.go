package ingest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"rapport/pkg/event"
)

// personContext is the part of a call's context that is about the person.
type personContext struct {
	Traits   json.RawMessage `json:"traits"`
	Timezone json.RawMessage `json:"timezone"`
	Locale   json.RawMessage `json:"locale"`
	Consent  json.RawMessage `json:"consent"`
}

// profileUpdate is event.ProfileUpdate with traits as bytes, so that numbers stay exact.
type profileUpdate struct {
	Traits  map[string]json.RawMessage `json:"traits,omitempty"`
	Consent []event.ConsentUpdate      `json:"consent,omitempty"`
}

// profile is the value of the reserved property; nil when nothing is said.
func (o *origin) profile(c *call, verb string, at time.Time) (json.RawMessage, *fieldError) {
	if verb != "identify" && len(c.Context) == 0 && len(o.context) == 0 {
		return nil, nil // as most calls are
	}
	pc, err := o.person(c)
	if err != nil {
		return nil, err
	}
	t := traits{known: map[string]json.RawMessage{}}
	if err := t.add("context.traits", pc.Traits); err != nil {
		return nil, err
	}
	if verb == "identify" {
		if err := t.add("traits", c.Traits); err != nil {
			return nil, err
		}
	}
	for _, d := range []struct {
		field, name string
		value       json.RawMessage
	}{{"context.timezone", "timezone", pc.Timezone}, {"context.locale", "locale", pc.Locale}} {
		if _, given := t.known[d.name]; !given && first(d.value) != nil {
			if err := t.set(d.field, d.name, d.value); err != nil {
				return nil, err
			}
		}
	}
	t.phone()
	u := profileUpdate{Traits: t.known}
	if u.Consent, err = consent(pc.Consent, o.source, at); err != nil {
		return nil, err
	}
	if len(u.Traits) == 0 && len(u.Consent) == 0 {
		return nil, nil
	}
	out, merr := json.Marshal(u)
	if merr != nil {
		return nil, wrong("context", "cannot be written as JSON: %v", merr)
	}
	return out, nil
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
		var over personContext
		if err := json.Unmarshal(obj, &over); err != nil {
			return pc, wrong("context", "cannot be read: %v", err)
		}
		pc = personContext{
			Traits: first(over.Traits, pc.Traits), Timezone: first(over.Timezone, pc.Timezone),
			Locale: first(over.Locale, pc.Locale), Consent: first(over.Consent, pc.Consent),
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
	var members map[string]json.RawMessage
	if err := json.Unmarshal(obj, &members); err != nil {
		return wrong(field, "cannot be read: %v", err)
	}
	for name, value := range members {
		if ours := traitName(name); ours != name {
			if _, both := members[ours]; both {
				continue // the name that is ours already wins
			}
		}
		if err := t.set(field+"."+name, traitName(name), value); err != nil {
			return err
		}
	}
	if _, given := members["country"]; !given && kind(members["address"]) == "object" {
		return t.country(field, members["address"])
	}
	return nil
}

// set keeps a trait. The well-known ones are text, or null to remove them.
func (t *traits) set(field, name string, value json.RawMessage) *fieldError {
	if !wellKnown(name) || kind(value) == "null" {
		t.known[name] = value
		return nil
	}
	s, err := text(field, value)
	if err != nil {
		return err
	}
	if name == "country" && len(s) == 2 {
		s = strings.ToUpper(s)
	}
	t.known[name], _ = json.Marshal(strings.TrimSpace(s)) // text always marshals
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
	return t.set(field+".address.country", "country", a.Country)
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
