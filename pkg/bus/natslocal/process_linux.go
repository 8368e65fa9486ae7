package natslocal

import (
	"os"
	"syscall"
)

// dieWithParent ends the server when the process that started it ends, however it does: a
// killed test leaves no server behind.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// wake lets a stopped process notice that it is asked to end.
func wake(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
