package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

const (
	saveVersion = `WITH saved AS (
			INSERT INTO workspace (id, at, saved_by, note, files) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id
		)
		INSERT INTO held (journey, version, workspace)
		SELECT v.journey, v.version, saved.id FROM saved CROSS JOIN unnest($6::text[], $7::text[]) AS v (journey, version)
		ON CONFLICT DO NOTHING`
	newestHolder = `SELECT h.workspace FROM held h JOIN workspace w ON w.id = h.workspace
		WHERE h.journey = %s AND h.version = %s ORDER BY w.at DESC, w.id DESC LIMIT 1`

	// Commits that count who rests where wait for this lock, or this for them, so that nobody
	// comes to rest in a version while it is found to be needed by nobody.
	lockVersions = `LOCK TABLE applied, resting IN SHARE ROW EXCLUSIVE MODE`
	dropRested   = `DELETE FROM resting WHERE n = 0`
	pruneHeld    = `DELETE FROM held WHERE workspace NOT IN (SELECT id FROM workspace)`
)

// pruneVersions has the empty text for a version that nobody holds: NOT IN a list with a
// NULL is never true.
func pruneVersions() string {
	return `DELETE FROM workspace WHERE id NOT IN (
		(SELECT id FROM workspace ORDER BY at DESC, id DESC LIMIT $1)
		UNION ALL (SELECT workspace FROM applied ORDER BY n DESC LIMIT 2)
		UNION ALL SELECT coalesce((` + fmt.Sprintf(newestHolder, "r.journey", "r.version") + `), '') FROM resting r WHERE r.n <> 0)`
}

// SaveVersion implements store.Versioning.
func (s *Store) SaveVersion(ctx context.Context, v store.Version) error {
	at, err := form.Time("At", v.At)
	if v.ID == "" {
		err = errors.New("the ID is empty")
	}
	var files []byte
	if err == nil {
		files, err = form.PackFiles(v.Files)
	}
	if err == nil {
		holds := slices.Clone(v.Holds)
		slices.SortFunc(holds, func(a, b store.JourneyVersion) int {
			return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Version, b.Version))
		})
		err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
			b.Queue(saveVersion, v.ID, at, v.By, v.Note, files,
				column(holds, func(h *store.JourneyVersion) string { return h.Journey }),
				column(holds, func(h *store.JourneyVersion) string { return h.Version }))
			return nil
		}})
	}
	if err != nil {
		return fmt.Errorf("save workspace version %s: %w", v.ID, err)
	}
	return nil
}

// Versions implements store.Versioning.
func (s *Store) Versions(ctx context.Context) ([]store.Version, error) {
	var versions []store.Version
	err := s.query(ctx, func(rows pgx.Rows) error {
		var v store.Version
		var at int64
		var journey, version pgtype.Text
		if err := rows.Scan(&v.ID, &at, &v.By, &v.Note, &journey, &version); err != nil {
			return err
		}
		if n := len(versions); n == 0 || versions[n-1].ID != v.ID {
			v.At = momentOf(at)
			versions = append(versions, v)
		}
		if last := &versions[len(versions)-1]; journey.Valid {
			last.Holds = append(last.Holds, store.JourneyVersion{Journey: journey.String, Version: version.String})
		}
		return nil
	}, `SELECT w.id, w.at, w.saved_by, w.note, h.journey, h.version FROM workspace w LEFT JOIN held h ON h.workspace = w.id
		ORDER BY w.at DESC, w.id DESC, h.journey, h.version`)
	if err != nil {
		return nil, fmt.Errorf("read workspace versions: %w", err)
	}
	return versions, nil
}

// Version implements store.Versioning. Its rows are of one statement, hence of one moment.
func (s *Store) Version(ctx context.Context, id string) (store.Version, error) {
	v := store.Version{ID: id}
	var packed []byte
	found := false
	err := s.query(ctx, func(rows pgx.Rows) error {
		var at pgtype.Int8
		var journey, version pgtype.Text
		var files []byte
		var by, note string
		if err := rows.Scan(&at, &by, &note, &files, &journey, &version); err != nil {
			return err
		}
		if journey.Valid {
			v.Holds = append(v.Holds, store.JourneyVersion{Journey: journey.String, Version: version.String})
			return nil
		}
		v.At, v.By, v.Note, packed, found = moment(at), by, note, files, true
		return nil
	}, `SELECT at, saved_by, note, files, NULL::text AS journey, NULL::text AS version FROM workspace WHERE id = $1
		UNION ALL SELECT NULL, '', '', NULL, journey, version FROM held WHERE workspace = $1 ORDER BY journey, version`, id)
	switch {
	case err != nil:
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
	id := ""
	err := s.query(ctx, func(rows pgx.Rows) error { return rows.Scan(&id) }, fmt.Sprintf(newestHolder, "$1", "$2"), journey, version)
	if err == nil && id == "" {
		err = store.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("look for the workspace of version %s of journey %s: %w", version, journey, err)
	}
	return id, nil
}

// Apply implements store.Versioning. Applications take turns, with each other and with
// PruneVersions.
func (s *Store) Apply(ctx context.Context, id string, at time.Time, by string) error {
	ns, err := form.Time("at", at)
	if err == nil {
		saved, current := false, ""
		err = s.transact(ctx, work{
			ask: func(b *pgx.Batch) {
				b.Queue(`LOCK TABLE applied IN SHARE ROW EXCLUSIVE MODE`)
				b.Queue(`SELECT EXISTS (SELECT FROM workspace WHERE id = $1),
					coalesce((SELECT workspace FROM applied ORDER BY n DESC LIMIT 1), '')`, id).
					QueryRow(func(row pgx.Row) error { return row.Scan(&saved, &current) })
			},
			write: func(b *pgx.Batch) error {
				if !saved {
					return store.ErrNotFound
				}
				if current != id {
					b.Queue(`INSERT INTO applied (workspace, at, applied_by) VALUES ($1, $2, $3)`, id, ns, by)
				}
				return nil
			},
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
	err := s.query(ctx, func(rows pgx.Rows) error {
		var a store.Application
		var at int64
		err := rows.Scan(&a.Version, &at, &a.By)
		a.At = momentOf(at)
		list = append(list, a)
		return err
	}, `SELECT workspace, at, applied_by FROM applied ORDER BY n DESC LIMIT $1`, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read which workspace versions were applied: %w", err)
	}
	return list, nil
}

// PruneVersions implements store.Versioning.
func (s *Store) PruneVersions(ctx context.Context, keep int) (int, error) {
	var removed int64
	err := s.transact(ctx, work{write: func(b *pgx.Batch) error {
		b.Queue(lockVersions)
		b.Queue(dropRested)
		b.Queue(pruneVersions(), max(keep, 0)).Exec(func(tag pgconn.CommandTag) error {
			removed = tag.RowsAffected()
			return nil
		})
		b.Queue(pruneHeld)
		return nil
	}})
	if err != nil {
		return 0, fmt.Errorf("prune workspace versions: %w", err)
	}
	return int(removed), nil
}
