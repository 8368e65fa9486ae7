package pglocal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// binEnv names the directory of initdb and postgres where they are in no usual place.
const binEnv = "RAPPORT_POSTGRES_BIN"

// Available says why no server can be run here; nil means that one can.
func Available() error {
	if _, err := binaries(); err != nil {
		return err
	}
	_, err := account()
	return err
}

// binaries returns the directory that has initdb and postgres: the one that the
// environment names, the one of the PATH, or the newest that Debian's packages installed,
// which leave the servers out of the PATH.
func binaries() (string, error) {
	if dir := os.Getenv(binEnv); dir != "" {
		if !complete(dir) {
			return "", fmt.Errorf("pglocal: %s names %s, which has no initdb and postgres", binEnv, dir)
		}
		return dir, nil
	}
	if path, err := exec.LookPath("postgres"); err == nil && complete(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}
	best, newest := "", 0
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("pglocal: look for PostgreSQL: %w", err)
		}
		for _, dir := range dirs {
			if v := number(filepath.Dir(dir)); v > newest && complete(dir) {
				best, newest = dir, v
			}
		}
	}
	if best == "" {
		return "", errors.New("pglocal: no PostgreSQL server found: install the package postgresql, or name the directory of initdb and postgres in " + binEnv)
	}
	return best, nil
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// number returns the major version that a path ends with; 0 when there is none.
func number(path string) int {
	i := len(path)
	for i > 0 && path[i-1] >= '0' && path[i-1] <= '9' {
		i--
	}
	n, err := strconv.Atoi(path[i:])
	if err != nil {
		return 0
	}
	return n
}
