package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"rapport/pkg/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationFiles is the folder of migrations, as goose wants it.
func migrationFiles() (fs.FS, error) { return fs.Sub(migrations, "migrations") }

// applicationID is the mark in the file's header that says whose it is: "RPRT".
const applicationID = 0x52505254

// migrate brings the schema to the newest version that fsys has. It refuses a file that
// belongs to another program or to a newer version of this one.
func migrate(ctx context.Context, db *sql.DB, fsys fs.FS, log *slog.Logger) error {
	if err := identify(ctx, db); err != nil {
		return err
	}
	return schema.Migrate(ctx, goose.DialectSQLite3, db, fsys, log)
}

// identify checks that the file is ours, and marks an empty one.
func identify(ctx context.Context, db *sql.DB) error {
	var id int32
	var tables int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	switch {
	case id == applicationID:
		return nil
	case id != 0 || tables > 0:
		return errors.New("this SQLite file belongs to another program: choose another directory")
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return fmt.Errorf("mark the file: %w", err)
	}
	return nil
}
