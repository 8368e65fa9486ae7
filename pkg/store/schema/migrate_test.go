package schema_test

import (
	"bytes"
	"database/sql"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"rapport/pkg/store/schema"
)

// upTo is a folder with the first n of three migrations, the last of which cannot succeed.
func upTo(n int) fs.FS {
	files := fstest.MapFS{}
	for i, text := range []string{"CREATE TABLE one (id INTEGER)", "ALTER TABLE one ADD COLUMN two TEXT", "DROP TABLE one;\nDROP TABLE nothing"}[:n] {
		files["0000"+string(rune('1'+i))+"_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text + ";\n")}
	}
	return files
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, c := range []struct {
		what  string
		known int
		said  string // in the log; empty: nothing
		err   string
	}{
		{"an empty database", 1, "from=0 to=1", ""},
		{"the same again", 1, "", ""},
		{"a newer program", 2, "from=1 to=2", ""},
		{"an older program", 1, "", "schema version 2 is newer than this program, which knows up to 1"},
		{"a migration that fails", 3, "", "migrate the schema from version 2 to 3 (what succeeded is kept; start again to go on)"},
		{"the program before it", 2, "", ""},
		{"a program without any", 0, "", "read the migrations"},
	} {
		var log bytes.Buffer
		err := schema.Migrate(t.Context(), goose.DialectSQLite3, db, upTo(c.known), slog.New(slog.NewTextHandler(&log, nil)), goose.WithTableName("versions"))
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.what, err, c.err)
		}
		if got := log.String(); !strings.Contains(got, c.said) || c.said == "" && got != "" {
			t.Errorf("%s: the log says %q, want %q", c.what, got, c.said)
		}
	}
	var newest, rows int
	if err := db.QueryRowContext(t.Context(), `SELECT max(version_id), (SELECT count(two) FROM one) FROM versions`).Scan(&newest, &rows); err != nil || newest != 2 {
		t.Errorf("the schema ended at version %d, %v", newest, err)
	}
}
