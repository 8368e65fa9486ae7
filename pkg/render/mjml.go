package render

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"rapport/pkg/mjml"
	"rapport/pkg/workspace/source"
)

// compileMJML makes the HTML of the mails and layouts that are written in MJML.
func (s *sources) compileMJML(c *mjml.Compiler, r *source.Report) {
	for _, name := range slices.Sorted(maps.Keys(s.pages)) {
		p := s.pages[name]
		if !p.isMJML() {
			continue
		}
		if n := p.fields["layout"]; n != nil {
			r.At(p.file, n.Place, "an e-mail in MJML is a whole page, around which no layout fits", `put what mails share into a file and <mj-include path="..." />`)
		}
		p.body, p.place = s.fromMJML(c, p.file, p.body, p.skipped, r)
	}
}

// fromMJML compiles a file, of which so many lines were left out before text, and tells how to find what it wrote.
func (s *sources) fromMJML(c *mjml.Compiler, f *source.File, text string, skipped int, r *source.Report) (string, func(line, col int) (mjml.Place, bool)) {
	include := func(from, name string) (string, string, error) {
		file := s.files[path.Join(path.Dir(from), name)]
		if file == nil {
			return "", "", fmt.Errorf("there is no file %s", path.Join(path.Dir(from), name))
		}
		return file.Name, file.Text, nil
	}
	res, err := c.Compile(context.Background(), text, mjml.Options{File: f.Name, Include: include})
	var mistakes mjml.Problems
	if err != nil && !errors.As(err, &mistakes) {
		r.File(f.Name, "cannot be compiled: "+err.Error(), "")
		return "", nil
	}
	for i, p := range slices.Concat(mistakes, res.Warnings) {
		at := source.Place{Line: p.Line, Col: p.Col, Width: p.Width}
		file := s.files[p.File]
		if file == nil {
			file = f
		}
		if file == f {
			at.Line += skipped
		}
		if i < len(mistakes) {
			r.At(file, at, p.Message, p.Hint)
		} else {
			r.Warn(file, at, p.Message, p.Hint)
		}
	}
	return res.HTML, res.Place
}

// written puts an error of the HTML where what is wrong was written.
func (e *Error) written(place func(line, col int) (mjml.Place, bool)) {
	if place == nil {
		return
	}
	if at, ok := place(e.Line, e.Col); ok {
		e.File, e.Line, e.Col = at.File, at.Line, at.Col
	} else {
		e.Line, e.Col = 1, 1
	}
}
