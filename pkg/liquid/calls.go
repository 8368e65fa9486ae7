package liquid

// FilterUse is one place where a template, or a partial of it, calls a filter.
type FilterUse struct {
	// Input is what goes in, if that is a text in quotes; Fixed says whether it is.
	Input string
	Fixed bool
	Named []string // the keyword arguments

	Template  string // the template or partial that holds the call
	Line, Col int    // of what goes in, from 1
}

// FilterUses lists the calls of a filter, those in partials with fixed names included, in the order of the source: what
// depends on the texts that go into it, such as a catalogue, can be checked before anything is sent.
func (t *Template) FilterUses(name string) []FilterUse {
	a := &analysis{tmpl: t, locals: map[string]string{}, active: map[string]bool{}}
	var uses []FilterUse
	a.called = func(x *filtered, i int) {
		f := &x.calls[i]
		if f.name != name || len(uses) >= maxVariables {
			return
		}
		u := FilterUse{Template: a.tmpl.name, Named: f.names}
		if l, ok := x.input.(literal); ok && i == 0 {
			u.Input, u.Fixed = l.value.(string)
		}
		u.Line, u.Col = lineCol(a.tmpl.src, x.pos)
		uses = append(uses, u)
	}
	a.nodes(t.root)
	return uses
}
