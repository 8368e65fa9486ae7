//go:build unix

package pglocal

import (
	"errors"
	"os"
	"syscall"
)

// signal sends what PostgreSQL takes for a fast shutdown (SIGINT) or what it cannot see.
func signal(p *os.Process, how stopping) error {
	s := map[stopping]os.Signal{fast: syscall.SIGINT, suspend: syscall.SIGSTOP, kill: syscall.SIGKILL}[how]
	if err := p.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
