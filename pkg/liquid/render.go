package liquid

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RenderOption changes one call of Render.
type RenderOption func(*Setting)

// Setting is what a render knows of besides its variables: what Now, In, Globals, Dates and Attach say, one by one.
type Setting struct {
	Now      time.Time
	Zone     *time.Location
	Globals  map[string]any
	Calendar *Calendar
	Attached any
}

// Within sets all at once, for those who render many templates for one reader.
func Within(s *Setting) RenderOption { return func(c *Setting) { *c = *s } }

// Now gives the time that 'now' and 'today' mean. The package never reads a
// clock: without this option using them is an error.
func Now(t time.Time) RenderOption { return func(c *Setting) { c.Now = t } }

// In gives the zone in which the date filter prints times, and in which it
// reads times that name none. Without it times are printed in their own zone
// and read as UTC.
func In(zone *time.Location) RenderOption { return func(c *Setting) { c.Zone = zone } }

// Globals gives variables that partials under {% render %} see too, such as
// the shop's name.
func Globals(vars map[string]any) RenderOption { return func(c *Setting) { c.Globals = vars } }

// Dates gives the names that the date filter prints, for readers of other languages than English. The calendar must not
// change meanwhile.
func Dates(cal *Calendar) RenderOption { return func(c *Setting) { c.Calendar = cal } }

// Attach passes a value to the filters of the caller, which find it as Call.Attached: who reads, and in which language.
func Attach(v any) RenderOption { return func(c *Setting) { c.Attached = v } }

// Render runs the template. vars is read, never changed, and must not change
// meanwhile; a Template may be rendered by many goroutines at once. Every
// error is or wraps an *Error.
func (t *Template) Render(ctx context.Context, vars map[string]any, opts ...RenderOption) (string, error) {
	out, err := t.Append(ctx, make([]byte, 0, len(t.src)+len(t.src)/2), vars, opts...)
	if err != nil {
		return "", err
	}
	return string(out), nil
}

// Append is Render into a buffer of the caller. After an error it returns dst
// as it was.
func (t *Template) Append(ctx context.Context, dst []byte, vars map[string]any, opts ...RenderOption) ([]byte, error) {
	r, _ := t.eng.resting.Get().(*renderer)
	if r == nil {
		r = &renderer{}
	}
	defer r.rest()
	r.meter = meter{limits: t.eng.limits, ctx: ctx}
	r.eng, r.tmpl = t.eng, t
	r.html, r.json, r.strict = t.eng.mode == HTML, t.eng.mode == JSON, t.eng.strict
	r.out, r.base, r.jsonAt = dst, len(dst), jsonState{upTo: len(dst)}
	r.vars = vars
	for _, o := range opts {
		o(&r.cfg)
	}
	if err := r.block(t.root); err != nil {
		return dst, err
	}
	return r.out, nil
}

// mostKept bounds what a renderer that rests may hold.
const mostKept = 256

// rest forgets all of a render but the room that it took: a mail is six templates, and what
// each needs of loops and arguments is about the same.
func (r *renderer) rest() {
	frames, args, eng := r.frames[:cap(r.frames)], r.args[:cap(r.args)], r.eng
	if len(frames) > mostKept || len(args) > mostKept {
		return
	}
	clear(frames)
	clear(args)
	*r = renderer{frames: frames[:0], args: args[:0]}
	eng.resting.Put(r)
}

// interrupt is what {% break %} and {% continue %} leave behind.
type interrupt uint8

const (
	noInterrupt interrupt = iota
	breakLoop
	continueLoop
)

// renderer is the state of one render.
type renderer struct {
	meter
	scope
	eng    *Engine
	tmpl   *Template // the template or partial whose nodes run now
	cfg    Setting
	html   bool
	json   bool
	strict bool

	out    []byte
	base   int // where the output begins in out
	jsonAt jsonState
	args   []any
	call   Call
	depth  int // of partials
	stop   interrupt

	frames   []frame
	urlStart int
	isolated bool // inside {% render %}, where {% include %} is not allowed
}

// frame is a variable that lives in a loop or an include. Those of an outer
// {% render %} lie below scope.floor and are invisible.
type frame struct {
	name  string
	value any
	// arg marks an argument of {% render %}, which assign overwrites.
	arg bool
}

// scope is what {% render %} starts afresh.
type scope struct {
	vars     map[string]any
	assigned map[string]any
	counters map[string]int64
	cycles   map[string]int
	offsets  map[string]int
	changed  *string
	floor    int
}

