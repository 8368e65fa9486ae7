package workspace

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/trackingplan"
	"rapport/pkg/workspace/source"
)

// Events is the tracking plan: the types that Rapport knows, with those of events.yaml. It is
// never nil.
func (s *Snapshot) Events() *trackingplan.Plan { return s.events }

// events reads events.yaml: the types that a team declares, and what becomes of others. A
// plan comes back in any case, so that the other files can be read against it.
func events(files []*source.File, r *source.Report) *trackingplan.Plan {
	known := trackingplan.Known()
	if len(files) == 0 {
		return known
	}
	n := files[0].YAML(r)
	if n == nil || !r.Fields(n, "events.yaml", source.Keys{Known: []string{"unknown_types", "violations", "events"}}) {
		return known
	}
	modes := trackingplan.Modes{
		RefuseUnknown:  r.Choice(n.Get("unknown_types"), "unknown_types", "keep", "refuse") == "refuse",
		KeepViolations: r.Choice(n.Get("violations"), "violations", "refuse", "keep") == "keep",
	}
	before := r.Mistakes()
	types := declarations(n.Get("events"), r)
	plan, err := known.With(modes, types...)
	var wrong trackingplan.Mistakes
	if errors.As(err, &wrong) {
		for _, m := range wrong {
			// What could not be read has been told already, and is not missing.
			if at, there := along(n, m.Path); there || r.Mistakes() == before {
				r.At(n.File, at, m.Message, m.Hint)
			}
		}
	}
	if err != nil {
		return known
	}
	return plan
}

func declarations(n *source.Node, r *source.Report) []trackingplan.Type {
	if n == nil {
		return nil
	}
	if n.Kind != source.Map {
		r.At(n.File, n.Place, "events must be a mapping, not "+n.Kind.String(), "write events: {subscription.paused: {properties: {...}}}")
		return nil
	}
	types := make([]trackingplan.Type, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		if near := spelling.Slip(p.Key, trackingplan.KnownTypes()); near != "" && near != p.Key {
			r.Warn(n.File, p.At, p.Key+" differs from "+near+" by a slip, and Rapport knows that one", "if it is meant, write "+near+":; if not, a clearer name saves the next reader the question")
		}
		types = append(types, declaration(p.Key, p.Value, r))
	}
	return types
}

func declaration(name string, n *source.Node, r *source.Report) trackingplan.Type {
	t := trackingplan.Type{Name: name, Version: 1}
	if n.Kind == source.Null || !r.Fields(n, "an event", source.Keys{Known: []string{"title", "description", "version", "deprecated", "properties"}}) {
		return t
	}
	t.Title = r.Text(n.Get("title"), "title")
	t.Description = r.Text(n.Get("description"), "description")
	t.Version = r.Int(n.Get("version"), "version", 1, 1_000_000, 1)
	t.Deprecated = r.Text(n.Get("deprecated"), "deprecated")
	t.Properties = declared(n.Get("properties"), r)
	for i, p := range t.Properties {
		if p.Name == "type" || p.Name == "id" || p.Name == "time" {
			at := n.Get("properties").Pairs[i].At
			r.Warn(n.File, at, "event."+p.Name+" is the event's own in conditions, whatever the property "+p.Name+" holds", "call it "+lastBefore(name)+"_"+p.Name+", if journeys are to ask for it")
		}
	}
	return t
}

// lastBefore is what a type is about: subscription of subscription.paused.
func lastBefore(typ string) string {
	about, _, _ := strings.Cut(typ, ".")
	return about
}

// declared reads the properties of a type or of an object; nil when none are named.
func declared(n *source.Node, r *source.Report) []trackingplan.Property {
	if n == nil {
		return nil
	}
	if n.Kind != source.Map {
		r.At(n.File, n.Place, "properties must be a mapping, not "+n.Kind.String(), "write properties: {plan: {type: string}}")
		return nil
	}
	all := make([]trackingplan.Property, len(n.Pairs))
	for i, p := range n.Pairs {
		all[i] = declaredOne(p.Key, p.Value, r, []string{"type", "description", "required", "enum", "format", "example", "deprecated", "properties", "of"})
	}
	return all
}

// declaredOne reads a property, or what an array holds, which has fewer keys.
func declaredOne(name string, n *source.Node, r *source.Report, keys []string) trackingplan.Property {
	p := trackingplan.Property{Name: name, Kind: trackingplan.Any}
	if !r.Fields(n, "a property", source.Keys{Known: keys}) {
		return p
	}
	if typ := needed(n, "type", "say what it holds: type: string", r); typ != nil {
		p.Kind = trackingplan.Kind(r.Text(typ, "type"))
	}
	if p.Kind == "" {
		p.Kind = trackingplan.Any // it was told that there is none
	}
	p.Description = r.Text(n.Get("description"), "description")
	if req := n.Get("required"); req != nil {
		p.Required = r.Choice(req, "required", "false", "true") == "true"
	}
	if e := n.Get("enum"); e != nil {
		p.Enum = []string{}
		for _, item := range items(e, "enum", "the texts that it may be, such as monthly", r) {
			p.Enum = append(p.Enum, r.Text(item, "a value"))
		}
	}
	p.Format = trackingplan.Format(r.Text(n.Get("format"), "format"))
	p.Deprecated = r.Text(n.Get("deprecated"), "deprecated")
	if e := n.Get("example"); e != nil {
		p.Example = asJSON(e)
	}
	if props := n.Get("properties"); props != nil {
		if p.Properties = declared(props, r); p.Properties == nil {
			p.Properties = []trackingplan.Property{}
		}
	}
	if of := n.Get("of"); of != nil {
		element := declaredOne("", of, r, []string{"type", "description", "enum", "format", "properties", "of"})
		p.Of = &element
	}
	return p
}

// along follows keys to where something stands; there says that it was found to the last one.
func along(n *source.Node, keys []string) (at source.Place, there bool) {
	at = n.Place
	for _, key := range keys {
		found := false
		for _, p := range n.Pairs {
			if p.Key == key {
				at, n, found = p.At, p.Value, true
				if n.Scalar() || n.Kind == source.List {
					at = n.Place
				}
				break
			}
		}
		if !found {
			return at, false
		}
	}
	return at, true
}

// asJSON is a value as JSON.
func asJSON(n *source.Node) string {
	switch n.Kind {
	case source.Null:
		return "null"
	case source.Bool:
		return strings.ToLower(n.Value)
	case source.Number:
		digits := strings.ReplaceAll(n.Value, "_", "")
		if json.Valid([]byte(digits)) {
			return digits
		}
		if v, err := strconv.ParseFloat(digits, 64); err == nil {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	case source.List, source.Map:
		parts := make([]string, 0, len(n.Items)+len(n.Pairs))
		for _, item := range n.Items {
			parts = append(parts, asJSON(item))
		}
		if n.Kind == source.List {
			return "[" + strings.Join(parts, ",") + "]"
		}
		for _, p := range n.Pairs {
			parts = append(parts, text(p.Key)+":"+asJSON(p.Value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return text(n.Value)
}

func text(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // texts of JSON always are
	}
	return string(b)
}
