package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// execMode is the parameter of a URL that says how pgx sends statements.
const execMode = "default_query_exec_mode"

// settings are what our sessions work under, in the server's own names.
//
// The limits: a transaction is idle only while a result travels to us and the next statements
// back, and a process that was stopped in between must not keep its successor from the row
// that it locked.
//
// The rest is for the planner. Statements look rows up by whole keys, a few hundred at a time.
// While a table's statistics know nothing of a bucket yet, PostgreSQL takes it for tiny, and
// reads all of it to join it with those keys.
var settings = [...][2]string{
	{"statement_timeout", "25s"},
	{"lock_timeout", "10s"},
	{"idle_in_transaction_session_timeout", "2s"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"jit", "off"},
}

// oldest is the oldest PostgreSQL that has all that is used here.
const oldest = 13

// config reads a URL. Statements are described once and sent unnamed, because a pooler in
// transaction mode gives each transaction another session; a URL may say otherwise.
func config(text string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("read the URL: %w", err)
	}
	if !strings.Contains(text, execMode) {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "rapport"
	}
	return c, nil
}

// nameOf is how errors name a database: without user and password.
func nameOf(c *pgx.ConnConfig) string {
	u := url.URL{Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	return strings.TrimPrefix(u.String(), "//")
}

// connect makes the pool. Settings are given when a session starts; what refuses them is a
// pooler, and then they are set in each transaction that takes locks.
func (s *Store) connect(ctx context.Context, o *Options) error {
	c, err := config(o.URL)
	if err != nil {
		return err
	}
	s.name = nameOf(c.ConnConfig)
	c.MaxConns = int32(min(o.Conns, 10_000))
	for _, l := range settings {
		if c.ConnConfig.RuntimeParams[l[0]] == "" {
			c.ConnConfig.RuntimeParams[l[0]] = l[1]
		}
	}
	err = s.inspect(ctx, c)
	if refused(err) {
		s.pooled = true
		for _, l := range settings {
			delete(c.ConnConfig.RuntimeParams, l[0])
		}
		err = s.inspect(ctx, c)
	}
	if err != nil {
		return err
	}
	c.AfterConnect = s.same
	c.PrepareConn = s.unmoved
	s.pool, err = pgxpool.NewWithConfig(ctx, c)
	return err
}

// refused reports whether a pooler said that it does not know a setting (pgbouncer's words).
func refused(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "08P01" && strings.Contains(e.Message, "startup parameter")
}

// inspect looks whether the server is one that the promises can be kept on.
func (s *Store) inspect(ctx context.Context, c *pgxpool.Config) (err error) {
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var number int
	var encoding, durable string
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		current_setting('synchronous_commit')`).Scan(&number, &encoding, &durable)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's settings: %w", err)
	case number < oldest*10_000:
		return fmt.Errorf("the server is PostgreSQL %d: %d or later is needed", number/10_000, oldest)
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s: create it with ENCODING 'UTF8'", encoding)
	case durable == "off" && s.pooled:
		return errors.New("synchronous_commit is off, so that a commit is not durable: ALTER ROLE ... SET synchronous_commit = on")
	case durable == "off":
		s.log.WarnContext(ctx, "synchronous_commit is off in this database and set on for the store's sessions, whose commits have to last")
		c.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	}
	s.line, err = line(ctx, conn)
	return err
}
