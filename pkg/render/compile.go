package render

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/liquid"
	"rapport/pkg/mjml"
	"rapport/pkg/workspace/source"
)

// Compiler compiles the templates of workspaces, one after another, and keeps what became of MJML: reading a workspace
// again costs nothing for the mails that did not change. It costs nothing until there is MJML, and has to be closed.
type Compiler struct{ mjml *mjml.Compiler }

// NewCompiler makes a Compiler.
func NewCompiler() *Compiler { return &Compiler{mjml: mjml.New(mjml.Config{Keep: keptMJML})} }

// keptMJML is how many bytes of compiled MJML are kept: some hundred mails.
const keptMJML = 8 << 20

// Close gives back what the Compiler took.
func (c *Compiler) Close() error { return c.mjml.Close() }

// Compile compiles the templates among files, once, and reports every mistake in them.
func Compile(files []*source.File, shop Shop, r *source.Report) *Set {
	c := NewCompiler()
	defer func() { _ = c.Close() }() // memory that it does not give back is no mistake of the workspace
	return c.Compile(files, shop, r)
}

// Compile compiles the templates among files, which are all of email/, sms/, whatsapp/, webhook/ and locales/, and
// reports every mistake in them.
func (c *Compiler) Compile(files []*source.File, shop Shop, r *source.Report) *Set {
	s := sortOut(files, r)
	s.complete(chain("", shop.Locale), r)
	s.compileMJML(c.mjml, r)
	s.moveStyles(r)
	set := &Set{shop: shop, sources: s, editions: map[string]*edition{}, hooks: map[string]*liquid.Template{}, amounts: allAmounts(), ofShop: shopVariables(&shop)}
	run := &compilation{sources: s, shop: shop, engines: map[string]*engine{}, parsed: map[string]*liquid.Template{}}
	set.home = run.edition("")
	for _, tag := range s.tags() {
		set.editions[tag] = run.edition(tag)
	}
	json := run.engine(liquid.JSON, hookEnd, nil)
	for name, h := range s.hooks {
		if h.body != nil {
			set.hooks[name] = run.parse(json, h.file.Name, h.body.Value)
		}
	}
	run.report(r)
	set.checkWords(run, r)
	return set
}

// tags are the languages that something is written in, sorted.
func (s *sources) tags() []string {
	all := map[string]bool{}
	for tag := range s.words {
		all[tag] = true
	}
	for _, group := range []map[string]*written{s.mails, s.layouts} {
		for _, w := range group {
			for tag := range w.html {
				all[tag] = true
			}
			for tag := range w.text {
				all[tag] = true
			}
		}
	}
	texts := []versions{}
	for _, group := range s.texts {
		texts = slices.AppendSeq(texts, maps.Values(group))
	}
	for _, v := range slices.AppendSeq(texts, maps.Values(s.partials)) {
		for tag := range v {
			all[tag] = true
		}
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all))
}

// compilation compiles each file once for all editions that see the same partials.
type compilation struct {
	sources *sources
	shop    Shop
	engines map[string]*engine
	parsed  map[string]*liquid.Template
	errs    []*liquid.Error
}

// engine parses templates of one kind for readers who get the same partials.
type engine struct {
	*liquid.Engine
	key string
}

func (c *compilation) engine(mode liquid.Mode, end string, chain []string) *engine {
	s := c.sources
	sees := slices.DeleteFunc(slices.Clone(chain), func(tag string) bool {
		for base, v := range s.partials {
			if strings.HasSuffix(base, end) && v[tag] != nil {
				return false
			}
		}
		return true
	})
	key := end + " " + strings.Join(sees, " ")
	if e := c.engines[key]; e != nil {
		return e
	}
	load := func(name string) (string, error) {
		if f := pick(s.partials[name+end], sees); f != nil {
			return f.Text, nil
		}
		if hint := spelling.DidYouMean(name, s.partialNames(end)); hint != "" {
			return "", fmt.Errorf("there is no %s/%s; %s", partialDir, name+end, hint)
		}
		return "", fmt.Errorf("there is no %s/%s", partialDir, name+end)
	}
	file := func(name string) string {
		if f := pick(s.partials[name+end], sees); f != nil {
			return f.Name
		}
		return path.Join(partialDir, name+end)
	}
	options := append(filters(c.shop), liquid.Escape(mode), liquid.WithLoader(load), liquid.NamePartials(file))
	e := &engine{Engine: liquid.New(options...), key: key}
	c.engines[key] = e
	return e
}

func (c *compilation) file(e *engine, f *source.File) *liquid.Template {
	if f == nil {
		return nil
	}
	return c.parse(e, f.Name, f.Text)
}

// field compiles a field of the front matter; it is plain text wherever it is shown.
func (c *compilation) field(e *engine, p *page, name string) *liquid.Template {
	n := p.fields[name]
	if n == nil {
		return nil
	}
	return c.parse(e, p.file.Name+"#"+name, n.Value)
}

func (c *compilation) parse(e *engine, name, text string) *liquid.Template {
	key := e.key + "\n" + name
	if t, done := c.parsed[key]; done {
		return t
	}
	t, err := e.Parse(name, text)
	if err != nil {
		var list liquid.ParseErrors
		if !errors.As(err, &list) {
			list = liquid.ParseErrors{{Template: name, Line: 1, Col: 1, Message: err.Error()}}
		}
		c.errs = append(c.errs, list...)
		t = nil
	}
	c.parsed[key] = t
	return t
}

// report tells the mistakes, each once: a partial is read for every template that uses it.
func (c *compilation) report(r *source.Report) {
	slices.SortStableFunc(c.errs, func(a, b *liquid.Error) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	})
	told := map[string]bool{}
	for _, err := range c.errs {
		if key := err.Error(); !told[key] {
			told[key] = true
			c.sources.report(c.sources.place(err), r)
		}
	}
}

// report tells a mistake at its place.
func (s *sources) report(e *Error, r *source.Report) {
	if f := s.files[e.File]; f != nil {
		r.At(f, source.Place{Line: e.Line, Col: e.Col, Width: e.Width}, e.Message, e.Hint)
	} else {
		r.File(e.File, e.Message, e.Hint)
	}
}
