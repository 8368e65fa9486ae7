package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a workspace, or something legal that is probably not meant.
type Problem struct {
	File    string // within the workspace: "journeys/win-back.yaml"
	Line    int    // from 1; 0 when the mistake has no place in the file
	Col     int    // from 1, in characters
	Message string // what is wrong
	Hint    string // what to do; may be empty
	Excerpt string // the line with a caret below, and the two before; may be empty
	Warning bool   // legal, but suspicious: it keeps nothing from running
	Note    bool   // a warning that is worth a thought and no more
}

// String is the mistake as compilers print it, with its excerpt and remedy.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": ")
	switch {
	case p.Note:
		b.WriteString("note: ")
	case p.Warning:
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message + "\n")
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

// Errors are those that are mistakes, without the warnings.
func (ps Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// Notes are those that are worth a thought and no more.
func (ps Problems) Notes() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return !p.Note })
}

// maxProblems bounds what is said about one file: nobody reads on, and a file that is no
// workspace's could have one in every word.
const maxProblems = 100

// Report collects mistakes and warnings. It is not safe for concurrent use.
type Report struct {
	// Seen is told of every mapping that is read, and which keys it may have; nil: nobody. The
	// schemas of files are held to it.
	Seen func(n *Node, keys []string)

	problems Problems
	mistakes int
	perFile  map[string]int
}

// Failed reports whether there are mistakes, warnings not counted.
func (r *Report) Failed() bool { return r.mistakes > 0 }

// Mistakes counts the mistakes so far, warnings not counted, and only as many of a file as
// are told. A reader that sees no more of them than before found none.
func (r *Report) Mistakes() int { return r.mistakes }

// Problems are the mistakes and warnings so far, sorted by file and place, each once.
func (r *Report) Problems() Problems {
	ps := slices.Clone(r.problems)
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(ps)
}

// File reports what is wrong with a file as a whole, or with its absence.
func (r *Report) File(name, message, hint string) {
	r.add(Problem{File: name, Message: message, Hint: hint})
}

// At reports a mistake at a place in a file.
func (r *Report) At(f *File, at Place, message, hint string) {
	if !r.full(f.Name) {
		r.add(f.problem(at, message, hint))
	}
}

// Warn reports what is legal at a place in a file, but probably not meant.
func (r *Report) Warn(f *File, at Place, message, hint string) {
	if !r.full(f.Name) {
		p := f.problem(at, message, hint)
		p.Warning = true
		r.add(p)
	}
}

// Note reports what is worth a thought at a place in a file.
func (r *Report) Note(f *File, at Place, message, hint string) {
	if !r.full(f.Name) {
		p := f.problem(at, message, hint)
		p.Warning, p.Note = true, true
		r.add(p)
	}
}

// full reports whether enough has been said about a file; its last word is a mistake.
func (r *Report) full(name string) bool { return r.perFile[name] >= maxProblems }

func (r *Report) add(p Problem) {
	if r.perFile == nil {
		r.perFile = map[string]int{}
	}
	if r.perFile[p.File]++; r.perFile[p.File] == maxProblems {
		p = Problem{File: p.File, Message: "there is more wrong with this file", Hint: "mend what is named first"}
	}
	if r.perFile[p.File] <= maxProblems {
		if !p.Warning {
			r.mistakes++
		}
		r.problems = append(r.problems, p)
	}
}

// problem is one at a place of the file, or about all of it when there is no such place.
func (f *File) problem(at Place, message, hint string) Problem {
	if at.Line < 1 || at.Line > len(f.lines) {
		return Problem{File: f.Name, Message: message, Hint: hint}
	}
	at.Col = max(1, at.Col)
	return Problem{File: f.Name, Line: at.Line, Col: at.Col, Message: message, Hint: hint, Excerpt: f.excerpt(at)}
}
