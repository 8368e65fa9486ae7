package liquid

import (
	"slices"
	"strings"
)

// Variable is one use of data that the caller of Render has to provide.
type Variable struct {
	// Path is the way from the top: "order.lines[].title" for the title of
	// the items of order.lines. A key that is only known when rendering is
	// [] too.
	Path     string
	Template string // the template or partial that holds the use
	Line     int    // from 1
	Col      int    // from 1, in characters
	// Optional means that the template works without it: it is tested, has a
	// default, or stands in a block that only runs if it is there.
	Optional bool
}

// Variables lists every use of a variable that the template does not set
// itself, following loops, assignments and the partials it names, in the
// order of the source. Comparing it with a schema of the data finds misspelt
// names before anything is sent. Partials whose names are computed are not
// followed; Partials shows them.
func (t *Template) Variables() []Variable {
	a := &analysis{tmpl: t, locals: map[string]string{}, active: map[string]bool{}}
	a.nodes(t.root)
	a.locate()
	return a.found
}

// locate turns the offsets into lines and columns, template by template.
func (a *analysis) locate() {
	byTemplate := map[*Template][]int{}
	for i := range a.found {
		byTemplate[a.from[i].tmpl] = append(byTemplate[a.from[i].tmpl], i)
	}
	for t, uses := range byTemplate {
		offs := make([]int, len(uses))
		for k, i := range uses {
			offs[k] = a.from[i].off
		}
		for k, at := range lineCols(t.src, offs) {
			a.found[uses[k]].Line, a.found[uses[k]].Col = at[0], at[1]
		}
	}
}

// origin is where a variable was found.
type origin struct {
	tmpl *Template
	off  int
}

// analysis walks a template. locals maps each name the template sets to the
// path of its value; "" when that is not data but computed.
type analysis struct {
	tmpl   *Template
	locals map[string]string
	guards []string
	active map[string]bool // partials being walked, against recursion
	found  []Variable
	from   []origin // of each in found
	depth  int
	walks  int                      // partials walked so far
	called func(x *filtered, i int) // told of each call of a filter; may be nil
}

// These keep the analysis of hostile templates short.
const (
	maxVariables = 10_000
	maxWalks     = 10_000
	maxGuards    = 100
)

func (a *analysis) nodes(list []node) {
	for _, n := range list {
		if len(a.found) >= maxVariables {
			return
		}
		n.analyze(a)
	}
}

func (a *analysis) define(name, path string) { a.locals[name] = path }

// guarded runs walk with paths known to be there.
func (a *analysis) guarded(paths []string, walk func()) {
	n := len(a.guards)
	for _, p := range paths {
		if p != "" && len(a.guards) < maxGuards {
			a.guards = append(a.guards, p)
		}
	}
	walk()
	a.guards = a.guards[:n]
}

// use records a path.
func (a *analysis) use(pos int, path string, lenient bool) {
	if path == "" || len(a.found) >= maxVariables {
		return
	}
	v := Variable{Path: path, Template: a.tmpl.name, Optional: lenient}
	for _, g := range a.guards {
		if under(path, g) || under(g, path) {
			v.Optional = true
		}
	}
	a.found = append(a.found, v)
	a.from = append(a.from, origin{a.tmpl, pos})
}

