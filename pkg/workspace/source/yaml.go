package source

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The bounds of one YAML file.
const (
	MaxYAML    = 64 << 10 // bytes
	maxDepth   = 40       // of lists and mappings in each other
	maxLine    = 4000     // bytes of a line
	maxEntries = 4000     // lines and commas: the parser compares the keys of a mapping with each other
)

// YAML reads the file as one YAML document. It returns nil, having reported why, when
// there is none.
func (f *File) YAML(r *Report) *Node {
	c := converter{file: f, report: r}
	if len(f.Text) > MaxYAML {
		r.File(f.Name, fmt.Sprintf("the file has %d bytes, at most %d are allowed", len(f.Text), MaxYAML), "split it")
		return nil
	}
	if !utf8.ValidString(f.Text) {
		r.File(f.Name, "the file is not UTF-8 text", "save it as UTF-8")
		return nil
	}
	if f.beyondBounds(r) {
		return nil
	}
	doc, err := parse(f.Text)
	if err != nil {
		c.syntax(err)
		return nil
	}
	switch {
	case len(doc.Docs) > 1:
		r.At(f, Place{Line: lineOf(doc.Docs[1]), Col: 1, Width: 3}, "the file has more than one document", "keep one document in a file")
		return nil
	case len(doc.Docs) == 0 || doc.Docs[0].Body == nil:
		r.At(f, Place{Line: 1, Col: 1}, "there is nothing here", "")
		return nil
	}
	return c.node(doc.Docs[0].Body, 0)
}

// beyondBounds reports what would take the parser too long.
func (f *File) beyondBounds(r *Report) bool {
	if line := tooDeep(f.Text); line > 0 {
		r.At(f, Place{Line: line, Col: 1}, fmt.Sprintf("lists and mappings are nested deeper than %d", maxDepth), "")
		return true
	}
	entries := 0
	for i, line := range f.lines {
		if len(line) > maxLine {
			r.At(f, Place{Line: i + 1, Col: 1}, fmt.Sprintf("the line has %d bytes, at most %d are allowed", len(line), maxLine), "break it: each item of a list can have a line of its own")
			return true
		}
		if !strings.HasPrefix(strings.TrimLeft(line, " "), "#") {
			entries += 1 + strings.Count(line, ",")
		}
		if entries > maxEntries {
			r.At(f, Place{Line: i + 1, Col: 1}, fmt.Sprintf("the file has more than %d lines and commas up to here", maxEntries), "split it")
			return true
		}
	}
	return false
}

func lineOf(d *ast.DocumentNode) int {
	if d.Start != nil {
		return d.Start.Position.Line
	}
	return 1
}

// parse is the library's parser; a panic in it is a file that it cannot read.
func parse(text string) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML reader cannot make sense of it: %v", p)
		}
	}()
	return parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
}

// tooDeep guards the parser, which recurses, against brackets without end: it returns the
// line where more of them are open than any reader of this package would accept.
func tooDeep(text string) int {
	open, line := 0, 1
	for i := range len(text) {
		switch text[i] {
		case '\n':
			line++
		case '[', '{':
			if open++; open > 4*maxDepth {
				return line
			}
		case ']', '}':
			open = max(0, open-1)
		}
	}
	// In block style each level costs a column, or two characters of one line ("- - -").
	for i, l := range strings.Split(text, "\n") {
		lead := strings.TrimLeft(l, " -?")
		if marks := l[:len(l)-len(lead)]; strings.Count(marks, "- ")+strings.Count(marks, "? ") > maxDepth {
			return i + 1
		}
	}
	return 0
}

// syntax reports an error of the parser in plain words.
func (c *converter) syntax(err error) {
	var se *yaml.SyntaxError
	if !errors.As(err, &se) || se.Token == nil {
		c.report.File(c.file.Name, err.Error(), "")
		return
	}
	at := Place{Line: se.Token.Position.Line, Col: se.Token.Position.Column, Width: max(1, utf8.RuneCountInString(strings.TrimSpace(se.Token.Value)))}
	message, hint := se.Message, ""
	switch {
	case strings.Contains(message, "mapping value is not allowed"):
		message, hint = "a colon is not expected here", `put a text that has a colon in it in quotes, and give the lines of a mapping the same indent`
	case strings.Contains(message, "found character '\t'"), strings.Contains(message, "tab"):
		message, hint = "a tab cannot indent YAML", "use spaces"
	case strings.Contains(message, "sequence end token"):
		message, hint = "the list is not closed", "add ]"
	case strings.Contains(message, "flow mapping end token"):
		message, hint = "the mapping is not closed", "add }"
	case strings.Contains(message, "could not find end character"):
		message, hint = "the text is not closed", "add the quote at its end"
	}
	c.report.At(c.file, at, message, hint)
}
