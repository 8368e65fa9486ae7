package pglocal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// identity is the user that the server runs as; nil is the caller's own.
type identity struct {
	name     string
	uid, gid int
}

// account returns whom a server would run as: PostgreSQL refuses root.
func account() (*identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, fmt.Errorf("pglocal: uid of user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, fmt.Errorf("pglocal: gid of user %s: %w", name, err)
		}
		return &identity{name: name, uid: uid, gid: gid}, nil
	}
	return nil, errors.New("pglocal: PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as")
}

// give makes dir and all that lies in it the identity's, and lets it pass through the
// directories above. Those are opened only below the directory for temporary files, where
// t.TempDir makes them for their owner alone; others are refused with the place named.
func (a *identity) give(dir string) error {
	if a == nil {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
	if err != nil {
		return fmt.Errorf("give %s to user %s: %w", dir, a.name, err)
	}
	temp, err := filepath.EvalSymlinks(os.TempDir())
	if err != nil {
		return fmt.Errorf("find the directory for temporary files: %w", err)
	}
	for up := filepath.Dir(dir); up != filepath.Dir(up); up = filepath.Dir(up) {
		info, err := os.Stat(up)
		if err != nil {
			return fmt.Errorf("look at %s: %w", up, err)
		}
		if info.Mode().Perm()&0o001 != 0 {
			continue
		}
		if !strings.HasPrefix(up, temp+string(filepath.Separator)) {
			return fmt.Errorf("user %s, as whom the server runs, may not enter %s: choose a directory below %s, or chmod o+x %s", a.name, up, temp, up)
		}
		if err := os.Chmod(up, info.Mode().Perm()|0o011); err != nil {
			return fmt.Errorf("let user %s enter %s: %w", a.name, up, err)
		}
	}
	return nil
}
