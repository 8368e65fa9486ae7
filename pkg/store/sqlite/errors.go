package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"rapport/pkg/store"
)

// resultCode is SQLite's code of an error, with its extension; 0 when it is not SQLite's.
func resultCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// exists reports whether an error says that a row with this key is there already.
func exists(err error) bool {
	code := resultCode(err)
	return code == lib.SQLITE_CONSTRAINT_PRIMARYKEY || code == lib.SQLITE_CONSTRAINT_UNIQUE
}

// explain adds to an error of SQLite what an operator can do about it. What has such a
// remedy is no fault of the call that met it, and is marked as store.Unavailable.
func (s *Store) explain(err error) error {
	remedy := ""
	switch resultCode(err) & 0xff {
	case 0:
		return err
	case lib.SQLITE_FULL:
		remedy = "the disk is full: make room; nothing of this was written"
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		remedy = "the file is damaged: stop, keep a copy of the directory, and restore a backup"
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN, lib.SQLITE_AUTH:
		remedy = "check that this user may read and write the directory and all files in it"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		remedy = "another program holds the file (a shell or a backup?): let it finish"
	case lib.SQLITE_IOERR:
		remedy = "the disk answers with errors: check it before going on"
	}
	if remedy == "" {
		return fmt.Errorf("database %s: %w", s.path, err)
	}
	return store.Unavailable(fmt.Errorf("database %s: %w (%s)", s.path, err, remedy))
}
