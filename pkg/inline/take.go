package inline

import (
	"slices"
	"strings"
)

// Sheet is rules that are written into style attributes. It does not change and is safe for concurrent use. A nil Sheet
// has none.
type Sheet struct {
	rules   []rule
	byID    map[string][]int
	byClass map[string][]int
	byTag   map[string][]int
	others  []int // those known by an attribute or a place alone
	flat    bool  // no rule asks what an element stands in, or where
	tags    bool  // flat, and all are for names of elements
}

type rule struct {
	selector
	declarations []declaration
}

// Note is something about a style element that is probably not meant, at a byte offset of the page.
type Note struct {
	Offset        int
	Message, Hint string
}

// Take reads the style elements of a page, which may be the source of a template. rest is the page without the rules that
// can be moved; the sheet is nil when there are none.
func Take(page string) (rest string, sheet *Sheet, notes []Note) {
	var t taking
	out := []byte(page)
	for _, e := range styles(page) {
		css := page[e.from:e.to]
		if strings.Contains(css, "{{") || strings.Contains(css, "{%") {
			continue
		}
		all, ok := blocks(css)
		if !ok {
			notes = append(notes, Note{Offset: e.from, Message: "the braces of this style do not match; nothing of it is moved into the elements", Hint: "close each { with a }"})
			continue
		}
		kept := len(css)
		for _, b := range all {
			if !b.media && t.rule(b) {
				wipe(out, e.from+b.from, e.from+b.to)
				kept -= b.to - b.from
			}
			if b.media {
				t.media = append(t.media, mediaRule{e.from + b.bodyAt, b.body})
			}
		}
		if kept < len(css) && skipSpace(string(out[e.from:e.to]), 0) >= e.to-e.from {
			wipe(out, e.open, e.end)
		}
	}
	if len(t.rules) == 0 {
		return page, nil, notes
	}
	return tidied(page, string(out)), index(t.rules), append(notes, t.notes()...)
}

// taking collects the rules of a page.
type taking struct {
	rules []rule
	media []mediaRule
}

type mediaRule struct {
	offset int
	body   string
}

// rule takes a rule if all its selectors can be moved.
func (t *taking) rule(b block) bool {
	list, ok := declarations(b.body)
	if !ok {
		return false
	}
	var rules []rule
	for rest := b.selectors; rest != ""; {
		end := until(rest, 0, ",")
		sel, ok := parseSelector(rest[:end])
		if !ok {
			return false
		}
		rules = append(rules, rule{selector: sel, declarations: list})
		rest = rest[min(len(rest), end+1):]
	}
	if len(list) > 0 {
		t.rules = append(t.rules, rules...)
	}
	return true
}

// notes tells of declarations in @media that rules which were moved now win over.
func (t *taking) notes() []Note {
	moved := map[string]bool{}
	for _, r := range t.rules {
		for _, d := range r.declarations {
			moved[d.property] = true
		}
	}
	var all []Note
	for _, m := range t.media {
		list, _ := declarations(m.body)
		for _, d := range list {
			if !d.important && moved[d.property] {
				at := m.offset + max(0, strings.Index(strings.ToLower(m.body), d.property))
				all = append(all, Note{Offset: at, Message: d.property + " has no effect here where a rule outside of @media sets it, too: that one is moved into the elements", Hint: "add !important"})
			}
		}
	}
	return all
}

// wipe writes spaces over a stretch, keeping its lines.
func wipe(out []byte, from, to int) {
	for i := from; i < to; i++ {
		if out[i] != '\n' {
			out[i] = ' '
		}
	}
}

// tidied is out without spaces at the ends of lines that differ from the page's.
func tidied(page, out string) string {
	before := strings.Split(page, "\n")
	after := strings.Split(out, "\n")
	if len(before) != len(after) { // characters of several bytes were written over
		return out
	}
	for i := range after {
		if after[i] != before[i] {
			after[i] = strings.TrimRight(after[i], " \t")
		}
	}
	return strings.Join(after, "\n")
}

// Join is the rules of several sheets, the later of which win, all else being equal. Nil ones are left out.
func Join(sheets ...*Sheet) *Sheet {
	sheets = slices.DeleteFunc(slices.Clone(sheets), func(s *Sheet) bool { return s == nil })
	switch len(sheets) {
	case 0:
		return nil
	case 1:
		return sheets[0]
	}
	var rules []rule
	for _, s := range sheets {
		rules = append(rules, s.rules...)
	}
	return index(rules)
}

// settled is rules without the declarations that lose wherever they are asked: to a later rule with the same selector, which
// is for the same elements with the same weight. Sheets that people paste together say things many times over.
func settled(rules []rule) []rule {
	later := map[string][]declaration{} // by selector, of the rules behind
	kept := make([]rule, 0, len(rules))
	for _, r := range slices.Backward(rules) {
		key := r.key()
		behind := later[key]
		r.declarations = slices.DeleteFunc(slices.Clone(r.declarations), func(d declaration) bool { return says(behind, d.property, d.important) })
		if len(r.declarations) == 0 {
			continue
		}
		if key != "" {
			later[key] = append(behind, r.declarations...)
		}
		kept = append(kept, r)
	}
	slices.Reverse(kept)
	return kept
}

func index(rules []rule) *Sheet {
	rules = settled(rules)
	s := &Sheet{rules: rules, byID: map[string][]int{}, byClass: map[string][]int{}, byTag: map[string][]int{}}
	s.flat = !slices.ContainsFunc(rules, func(r rule) bool { return len(r.parts) > 1 || r.parts[0].nth != nil })
	s.tags = s.flat && !slices.ContainsFunc(rules, func(r rule) bool {
		p := r.parts[0]
		return p.tag == "" || p.id != "" || len(p.classes) > 0 || len(p.attrs) > 0
	})
	for i := range rules {
		r := &s.rules[i]
		last := r.parts[len(r.parts)-1]
		switch {
		case last.id != "":
			s.byID[last.id] = append(s.byID[last.id], i)
		case len(last.classes) > 0:
			s.byClass[last.classes[0]] = append(s.byClass[last.classes[0]], i)
		case last.tag != "":
			s.byTag[last.tag] = append(s.byTag[last.tag], i)
		default:
			s.others = append(s.others, i)
		}
	}
	return s
}
