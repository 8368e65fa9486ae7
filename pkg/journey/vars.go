package journey

import (
	"encoding/json"
	"slices"
	"strconv"

	"rapport/pkg/jsontext"
	"rapport/pkg/profile"
)

// besidesData is about how many bytes of variables there are besides the trigger's data and
// for each suggestion.
const besidesData, eachSuggestion = 640, 160

// vars are the variables a template sees, as documented for marketers. The trigger's data
// is JSON already, checked when the event was accepted, and long; it is copied as it is.
func (w *walk) vars(in *Instance, trigger *Trigger, s *Step) json.RawMessage {
	size := besidesData + eachSuggestion*len(in.Suggestions)
	if trigger != nil {
		size += len(trigger.Data)
	}
	b := jsontext.Name(append(make([]byte, 0, size), '{'), "profile")
	start := len(b)
	b, err := appendPerson(b, &w.state.Profile)
	if err != nil {
		// Traits came from JSON and go back to it. Were one not to, the message is decided
		// all the same, and a strict template will say what it misses.
		b = append(b[:start], "{}"...)
	}
	if trigger != nil && len(trigger.Data) > 0 {
		b = append(jsontext.Next(b, "trigger"), trigger.Data...)
	}
	if len(in.Suggestions) > 0 {
		b = appendSuggestions(jsontext.Next(b, "recommendations"), in.Suggestions)
	}
	if s.Survey != nil {
		b = append(jsontext.String(jsontext.Name(append(jsontext.Next(b, "survey"), '{'), "name"), s.Survey.Name), '}')
	}
	return append(b, '}')
}

// appendPerson writes the profile as templates see it: the traits, and what Rapport knows
// itself, which hides a trait of the same name. Members are in the order of their names.
func appendPerson(b []byte, prof *profile.Profile) ([]byte, error) {
	own := append(make([]string, 0, 4), "id", "orders")
	if len(prof.Tags) > 0 {
		own = append(own, "tags")
	}
	if l := prof.Loyalty; l.Points != 0 || l.Tier != "" {
		own = append(own, "loyalty")
	}
	names := append(make([]string, 0, 16), own...)
	for name := range prof.Traits {
		if !slices.Contains(own, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b = append(b, '{')
	var err error
	for _, name := range names {
		b = jsontext.Name(b, name)
		switch trait := !slices.Contains(own, name); {
		case trait:
			b, err = jsontext.Value(b, prof.Traits[name])
		case name == "id":
			b = jsontext.String(b, prof.ID)
		case name == "orders":
			b, err = appendOrders(b, &prof.Orders)
		case name == "tags":
			b, err = jsontext.Value(b, prof.Tags)
		case name == "loyalty":
			b = strconv.AppendInt(jsontext.Name(append(b, '{'), "points"), prof.Loyalty.Points, 10)
			b = append(jsontext.String(jsontext.Next(b, "tier"), prof.Loyalty.Tier), '}')
		}
		if err != nil {
			return b, err
		}
		b = append(b, ',')
	}
	return append(jsontext.WithoutComma(b), '}'), nil
}

func appendOrders(b []byte, o *profile.Orders) ([]byte, error) {
	b = strconv.AppendInt(jsontext.Name(append(b, '{'), "count"), int64(o.Count), 10)
	var err error
	if !o.LastAt.IsZero() {
		if b, err = o.LastAt.AppendText(append(jsontext.Next(b, "last_at"), '"')); err != nil {
			return b, err
		}
		b = jsontext.String(jsontext.Next(append(b, '"'), "last_id"), o.LastID)
	}
	return append(jsontext.String(jsontext.Next(b, "total"), o.Total.String()), '}'), nil
}

func appendSuggestions(b []byte, list []Suggestion) []byte {
	b = append(b, '[')
	for i := range list {
		s := &list[i]
		b = jsontext.String(jsontext.Name(append(b, '{'), "id"), s.ID)
		b = jsontext.Optional(b, "name", s.Name)
		b = jsontext.Optional(b, "category", s.Category)
		b = jsontext.Optional(b, "url", s.URL)
		b = append(jsontext.Optional(b, "image_url", s.ImageURL), '}', ',')
	}
	return append(jsontext.WithoutComma(b), ']')
}
