package render

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"rapport/pkg/mjml"
	"rapport/pkg/workspace/source"
)

// compileMJML makes the HTML of the mails and layouts that are written in MJML. The compiler lives as long as this takes:
// workspaces without MJML never start it.
func (s *sources) compileMJML(r *source.Report) {
	c := mjml.New(mjml.Config{})
	defer func() { _ = c.Close() }() // memory that it does not give back is no mistake of the workspace
	for _, l := range s.layouts {
		if l.html == nil {
			continue
		}
		if l.body = l.html.Text; strings.HasSuffix(l.html.Name, mjmlEnd) {
			l.body, l.place = s.fromMJML(c, l.html, l.body, 0, r)
		}
	}
	for _, m := range s.mails {
		if !strings.HasSuffix(m.html.Name, mjmlEnd) {
			continue
		}
		if n := m.fields["layout"]; n != nil {
			r.At(m.html, n.Place, "an e-mail in MJML is a whole page, around which no layout fits", `put what mails share into a file and <mj-include path="..." />`)
		}
		m.body, m.place = s.fromMJML(c, m.html, m.body, m.skipped, r)
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
