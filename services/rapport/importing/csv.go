package importing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRecord bounds one row, in bytes.
const maxRecord = 1 << 20

// table reads records of CSV (RFC 4180), also with other separators and line ends.
type table struct {
	in    io.Reader
	comma byte
	buf   []byte // what was read and not yet used begins at from
	from  int
	eof   bool
	line  int // of the next record, from 1 on
}

func newTable(in io.Reader, comma byte) *table {
	return &table{in: in, comma: comma, buf: make([]byte, 0, 256<<10), line: 1}
}

// malformed is a record that cannot be read. Reading goes on in the next line.
type malformed struct {
	raw    string // the line
	reason string
}

func (m *malformed) Error() string { return m.reason }

// errMore asks for more input.
var errMore = errors.New("the record goes on")

// next returns the cells of the next record that is not empty, and its line. The error is
// *malformed, io.EOF or the reader's.
func (t *table) next() (cells []string, line int, err error) {
	for {
		line = t.line
		cells, used, err := t.parse(t.buf[t.from:])
		switch {
		case errors.Is(err, errMore):
			if err := t.fill(); err != nil {
				return nil, line, err
			}
			continue
		case err != nil:
			return nil, line, t.skip(err)
		case used == 0:
			return nil, line, io.EOF
		}
		t.line += bytes.Count(t.buf[t.from:t.from+used], []byte{'\n'})
		t.from += used
		if cells != nil {
			return cells, line, nil
		}
	}
}

// fill reads more, unless the record is too long already.
func (t *table) fill() error {
	if t.from > 0 {
		t.buf = append(t.buf[:0], t.buf[t.from:]...)
		t.from = 0
	}
	if len(t.buf) == cap(t.buf) {
		t.buf = append(t.buf, make([]byte, len(t.buf))...)[:len(t.buf)]
	}
	n, err := t.in.Read(t.buf[len(t.buf):cap(t.buf)])
	t.buf = t.buf[:len(t.buf)+n]
	switch {
	case errors.Is(err, io.EOF):
		t.eof = true
	case err != nil:
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

// skip passes over the line in which a record begins that cannot be read.
func (t *table) skip(why error) error {
	end := bytes.IndexByte(t.buf[t.from:], '\n')
	if end < 0 {
		end = len(t.buf) - t.from - 1
	}
	raw := string(bytes.TrimRight(t.buf[t.from:t.from+end+1], "\r\n"))
	t.from += end + 1
	t.line++
	return &malformed{raw, why.Error()}
}

// parse reads the record at the beginning of b. cells is nil for an empty line; used is 0 at
// the end of all.
func (t *table) parse(b []byte) (cells []string, used int, err error) {
	if len(b) == 0 {
		return nil, 0, t.more(b, nil)
	}
	switch {
	case b[0] == '\n':
		return nil, 1, nil
	case b[0] == '\r' && len(b) > 1 && b[1] == '\n':
		return nil, 2, nil
	case b[0] == '\r' && len(b) == 1 && t.eof:
		return nil, 1, nil
	}
	text := make([]byte, 0, 256) // the cells' texts, one behind the other
	var ends [64]int
	bounds := ends[:0]
	for at := 0; ; {
		if at < len(b) && b[at] == '"' {
			text, at, err = quoted(text, b, at)
			if err != nil {
				return nil, 0, t.more(b, err)
			}
		} else {
			end := at
			for end < len(b) && b[end] != t.comma && b[end] != '\n' {
				end++
			}
			text = append(text, b[at:end]...)
			if end > at && b[end-1] == '\r' && (end == len(b) && t.eof || end < len(b) && b[end] == '\n') {
				text = text[:len(text)-1]
			}
			at = end
		}
		bounds = append(bounds, len(text))
		switch {
		case at >= len(b):
			if err := t.more(b, nil); err != nil {
				return nil, 0, err
			}
			return sliced(text, bounds), len(b), nil
		case b[at] == t.comma:
			at++
		case b[at] == '\n':
			return sliced(text, bounds), at + 1, nil
		case b[at] == '\r' && (at+1 < len(b) && b[at+1] == '\n' || at+1 == len(b) && t.eof):
			return sliced(text, bounds), min(at+2, len(b)), nil
		case b[at] == '\r' && at+1 == len(b):
			return nil, 0, t.more(b, nil)
		default:
			return nil, 0, errors.New("has a quote inside a quoted value: write it twice (\"\")")
		}
	}
}

// quoted reads a quoted cell that begins at the quote.
func quoted(text, b []byte, at int) (_ []byte, end int, err error) {
	for at++; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return text, 0, errMore
		}
		// Line ends inside are kept as \n, as encoding/csv does.
		text = unixed(text, b[at:at+n])
		at += n + 1
		if at >= len(b) || b[at] != '"' {
			return text, at, nil
		}
		text = append(text, '"')
		at++
	}
}

// unixed appends a text with its line ends as \n.
func unixed(text, part []byte) []byte {
	for {
		i := bytes.Index(part, []byte("\r\n"))
		if i < 0 {
			return append(text, part...)
		}
		text = append(append(text, part[:i]...), '\n')
		part = part[i+2:]
	}
}

// more says what it means that a record does not end in b.
func (t *table) more(b []byte, open error) error {
	switch {
	case len(b) > maxRecord:
		return fmt.Errorf("has a quote that is not closed within %d bytes, or is that long", maxRecord)
	case !t.eof:
		return errMore
	case open != nil:
		return errors.New("has a quote that is never closed")
	}
	return nil
}

// sliced cuts a text into cells, which share its memory.
func sliced(text []byte, bounds []int) []string {
	all, from := string(text), 0
	cells := make([]string, len(bounds))
	for i, end := range bounds {
		cells[i] = all[from:end]
		from = end
	}
	return cells
}
