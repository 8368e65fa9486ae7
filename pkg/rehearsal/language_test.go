package rehearsal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/workspace/schema"
	"rapport/pkg/workspace/source"
)

// TestScenariosShowTheLanguage: every key of journeys, segments, the policy and the loyalty
// programme, and every word of those that are one of a few, is used in a scenario.
func TestScenariosShowTheLanguage(t *testing.T) {
	t.Parallel()
	l := language{used: map[string]bool{}}
	for _, f := range scenarios(t) {
		for _, p := range scenario(t, f).files {
			l.file(p.name, p.text)
		}
	}
	for _, kind := range []string{"journeys/x.yaml", "segments/x.yaml", "policy.yaml", "loyalty.yaml"} {
		root := formOf(kind)
		missing := l.missing(root, root, strings.TrimSuffix(kind, ".yaml"), nil)
		for _, key := range missing {
			t.Errorf("no scenario shows %s", key)
		}
	}
}

// language notes which keys and words of the files' forms are used.
type language struct{ used map[string]bool }

// formOf is the form of a file; nil for a file that belongs to no part of the language.
func formOf(name string) *schema.Schema {
	switch {
	case strings.HasPrefix(name, "journeys/"):
		return schema.Journey()
	case strings.HasPrefix(name, "segments/"):
		return schema.Segment()
	case name == "policy.yaml":
		return schema.Policy()
	case name == "loyalty.yaml":
		return schema.Loyalty()
	}
	return nil
}

// file notes what a file uses, and what the files use that a test of it changes to.
func (l *language) file(name, text string) {
	var unheard source.Report
	if root := formOf(name); root != nil {
		l.note(root, root, source.NewFile(name, text).YAML(&unheard), place(name))
		return
	}
	if !strings.HasSuffix(name, ".test.yaml") {
		return
	}
	for _, doc := range strings.Split(text, "\n---\n") {
		l.changes(source.NewFile(name, doc).YAML(&unheard))
	}
}

func (l *language) changes(n *source.Node) {
	if n == nil {
		return
	}
	if list := n.Get("tests"); list != nil {
		for _, one := range list.Items {
			l.changes(one)
		}
	}
	if list := n.Get("changes"); list != nil {
		for _, c := range list.Items {
			for _, f := range c.Get("files").Pairs {
				l.file(f.Key, f.Value.Value)
			}
		}
	}
}

// place is how keys of files of one form are told: journeys/x.
func place(name string) string {
	if dir, _, in := strings.Cut(name, "/"); in {
		return dir + "/x"
	}
	return strings.TrimSuffix(name, ".yaml")
}

// note walks a file and its form. Where a form has several ways, the file is held against
// all of them: keys of those that it is not written in are not in it.
func (l *language) note(root, form *schema.Schema, n *source.Node, at string) {
	if n == nil || form == nil {
		return
	}
	if form.Ref != "" {
		l.note(root, root.Def(form.Ref), n, atDef(form.Ref))
		return
	}
	for _, other := range form.AnyOf {
		l.note(root, other, n, at)
	}
	for _, word := range form.Enum {
		if n.Scalar() && fmt.Sprint(word) == n.Value {
			l.used[at+"="+n.Value] = true
		}
	}
	for _, item := range n.Items {
		l.note(root, form.Items, item, at)
	}
	for _, p := range n.Pairs {
		l.pair(root, form, p, at)
	}
}

func (l *language) pair(root, form *schema.Schema, p source.Pair, at string) {
	i := slices.IndexFunc(form.Keys, func(k schema.Key) bool { return k.Name == p.Key })
	if i < 0 {
		l.note(root, form.Others, p.Value, at+".*")
		return
	}
	l.used[at+"."+p.Key] = true
	l.note(root, form.Keys[i].Form, p.Value, at+"."+p.Key)
	for _, w := range form.Ways {
		for _, k := range w.Forms {
			if k.Name == p.Key {
				l.note(root, k.Form, p.Value, at+"."+p.Key)
			}
		}
	}
}

// atDef is the place of a form that is referred to, which is the same wherever it is used.
func atDef(ref string) string { return "<" + ref + ">" }

// missing are the keys and words of a form that no file used, each once.
func (l *language) missing(root, form *schema.Schema, at string, out []string) []string {
	if form == nil {
		return out
	}
	lacks := func(what string) {
		if !l.used[what] && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	for _, word := range form.Enum {
		lacks(at + "=" + fmt.Sprint(word))
	}
	for _, k := range form.Keys {
		lacks(at + "." + k.Name)
		out = l.missing(root, k.Form, at+"."+k.Name, out)
	}
	for _, other := range append(form.AnyOf, form.Items) {
		out = l.missing(root, other, at, out)
	}
	out = l.missing(root, form.Others, at+".*", out)
	if form == root {
		for _, d := range root.Defs {
			out = l.missing(root, d.Form, atDef(d.Name), out)
		}
	}
	return out
}
