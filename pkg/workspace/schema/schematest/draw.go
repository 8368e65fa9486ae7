package schematest

import (
	"slices"

	"pgregory.net/rapid"

	"rapport/pkg/workspace/schema"
)

// deepest is how many references may lie in each other before documents stay as small as
// they may be.
const deepest = 4

// Documents draws documents that the schema of a file takes, as JSON values.
func Documents(root *schema.Schema) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		d := drawing{t: t, root: root}
		return d.value(root, 0)
	})
}

type drawing struct {
	t    *rapid.T
	root *schema.Schema
}

func (d *drawing) value(s *schema.Schema, depth int) any {
	switch {
	case s.Ref != "":
		return d.value(d.root.Def(s.Ref), depth+1)
	case len(s.AnyOf) > 0:
		return d.value(rapid.SampledFrom(s.AnyOf).Draw(d.t, "one of"), depth)
	case s.Enum != nil:
		return rapid.SampledFrom(s.Enum).Draw(d.t, "word")
	case len(s.Types) == 0:
		return rapid.SampledFrom([]any{"text", 1.5, true, nil, []any{"a"}, map[string]any{"a": "b"}}).Draw(d.t, "anything")
	}
	switch rapid.SampledFrom(s.Types).Draw(d.t, "type") {
	case "object":
		return d.mapping(s, depth)
	case "array":
		return d.list(s, depth)
	case "string":
		return d.text(s)
	case "integer":
		return rapid.IntRange(int(*s.Low), int(*s.High)).Draw(d.t, "whole")
	case "number":
		return d.number(s)
	case "boolean":
		return rapid.Bool().Draw(d.t, "truth")
	}
	return nil
}

func (d *drawing) text(s *schema.Schema) string {
	if texts := slices.DeleteFunc(slices.Clone(s.Examples), func(e any) bool { _, text := e.(string); return !text }); len(texts) > 0 {
		return rapid.SampledFrom(texts).Draw(d.t, "example").(string)
	}
	if s.Pattern != "" {
		return rapid.StringMatching(s.Pattern).Draw(d.t, "text")
	}
	return rapid.SampledFrom([]string{"hello", "vip-care", "what people call it"}).Draw(d.t, "text")
}

func (d *drawing) number(s *schema.Schema) float64 {
	low, high := -1e6, 1e6
	switch {
	case s.Low != nil:
		low = *s.Low
	case s.Above != nil:
		low = *s.Above + 0.5
	}
	if s.High != nil {
		high = *s.High
	}
	return rapid.Float64Range(low, high).Draw(d.t, "number")
}

func (d *drawing) list(s *schema.Schema, depth int) any {
	if s.Items == nil {
		return []any{"a", 1}
	}
	most := s.Least + 3
	if depth > deepest {
		most = s.Least
	}
	if s.Most > 0 {
		most = min(most, s.Most)
	}
	out := []any{}
	for range rapid.IntRange(s.Least, most).Draw(d.t, "items") {
		v := d.value(s.Items, depth)
		if !s.Unique || !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (d *drawing) mapping(s *schema.Schema, depth int) any {
	out := map[string]any{}
	if s.Others != nil {
		d.others(s, out, depth)
	}
	keys := s.Keys
	var needs, cannot []string
	if len(s.Ways) > 0 {
		w := rapid.SampledFrom(s.Ways).Draw(d.t, "way")
		needs, cannot = append([]string{w.Key}, w.Needs...), s.Excluded(w)
		keys = slices.Clone(keys)
		for _, narrow := range w.Forms {
			for i := range keys {
				if keys[i].Name == narrow.Name {
					keys[i].Form = narrow.Form
				}
			}
		}
	}
	for _, k := range keys {
		wanted := k.Required || slices.Contains(needs, k.Name)
		if !slices.Contains(cannot, k.Name) && (wanted || depth <= deepest && rapid.IntRange(0, 2).Draw(d.t, "key") == 0) {
			out[k.Name] = d.key(k, depth)
		}
	}
	d.complete(s, out, cannot, depth)
	return out
}

// others draws keys that nobody knows beforehand.
func (d *drawing) others(s *schema.Schema, out map[string]any, depth int) {
	names := s.Names
	if names == "" {
		names = `^[a-z]{1,8}$`
	}
	most := s.Least + 2
	if s.Most > 0 {
		most = min(most, s.Most)
	}
	for tries := 0; tries < 20 && (len(out) < s.Least || len(out) < most && rapid.Bool().Draw(d.t, "another")); tries++ {
		if name := rapid.StringMatching(names).Draw(d.t, "name"); !slices.Contains(s.KeyNames(), name) {
			out[name] = d.value(s.Others, depth+1)
		}
	}
}

func (d *drawing) key(k schema.Key, depth int) any { return d.value(k.Form, depth) }

// complete adds what keys need beside them, or takes them away, and fills a mapping that may
// not be empty.
func (d *drawing) complete(s *schema.Schema, out map[string]any, cannot []string, depth int) {
	for _, k := range s.Keys {
		if _, there := out[k.Name]; !there || len(k.With) == 0 || slices.ContainsFunc(k.With, func(o string) bool { _, is := out[o]; return is }) {
			continue
		}
		i := slices.IndexFunc(s.Keys, func(o schema.Key) bool { return slices.Contains(k.With, o.Name) && !slices.Contains(cannot, o.Name) })
		if i < 0 {
			delete(out, k.Name)
			continue
		}
		out[s.Keys[i].Name] = d.key(s.Keys[i], depth)
	}
	for _, k := range s.Keys {
		if len(out) < s.Least && len(k.With) == 0 && !slices.Contains(cannot, k.Name) {
			out[k.Name] = d.key(k, depth)
		}
	}
}