// lookup finds a variable: loop variables first, then assigned ones, then
// what the caller passed.
func (r *renderer) lookup(name string) (any, bool) {
	for i := len(r.frames) - 1; i >= r.floor; i-- {
		if r.frames[i].name == name {
			return r.frames[i].value, true
		}
	}
	if v, ok := r.assigned[name]; ok {
		return v, true
	}
	if v, ok := r.counters[name]; ok {
		return v, true
	}
	if v, ok := r.vars[name]; ok {
		return norm(v), true
	}
	if v, ok := r.cfg.Globals[name]; ok {
		return norm(v), true
	}
	return nil, false
}

// assign sets a variable for the rest of the template.
func (r *renderer) assign(name string, v any) error {
	for i := len(r.frames) - 1; i >= r.floor; i-- {
		if r.frames[i].arg && r.frames[i].name == name {
			r.frames[i].value = v
			return nil
		}
	}
	if r.assigned == nil {
		r.assigned = make(map[string]any)
	}
	if _, ok := r.assigned[name]; !ok {
		if err := r.charge(64); err != nil {
			return err
		}
	}
	r.assigned[name] = v
	return nil
}

// names lists every variable that can be seen, for "did you mean".
func (r *renderer) names() []string {
	var names []string
	for _, f := range r.frames[r.floor:] {
		names = append(names, f.name)
	}
	names = append(names, sortedKeys(r.assigned)...)
	names = append(names, sortedKeys(r.counters)...)
	names = append(names, sortedKeys(r.vars)...)
	return append(names, sortedKeys(r.cfg.Globals)...)
}

// hidden reports whether name exists outside of the partial being rendered.
func (r *renderer) hidden(name string) bool {
	for _, f := range r.frames[:r.floor] {
		if f.name == name {
			return true
		}
	}
	return false
}

// block runs nodes until the end, an error or an interrupt.
func (r *renderer) block(nodes []node) error {
	for _, n := range nodes {
		if err := r.step(1); err != nil {
			return located(r.tmpl, n.at(), err)
		}
		if err := n.render(r); err != nil {
			var e *Error
			if errors.As(err, &e) {
				return err
			}
			return located(r.tmpl, n.at(), err)
		}
		if r.stop != noInterrupt {
			return nil
		}
	}
	return nil
}

// room reports an error when n more bytes do not fit into the output.
func (r *renderer) room(n int) error {
	if n > r.limits.OutputBytes-(len(r.out)-r.base) {
		return &limitError{"OutputBytes", r.limits.OutputBytes}
	}
	return nil
}

// write appends trusted text to the output.
func (r *renderer) write(s string) error {
	if err := r.room(len(s)); err != nil {
		return err
	}
	r.out = append(r.out, s...)
	return nil
}

// print appends a value to the output, escaped where the mode asks for it.
func (r *renderer) print(v any, depth int) error {
	if r.json {
		return r.printJSON(v)
	}
	switch t := v.(type) {
	case nil:
		return nil
	case string:
		if !r.html {
			return r.write(t)
		}
		if err := r.room(len(t)); err != nil {
			return err
		}
		r.out = appendEscaped(r.out, t)
	case Safe:
		return r.write(string(t))
	case int64:
		r.out = appendInt(r.out, t)
	case float64:
		r.out = appendFloat(r.out, t)
	case []any:
		return r.printItems(t, depth)
	case map[string]any, Drop:
		return r.printObject(t, depth)
	default:
		return r.print(string(appendText(nil, v, 0)), depth)
	}
	return r.room(0)
}

// printItems prints an array, one item behind the other.
func (r *renderer) printItems(items []any, depth int) error {
	if depth >= maxPrintDepth {
		return nil
	}
	for _, item := range items {
		if err := r.step(1); err != nil {
			return err
		}
		if err := r.print(norm(item), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// printObject refuses in strict mode what can only be a mistake.
func (r *renderer) printObject(v any, depth int) error {
	if s, ok := v.(fmt.Stringer); ok {
		return r.print(s.String(), depth)
	}
	if r.strict {
		return &hinted{"an object cannot be printed", "print one of its properties, or use | json"}
	}
	n, err := r.weigh(v, depth)
	if err != nil {
		return err
	}
	if err := r.room(n); err != nil {
		return err
	}
	return r.print(string(appendText(nil, v, depth)), depth)
}
