package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Table is the keys of a form as a table in Markdown, for people who read: each key with
// what it may hold, what it is when it is left out, and what it means. Keys of mappings
// within it follow with a point (enter.on); forms that are referred to have tables of their
// own.
func (s *Schema) Table() string {
	t := table{root: s, told: map[string]bool{}}
	t.mapping(s, "")
	var b strings.Builder
	b.WriteString("| Key | Holds | Left out | Meaning |\n|---|---|---|---|\n")
	for _, row := range t.rows {
		b.WriteString("| " + strings.Join(row[:], " | ") + " |\n")
	}
	for i, note := range t.notes {
		if i == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(note + "\n")
	}
	return b.String()
}

// others stands for keys that nobody knows beforehand.
const others = "QUESTION"

type table struct {
	root  *Schema
	told  map[string]bool // keys that have a row
	rows  [][4]string
	notes []string
}

// mapping adds the keys of a mapping, of each form that may be one.
func (t *table) mapping(s *Schema, path string) {
	if t.again(s, path) {
		t.remark("- " + code(strings.TrimSuffix(path, ".")) + " has the keys above.")
		return
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		if t.told[path+k.Name] {
			continue // a form that may stand alone or in a list
		}
		t.told[path+k.Name] = true
		t.rows = append(t.rows, [4]string{code(path + k.Name), escape(either(k.Form.holds())), k.leftOut(), escape(s.meaning(k))})
		t.mapping(k.Form, path+k.Name+".")
	}
	if s.Others != nil && len(s.Keys) > 0 {
		t.rows = append(t.rows, [4]string{code(path + others), escape(either(s.Others.holds())), "", escape(s.Doc)})
		t.mapping(s.Others, path+others+".")
	}
	if len(s.Ways) > 1 {
		t.ways(s, path)
	}
	for _, inner := range append([]*Schema{s.Items}, s.AnyOf...) {
		if inner != nil {
			t.mapping(inner, path)
		}
	}
}

// again tells whether a mapping repeats the keys of the whole.
func (t *table) again(s *Schema, path string) bool {
	return path != "" && len(s.Keys) > 3 && !slices.ContainsFunc(s.Keys, func(k Key) bool {
		return !slices.ContainsFunc(t.root.Keys, func(r Key) bool { return r.Name == k.Name && r.Doc == k.Doc })
	})
}

func (t *table) remark(note string) {
	if !slices.Contains(t.notes, note) {
		t.notes = append(t.notes, note)
	}
}

// ways says which keys exclude each other.
func (t *table) ways(s *Schema, path string) {
	var keys []string
	exclusive := true
	for _, w := range s.Ways {
		keys = append(keys, code(w.Key))
		for _, other := range s.Ways {
			exclusive = exclusive && !slices.Contains(w.With, other.Key)
		}
	}
	subject := "It"
	if path != "" {
		subject = code(strings.TrimSuffix(path, "."))
	}
	count := "has exactly one of "
	if !exclusive {
		count = "needs one of "
	}
	t.remark("- " + subject + " " + count + either(keys) + ".")
}

// meaning is what a key means, what it goes with, and an example.
func (s *Schema) meaning(k *Key) string {
	text := k.Doc
	var with []string
	for _, w := range s.Ways {
		if slices.Contains(w.With, k.Name) {
			with = append(with, code(w.Key))
		}
	}
	for _, w := range k.With {
		with = append(with, code(w))
	}
	if own := slices.ContainsFunc(s.Ways, func(w Way) bool { return w.Key == k.Name }); len(with) > 0 && !own {
		text += " With " + either(with) + "."
	}
	if example := k.example(); example != "" {
		text += " Such as " + example + "."
	}
	return text
}

// example is the first example of a key that fits into a line and says more than its form.
func (k *Key) example() string {
	examples := k.Examples
	if len(examples) == 0 && k.Form.Enum == nil {
		examples = k.Form.Examples
	}
	if len(examples) == 0 || k.Form.Ref != "" {
		return ""
	}
	if text, ok := examples[0].(string); ok {
		return code(text)
	}
	b, err := json.Marshal(examples[0])
	if err != nil || len(b) > 60 {
		return ""
	}
	return code(string(b))
}

func (k *Key) leftOut() string {
	switch {
	case k.Required:
		return "required"
	case k.Default != nil:
		return code(fmt.Sprint(k.Default))
	}
	return ""
}

// holds says what a value of the form looks like: one of these.
func (s *Schema) holds() []string {
	var all []string
	switch {
	case s.word != "":
		return []string{s.word}
	case s.Ref != "":
		return []string{s.Ref}
	case len(s.AnyOf) > 0:
		for _, f := range s.AnyOf {
			for _, h := range f.holds() {
				if !slices.Contains(all, h) {
					all = append(all, h)
				}
			}
		}
	case s.Enum != nil:
		for _, e := range s.Enum {
			all = append(all, code(fmt.Sprint(e)))
		}
	case s.Items != nil:
		of := s.Items.holds()
		if len(of) == 1 {
			return []string{"list of " + of[0]}
		}
		return []string{"list of these: " + strings.Join(of, ", ")}
	case len(s.Types) == 0:
		return []string{"anything"}
	}
	for _, typ := range s.Types {
		all = append(all, s.kind(typ))
	}
	return all
}

// kind names one of JSON's types as a reader would.
func (s *Schema) kind(typ string) string {
	switch typ {
	case "string":
		return "text"
	case "boolean":
		return "`true` or `false`"
	case "null":
		return "nothing"
	case "object":
		if s.Others != nil && len(s.Keys) == 0 {
			return "names, each with " + either(s.Others.holds())
		}
		return "keys"
	case "integer":
		if s.Low != nil && s.High != nil && *s.High < 1e6 && *s.Low > -1e6 {
			return "whole number, " + figure(*s.Low) + " to " + figure(*s.High)
		}
		return "whole number"
	}
	return typ
}

func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// either joins with commas and an or.
func either(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

func code(s string) string { return "`" + s + "`" }

// escape keeps what is written from ending a cell.
func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
