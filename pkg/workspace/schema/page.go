package schema

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	catalogue "rapport/pkg/condition"
	"rapport/pkg/lint"
)

// section is a part of a page that is written by Fill: what stands between its two marks.
var section = regexp.MustCompile(`(?s)(<!-- begin: generated ([a-z/ ]+?) -->\n).*?(<!-- end: generated -->)`)

// Fill writes the parts of a page that follow from the forms, each between two marks:
//
//	<!-- begin: generated journey -->
//	<!-- end: generated -->
//
// What stands in the first mark is a schema, whose keys become a table; journey/step is one
// of a schema's definitions; known events is the catalogue of events, rules that of what messages are held to. All schemas have to be
// somewhere in the page, so that it holds every key of every file.
func Fill(page string) (string, error) {
	var failed error
	var seen []string
	out := section.ReplaceAllStringFunc(page, func(whole string) string {
		m := section.FindStringSubmatch(whole)
		text, err := generated(m[2])
		if err != nil && failed == nil {
			failed = err
		}
		seen = append(seen, m[2])
		return m[1] + "\n" + text + "\n" + m[3]
	})
	for _, want := range sections() {
		if failed == nil && !slices.Contains(seen, want) {
			failed = fmt.Errorf("the page has no section <!-- begin: generated %s -->: add it, with <!-- end: generated --> behind it", want)
		}
	}
	return out, failed
}

// sections are all that a page has to have.
func sections() []string {
	all := []string{"known events", "rules"}
	for name, s := range All() {
		name = strings.TrimSuffix(name, ".json")
		all = append(all, name)
		for _, d := range s.Defs {
			if len(d.Form.Keys) > 0 && d.Name != "questions" {
				all = append(all, name+"/"+d.Name)
			}
		}
	}
	slices.Sort(all)
	return append(all, "journey/questions") // the same in all files that have it
}

func generated(what string) (string, error) {
	switch what {
	case "known events":
		return events(), nil
	case "rules":
		return rules(), nil
	}
	file, def, _ := strings.Cut(what, "/")
	s := All()[file+".json"]
	if s != nil && def != "" {
		s = s.Def(def)
	}
	if s == nil {
		return "", fmt.Errorf("there is nothing to generate as %q: use one of %s", what, strings.Join(sections(), ", "))
	}
	return s.Table(), nil
}

// events is a table of the events that are known, and of their properties.
func events() string {
	var b strings.Builder
	b.WriteString("| Event | Properties |\n|---|---|\n")
	c := catalogue.Builtin()
	// Types with the same properties share a line, in the place of the first.
	lines := map[string][]string{}
	var order []string
	for _, typ := range c.Types() {
		known, closed := c.Properties(typ)
		props := properties(known)
		if !closed {
			props = "any"
		}
		if lines[props] == nil {
			order = append(order, props)
		}
		lines[props] = append(lines[props], code(typ))
	}
	for _, props := range order {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(lines[props], ", "), props)
	}
	return b.String()
}

// rules is a table of what messages are held to.
func rules() string {
	var b strings.Builder
	b.WriteString("| Rule | At worst | What it finds | Where it comes from |\n|---|---|---|---|\n")
	for _, d := range lint.Descriptions() {
		worst := "warning"
		if d.Worst == lint.Info {
			worst = "note"
		}
		source, _ := url.Parse(d.Source) // of the code, where a test reads it
		fmt.Fprintf(&b, "| %s | %s | %s | [%s](%s) |\n", code(string(d.Rule)), worst, d.What, strings.TrimPrefix(source.Host, "www."), d.Source)
	}
	return b.String()
}

// properties names properties by their kinds.
func properties(of catalogue.Properties) string {
	var parts []string
	for _, kind := range []catalogue.Kind{catalogue.Text, catalogue.Number, catalogue.Truth, catalogue.Time, catalogue.List, catalogue.Object, catalogue.Any} {
		var names []string
		for name, p := range of {
			if p.Kind == kind {
				if len(p.Of) > 0 {
					name += " (each with " + properties(p.Of) + ")"
				}
				names = append(names, name)
			}
		}
		if slices.Sort(names); len(names) > 0 {
			parts = append(parts, string(kind)+": "+strings.Join(names, ", "))
		}
	}
	if len(parts) == 0 {
		return "those of every event"
	}
	return strings.Join(parts, "; ")
}
