package mjml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Place is a point in a source file.
type Place struct {
	File      string `json:"file"`
	Line, Col int    // from 1; Col in characters
}

// Problem is one mistake in a document, or something legal that is probably not meant.
type Problem struct {
	Place
	Width   int    // characters, at least 1
	Message string // what is wrong
	Hint    string // what to do; may be empty
}

// String is the problem on one line, as compilers print it.
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// Problems is the error of a document that is at fault: its mistakes, by place.
type Problems []Problem

// Error lists the mistakes, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems is how many mistakes of one document are told: the rest is mostly what follows from them.
const maxProblems = 50

// report gathers problems, and knows what is none.
type report struct {
	table            table
	errors, warnings Problems
}

func (r *report) fail(src *source, at, end int, message, hint string) {
	if len(r.errors) < maxProblems {
		r.errors = append(r.errors, src.problem(at, end, message, hint))
	}
}

func (r *report) warn(src *source, at, end int, message, hint string) {
	if len(r.warnings) < maxProblems {
		r.warnings = append(r.warnings, src.problem(at, end, message, hint))
	}
}

// sorted are problems by place, each said once.
func sorted(list Problems) Problems {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(list)
}

// source is the text of one file.
type source struct{ name, text string }

// place is where an offset stands.
func (s *source) place(at int) Place {
	before := s.text[:min(at, len(s.text))]
	begin := strings.LastIndexByte(before, '\n') + 1
	return Place{File: s.name, Line: strings.Count(before, "\n") + 1, Col: utf8.RuneCountInString(before[begin:]) + 1}
}

// problem is one from offset at to offset end, as far as that is on one line.
func (s *source) problem(at, end int, message, hint string) Problem {
	text, _, _ := strings.Cut(s.text[min(at, len(s.text)):min(max(at, end), len(s.text))], "\n")
	return Problem{Place: s.place(at), Width: max(1, utf8.RuneCountInString(text)), Message: message, Hint: hint}
}
