package schema

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

// Migrate brings the schema to the newest version that fsys has. Options are added to ours.
func Migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, fsys fs.FS, log *slog.Logger, options ...goose.ProviderOption) error {
	options = append([]goose.ProviderOption{goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true)}, options...)
	p, err := goose.NewProvider(dialect, db, fsys, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case have > want:
		return fmt.Errorf("schema version %d is newer than this program, which knows up to %d: run the newer program, or restore the backup made before it", have, want)
	case have == want:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the schema from version %d to %d (what succeeded is kept; start again to go on): %w", have, want, err)
	}
	log.InfoContext(ctx, "database schema migrated", "from", have, "to", want)
	return nil
}