// under reports whether path is base or a part of it.
func under(path, base string) bool {
	rest, ok := strings.CutPrefix(path, base)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (literal) analyze(*analysis) string { return "" }

func (x rangeExpr) analyze(a *analysis) string {
	x.lo.analyze(a)
	x.hi.analyze(a)
	return ""
}

// analyze records the path and returns it, or "" if it is no data.
func (x *path) analyze(a *analysis) string {
	root, local := a.locals[x.root]
	if x.rootExpr != nil {
		x.rootExpr.analyze(a)
		root, local = "", true
	}
	if !local {
		root = x.root
	}
	b := strings.Builder{}
	b.WriteString(root)
	for _, s := range x.segments {
		switch {
		case s.key != nil:
			s.key.analyze(a)
			b.WriteString("[]")
		case s.name == "first" || s.name == "last":
			b.WriteString("[]")
		case s.name == "size":
			// A count of what is there, not data of its own.
		default:
			b.WriteString("." + s.name)
		}
	}
	if root == "" {
		return ""
	}
	a.use(x.pos, b.String(), x.lenient)
	return b.String()
}

// value records what a chain of filters uses and returns the path of its
// result, if that still is data.
func (a *analysis) value(x *filtered) string {
	p := x.input.analyze(a)
	for i := range x.calls {
		f := &x.calls[i]
		if a.called != nil {
			a.called(x, i)
		}
		for _, arg := range f.args {
			arg.analyze(a)
		}
		for _, arg := range f.named {
			arg.analyze(a)
		}
		p = a.through(f, p)
	}
	return p
}

// through follows data through a filter.
func (a *analysis) through(f *filterCall, p string) string {
	if p == "" {
		return ""
	}
	prop := ""
	if len(f.args) > 0 {
		if l, ok := f.args[0].(literal); ok {
			prop, _ = l.value.(string)
		}
	}
	switch f.name {
	case "map", "sum", "where", "reject", "find", "find_index", "has", "sort", "sort_natural", "uniq", "compact":
		if prop != "" {
			a.use(f.pos, p+"[]."+prop, true)
		}
	}
	switch f.name {
	case "where", "reject", "sort", "sort_natural", "uniq", "compact", "reverse", "concat", "default", "raw":
		return p
	case "first", "last", "find":
		return p + "[]"
	case "map":
		if prop != "" {
			return p + "[]." + prop + "[]"
		}
	}
	return ""
}

// loop walks a loop's body with its variable standing for the items.
func (a *analysis) loop(h *loopHead, helper string, body []node) {
	p := h.list.analyze(a)
	for _, x := range []expr{h.offset, h.limit, h.cols} {
		if x != nil {
			x.analyze(a)
		}
	}
	item := ""
	if p != "" {
		item = strings.TrimSuffix(p, "[]") + "[]"
	}
	restore := a.shadow([]string{h.variable, helper}, []string{item, ""})
	a.nodes(body)
	restore()
}

// shadow sets locals for a while.
func (a *analysis) shadow(names, paths []string) (restore func()) {
	type old struct {
		path string
		ok   bool
	}
	before := make([]old, len(names))
	for i, n := range names {
		p, ok := a.locals[n]
		before[i] = old{p, ok}
		a.locals[n] = paths[i]
	}
	return func() {
		for i, n := range slices.Backward(names) {
			if before[i].ok {
				a.locals[n] = before[i].path
			} else {
				delete(a.locals, n)
			}
		}
	}
}

// partial records the arguments and walks into the partial.
func (a *analysis) partial(n *partialNode) {
	if n.nameExpr != nil {
		n.nameExpr.analyze(a)
	}
	names, paths := slices.Clone(n.keys), make([]string, 0, len(n.keys)+2)
	for _, v := range n.values {
		paths = append(paths, v.analyze(a))
	}
	alias := n.alias
	if alias == "" {
		alias = n.name[strings.LastIndexByte(n.name, '/')+1:]
	}
	if n.with != nil {
		p := n.with.analyze(a)
		if n.each && p != "" {
			p = strings.TrimSuffix(p, "[]") + "[]"
		}
		names, paths = append(names, alias, "forloop"), append(paths, p, "")
	}
	if n.name == "" || a.active[n.name] || a.depth >= a.tmpl.eng.limits.Depth || a.walks >= maxWalks {
		return
	}
	t, err := a.tmpl.eng.partial(n.name)
	if err != nil {
		return
	}
	a.active[n.name] = true
	a.walks++
	a.depth++
	outer, locals := a.tmpl, a.locals
	a.tmpl = t
	if n.isolated {
		a.locals = map[string]string{}
	}
	restore := a.shadow(names, paths)
	a.nodes(t.root)
	restore()
	a.tmpl, a.locals = outer, locals
	a.depth--
	delete(a.active, n.name)
}
