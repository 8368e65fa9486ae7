//go:build unix && !linux

package pglocal

import "syscall"

// attributes runs a process as somebody else. Nothing here ends it with its parent.
func attributes(a *identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// children knows none: PostgreSQL's own end when they find that their parent has died.
func children(int) []int { return nil }

func gone(int) bool { return true }
