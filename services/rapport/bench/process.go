package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errNoProc says that the system does not tell about other processes.
var errNoProc = errors.New("other processes are looked at through /proc, which this system does not have")

// resident is how much memory a process has in RAM, in bytes: VmRSS, and VmHWM, the most
// that it ever had (proc(5)).
func resident(pid int) (now, most int64, err error) {
	text := whole("/proc/" + strconv.Itoa(pid) + "/status")
	if text == "" {
		return 0, 0, errNoProc
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = n << 10
		case "VmHWM":
			most = n << 10
		}
	}
	return now, most, nil
}

// familyCPU is the processor time of a process and all below it, also of those that have
// ended and were waited for.
func familyCPU(pid int) (time.Duration, error) {
	all, err := processes()
	if err != nil {
		return 0, err
	}
	var ticks int64
	for id := range all {
		if descends(all, id, pid) {
			ticks += all[id].ticks
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// familyMemory is the proportional set size of a process and all below it, in bytes: pages
// that several share are counted once in all.
func familyMemory(pid int) (int64, error) {
	all, err := processes()
	if err != nil {
		return 0, err
	}
	var sum int64
	for id := range all {
		if !descends(all, id, pid) {
			continue
		}
		for line := range strings.Lines(whole("/proc/" + strconv.Itoa(id) + "/smaps_rollup")) {
			if text, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
				sum += n << 10
			}
		}
	}
	return sum, nil
}

// ticksPerSecond is USER_HZ, which is 100 on every Linux (proc(5)).
const ticksPerSecond = 100

type process struct {
	parent int
	ticks  int64
}

// processes reads what runs. A process may end while it is read.
func processes() (map[int]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(dirs) == 0 {
		return nil, errNoProc
	}
	all := make(map[int]process, len(dirs))
	for _, path := range dirs {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		p, err := parseStat(string(b))
		if err != nil {
			continue
		}
		all[pid] = p
	}
	return all, nil
}

// parseStat reads parent, utime, stime, cutime and cstime of a line of /proc/PID/stat. The
// name of the program, in parentheses, may hold anything.
func parseStat(line string) (process, error) {
	_, rest, ok := strings.Cut(line, ") ")
	fields := strings.Fields(rest)
	if i := strings.LastIndex(line, ") "); ok && i >= 0 {
		fields = strings.Fields(line[i+2:])
	}
	if len(fields) < 15 {
		return process{}, fmt.Errorf("%d fields", len(fields))
	}
	var p process
	p.parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return process{}, fmt.Errorf("processor time: %w", err)
		}
		p.ticks += n
	}
	return p, nil
}

// descends reports whether a process is another or below it.
func descends(all map[int]process, id, of int) bool {
	for range 64 {
		if id == of {
			return true
		}
		p, ok := all[id]
		if !ok || p.parent == 0 {
			return false
		}
		id = p.parent
	}
	return false
}
