//go:build !linux

package natslocal

import (
	"os"
	"syscall"
)

func dieWithParent() *syscall.SysProcAttr { return nil }

func wake(*os.Process) error { return nil }
