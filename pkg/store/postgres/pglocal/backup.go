package pglocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// Archiving are the settings of a server that keeps its log for Restore.
func Archiving() map[string]string {
	return map[string]string{
		"wal_level": "replica", "archive_mode": "on",
		"archive_command": "mkdir -p ../archive && cp %p ../archive/%f",
		"archive_timeout": "1", // A log that little is written to is archived too.
	}
}

// Backup makes a base backup of the running server, in the place of a former one.
func (s *Server) Backup(ctx context.Context) error {
	dir := filepath.Join(s.dir, "backup")
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("pglocal: remove the former backup: %w", err)
	}
	// Links in the PATH often lead to the servers alone.
	server, err := filepath.EvalSymlinks(filepath.Join(s.bin, "postgres"))
	if err != nil {
		return fmt.Errorf("pglocal: find pg_basebackup: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(server), "pg_basebackup"), "--dbname="+s.url("postgres"),
		"--pgdata="+dir, "--checkpoint=fast", "--wal-method=stream")
	if said, err := s.run(cmd); err != nil {
		return fmt.Errorf("pglocal: pg_basebackup: %w: %s", err, bytes.TrimSpace(said))
	}
	return nil
}

// Restore replaces the data of a stopped server by the backup, starts it, and returns when it
// has recovered from the archived log up to a restore point (pg_create_restore_point) and
// takes writes: a recovery to a point in time, as an operator does it.
func (s *Server) Restore(ctx context.Context, point string) error {
	data, backup := filepath.Join(s.dir, "data"), filepath.Join(s.dir, "backup")
	if _, err := os.Stat(filepath.Join(backup, "PG_VERSION")); err != nil {
		return fmt.Errorf("pglocal: there is no backup: %w", err)
	}
	if s.PID() != 0 {
		return errors.New("pglocal: the server runs: stop it before its data are replaced")
	}
	err := errors.Join(os.RemoveAll(data), os.Rename(backup, data),
		os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o600), s.account.give(data))
	if err != nil {
		return fmt.Errorf("pglocal: put the backup in the place of the data: %w", err)
	}
	settings := s.settings
	defer func() { s.settings = settings }()
	s.settings = map[string]string{"restore_command": "cp ../archive/%f %p", "recovery_target_name": point, "recovery_target_action": "promote"}
	for name, value := range settings {
		s.settings[name] = value
	}
	if err := s.Restart(ctx); err != nil {
		return fmt.Errorf("pglocal: recover to %s: %w", point, err)
	}
	return s.writable(ctx)
}

// writable returns when recovery is over.
func (s *Server) writable(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("pglocal: connect after the recovery: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // It was only asked.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var recovering bool
		if err := conn.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&recovering); err != nil {
			return fmt.Errorf("pglocal: ask whether the recovery is over: %w", err)
		}
		if !recovering {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("pglocal: still recovering: %w: %s", ctx.Err(), s.complaint())
		}
	}
}
