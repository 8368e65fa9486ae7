package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pglocal"
)

// server is PostgreSQL: one of this machine's packages, run by the bench, or one that was
// named by its URL.
type server struct {
	local   *pglocal.Server // nil when it was named
	admin   string          // URL of a database from which others are made
	version string
}

// newServer connects to the server that was named, or starts one on the data beside the
// seeds, so that those in it are kept.
func newServer(ctx context.Context, o *Options) (_ engine, err error) {
	s := &server{admin: o.Store}
	if o.Store == Postgres {
		if err := pglocal.Available(); err != nil {
			return nil, err
		}
		if s.local, err = pglocal.Start(ctx, pglocal.Options{Dir: filepath.Join(o.Dir, "postgres"), Settings: settings()}); err != nil {
			return nil, err
		}
		s.admin = s.local.URL("postgres")
	}
	err = s.sql(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT current_setting('server_version')").Scan(&s.version)
	})
	if err == nil && s.local != nil {
		err = s.sweep(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask the database server what it is: %w", err), s.close())
	}
	return s, nil
}

// sweep drops the databases of runs that were killed; nobody else uses a server of ours.
func (s *server) sweep(ctx context.Context) error {
	var left []string
	err := s.sql(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'rapport\\_run\\_%'")
		if err != nil {
			return err
		}
		left, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	for _, name := range left {
		err = errors.Join(err, s.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"))
	}
	if err != nil {
		return fmt.Errorf("drop what a run has left behind: %w", err)
	}
	return nil
}

// settings are those of a server for one shop on a machine that it shares. Every commit is
// synced; nothing is traded for speed.
func settings() map[string]string {
	return map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "256MB", "max_wal_size": "4GB"}
}

func (s *server) kind() string { return Postgres }

func (s *server) describe() string {
	where := "named by its URL"
	if s.local != nil {
		set := settings()
		where = "on this machine, fsync " + set["fsync"] + ", synchronous_commit " + set["synchronous_commit"] + ", shared_buffers " + set["shared_buffers"]
	}
	return "postgres " + s.version + ", " + where
}

// sql runs statements as whoever may create databases.
func (s *server) sql(ctx context.Context, run func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	return errors.Join(run(conn), conn.Close(context.WithoutCancel(ctx)))
}

func (s *server) exec(ctx context.Context, statements ...string) error {
	return s.sql(ctx, func(conn *pgx.Conn) error {
		for _, text := range statements {
			if _, err := conn.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *server) blank(ctx context.Context, dir, name string) (place, error) {
	db := pgx.Identifier{name}.Sanitize()
	if err := s.exec(ctx, "DROP DATABASE IF EXISTS "+db+" WITH (FORCE)", "CREATE DATABASE "+db); err != nil {
		return place{}, fmt.Errorf("create database %s: %w", name, err)
	}
	return s.at(dir, name)
}

// copy copies the files of a database. A checkpoint follows, so that none falls by chance
// into the first figure.
func (s *server) copy(ctx context.Context, from place, dir, name string) (place, error) {
	template, err := databaseOf(from.url)
	if err != nil {
		return place{}, err
	}
	err = s.exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize()+" STRATEGY FILE_COPY", "CHECKPOINT")
	if err != nil {
		return place{}, fmt.Errorf("copy database %s: %w", template, err)
	}
	return s.at(dir, name)
}

func (s *server) drop(ctx context.Context, p place) error {
	name, err := databaseOf(p.url)
	if err == nil {
		err = s.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	}
	if err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// at names a database of the server's. A seed that was made when the server had another
// port is found by its name.
func (s *server) at(dir, name string) (place, error) {
	u, err := url.Parse(s.admin)
	if err != nil {
		return place{}, fmt.Errorf("read the store's URL: %w", err)
	}
	u.Path = "/" + name
	return place{dir: dir, url: u.String()}, nil
}

func databaseOf(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || len(u.Path) < 2 {
		return "", errors.New("read the URL of a database: it names none")
	}
	return u.Path[1:], nil
}

// found is the place of a seed that is kept on the server; false when it is not there.
func (s *server) found(ctx context.Context, dir, name string) (p place, ok bool, err error) {
	err = s.sql(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&ok)
	})
	if err != nil {
		return place{}, false, fmt.Errorf("look for database %s: %w", name, err)
	}
	p, err = s.at(dir, name)
	return p, ok, err
}

func (s *server) open(ctx context.Context, p place, o *Options) (store.Store, error) {
	return postgres.Open(ctx, postgres.Options{URL: p.url, Logger: o.Logger})
}

func (s *server) cpu() (time.Duration, error) {
	if s.local == nil {
		return 0, errElsewhere
	}
	return familyCPU(s.local.PID())
}

func (s *server) memory() (int64, error) {
	if s.local == nil {
		return 0, errElsewhere
	}
	return familyMemory(s.local.PID())
}

func (s *server) close() error {
	if s.local == nil {
		return nil
	}
	ctx, cancel := closing(context.Background())
	defer cancel()
	return s.local.Stop(ctx)
}

// upFlags name the store to `rapport up`.
func upFlags(p place) []string {
	if p.url == "" {
		return nil
	}
	return []string{"--store", p.url}
}
