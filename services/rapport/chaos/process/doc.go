// Package process runs a program as an init system does: what ends without being asked is
// started again, and what is killed stays down until it is launched again.
//
// It exists for faults: SIGKILL, SIGSTOP and SIGCONT by name, a log of each life appended
// to one file, and a list of the times at which the program ended by itself. On Linux the
// kernel ends the program with whoever started it, so that a run that is broken off leaves
// nothing behind.
package process
