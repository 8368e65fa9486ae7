package render

import (
	"errors"
	"fmt"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// compiled is all templates, ready for one locale.
type compiled struct {
	mails map[string]*mail
	texts map[message.Channel]map[string]*liquid.Template
	hooks map[string]*liquid.Template // the bodies
}

// mail is one e-mail, compiled.
type mail struct {
	src                    *mailSource
	subject, preheader     *liquid.Template
	html, text             *liquid.Template
	htmlLayout, textLayout *liquid.Template
}

// Compile compiles the templates among files, which are all of email/ and sms/, and
// reports every mistake in them.
func Compile(files []*source.File, shop Shop, r *source.Report) *Set {
	s := sortOut(files, r)
	s.complete(r)
	s.compileMJML(r)
	set := &Set{shop: shop, sources: s, locales: map[string]func() *compiled{}}
	own := newCompilation(s, shop, shop.Locale)
	first := own.all()
	for _, err := range own.errs {
		e := s.place(err)
		if f := s.files[e.File]; f != nil {
			r.At(f, source.Place{Line: e.Line, Col: e.Col, Width: e.Width}, e.Message, e.Hint)
		} else {
			r.File(e.File, e.Message, e.Hint)
		}
	}
	for _, locale := range append(Locales(), shop.Locale) {
		set.locales[locale] = lazily(func() *compiled {
			if locale == shop.Locale {
				return first
			}
			return newCompilation(s, shop, locale).all()
		})
	}
	return set
}

// compilation compiles all templates for one locale.
type compilation struct {
	sources    *sources
	html, text *liquid.Engine
	json       *liquid.Engine // for webhooks, which have no partials
	errs       []*liquid.Error
}

func newCompilation(s *sources, shop Shop, locale string) *compilation {
	engine := func(mode liquid.Mode, end string) *liquid.Engine {
		load := func(name string) (string, error) {
			if f := s.partials[name+end]; f != nil {
				return f.Text, nil
			}
			if hint := spelling.DidYouMean(name, s.partialNames(end)); hint != "" {
				return "", fmt.Errorf("there is no %s/%s; %s", partialDir, name+end, hint)
			}
			return "", fmt.Errorf("there is no %s/%s", partialDir, name+end)
		}
		return liquid.New(append(filters(shop, locale), liquid.Escape(mode), liquid.WithLoader(load))...)
	}
	return &compilation{
		sources: s, html: engine(liquid.HTML, htmlEnd), text: engine(liquid.Text, textEnd), json: engine(liquid.JSON, hookEnd),
	}
}

func (c *compilation) all() *compiled {
	out := &compiled{mails: map[string]*mail{}, texts: map[message.Channel]map[string]*liquid.Template{}, hooks: map[string]*liquid.Template{}}
	layouts := map[*layoutSource]*mail{}
	for _, l := range c.sources.layouts {
		layouts[l] = &mail{htmlLayout: c.layout(l), textLayout: c.file(c.text, l.text)}
	}
	for name, src := range c.sources.mails {
		m := &mail{src: src, html: c.parse(c.html, src.html.Name, src.body), text: c.file(c.text, src.text)}
		m.subject, m.preheader = c.field(src, "subject"), c.field(src, "preheader")
		if src.layout != nil {
			m.htmlLayout, m.textLayout = layouts[src.layout].htmlLayout, layouts[src.layout].textLayout
		}
		out.mails[name] = m
	}
	for channel, files := range c.sources.texts {
		out.texts[channel] = map[string]*liquid.Template{}
		for name, f := range files {
			out.texts[channel][name] = c.file(c.text, f)
		}
	}
	for name, h := range c.sources.hooks {
		if h.body != nil {
			out.hooks[name] = c.parse(c.json, h.file.Name, h.body.Value)
		}
	}
	return out
}

func (c *compilation) file(e *liquid.Engine, f *source.File) *liquid.Template {
	if f == nil {
		return nil
	}
	return c.parse(e, f.Name, f.Text)
}

func (c *compilation) layout(l *layoutSource) *liquid.Template {
	if l.html == nil {
		return nil
	}
	return c.parse(c.html, l.html.Name, l.body)
}

// field compiles a field of the front matter; it is plain text wherever it is shown.
func (c *compilation) field(m *mailSource, name string) *liquid.Template {
	n := m.fields[name]
	if n == nil {
		return nil
	}
	return c.parse(c.text, m.html.Name+"#"+name, n.Value)
}

func (c *compilation) parse(e *liquid.Engine, name, text string) *liquid.Template {
	t, err := e.Parse(name, text)
	if err == nil {
		return t
	}
	var list liquid.ParseErrors
	if !errors.As(err, &list) {
		list = liquid.ParseErrors{{Template: name, Line: 1, Col: 1, Message: err.Error()}}
	}
	end := htmlEnd
	if e == c.text {
		end = textEnd
	}
	for _, one := range list {
		c.errs = append(c.errs, c.sources.inPartial(one, end))
	}
	return nil
}
