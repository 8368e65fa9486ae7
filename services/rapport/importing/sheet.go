package importing

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sheet reads the rows of a file: CSV whose first line names the columns, or JSON Lines. Both
// may be packed with gzip.
type Sheet struct {
	name    string
	source  *source
	table   *table // of CSV
	lines   *lines // of JSON Lines
	columns []string
	encoded string
}

// Format says how a file is written, where that cannot be seen from it.
type Format struct {
	// Encoding is one of utf-8 (when empty), windows-1252, iso-8859-1, iso-8859-15 and
	// utf-16. A byte order mark counts before it.
	Encoding string
	// Separator is what stands between values; zero is found out: a comma, semicolon, tab or bar.
	Separator byte
}

// Row is one row of a sheet.
type Row struct {
	// Number counts rows from 1 on, and Line is where the row begins, from 1 on.
	Number, Line int
	cells        []string // by column
	json         bool     // the cells are values of JSON
	raw          string   // what could not be read
	err          *Refusal
}

// Refusal says why a row is not taken.
type Refusal struct {
	Field  string // the column, or the field where no column is it; "" when it is the row
	Reason string
}

func (r *Refusal) Error() string {
	if r.Field == "" {
		return r.Reason
	}
	return r.Field + " " + r.Reason
}

func refuse(field, reason string, args ...any) *Refusal {
	return &Refusal{field, fmt.Sprintf(reason, args...)}
}

// What the columns are called that refused rows have beside their own. They are passed over
// when the file is imported, but for the last: a row whose text could not be read is not there yet.
const (
	lineColumn   = "import_line"
	fieldColumn  = "import_field"
	reasonColumn = "import_reason"
	rawColumn    = "import_raw"
)

func ours(column string) bool {
	return column == lineColumn || column == fieldColumn || column == reasonColumn || column == rawColumn
}

// OpenSheet opens a file and reads its header. What begins with a brace is JSON Lines.
func OpenSheet(path string, f Format) (*Sheet, error) {
	src, err := openSource(path, f.Encoding)
	if err != nil {
		return nil, err
	}
	s := &Sheet{name: path, source: src, encoded: f.Encoding}
	if err := s.header(f); err != nil {
		return nil, errors.Join(err, src.file.Close())
	}
	return s, nil
}

func (s *Sheet) header(f Format) error {
	head, err := s.source.text.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	text := strings.TrimLeft(string(head), " \t\r\n")
	switch {
	case text == "":
		return fmt.Errorf("%s: is empty: the first line must name the columns", s.name)
	case text[0] == '{':
		s.lines = newLines(s.source.text)
		return nil
	case text[0] == '[':
		return fmt.Errorf("%s: is one JSON array: write one object on each line (JSON Lines)", s.name)
	}
	comma := f.Separator
	if comma == 0 {
		comma = separator(text)
	}
	s.table = newTable(s.source.text, comma)
	names, line, err := s.table.next()
	if err != nil {
		return fmt.Errorf("%s:%d: the first line must name the columns: %w", s.name, line, err)
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if !utf8.ValidString(name) {
			return fmt.Errorf("%s:1: column %d is not in UTF-8: say --encoding windows-1252, or what it is in", s.name, i+1)
		}
		if name != "" && slices.Contains(s.columns, name) {
			return fmt.Errorf("%s:1: the column %s is there twice: rename one", s.name, name)
		}
		s.columns = append(s.columns, name)
	}
	return nil
}

// separator is what stands between the names of the header: of the four that are used, the one
// that is there most often outside of quotes.
func separator(text string) byte {
	counts, inside := map[byte]int{}, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			inside = !inside
		case c == '\n' && !inside:
			return most(counts)
		case !inside:
			counts[c]++
		}
	}
	return most(counts)
}

func most(counts map[byte]int) byte {
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// Columns are the names of the columns as the file has them. Those of JSON Lines are what was
// met so far.
func (s *Sheet) Columns() []string {
	if s.lines != nil {
		return s.lines.columns
	}
	return s.columns
}

// Next returns the next row; io.EOF after the last. A row that cannot be read is one with a
// Refusal.
func (s *Sheet) Next() (*Row, error) {
	if s.lines != nil {
		return s.lines.next(s.name)
	}
	cells, line, err := s.table.next()
	var bad *malformed
	switch {
	case errors.As(err, &bad):
		return &Row{Line: line, raw: valid(bad.raw), err: refuse("", "%s", bad.reason)}, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("%s:%d: %w", s.name, line, err)
	}
	r := &Row{Line: line, cells: cells}
	for len(cells) > len(s.columns) && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
		r.cells = cells
	}
	if len(cells) != len(s.columns) {
		r.unreadable(s.table.comma, "has %d values, and there are %d columns", len(cells), len(s.columns))
		return r, nil
	}
	for i, c := range cells {
		if !utf8.ValidString(c) {
			r.err = refuse(s.columns[i], "is not in UTF-8: say --encoding windows-1252, or what the file is in")
			r.raw = valid(strings.Join(cells, string(s.table.comma)))
			return r, nil
		}
		if s.columns[i] == rawColumn && c != "" {
			r.err = refuse(rawColumn, "has a row that could not be read: write its values into their columns and empty it")
		}
	}
	return r, nil
}

func (r *Row) unreadable(comma byte, reason string, args ...any) {
	r.err = refuse("", reason, args...)
	r.raw = valid(strings.Join(r.cells, string(comma)))
}

// Err is why the row cannot be read; nil when it can.
func (r *Row) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Values are the texts of a row by the names of the columns, trimmed.
func (s *Sheet) Values(r *Row) map[string]string {
	values := make(map[string]string, len(r.cells))
	for i, name := range s.Columns() {
		values[name] = r.text(i)
	}
	return values
}

// Close closes the file.
func (s *Sheet) Close() error {
	if err := s.source.file.Close(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
