package natslocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// Node is one server of the cluster, running or not. It is safe for concurrent use.
type Node struct {
	cluster                *Cluster
	index                  int
	dir                    string // what it stores
	client, route, monitor string // addresses

	mu      sync.Mutex
	process *os.Process
	ended   chan struct{} // closed when the process has
}

// Name is how the node calls itself: n0, n1, ...
func (n *Node) Name() string { return "n" + strconv.Itoa(n.index) }

// ClientAddr is where clients connect, host:port; it stays the same through restarts, as the
// others do.
func (n *Node) ClientAddr() string { return n.client }

// RouteAddr is where the other nodes connect.
func (n *Node) RouteAddr() string { return n.route }

// MonitorAddr is where /healthz, /varz and /jsz are answered.
func (n *Node) MonitorAddr() string { return n.monitor }

// Dir is where the node keeps its streams.
func (n *Node) Dir() string { return n.dir }

// PID is the process, 0 when it does not run.
func (n *Node) PID() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return 0
	}
	return n.process.Pid
}

// Start starts the node unless it runs, and returns when it takes connections and its JetStream is up. It
// does not wait for the others: see Cluster.Ready.
func (n *Node) Start(ctx context.Context) error {
	ended, err := n.launch()
	if err != nil {
		return fmt.Errorf("start %s: %w", n.Name(), err)
	}
	if err := n.await(ctx, "/healthz?js-enabled-only=true", ended); err != nil {
		return fmt.Errorf("start %s: %w%s", n.Name(), err, n.lastWords())
	}
	return nil
}

func (n *Node) launch() (<-chan struct{}, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process != nil {
		return n.ended, nil
	}
	path := n.cluster.opt.ConfigFile
	if path == "" {
		path = filepath.Join(n.cluster.opt.Dir, n.Name()+".conf")
		if err := os.WriteFile(path, []byte(n.cluster.config(n)), 0o600); err != nil {
			return nil, fmt.Errorf("write its configuration: %w", err)
		}
	}
	log, err := os.OpenFile(n.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open its log: %w", err)
	}
	defer log.Close()                                       //nolint:errcheck // The process has its own descriptor.
	cmd := exec.Command(n.cluster.binary, "--config", path) //nolint:noctx // It lives until it is stopped.
	cmd.Env = n.cluster.environment(n)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	n.process, n.ended = cmd.Process, ended
	go func() {
		_ = cmd.Wait() // How it ended is in its log; here it only matters that it did.
		n.mu.Lock()
		n.process = nil
		n.mu.Unlock()
		close(ended)
	}()
	return ended, nil
}

// Signal sends a signal, such as SIGSTOP and SIGCONT.
func (n *Node) Signal(sig os.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return fmt.Errorf("signal %s: it does not run", n.Name())
	}
	if err := n.process.Signal(sig); err != nil {
		return fmt.Errorf("signal %s: %w", n.Name(), err)
	}
	return nil
}

// Kill ends the node with SIGKILL and returns when it is gone. Killing one that does not run
// does nothing.
func (n *Node) Kill() error { return n.end(context.Background(), syscall.SIGKILL) }

// Stop ends the node as an operator does, and returns when it is gone. A node that was
// stopped with SIGSTOP is woken for it.
func (n *Node) Stop(ctx context.Context) error {
	return n.end(ctx, syscall.SIGTERM)
}

func (n *Node) end(ctx context.Context, sig os.Signal) error {
	n.mu.Lock()
	process, ended := n.process, n.ended
	n.mu.Unlock()
	if process == nil {
		return nil
	}
	err := process.Signal(sig)
	if err == nil {
		err = wake(process)
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", n.Name(), err)
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("end %s: %w", n.Name(), context.Cause(ctx))
	}
}

// LogFile is where the node's own words are.
func (n *Node) LogFile() string { return filepath.Join(n.cluster.opt.Dir, n.Name()+".log") }

// lastWords are the last lines of the node's log, for an error.
func (n *Node) lastWords() string {
	said, err := os.ReadFile(n.LogFile())
	if err != nil || len(said) == 0 {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return "; its last words: " + string(bytes.Join(lines[max(0, len(lines)-5):], []byte(" | ")))
}
