package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// conn is the one connection that writes. It belongs to the writer's goroutine and speaks
// to the driver without database/sql, whose locks and conversions cost 10 to 20 % of the
// speed here and whose pool is of no use to a single owner.
type conn struct {
	driver.Conn
	stmts [statements]driver.Stmt
	args  []driver.NamedValue
}

// newConn prepares all statements on a connection, which it owns from then on.
func newConn(dc driver.Conn) (*conn, error) {
	c := &conn{Conn: dc, args: make([]driver.NamedValue, 0, 32)}
	for i, text := range sqlText {
		st, err := dc.Prepare(text)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", text, err), c.Close())
		}
		c.stmts[i] = st
	}
	return c, nil
}

// bind puts arguments into the buffer that all statements share. They have to be of the
// types that drivers know: int64, string, []byte and nil.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

// exec runs a statement and returns how many rows it changed. The context is empty on
// purpose: one that can end costs the driver a goroutine for each statement, and a
// transaction of many callers is not for one of them to interrupt.
func (c *conn) exec(s statement, args ...any) (int64, error) {
	res, err := c.stmts[s].(driver.StmtExecContext).ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row runs a query and copies its first row to dest; ok is false when there is none.
func (c *conn) row(dest []driver.Value, s statement, args ...any) (ok bool, err error) {
	rows, err := c.stmts[s].(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	switch err := rows.Next(dest); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, nil
}

// each runs a query and calls visit with each row, which it must not keep, but for bytes and
// texts. visit must not use the connection.
func (c *conn) each(columns int, visit func([]driver.Value) error, s statement, args ...any) (err error) {
	rows, err := c.stmts[s].(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, columns)
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
}

// Close closes the statements and the connection.
func (c *conn) Close() error {
	var errs []error
	for _, st := range c.stmts {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}
