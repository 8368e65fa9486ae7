package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"rapport/services/rapport/importing"
)

// screen is where people see how an import goes: a bar on a terminal, lines elsewhere.
type screen struct {
	out  io.Writer
	path string
	bar  bool

	mu    sync.Mutex
	drawn bool
	told  int       // refused rows that were named
	more  int       // and those that were not
	last  time.Time // of a line
	wait  string    // why nothing moves
}

// mostNamed is how many refused rows are named; --rejects has all.
const mostNamed = 20

func newScreen(out io.Writer, path string) *screen {
	s := &screen{out: out, path: path, last: time.Now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		s.bar = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// print writes a line, above the bar.
func (s *screen) print(format string, args ...any) {
	if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K") //nolint:errcheck // Nobody is left to tell.
		s.drawn = false
	}
	fmt.Fprintf(s.out, format+"\n", args...) //nolint:errcheck // Nobody is left to tell.
}

func (s *screen) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print("%s", text)
}

// refused names a row.
func (s *screen) refused(row *importing.Row, why *importing.Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told >= mostNamed {
		s.more++
		return
	}
	s.told++
	s.print("%s:%d: %v", s.path, row.Line, why)
}

// trouble says why nothing moves.
func (s *screen) trouble(err error, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait = fmt.Sprintf("%v; again in %s", err, pause.Round(100*time.Millisecond))
}

// everyLine is how often there is a line where there is no bar.
const everyLine = 10 * time.Second

func (s *screen) progress(p importing.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.bar && time.Since(s.last) < everyLine {
		return
	}
	s.last = time.Now()
	text := measure(p)
	if s.wait != "" {
		text, s.wait = text+"  waiting: "+s.wait, ""
	}
	if !s.bar {
		s.print("%s", text)
		return
	}
	fmt.Fprintf(s.out, "\r\x1b[K[%s] %s", gauge(p, 24), text) //nolint:errcheck // Nobody is left to tell.
	s.drawn = true
}

// gauge is a bar of a width.
func gauge(p importing.Progress, width int) string {
	full := int(float64(width) * share(p))
	return strings.Repeat("=", full) + strings.Repeat(" ", width-full)
}

// share is how much of the file is read, from 0 to 1.
func share(p importing.Progress) float64 {
	if p.Size <= 0 {
		return 0
	}
	return min(1, float64(p.Read)/float64(p.Size))
}

// measure is how far an import is, how fast, and how long it still takes.
func measure(p importing.Progress) string {
	text := fmt.Sprintf("%3.0f %%  %d rows", 100*share(p), p.Rows)
	rate := float64(p.Rows-p.Resumed) / max(p.Took.Seconds(), 0.001)
	if p.Rows <= p.Resumed || share(p) == 0 {
		return text
	}
	// What is read runs ahead of what is stored; rows are about as long as each other.
	left := time.Duration(float64(p.Rows) * (1/share(p) - 1) / rate * float64(time.Second))
	return text + fmt.Sprintf("  %.0f/s  %s left", rate, left.Round(time.Second))
}

// end leaves the screen as it is, with what was not named.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more > 0 {
		s.print("... and %s more, which --rejects FILE has all of.", counted(s.more, "refused row"))
	} else if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K") //nolint:errcheck // Nobody is left to tell.
	}
}
