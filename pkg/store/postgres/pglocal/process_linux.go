package pglocal

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// attributes runs a process as somebody else, and lets the kernel end it together with the
// thread that started it: SIGQUIT is an immediate shutdown, which frees shared memory.
func attributes(a *identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// children returns the processes that a process has started. PostgreSQL's have sessions of
// their own, so that no signal to a group reaches them.
func children(pid int) []int {
	list, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
	if err != nil {
		return childrenOf(pid)
	}
	var pids []int
	for _, word := range bytes.Fields(list) {
		if n, err := strconv.Atoi(string(word)); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}

// childrenOf asks all processes who their parent is, for kernels without a list of children.
func childrenOf(parent int) []int {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, dir := range dirs {
		pid, err := strconv.Atoi(dir.Name())
		if err != nil {
			continue
		}
		if _, ppid := stat(pid); ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// gone reports whether a process has ended, its entry in the table apart.
func gone(pid int) bool {
	state, _ := stat(pid)
	return state == 0 || state == 'Z' || state == 'X'
}

// stat returns a process's state and parent; 0 when there is no such process. The name in
// parentheses may hold anything, so the fields are counted from its end.
func stat(pid int) (state byte, parent int) {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:])
	if len(fields) < 2 {
		return 0, 0
	}
	parent, err = strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0, 0
	}
	return fields[0][0], parent
}
