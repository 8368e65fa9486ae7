package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"rapport/pkg/store"
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

// lost reports whether an error is one of the connection: the server did not answer.
func lost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok { // one of them is the end of the store's own time
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

// explained is an error that says what to do already.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// explain adds to an error what an operator can do about it, and marks as store.Unavailable
// what is no fault of the call that met it. PostgreSQL's details may hold values of rows:
// they are left out, as its error text leaves them out.
func (s *Store) explain(err error) error {
	c := code(err)
	switch {
	case err == nil || errors.As(err, &explained{}) || errors.Is(err, context.Canceled):
		return err
	case c == "" && !lost(err):
		return err
	case c == "":
		return explained{store.Unavailable(fmt.Errorf("database %s: %w", s.name, err))}
	}
	remedy, ours := remedyOf(c)
	if remedy != "" {
		remedy = " (" + remedy + ")"
	}
	err = fmt.Errorf("database %s: %w%s", s.name, err, remedy)
	if !ours {
		err = store.Unavailable(err)
	}
	return explained{err}
}

// remedyOf says what to do about an error of the server, and whether it is the call's own
// fault, so that the same call fails always.
func remedyOf(c string) (remedy string, ours bool) {
	switch c {
	case "53100":
		return "the disk of the database is full: make room; nothing of this was written", false
	case "53300":
		return "the server has no connection left: raise max_connections, lower Conns, or put a pooler before it", false
	case "25006":
		return "this server is read-only, perhaps a standby: name the primary, or several hosts with target_session_attrs=read-write", false
	case "42501":
		return "grant the role of the URL the right to read and write the tables", false
	case "42P01", "42703":
		return "the tables are not there, or of another version: open the store once with the right to migrate", false
	case "28P01", "28000":
		return "check user and password of the URL, and pg_hba.conf", false
	case "3D000":
		return "create the database first: createdb", false
	case "57014", "55P03", "25P03":
		return "it took too long: look for what holds locks or the disk up in pg_stat_activity", false
	case "58030", "XX001", "XX002":
		return "the database finds its files damaged or its disk failing: stop, and look at the server's log", false
	case "22021", "22P05":
		return "text must be UTF-8 without NUL", true
	}
	// Connections that were ended, servers that start or stop, resources, transactions that
	// others undid.
	for _, class := range []string{"08", "40", "53", "57", "58"} {
		if strings.HasPrefix(c, class) {
			return "", false
		}
	}
	return "", true
}
