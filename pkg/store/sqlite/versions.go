package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// SaveVersion implements store.Versioning.
func (s *Store) SaveVersion(ctx context.Context, v store.Version) error {
	at, err := mustStamp("At", v.At)
	if v.ID == "" {
		err = errors.New("the ID is empty")
	}
	var files []byte
	if err == nil {
		files, err = form.PackFiles(v.Files)
	}
	if err == nil {
		err = s.writer.do(ctx, 1+len(v.Holds), func(c *conn) error {
			n, err := c.exec(addVersion, v.ID, at, text(v.By), text(v.Note), files)
			for i := 0; i < len(v.Holds) && n == 1 && err == nil; i++ {
				_, err = c.exec(addHeld, v.Holds[i].Journey, v.Holds[i].Version, v.ID)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("save workspace version %s: %w", v.ID, err)
	}
	return nil
}

// Versions implements store.Versioning.
func (s *Store) Versions(ctx context.Context) ([]store.Version, error) {
	var versions []store.Version
	err := s.query(ctx, `SELECT w.id, w.at, coalesce(w.by, ''), coalesce(w.note, ''), h.journey, h.version
		FROM workspace w LEFT JOIN held h ON h.workspace = w.id
		ORDER BY w.at DESC, w.id DESC, h.journey, h.version`, nil,
		func(scan func(...any) error) error {
			var v store.Version
			var at sql.NullInt64
			var journey, version sql.NullString
			if err := scan(&v.ID, &at, &v.By, &v.Note, &journey, &version); err != nil {
				return err
			}
			if n := len(versions); n == 0 || versions[n-1].ID != v.ID {
				v.At = moment(at)
				versions = append(versions, v)
			}
			if last := &versions[len(versions)-1]; journey.Valid {
				last.Holds = append(last.Holds, store.JourneyVersion{Journey: journey.String, Version: version.String})
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read workspace versions: %w", s.explain(err))
	}
	return versions, nil
}

// Version implements store.Versioning. Its rows are of one statement, hence of one moment.
func (s *Store) Version(ctx context.Context, id string) (store.Version, error) {
	v := store.Version{ID: id}
	var packed []byte
	found := false
	err := s.query(ctx, `SELECT w.at, coalesce(w.by, ''), coalesce(w.note, ''), w.files, NULL, NULL FROM workspace w WHERE id = ?1
		UNION ALL SELECT 0, '', '', NULL, journey, version FROM held WHERE workspace = ?1 ORDER BY 5, 6`,
		[]any{id}, func(scan func(...any) error) error {
			var at sql.NullInt64
			var by, note string
			var files []byte
			var journey, version sql.NullString
			if err := scan(&at, &by, &note, &files, &journey, &version); err != nil {
				return err
			}
			if journey.Valid {
				v.Holds = append(v.Holds, store.JourneyVersion{Journey: journey.String, Version: version.String})
				return nil
			}
			v.At, v.By, v.Note, packed, found = moment(at), by, note, files, true
			return nil
		})
	switch {
	case err != nil:
		err = s.explain(err)
	case !found:
		err = store.ErrNotFound
	default:
		v.Files, err = form.UnpackFiles(packed)
	}
	if err != nil {
		return store.Version{}, fmt.Errorf("read workspace version %s: %w", id, err)
	}
	return v, nil
}

// VersionOf implements store.Versioning.
func (s *Store) VersionOf(ctx context.Context, journey, version string) (string, error) {
	var id string
	err := s.reads.db.QueryRowContext(ctx, newestHolder("?", "?"), journey, version).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("look for the workspace of version %s of journey %s: %w", version, journey, s.explain(err))
	}
	return id, nil
}

// Apply implements store.Versioning.
func (s *Store) Apply(ctx context.Context, id string, at time.Time, by string) error {
	ns, err := mustStamp("at", at)
	if err == nil {
		err = s.writer.do(ctx, 1, func(c *conn) error {
			row := make([]driver.Value, 1)
			if ok, err := c.row(row, readVersion, id); err != nil || !ok {
				return cmp.Or(err, store.ErrNotFound)
			}
			if ok, err := c.row(row, readApplied); err != nil || ok && row[0] == id {
				return err
			}
			_, err := c.exec(addApplied, id, ns, text(by))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("apply workspace version %s: %w", id, err)
	}
	return nil
}

// Applied implements store.Versioning.
func (s *Store) Applied(ctx context.Context, limit int) ([]store.Application, error) {
	var list []store.Application
	err := s.query(ctx, `SELECT workspace, at, coalesce(by, '') FROM applied ORDER BY n DESC LIMIT ?`, []any{max(limit, 0)},
		func(scan func(...any) error) error {
			var a store.Application
			var at sql.NullInt64
			err := scan(&a.Version, &at, &a.By)
			a.At = moment(at)
			list = append(list, a)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read which workspace versions were applied: %w", s.explain(err))
	}
	return list, nil
}

// PruneVersions implements store.Versioning. The writer asks who rests where and removes
// in one transaction, so nobody can come to rest in between.
func (s *Store) PruneVersions(ctx context.Context, keep int) (int, error) {
	var removed int64
	err := s.writer.do(ctx, 1, func(c *conn) error {
		_, err := c.exec(dropAllResting)
		if err == nil {
			removed, err = c.exec(pruneVersions, int64(max(keep, 0)))
		}
		if err == nil {
			_, err = c.exec(pruneHeld)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("prune workspace versions: %w", err)
	}
	return int(removed), nil
}
