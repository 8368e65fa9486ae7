package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// mails is the sink's process, seen from here, and what it has accepted.
type mails struct {
	addr string
	cmd  *exec.Cmd
	in   io.Closer
	gone chan struct{}

	mu    sync.Mutex
	times map[int]time.Time // when the mail to address(serial) was accepted first
	all   int
	twice int
	moved chan struct{}
}

// startSink starts the process and returns when it listens.
func startSink(ctx context.Context, o *Options) (*mails, error) {
	cmd := exec.Command(o.Sink[0], o.Sink[1:]...) //nolint:noctx // It ends with its input.
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the mail server: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the mail server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the mail server: %w", err)
	}
	m := &mails{cmd: cmd, in: in, gone: make(chan struct{}), times: map[int]time.Time{}, moved: make(chan struct{})}
	r := bufio.NewReaderSize(out, 64<<10)
	said := make(chan error, 1)
	go func() {
		defer close(m.gone)
		line, err := r.ReadString('\n')
		m.addr = strings.TrimSpace(line)
		said <- err
		m.read(r)
		_ = cmd.Wait() // It ended because it was told to, or its mails will be missed.
	}()
	select {
	case err = <-said:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-time.After(10 * time.Second):
		err = errors.New("it does not say where it listens")
	}
	if err != nil {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("start the mail server with %q: %w", strings.Join(o.Sink, " "), err)
	}
	return m, nil
}

func (m *mails) read(r io.Reader) {
	var record [16]byte
	for {
		if _, err := io.ReadFull(r, record[:]); err != nil {
			return
		}
		serial, at := int(int64(binary.BigEndian.Uint64(record[:8]))), time.Unix(0, int64(binary.BigEndian.Uint64(record[8:])))
		m.mu.Lock()
		m.all++
		if _, again := m.times[serial]; again && serial >= 0 {
			m.twice++
		} else if serial >= 0 {
			m.times[serial] = at
		}
		close(m.moved)
		m.moved = make(chan struct{})
		m.mu.Unlock()
	}
}

// count is how many mails were accepted, and how many of them a second time.
func (m *mails) count() (all, twice int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all, m.twice
}

// await waits until n mails were accepted in all.
func (m *mails) await(ctx context.Context, n int) error {
	stalled := time.NewTimer(patience)
	defer stalled.Stop()
	for {
		m.mu.Lock()
		all, moved := m.all, m.moved
		m.mu.Unlock()
		if all >= n {
			return nil
		}
		stalled.Reset(patience)
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-m.gone:
			return fmt.Errorf("the mail server has ended after %d of %d mails", all, n)
		case <-stalled.C:
			return fmt.Errorf("no mail for %s, after %d of %d", patience, all, n)
		}
	}
}

// patience is how long nothing may move.
const patience = time.Minute

// stop ends the process.
func (m *mails) stop() {
	_ = m.in.Close()
	select {
	case <-m.gone:
	case <-time.After(5 * time.Second):
		_ = m.cmd.Process.Kill()
		<-m.gone
	}
}

// awaitOf waits until the mail about an event was accepted, and returns when that was. It gives up when nothing moves:
// on a machine that cannot keep up, mails come in any order and late.
func (m *mails) awaitOf(ctx context.Context, serial int) (time.Time, error) {
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		m.mu.Lock()
		at, ok := m.times[serial]
		moved := m.moved
		m.mu.Unlock()
		if ok {
			return at, nil
		}
		over.Reset(patience)
		select {
		case <-moved:
		case <-ctx.Done():
			return at, context.Cause(ctx)
		case <-m.gone:
			return at, fmt.Errorf("the mail server has ended before the mail about event %d", serial)
		case <-over.C:
			return at, fmt.Errorf("no mail for %s, and none about event %d", patience, serial)
		}
	}
}
