package liquid

import (
	"context"
	"errors"
	"strconv"
	"sync"
)

// Mode says what output is for.
type Mode uint8

const (
	// HTML escapes & < > " ' in everything that is printed, unless it is Safe.
	HTML Mode = iota
	// Text prints values as they are: for plain text, SMS and subjects.
	Text
	// JSON prints values so that they cannot break out of the JSON that a template writes:
	// between quotes as the inside of a string, elsewhere as whole values.
	JSON
)

// Loader returns the source of a partial by the name that a template uses.
// It must be safe for concurrent use.
type Loader func(name string) (string, error)

// Option configures an Engine.
type Option func(*Engine)

// Escape sets the mode; HTML is the default.
func Escape(m Mode) Option { return func(e *Engine) { e.mode = m } }

// Strict is the default: it makes unknown filters and tags parse errors
// and undefined variables render errors, and in HTML mode checks where
// outputs stand. Strict(false) is as lenient as Shopify's lax mode.
func Strict(on bool) Option { return func(e *Engine) { e.strict = on } }

// Compat is how Shopify's Liquid behaves: no escaping, lenient. It is meant
// for conformance tests and for importing old templates.
func Compat() Option {
	return func(e *Engine) { e.mode, e.strict = Text, false }
}

// WithLoader lets templates use partials. Each is read and parsed once in the
// life of an Engine; to see changed sources, make a new Engine.
func WithLoader(l Loader) Option { return func(e *Engine) { e.load = l } }

// NamePartials says what errors and [Template.Variables] call a partial, such as its file. Without it that is the name by
// which templates use it.
func NamePartials(f func(name string) string) Option { return func(e *Engine) { e.called = f } }

// WithFilter adds a filter or replaces a built-in one.
func WithFilter(name string, f Filter) Option { return func(e *Engine) { e.filters[name] = f } }

// WithLimits sets bounds; fields that are zero keep their default.
func WithLimits(l Limits) Option { return func(e *Engine) { e.limits = l.orDefaults() } }

// Engine parses templates under one configuration and keeps the partials
// they use. It is safe for concurrent use.
type Engine struct {
	mode    Mode
	strict  bool
	filters map[string]Filter
	limits  Limits
	load    Loader
	called  func(name string) string // nil: partials are called as templates name them

	mu       sync.Mutex
	partials map[string]*partial
	resting  sync.Pool // of *renderer
}

// partial is a source that is parsed once; others wait for it meanwhile.
type partial struct {
	once sync.Once
	tmpl *Template
	err  error
}

// New makes an Engine with the built-in tags and filters.
func New(opts ...Option) *Engine {
	e := &Engine{
		strict:   true,
		filters:  builtins(),
		limits:   DefaultLimits(),
		partials: make(map[string]*partial),
	}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Template is a parsed template. It does not change any more.
type Template struct {
	eng      *Engine
	name     string
	src      string
	root     []node
	partials []PartialUse
}

// Name returns the name given to Parse.
func (t *Template) Name() string { return t.name }

// Source returns the source it was parsed from.
func (t *Template) Source() string { return t.src }

// Parse checks and compiles a template. The name only serves messages. The
// error is a ParseErrors with every mistake that could be found in one go; in
// strict mode those in the partials that it names are among them.
func (e *Engine) Parse(name, source string) (*Template, error) {
	t, errs := e.parse(name, source)
	if e.strict {
		errs = append(errs, e.checkPartials(t)...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return t, nil
}

// checkPartials parses every partial that can be reached under a fixed name.
func (e *Engine) checkPartials(t *Template) ParseErrors {
	var errs ParseErrors
	seen := map[string]bool{}
	queue := []*Template{t}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for _, use := range from.partials {
			if use.Name == "" || seen[use.Name] || len(errs) >= maxParseErrors {
				continue
			}
			seen[use.Name] = true
			sub, err := e.partial(use.Name)
			var list ParseErrors
			switch {
			case err == nil:
				queue = append(queue, sub)
			case errors.As(err, &list):
				errs = append(errs, list...)
			default:
				errs = append(errs, newError(from, use.off, "cannot load the partial "+strconv.Quote(use.Name)+": "+err.Error(), "", err))
			}
		}
	}
	return errs
}

var errNoLoader = errors.New("this engine has no loader for partials")

// partial returns a parsed partial, loading it on first use.
func (e *Engine) partial(name string) (*Template, error) {
	if e.load == nil {
		return nil, errNoLoader
	}
	e.mu.Lock()
	p := e.partials[name]
	if p == nil {
		p = &partial{}
		if len(e.partials) < maxPartials {
			e.partials[name] = p
		}
	}
	e.mu.Unlock()
	p.once.Do(func() {
		src, err := e.load(name)
		if err != nil {
			p.err = err
			e.forget(name, p) // It may be there next time.
			return
		}
		t, errs := e.parse(e.nameOf(name), src)
		if len(errs) > 0 {
			p.err = errs
			return
		}
		p.tmpl = t
	})
	return p.tmpl, p.err
}

func (e *Engine) nameOf(partial string) string {
	if e.called == nil {
		return partial
	}
	return e.called(partial)
}

func (e *Engine) forget(name string, p *partial) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.partials[name] == p {
		delete(e.partials, name)
	}
}

// maxPartials bounds the cache: {% include name %} with names out of data
// must not fill the memory.
const maxPartials = 10_000

// Render parses and renders a source once; for repeated use keep the
// Template that Parse returns.
func (e *Engine) Render(ctx context.Context, name, source string, vars map[string]any, opts ...RenderOption) (string, error) {
	t, err := e.Parse(name, source)
	if err != nil {
		return "", err
	}
	return t.Render(ctx, vars, opts...)
}
