package importing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"rapport/pkg/jsontext"
)

// rejects is the file of refused rows, in the form of the input.
type rejects struct {
	path  string
	sheet *Sheet
	file  *os.File // nil before the first
	size  int64
}

// openRejects goes on with a file at a size, or begins one, which must not exist unless an earlier run of the same
// import made it.
func openRejects(path string, s *Sheet, size int64, again bool) (*rejects, error) {
	r := &rejects{path: path, sheet: s, size: size}
	if path == "" {
		return r, nil
	}
	info, err := os.Stat(path)
	switch {
	case !again && err == nil && info.Size() > 0:
		return nil, fmt.Errorf("--rejects %s is there already: import it, or take it away", path)
	case size > 0 && (err != nil || info.Size() < size):
		return nil, fmt.Errorf("--rejects %s is not as the import left it: begin anew with --restart", path)
	case again && err == nil:
		if err := os.Truncate(path, size); err != nil {
			return nil, fmt.Errorf("--rejects: %w", err)
		}
	}
	return r, nil
}

// begins reports whether the first row that is refused will make the file.
func (r *rejects) begins() bool { return r.path != "" && r.file == nil && r.size == 0 }

// discard forgets what an import wrote that is not gone on with.
func discard(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--rejects: %w", err)
	}
	return nil
}

// add writes refused rows.
func (r *rejects) add(rows []*Row, why *Refusal) error {
	if r.path == "" {
		return nil
	}
	if r.file == nil {
		f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("--rejects: %w", err)
		}
		r.file = f
	}
	var out bytes.Buffer
	if r.size == 0 && r.sheet.table != nil {
		r.head(&out)
	}
	for _, row := range rows {
		r.write(&out, row, why)
	}
	n, err := r.file.Write(out.Bytes())
	r.size += int64(n)
	if err != nil {
		return fmt.Errorf("--rejects: %w", err)
	}
	return nil
}

func (r *rejects) comma() rune { return rune(r.sheet.table.comma) }

// own are the input's columns without ours, which it has when it was a file of refused rows.
func (r *rejects) own() (names []string, places []int) {
	for i, name := range r.sheet.columns {
		if !ours(name) {
			names, places = append(names, name), append(places, i)
		}
	}
	return names, places
}

func (r *rejects) head(out *bytes.Buffer) {
	if r.sheet.encoded != "" && r.sheet.encoded != "utf-8" {
		out.WriteString("\ufeff") // so that it is read as what it is, with the same flags
	}
	names, _ := r.own()
	r.record(out, append(names, lineColumn, fieldColumn, reasonColumn, rawColumn))
}

func (r *rejects) record(out *bytes.Buffer, cells []string) {
	w := csv.NewWriter(out)
	w.Comma = r.comma()
	_ = w.Write(cells) // A buffer takes all.
	w.Flush()
}

func (r *rejects) write(out *bytes.Buffer, row *Row, why *Refusal) {
	if r.sheet.table == nil {
		r.object(out, row, why)
		return
	}
	names, places := r.own()
	cells := make([]string, len(names), len(names)+4)
	for i, place := range places {
		if row.raw == "" && place < len(row.cells) {
			cells[i] = row.cells[place]
		}
	}
	raw := row.raw
	if raw == "" {
		for i, name := range r.sheet.columns {
			if name == rawColumn && i < len(row.cells) {
				raw = row.cells[i]
			}
		}
	}
	r.record(out, append(cells, strconv.Itoa(row.Line), why.Field, why.Reason, raw))
}

// object writes a row of JSON Lines.
func (r *rejects) object(out *bytes.Buffer, row *Row, why *Refusal) {
	w := object{out: []byte{'{'}}
	if row.raw == "" {
		for i, cell := range row.cells {
			if name := r.sheet.lines.columns[i]; !ours(name) || name == rawColumn {
				w.raw(name, cell)
			}
		}
	}
	w.raw(lineColumn, strconv.Itoa(row.Line))
	w.text(fieldColumn, why.Field)
	w.text(reasonColumn, why.Reason)
	if row.raw != "" {
		w.out = append(jsontext.String(jsontext.Name(w.out, rawColumn), strings.TrimSpace(row.raw)), ',')
	}
	out.Write(append(w.done(), '\n'))
}

// sync makes sure that what was written is there after a crash.
func (r *rejects) sync() error {
	if r.file == nil {
		return nil
	}
	if err := r.file.Sync(); err != nil {
		return fmt.Errorf("--rejects: %w", err)
	}
	return nil
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("--rejects: %w", err)
	}
	return nil
}
