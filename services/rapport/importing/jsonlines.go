package importing

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"rapport/pkg/jsontext"
)

// lines reads JSON Lines: an object on each line. Its names are the columns.
type lines struct {
	in      *bufio.Reader
	line    int
	columns []string
	at      map[string]int // of a column
}

func newLines(in *bufio.Reader) *lines { return &lines{in: in, at: map[string]int{}} }

func (l *lines) next(name string) (*Row, error) {
	for {
		text, long, err := l.read()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s:%d: %w", name, l.line, err)
		}
		trimmed := bytes.TrimSpace(text)
		switch {
		case len(trimmed) == 0 && err != nil:
			return nil, io.EOF
		case long:
			return &Row{Line: l.line, json: true, raw: valid(string(trimmed[:200])), err: refuse("", "has more than %d bytes", maxRecord)}, nil
		case len(trimmed) > 0:
			return l.row(trimmed), nil
		}
	}
}

// read returns the next line; long says that it was too long, and what follows was passed over.
func (l *lines) read() (text []byte, long bool, err error) {
	l.line++
	for {
		part, err := l.in.ReadSlice('\n')
		if len(text) <= maxRecord {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, len(text) > maxRecord, err
		}
	}
}

func (l *lines) row(text []byte) *Row {
	r := &Row{Line: l.line, json: true}
	refused := func(reason string, args ...any) *Row {
		r.err, r.raw = refuse("", reason, args...), valid(string(text))
		return r
	}
	if !utf8.Valid(text) {
		return refused("is not in UTF-8: say --encoding windows-1252, or what the file is in")
	}
	r.cells = make([]string, len(l.columns))
	s := jsontext.Scanner{Text: string(text)}
	for name := range s.Members {
		s.Peek()
		from := s.At
		s.Raw()
		if !s.Lost() {
			l.put(r, name, s.Text[from:s.At])
		}
	}
	if s.End(); !s.Lost() {
		return l.checked(r)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return refused("is no JSON object: %v", err)
	}
	r.cells = make([]string, len(l.columns))
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		l.put(r, name, string(bytes.TrimSpace(all[name])))
	}
	return l.checked(r)
}

func (l *lines) checked(r *Row) *Row {
	if i, there := l.at[rawColumn]; there && r.text(i) != "" {
		r.err = refuse(rawColumn, "has a row that could not be read: write its values under their names and remove it")
	}
	return r
}

func (l *lines) put(r *Row, name, value string) {
	i, there := l.at[name]
	if !there {
		i = len(l.columns)
		l.columns, l.at[name] = append(l.columns, strings.Clone(name)), i
	}
	for len(r.cells) <= i {
		r.cells = append(r.cells, "")
	}
	r.cells[i] = value
}

// text is a cell as text: what a JSON string says, the digits of a number, JSON of everything
// else; null is empty.
func (r *Row) text(column int) string {
	if column < 0 || column >= len(r.cells) {
		return ""
	}
	cell := r.cells[column]
	if !r.json || cell == "" {
		return strings.TrimSpace(cell)
	}
	switch cell[0] {
	case 'n':
		return ""
	case '"':
		var s string
		if json.Unmarshal([]byte(cell), &s) != nil {
			return ""
		}
		return strings.TrimSpace(s)
	}
	return cell
}

// value is a cell as JSON; "" when there is none. A cell of CSV is a text.
func (r *Row) value(column int) string {
	if column < 0 || column >= len(r.cells) {
		return ""
	}
	if r.json {
		return r.cells[column]
	}
	if text := strings.TrimSpace(r.cells[column]); text != "" {
		return string(jsontext.String(nil, text))
	}
	return ""
}
