package schematest

import (
	"slices"

	"pgregory.net/rapid"

	"rapport/pkg/workspace/schema"
)

// Unknown is a key that no form has.
const Unknown = "nonsense"

// Spoil adds a key that nobody knows to one of the mappings of a document whose keys are
// known.
func Spoil(t *rapid.T, root *schema.Schema, doc any) {
	var all []map[string]any
	collect(root, root, doc, &all)
	rapid.SampledFrom(all).Draw(t, "mapping")[Unknown] = 1
}

func collect(root, s *schema.Schema, v any, all *[]map[string]any) {
	if s.Ref != "" {
		s = root.Def(s.Ref)
	}
	for _, one := range s.AnyOf {
		collect(root, one, v, all)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if s.Items != nil {
				collect(root, s.Items, item, all)
			}
		}
	case map[string]any:
		if len(s.Keys) > 0 && s.Others == nil {
			*all = append(*all, v)
		}
		for _, k := range s.Keys {
			if inner, ok := v[k.Name]; ok {
				collect(root, k.Form, inner, all)
			}
		}
		if s.Others != nil {
			for name, inner := range v {
				if !slices.Contains(s.KeyNames(), name) {
					collect(root, s.Others, inner, all)
				}
			}
		}
	}
}
