package source

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// File is one text file of a workspace.
type File struct {
	Name  string // with slashes, within the workspace
	Text  string
	lines []string
}

// NewFile makes a File of a text. A byte order mark is dropped, and line ends become "\n",
// so that a file saved on Windows reads like any other.
func NewFile(name, text string) *File {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	return &File{Name: name, Text: text, lines: strings.Split(text, "\n")}
}

// Place is a stretch of a file, on one line.
type Place struct {
	Line, Col int // from 1; Col in characters
	Width     int // characters, at least 1
}

// excerpt shows the line of a place with a caret below, and the two lines before it.
func (f *File) excerpt(at Place) string {
	const before, widest = 2, 160
	var b strings.Builder
	for n := max(1, at.Line-before); n <= at.Line; n++ {
		mark := " "
		if n == at.Line {
			mark = ">"
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s %4d | %s", mark, n, shown(f.lines[n-1], widest)), " ") + "\n")
	}
	line := shown(f.lines[at.Line-1], widest)
	col := min(at.Col, utf8.RuneCountInString(line)+1)
	width := max(1, min(at.Width, utf8.RuneCountInString(line)-col+1))
	fmt.Fprintf(&b, "       | %s%s\n", strings.Repeat(" ", col-1), strings.Repeat("^", width))
	return b.String()
}

// shown is a line as an excerpt prints it: one column a character, of bounded width.
func shown(line string, widest int) string {
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, line)
	if r := []rune(line); len(r) > widest {
		return string(r[:widest])
	}
	return line
}

// within turns a place inside a scalar's value into one in the file. The value's characters
// are looked up in the file one after another, which holds for plain, quoted and block
// scalars alike: styles differ only in white space, quotes and escapes.
func (f *File) within(start Place, value string, line, col int) (at Place, ok bool) {
	l, c := start.Line-1, start.Col-1
	vl, vc := 1, 1
	var src []rune
	if l >= 0 && l < len(f.lines) {
		src = []rune(f.lines[l])
	}
	for _, r := range value {
		blank := r == ' ' || r == '\t' || r == '\n'
		for !blank && (c >= len(src) || src[c] != r) {
			if c++; c < len(src) {
				continue
			}
			if l++; l >= len(f.lines) {
				return start, false
			}
			src, c = []rune(f.lines[l]), 0
		}
		if vl > line || vl == line && vc >= col {
			return Place{Line: l + 1, Col: min(c, len(src)) + 1, Width: 1}, true
		}
		if !blank {
			c++
		}
		vc++
		if r == '\n' {
			vl, vc = vl+1, 1
		}
	}
	return Place{Line: l + 1, Col: max(1, min(c, len(src))), Width: 1}, true
}
