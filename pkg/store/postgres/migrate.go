package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"rapport/pkg/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaLock is the number of the advisory lock under which the schema is changed: "RPRT".
const schemaLock = 0x52505254

// migrate brings the schema to the newest version, one process at a time. The lock is one
// of a transaction, which a pooler in transaction mode keeps on one session, and goose works
// beside it.
func migrate(ctx context.Context, url string, log *slog.Logger) (err error) {
	c, err := config(url)
	if err != nil {
		return err
	}
	c.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	lock, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Rollback(context.WithoutCancel(ctx))) }()
	for _, sql := range []string{
		`SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '0', true),
			set_config('statement_timeout', '0', true)`,
		fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, schemaLock),
	} {
		if _, err := lock.Exec(ctx, sql); err != nil {
			return fmt.Errorf("lock the schema: %w", err)
		}
	}
	return migrateLocked(ctx, pool, log)
}

func migrateLocked(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) (err error) {
	fsys, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	return schema.Migrate(ctx, goose.DialectPostgres, db, fsys, log, goose.WithTableName("rapport_schema"))
}
