package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say what is moved where.
type Options struct {
	From string // the data directory of the SQLite store
	To   string // the URL of the PostgreSQL database
	// Progress is told now and then how many rows of a table are copied; nil: nobody is.
	Progress func(table string, done, of int64)
	// Chunk is how many rows are copied in one transaction; zero: 5,000.
	Chunk int
}

// Table is what both sides have of one table.
type Table struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"` // 16 hexadecimal digits
}

// Run moves a store, or goes on with a transfer that was interrupted, and compares both
// sides. It may be repeated: what is copied already is only compared.
func Run(ctx context.Context, o Options) (_ []Table, err error) {
	if o.Chunk <= 0 {
		o.Chunk = 5_000
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if _, err := os.Stat(filepath.Join(o.From, "rapport.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database in %s: name the data directory of `rapport up`", o.From)
	}
	from, err := openSource(ctx, o.From)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := openTarget(ctx, o.To)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	state, err := from.state(ctx)
	if err != nil {
		return nil, err
	}
	if err := to.begin(ctx, from.path, state); err != nil {
		return nil, err
	}
	m := mover{Options: o, from: from, to: to}
	for _, t := range tables() {
		if err := m.copy(ctx, t); err != nil {
			return nil, err
		}
	}
	return m.compare(ctx)
}

type mover struct {
	Options
	from *source
	to   *target
}

// copy copies what is left of a table.
func (m *mover) copy(ctx context.Context, t table) error {
	after, complete, err := m.to.progress(ctx, t.name)
	if err != nil || complete {
		return err
	}
	total, err := m.from.count(ctx, t)
	if err != nil {
		return err
	}
	for copied := int64(0); !complete; {
		var rows [][]any
		err := m.from.rows(ctx, t, after, m.Chunk, func(rowid int64, values []any) error {
			after = rowid
			rows = append(rows, t.row(values))
			return nil
		})
		if err != nil {
			return err
		}
		complete = t.whole != "" || len(rows) < m.Chunk
		if err := m.to.write(ctx, t, rows, after, complete); err != nil {
			return err
		}
		copied += int64(len(rows))
		m.Progress(t.name, min(copied, total), total)
	}
	return nil
}

// row is a row of the source as the target takes it.
func (t table) row(values []any) []any {
	for i, column := range t.to {
		switch v := values[i].(type) {
		case int64:
			if boolean(column) {
				values[i] = v != 0
			}
		case []byte:
			if v == nil { // That is how the driver reads no bytes; NULL is no []byte at all.
				values[i] = []byte{}
			}
		}
	}
	return values
}

// compare reads both sides again.
func (m *mover) compare(ctx context.Context) ([]Table, error) {
	var all []Table
	for _, t := range tables() {
		const everything = 1 << 62
		have := newChecksum()
		if err := m.from.rows(ctx, t, -1<<62, everything, func(_ int64, values []any) error { return have.add(values) }); err != nil {
			return nil, err
		}
		got, err := m.to.sum(ctx, t)
		if err != nil {
			return nil, err
		}
		if have.rows != got.rows || have.sum != got.sum {
			return nil, fmt.Errorf("%s differs: the source has %d rows with checksum %016x, the target %d with %016x: "+
				"do not use the target; drop it and start over", t.name, have.rows, have.sum, got.rows, got.sum)
		}
		all = append(all, Table{Name: t.name, Rows: got.rows, Checksum: fmt.Sprintf("%016x", got.sum)})
	}
	return all, nil
}
