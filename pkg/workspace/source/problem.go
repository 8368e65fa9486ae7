package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a workspace.
type Problem struct {
	File    string // within the workspace: "journeys/win-back.yaml"
	Line    int    // from 1; 0 when the mistake has no place in the file
	Col     int    // from 1, in characters
	Message string // what is wrong
	Hint    string // what to do; may be empty
	Excerpt string // the line with a caret below, and the two before; may be empty
}

// String is the mistake as compilers print it, with its excerpt and remedy.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": " + p.Message + "\n")
	b.WriteString(p.Excerpt)
	if p.Hint != "" {
		b.WriteString("   " + p.Hint + "\n")
	}
	return b.String()
}

// Problems are all mistakes of a workspace, sorted by place.
type Problems []Problem

// Error prints all of them.
func (ps Problems) Error() string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = p.String()
	}
	return strings.TrimRight(strings.Join(parts, "\n"), "\n")
}

// Report collects mistakes. It is not safe for concurrent use.
type Report struct{ problems Problems }

// Problems are the mistakes so far, sorted by file and place, each once.
func (r *Report) Problems() Problems {
	ps := slices.Clone(r.problems)
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(ps)
}

// File reports what is wrong with a file as a whole, or with its absence.
func (r *Report) File(name, message, hint string) {
	r.problems = append(r.problems, Problem{File: name, Message: message, Hint: hint})
}

// At reports a mistake at a place in a file.
func (r *Report) At(f *File, at Place, message, hint string) {
	if at.Line < 1 || at.Line > len(f.lines) {
		r.File(f.Name, message, hint)
		return
	}
	at.Col = max(1, at.Col)
	r.problems = append(r.problems, Problem{
		File: f.Name, Line: at.Line, Col: at.Col, Message: message, Hint: hint, Excerpt: f.excerpt(at),
	})
}
