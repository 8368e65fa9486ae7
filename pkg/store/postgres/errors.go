package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// code is PostgreSQL's SQLSTATE of an error; empty when the server did not say it.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// exists reports whether an error says that a row with this key is there already.
func exists(err error) bool { return code(err) == "23505" }

// passing reports whether a transaction failed for the way it met others, which undid it:
// the same again will do.
func passing(err error) bool {
	return errors.Is(err, errAgain) || code(err) == "40001" || code(err) == "40P01"
}

// errAgain says that a transaction found something that a moment later will be otherwise.
var errAgain = errors.New("postgres: another transaction was faster")

// explained is an error that says what to do already.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// explain adds to an error what an operator can do about it. PostgreSQL's details may hold
// values of rows: they are left out, as its error text leaves them out.
func (s *Store) explain(err error) error {
	remedy := ""
	switch c := code(err); {
	case c == "" || errors.As(err, &explained{}):
		return err
	case c == "53100":
		remedy = "the disk of the database is full: make room; nothing of this was written"
	case c == "53300":
		remedy = "the server has no connection left: raise max_connections, lower Conns, or put a pooler before it"
	case c == "25006":
		remedy = "this server is read-only, perhaps a standby: name the primary, or several hosts with target_session_attrs=read-write"
	case c == "42501":
		remedy = "grant the role of the URL the right to read and write the tables"
	case c == "42P01", c == "42703":
		remedy = "the tables are not there, or of another version: open the store once with the right to migrate"
	case c == "28P01", c == "28000":
		remedy = "check user and password of the URL, and pg_hba.conf"
	case c == "3D000":
		remedy = "create the database first: createdb"
	case c == "22021", c == "22P05":
		remedy = "text must be UTF-8 without NUL"
	case c == "57014", c == "55P03":
		remedy = "it took too long: look for what holds locks or the disk up in pg_stat_activity"
	case c == "58030", c == "XX001", c == "XX002":
		remedy = "the database finds its files damaged or its disk failing: stop, and look at the server's log"
	}
	if remedy == "" {
		return explained{fmt.Errorf("database %s: %w", s.name, err)}
	}
	return explained{fmt.Errorf("database %s: %w (%s)", s.name, err, remedy)}
}
