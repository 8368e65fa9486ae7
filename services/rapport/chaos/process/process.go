//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	Name string
	Path string
	Args []string
	Env  []string // added to this process's own
	Log  string   // file that both outputs are appended to
}

// Exit is an end that nobody asked for.
type Exit struct {
	At  time.Time
	How string
}

// Process is a program that is kept running.
type Process struct {
	spec Spec

	mu      sync.Mutex
	running *os.Process
	ended   chan struct{} // closed when running has ended
	wanted  bool
	exits   []Exit
	again   *time.Timer // the start after an end by itself
}

// New makes a process that does not run yet.
func New(spec Spec) *Process { return &Process{spec: spec} }

// Name is the spec's.
func (p *Process) Name() string { return p.spec.Name }

// restartAfter is how long a program that ended by itself stays down.
const restartAfter = 500 * time.Millisecond

// Launch starts the program unless it runs, and keeps it running.
func (p *Process) Launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.launch()
}

// launch starts the program; the caller holds the lock.
func (p *Process) launch() error {
	if p.running != nil {
		return nil
	}
	log, err := os.OpenFile(p.spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.spec.Name, err)
	}
	defer log.Close() //nolint:errcheck // The program has a descriptor of its own.
	if _, err := fmt.Fprintf(log, "# start at %s\n", time.Now().Format(time.RFC3339Nano)); err != nil {
		return fmt.Errorf("start %s: %w", p.spec.Name, err)
	}
	cmd := exec.Command(p.spec.Path, p.spec.Args...) //nolint:noctx // It is ended by signals.
	cmd.Env = append(os.Environ(), p.spec.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The kernel ends the program with the thread that started it, and Go ends threads.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			err = cmd.Wait()
			p.gone(ended, err)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.spec.Name, err)
	}
	p.running, p.ended = cmd.Process, ended
	return nil
}

// gone notes an end, and starts the program again when nobody asked for it.
func (p *Process) gone(ended chan struct{}, how error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = nil
	close(ended)
	if !p.wanted {
		return
	}
	p.exits = append(p.exits, Exit{time.Now(), fmt.Sprint(how)})
	p.again = time.AfterFunc(restartAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.wanted {
			if err := p.launch(); err != nil {
				p.exits = append(p.exits, Exit{time.Now(), err.Error()})
			}
		}
	})
}

// Exits are the ends that nobody asked for.
func (p *Process) Exits() []Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Exit(nil), p.exits...)
}

// PID is the program's, 0 when it is down.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return 0
	}
	return p.running.Pid
}

// Signal sends a signal; a program that is down does not mind.
func (p *Process) Signal(sig os.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return nil
	}
	if err := p.running.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.spec.Name, err)
	}
	return nil
}

// Kill ends the program with SIGKILL and returns when it is gone. It stays down.
func (p *Process) Kill() error { return p.end(context.Background(), syscall.SIGKILL) }

// Stop asks the program to end, and returns when it has. When ctx ends first it is killed,
// which is an error.
func (p *Process) Stop(ctx context.Context) error { return p.end(ctx, syscall.SIGTERM) }

func (p *Process) end(ctx context.Context, sig syscall.Signal) error {
	p.mu.Lock()
	p.wanted = false
	if p.again != nil {
		p.again.Stop()
	}
	running, ended := p.running, p.ended
	p.mu.Unlock()
	if running == nil {
		return nil
	}
	err := running.Signal(sig)
	if err == nil {
		err = running.Signal(syscall.SIGCONT) // It may be stopped, and would not notice.
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", p.spec.Name, err)
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		_ = running.Kill() // It may have ended just now.
		<-ended
		return fmt.Errorf("%s did not end in time and was killed: %w", p.spec.Name, ctx.Err())
	}
}
