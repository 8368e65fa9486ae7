package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Machine is what the figures were measured on.
type Machine struct {
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu,omitempty"`
	Memory int64  `json:"memory_bytes,omitempty"`
	OS     string `json:"os"`
	Go     string `json:"go"`
	// FsyncMS is the median time of writing 4 KiB to a file in the directory of the data and
	// syncing it, in milliseconds: nothing that is durable is faster.
	FsyncMS float64 `json:"fsync_ms"`
	// Busy is the load average of the last minute when the run began; negative: not known.
	Busy float64 `json:"load_average"`
}

// String is the machine on one line.
func (m Machine) String() string {
	parts := []string{fmt.Sprintf("%d cores", m.Cores)}
	if m.CPU != "" {
		parts[0] += " (" + m.CPU + ")"
	}
	if m.Memory > 0 {
		parts = append(parts, fmt.Sprintf("%d GiB", m.Memory>>30))
	}
	parts = append(parts, m.OS, m.Go, fmt.Sprintf("fsync of 4 KiB %s ms", number(m.FsyncMS)))
	if m.Busy >= 0 {
		parts = append(parts, "load average "+number(m.Busy)+" at the start")
	}
	return strings.Join(parts, ", ")
}

func machine(dir string) (Machine, error) {
	m := Machine{Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Busy: -1}
	m.CPU, m.Memory = hardware()
	if kernel := firstLine("/proc/sys/kernel/osrelease"); kernel != "" {
		m.OS += " " + kernel
	}
	if _, err := fmt.Sscan(firstLine("/proc/loadavg"), &m.Busy); err != nil {
		m.Busy = -1
	}
	sync, err := fsyncTime(dir)
	if err != nil {
		return m, err
	}
	m.FsyncMS = float64(sync.Microseconds()) / 1000
	return m, nil
}

// fsyncTime is the median of 50 appended and synced blocks.
func fsyncTime(dir string) (_ time.Duration, err error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }() // It held nothing.
	block := make([]byte, 4096)
	var took []time.Duration
	for range 50 {
		began := time.Now()
		if _, err = f.Write(block); err == nil {
			err = f.Sync()
		}
		if err != nil {
			return 0, fmt.Errorf("measure the disk: %w", err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return quantile(took, 0.5), nil
}

// hardware is the processor's name and the memory, where the system tells.
func hardware() (cpu string, memory int64) {
	for line := range strings.Lines(whole("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	var kilobytes int64
	if _, err := fmt.Sscanf(firstLine("/proc/meminfo"), "MemTotal: %d kB", &kilobytes); err == nil {
		memory = kilobytes << 10
	}
	return cpu, memory
}

func whole(path string) string {
	b, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		return "" // Not every system has it.
	}
	return string(b)
}

func firstLine(path string) string {
	line, _, _ := strings.Cut(whole(path), "\n")
	return strings.TrimSpace(line)
}
