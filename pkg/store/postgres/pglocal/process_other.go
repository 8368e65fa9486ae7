//go:build !unix

package pglocal

import (
	"errors"
	"os"
	"syscall"
)

func attributes(*identity) *syscall.SysProcAttr { return nil }

func children(int) []int { return nil }

func gone(int) bool { return true }

// signal knows only one way here: there is no polite word to a process of another console.
func signal(p *os.Process, how stopping) error {
	if how == suspend {
		return nil
	}
	if err := p.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
