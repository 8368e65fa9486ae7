package trackingplan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rapport/pkg/event"
)

// Mistake is one in a declaration.
type Mistake struct {
	// Path leads to what is wrong through the keys of events.yaml: "events",
	// "subscription.paused", "properties", "plan", "enum".
	Path    []string
	Message string // what is wrong
	Hint    string // the remedy; may be empty
}

// Mistakes are all that is wrong with declarations.
type Mistakes []Mistake

// Error is one line for each of them.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = strings.Join(one.Path, ".") + ": " + one.Message
		if one.Hint != "" {
			lines[i] += "; " + one.Hint
		}
	}
	return strings.Join(lines, "\n")
}

// The bounds of declarations.
const (
	maxTypes      = 500
	maxProperties = 200 // of one object
	maxRequired   = 60  // of one object; they are bits of a word
	maxNesting    = 8   // of objects and arrays
)

var (
	typeName     = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)
	propertyName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
)

// finder looks for mistakes.
type finder struct {
	plan  *Plan
	found Mistakes
}

func (f *finder) add(path []string, message, hint string) {
	f.found = append(f.found, Mistake{slices.Clone(path), message, hint})
}

// mistakes finds what is wrong with declarations that are to be added to the plan.
func (p *Plan) mistakes(types []Type) Mistakes {
	f := finder{plan: p}
	if len(types) > maxTypes {
		f.add([]string{"events"}, fmt.Sprintf("%d types are declared, at most %d may be", len(types), maxTypes), "")
		return f.found
	}
	titles := map[string]string{}
	if p != nil {
		for title, name := range p.titles {
			titles[title] = name
		}
	}
	seen := map[string]bool{}
	for i := range types {
		t := &types[i]
		path := []string{"events", t.Name}
		f.name(path, t.Name, seen)
		if title := strings.ToLower(t.Title); title != "" {
			if other := titles[title]; other != "" && other != t.Name {
				f.add(append(path, "title"), t.Title+" is the title of "+other+" already", "give each type a title of its own: SDKs name events by it")
			}
			titles[title] = t.Name
		}
		if t.Version < 0 {
			f.add(append(path, "version"), "a version is a whole number from 1", "")
		}
		var known []Property
		if k, ok := p.Type(t.Name); ok {
			known = k.Properties
		}
		f.properties(append(path, "properties"), t.Properties, known, 1)
	}
	return f.found
}

func (f *finder) name(path []string, name string, seen map[string]bool) {
	switch {
	case !typeName.MatchString(name) || len(name) > 128:
		f.add(path, quoted(name)+" is not a type of event", "write what it is about and what happened, with a point between: subscription.paused")
	case strings.HasPrefix(name, event.Identity) || name == event.ClockAdvanced:
		f.add(path, name+" is the engine's own", "choose another name")
	case seen[name]:
		f.add(path, name+" is declared twice", "keep one of them")
	}
	seen[name] = true
}

// properties finds what is wrong with those of one object; known are those that it has already.
func (f *finder) properties(path []string, all, known []Property, depth int) {
	if len(all)+len(known) > maxProperties {
		f.add(path, fmt.Sprintf("there are more than %d properties", maxProperties), "")
		return
	}
	required := 0
	seen := map[string]bool{}
	for i := range all {
		p := &all[i]
		at := append(slices.Clone(path), p.Name)
		switch {
		case !propertyName.MatchString(p.Name):
			f.add(at, quoted(p.Name)+" cannot be the name of a property", "use letters, digits and _, such as paused_until")
		case seen[p.Name]:
			f.add(at, p.Name+" is declared twice", "keep one of them")
		}
		seen[p.Name] = true
		if p.Required {
			required++
		}
		f.property(at, p, depth)
		if k := find(known, p.Name); k >= 0 {
			f.same(at, p, &known[k])
		}
	}
	if required > maxRequired {
		f.add(path, fmt.Sprintf("%d properties are required, at most %d may be", required, maxRequired), "")
	}
}

// same finds what contradicts what is known of a property: conditions, orders and
// recommendations count on it.
func (f *finder) same(at []string, p, known *Property) {
	switch {
	case p.Kind != known.Kind:
		f.add(append(at, "type"), fmt.Sprintf("%s is known to be %s, and cannot be %s", p.Name, known.Kind.words(), p.Kind.words()), "write type: "+string(known.Kind)+", or choose another name")
	case p.Of != nil && known.Of != nil && p.Of.Kind != known.Of.Kind:
		f.add(append(at, "of", "type"), fmt.Sprintf("%s is known to hold %s each, and cannot hold %s", p.Name, known.Of.Kind.words(), p.Of.Kind.words()), "write type: "+string(known.Of.Kind)+", or choose another name")
	}
}

// property finds what is wrong with one.
func (f *finder) property(at []string, p *Property, depth int) {
	if depth > maxNesting {
		f.add(at, fmt.Sprintf("objects and arrays are nested deeper than %d", maxNesting), "")
		return
	}
	if !slices.Contains(kinds(), p.Kind) {
		f.add(append(at, "type"), quoted(string(p.Kind))+" is no type", "use one of "+oneOf(kinds()))
		return
	}
	for _, only := range []struct {
		key string
		is  bool
		of  Kind
	}{{"enum", p.Enum != nil, Text}, {"format", p.Format != "", Text}, {"properties", p.Properties != nil, Object}, {"of", p.Of != nil, Array}} {
		if only.is && p.Kind != only.of {
			f.add(append(at, only.key), fmt.Sprintf("%s: is for type: %s, and this is type: %s", only.key, only.of, p.Kind), "leave it out")
		}
	}
	if p.Format != "" && !slices.Contains(formats(), p.Format) {
		f.add(append(at, "format"), quoted(string(p.Format))+" is no format", "use one of "+oneOf(formats()))
	}
	if p.Enum != nil && (len(p.Enum) == 0 || slices.Contains(p.Enum, "")) {
		f.add(append(at, "enum"), "the values must be there, and none of them may be empty", "write enum: [monthly, yearly]")
	}
	f.properties(append(slices.Clone(at), "properties"), p.Properties, nil, depth+1)
	if p.Of != nil {
		f.property(append(slices.Clone(at), "of"), p.Of, depth+1)
	}
	if p.Example != "" {
		if wrong := compileProperty(p).inspectExample(p.Example); wrong != nil {
			f.add(append(at, "example"), "the example would be refused: "+wrong.Error(), "")
		}
	}
}
