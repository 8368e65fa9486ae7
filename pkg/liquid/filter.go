package liquid

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Filter is a function that templates call as {{ input | name: args }}.
// Parse checks the name and the number of arguments, so that Func may rely
// on Min and Max.
type Filter struct {
	// Min and Max bound the positional arguments.
	Min, Max int
	// Named lists the keyword arguments (name: value) that are known.
	Named []string
	// Open means that it takes any keyword argument; Call.Names has those that were given.
	Open bool
	// Func gets the input and the positional arguments that are there, each
	// of the kinds string, Safe, int64, float64, bool, nil, time.Time, []any,
	// map[string]any or Drop. It must not keep or change args, nor change
	// the arrays and maps it is given. An error ends the render, with the
	// place of the filter added.
	Func func(c *Call, in any, args []any) (any, error)
}

// Call is what a filter may ask about the render it runs in. It is valid
// until the filter returns.
type Call struct {
	r     *renderer
	names []string
	named []any
}

// Named returns the keyword argument called name.
func (c *Call) Named(name string) (any, bool) {
	if i := slices.Index(c.names, name); i >= 0 {
		return c.named[i], true
	}
	return nil, false
}

// Names are the keyword arguments that were given, in the template's order. The slice is the engine's.
func (c *Call) Names() []string { return c.names }

// Attached is what the caller of Render passed with [Attach]; nil without.
func (c *Call) Attached() any { return c.r.cfg.Attached }

// Now returns the time of the render; false if the caller of Render gave none.
func (c *Call) Now() (time.Time, bool) { return c.r.cfg.Now, !c.r.cfg.Now.IsZero() }

// Location returns the time zone of the render, or nil if none was given.
func (c *Call) Location() *time.Location { return c.r.cfg.Zone }

// HTML reports whether output is escaped for HTML, so that results which
// already are HTML have to be returned as Safe.
func (c *Call) HTML() bool { return c.r.html }

// Strict reports whether faults in the data are errors.
func (c *Call) Strict() bool { return c.r.strict }

// Text returns v as a string, the way string filters see it.
func (c *Call) Text(v any) string { return text(v) }

// Spend adds n steps to what the render has cost. A filter calls it with the
// number of items it looks at, before it does.
func (c *Call) Spend(n int) error { return c.r.step(n) }

// Charge adds n bytes to the memory the render has made. A filter calls it
// with the size of a result that can be longer than its input, before it
// makes it.
func (c *Call) Charge(n int) error { return c.r.charge(n) }

// safe marks s as HTML where that means something.
func (c *Call) safe(s string) any {
	if c.r.html {
		return Safe(s)
	}
	return s
}

// filtered is a value with the filters it passes through.
type filtered struct {
	pos   int
	input expr
	calls []filterCall
}

type filterCall struct {
	pos   int
	name  string
	fn    func(c *Call, in any, args []any) (any, error) // nil: unknown, passes its input on
	args  []expr
	names []string
	named []expr
}

func (x *filtered) eval(r *renderer) (any, error) {
	v, err := x.input.eval(r)
	if err != nil {
		return nil, err
	}
	for i := range x.calls {
		if v, err = x.calls[i].apply(r, v); err != nil {
			return nil, located(r.tmpl, x.calls[i].pos, err)
		}
	}
	return v, nil
}

func (f *filterCall) apply(r *renderer, in any) (any, error) {
	if f.fn == nil {
		return in, nil
	}
	steps := 1 + cost(in)
	base := len(r.args)
	for _, a := range f.args {
		v, err := a.eval(r)
		if err != nil {
			return nil, err
		}
		steps += cost(v)
		r.args = append(r.args, v)
	}
	mid := len(r.args)
	for _, a := range f.named {
		v, err := a.eval(r)
		if err != nil {
			return nil, err
		}
		r.args = append(r.args, v)
	}
	if err := r.step(steps); err != nil {
		return nil, err
	}
	if r.call.r = r; len(f.names) > 0 || r.call.names != nil {
		r.call.names, r.call.named = f.names, r.args[mid:]
	}
	out, err := f.fn(&r.call, in, r.args[base:mid:mid])
	r.args = r.args[:base]
	if err != nil {
		return nil, err
	}
	return norm(out), nil
}

// endsIn reports whether the last filter is name.
func (x *filtered) endsIn(name string) bool {
	return len(x.calls) > 0 && x.calls[len(x.calls)-1].name == name
}

// chain reads expression | filter | filter ... up to the end of the markup.
func (m *markup) chain() *filtered {
	x := &filtered{pos: m.tok.pos}
	x.input = m.expression()
	for m.accept(symPipe) {
		x.calls = append(x.calls, m.filterCall())
	}
	m.done()
	if slices.ContainsFunc(x.calls, func(f filterCall) bool { return f.name == "default" }) {
		setLenient(x.input)
	}
	return x
}

func (m *markup) filterCall() filterCall {
	f := filterCall{pos: m.tok.pos, name: m.tok.text}
	if m.tok.kind != symName {
		m.unexpected("the name of a filter")
		return f
	}
	m.advance()
	if m.accept(symColon) {
		m.arguments(&f)
	}
	if m.failed {
		return f
	}
	m.resolve(&f)
	return f
}

// arguments reads value, name: value, ...
func (m *markup) arguments(f *filterCall) {
	for {
		if m.tok.kind == symName && m.peek() == ':' {
			name := m.tok.text
			m.advance()
			m.advance()
			f.names = append(f.names, name)
			f.named = append(f.named, m.expression())
		} else {
			f.args = append(f.args, m.expression())
		}
		if !m.accept(symComma) {
			return
		}
	}
}

// resolve finds the filter and checks how it is called.
func (m *markup) resolve(f *filterCall) {
	if m.p.over {
		return
	}
	def, ok := m.p.eng.filters[f.name]
	if !ok {
		if m.p.eng.strict {
			m.p.fail(f.pos, "unknown filter "+strconv.Quote(f.name), didYouMean(f.name, sortedKeys(m.p.eng.filters)))
		}
		return
	}
	f.fn = def.Func
	if n := len(f.args); n < def.Min || n > def.Max {
		m.p.fail(f.pos, fmt.Sprintf("the filter %s takes %s, not %d", f.name, countArgs(def.Min, def.Max), n), "")
	}
	for _, name := range f.names {
		if m.p.eng.strict && !def.Open && !slices.Contains(def.Named, name) {
			m.p.fail(f.pos, "the filter "+f.name+" has no argument "+strconv.Quote(name), didYouMean(name, def.Named))
		}
	}
}

func countArgs(lo, hi int) string {
	switch {
	case hi == 0:
		return "no arguments"
	case lo == hi && lo == 1:
		return "1 argument"
	case lo == hi:
		return fmt.Sprintf("%d arguments", lo)
	}
	return fmt.Sprintf("%d to %d arguments", lo, hi)
}
