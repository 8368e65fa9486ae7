package source

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var frontLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):(?:[ \t]+(.*))?$`)

// FrontMatter reads the lines between a first line "---" and the next one: one key: value
// each. It is YAML as people write it there, except that a value may hold Liquid without
// quotes: to YAML, "{{" begins a mapping and "|" or " #" change what a text is. It returns
// nil if there is no front matter, and the text behind it with the number of lines before.
func (f *File) FrontMatter(r *Report) (front *Node, body string, skipped int) {
	if strings.TrimRight(f.lines[0], " \t") != "---" {
		return nil, f.Text, 0
	}
	front = &Node{File: f, Kind: Map, Place: Place{Line: 1, Col: 1, Width: 3}}
	for i, line := range f.lines[1:] {
		number := i + 2
		line = strings.TrimRight(line, " \t")
		m := frontLine.FindStringSubmatch(line)
		switch {
		case line == "---":
			return front, strings.Join(f.lines[number:], "\n"), number
		case line == "" || strings.HasPrefix(line, "#"):
		case m == nil:
			r.At(f, Place{Line: number, Col: 1, Width: utf8.RuneCountInString(line)}, "this is no line of front matter", "write key: value on one line each, and end with a line ---")
		case front.Get(m[1]) != nil:
			r.At(f, Place{Line: number, Col: 1, Width: len(m[1])}, m[1]+": is here twice", "keep one of them")
		default:
			front.Pairs = append(front.Pairs, Pair{
				Key: m[1], At: Place{Line: number, Col: 1, Width: len(m[1])}, Value: f.frontValue(number, line, m[2]),
			})
		}
	}
	r.At(f, Place{Line: 1, Col: 1, Width: 3}, "the front matter is not closed", "end it with a line ---")
	return nil, "", len(f.lines)
}

// frontValue is the rest of a line, without quotes around it.
func (f *File) frontValue(number int, line, value string) *Node {
	n := &Node{File: f, Kind: Text, Value: value}
	n.Place = Place{Line: number, Col: utf8.RuneCountInString(strings.TrimSuffix(line, value)) + 1, Width: max(1, utf8.RuneCountInString(value))}
	switch {
	case value == "":
		n.Kind = Null
	case len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"':
		if text, err := strconv.Unquote(value); err == nil {
			n.Value = text
		}
	case len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'':
		n.Value = strings.ReplaceAll(value[1:len(value)-1], "''", "'")
	}
	return n
}
