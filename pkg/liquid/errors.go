package liquid

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrLimit is what errors.Is finds in every error that a bound of [Limits]
// caused. Such a template would fail again: the error is permanent.
var ErrLimit = errors.New("limit reached")

// Error is a fault in a template or in the data given to it, with the place
// in the source where it shows.
//
// It prints as
//
//	welcome.liquid:3:15: unknown property "nme" (did you mean "name"?)
type Error struct {
	Template string // name given to Parse, or of the partial
	Line     int    // from 1
	Col      int    // from 1, in characters
	Message  string // what is wrong
	Hint     string // what to do about it; may be empty
	cause    error
}

// Error returns template:line:col: message (hint).
func (e *Error) Error() string {
	name := e.Template
	if name == "" {
		name = "template"
	}
	if e.Hint == "" {
		return fmt.Sprintf("%s:%d:%d: %s", name, e.Line, e.Col, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s (%s)", name, e.Line, e.Col, e.Message, e.Hint)
}

// Unwrap returns the cause: ErrLimit, a context error, the loader's error or
// a filter's error. It is nil for plain mistakes.
func (e *Error) Unwrap() error { return e.cause }

// ParseErrors is every mistake found in one template, in source order. It is
// never empty; errors.As finds the first *Error in it.
type ParseErrors []*Error

// Error returns one line per mistake.
func (es ParseErrors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.Is and errors.As see each mistake.
func (es ParseErrors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// lineCol turns a byte offset into a line and a column, both from 1. Columns
// count characters, as editors do.
func lineCol(src string, off int) (line, col int) {
	off = min(max(off, 0), len(src))
	head := src[:off]
	line = 1 + strings.Count(head, "\n")
	start := strings.LastIndexByte(head, '\n') + 1
	return line, 1 + utf8.RuneCountInString(head[start:])
}

// lineCols is lineCol for many offsets. It goes over the source once: doing
// that for each would be slow for a source that is one long line.
func lineCols(src string, offs []int) [][2]int {
	order := make([]int, len(offs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return offs[a] - offs[b] })
	out := make([][2]int, len(offs))
	line, col, at := 1, 1, 0
	for _, i := range order {
		for ; at < min(offs[i], len(src)); at++ {
			switch {
			case src[at] == '\n':
				line++
				col = 1
			case utf8.RuneStart(src[at]):
				col++
			}
		}
		out[i] = [2]int{line, col}
	}
	return out
}

// newError makes an Error at a byte offset of t's source.
func newError(t *Template, off int, msg, hint string, cause error) *Error {
	line, col := lineCol(t.src, off)
	return &Error{Template: t.name, Line: line, Col: col, Message: msg, Hint: hint, cause: cause}
}

// hinted is an error that carries a remedy; the renderer moves both into the
// Error it makes at the place where the fault showed.
type hinted struct{ msg, hint string }

func (h *hinted) Error() string { return h.msg }

// located wraps err with a place in t, unless it already has one.
func located(t *Template, off int, err error) error {
	var at *Error
	if errors.As(err, &at) {
		return err
	}
	var h *hinted
	if errors.As(err, &h) {
		return newError(t, off, h.msg, h.hint, nil)
	}
	var l *limitError
	if errors.As(err, &l) {
		return newError(t, off, l.Error(), l.hint(), l)
	}
	return newError(t, off, err.Error(), "", err)
}
