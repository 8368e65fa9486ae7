package schematest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/source"
)

// Comparison compares what a reader sees with what a schema says.
type Comparison struct {
	root *schema.Schema
	seen map[place][]string
	// left are the forms of mappings that no document has shown to the reader yet.
	left      map[*schema.Schema]string
	elsewhere []string
}

type place struct {
	file string
	at   source.Place
}

// New begins a comparison for the schema of a file, but for the named ones of its
// definitions, which are read elsewhere.
func New(root *schema.Schema, elsewhere ...string) *Comparison {
	c := &Comparison{root: root, left: map[*schema.Schema]string{}, elsewhere: elsewhere}
	c.forms(root, root.ID, map[*schema.Schema]bool{})
	return c
}

// forms collects the forms of mappings whose keys are known.
func (c *Comparison) forms(s *schema.Schema, path string, been map[*schema.Schema]bool) {
	if s == nil || been[s] {
		return
	}
	been[s] = true
	if len(s.Keys) > 0 && s.Others == nil {
		c.left[s] = path
	}
	for _, k := range s.Keys {
		c.forms(k.Form, path+"."+k.Name, been)
	}
	c.forms(s.Items, path+"[]", been)
	c.forms(s.Others, path+".*", been)
	for _, one := range s.AnyOf {
		c.forms(one, path, been)
	}
	for _, d := range s.Defs {
		if !slices.Contains(c.elsewhere, d.Name) {
			c.forms(d.Form, d.Name, been)
		}
	}
}

// Report makes a report that tells the comparison what a reader sees of one document.
func (c *Comparison) Report() *source.Report {
	c.seen = map[place][]string{}
	return &source.Report{Seen: func(n *source.Node, keys []string) {
		at := place{n.File.Name, n.Place}
		c.seen[at] = append(c.seen[at], keys...)
	}}
}

// Differences compares one document, which has been read with the latest Report.
func (c *Comparison) Differences(n *source.Node) []string {
	var out []string
	c.walk(c.root, n, &out)
	return out
}

// Left are the forms that no document has shown to the reader; the comparison says nothing
// about them.
func (c *Comparison) Left() []string { return slices.Sorted(maps.Values(c.left)) }

func (c *Comparison) walk(s *schema.Schema, n *source.Node, out *[]string) {
	if s.Ref != "" {
		s = c.root.Def(s.Ref)
	}
	for _, one := range s.AnyOf {
		c.walk(one, n, out)
	}
	switch {
	case n.Kind == source.List && s.Items != nil:
		for _, item := range n.Items {
			c.walk(s.Items, item, out)
		}
	case n.Kind == source.Map && s.Others != nil:
		for _, p := range n.Pairs {
			form := s.Others
			if i := slices.IndexFunc(s.Keys, func(k schema.Key) bool { return k.Name == p.Key }); i >= 0 {
				form = s.Keys[i].Form
			}
			c.walk(form, p.Value, out)
		}
	case n.Kind == source.Map && len(s.Keys) > 0:
		c.compare(s, n, out)
		for _, k := range s.Keys {
			if v := n.Get(k.Name); v != nil {
				c.walk(k.Form, v, out)
			}
		}
	}
}

// compare compares the keys of one mapping. The reader may know those of all ways, or of
// the one at hand.
func (c *Comparison) compare(s *schema.Schema, n *source.Node, out *[]string) {
	known, ok := c.seen[place{n.File.Name, n.Place}]
	if !ok {
		return // the reader did not come so far, because of a mistake above
	}
	delete(c.left, s)
	known = slices.Compact(slices.Sorted(slices.Values(known)))
	all := slices.Sorted(slices.Values(s.KeyNames()))
	if slices.Equal(known, all) {
		return
	}
	for _, w := range s.Ways {
		if n.Get(w.Key) == nil {
			continue
		}
		without := s.Excluded(w)
		if slices.Equal(known, slices.DeleteFunc(slices.Clone(all), func(k string) bool { return slices.Contains(without, k) })) {
			return
		}
	}
	*out = append(*out, fmt.Sprintf("%s:%d:%d: the reader knows %s; the schema knows %s", n.File.Name, n.Place.Line, n.Place.Col, strings.Join(known, " "), strings.Join(all, " ")))
}
