package natslocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Options say what to run and where.
type Options struct {
	// Dir keeps the nodes' directories, configurations and logs. Required; it is left behind.
	Dir string
	// Nodes is how many servers there are, 3 when 0. One has no cluster.
	Nodes int
	// Route gives the address that one node dials to reach another, whose own is addr: that
	// of a proxy between the two. Nil: addr.
	Route func(from, to int, addr string) string
	// Extra is appended to each node's configuration.
	Extra string
	// ConfigFile is used instead of a configuration written here. It finds in its
	// variables what differs between nodes: $NATS_NAME, $NATS_LISTEN, $NATS_CLUSTER_LISTEN,
	// $NATS_MONITOR_LISTEN (addresses), $NATS_STORE_DIR and $NATS_ROUTES (a list).
	ConfigFile string
	// Env is added to the environment of the servers, NAME=value.
	Env []string
	// TLS says that clients and routes use it, as ConfigFile or Extra demand.
	TLS bool
}

// Cluster is a set of servers, running or not.
type Cluster struct {
	opt    Options
	binary string
	nodes  []*Node
	http   *http.Client
}

// Start builds the server when it has to, starts all nodes and returns when the cluster
// is ready. Nothing is left running when it returns an error.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Dir == "" {
		return nil, errors.New("start nats cluster: no directory given; set Options.Dir")
	}
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	binary, err := Binary(ctx)
	if err != nil {
		return nil, fmt.Errorf("start nats cluster: %w", err)
	}
	ports, err := freePorts(3 * o.Nodes)
	if err != nil {
		return nil, fmt.Errorf("start nats cluster: %w", err)
	}
	c := &Cluster{opt: o, binary: binary, http: &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	for i := range o.Nodes {
		addr := func(k int) string { return "127.0.0.1:" + strconv.Itoa(ports[3*i+k]) }
		n := &Node{cluster: c, index: i, dir: filepath.Join(o.Dir, "n"+strconv.Itoa(i)), client: addr(0), route: addr(1), monitor: addr(2)}
		if err := os.MkdirAll(n.dir, 0o700); err != nil {
			return nil, fmt.Errorf("start nats cluster: %w", err)
		}
		c.nodes = append(c.nodes, n)
	}
	for _, n := range c.nodes {
		if _, err := n.launch(); err != nil {
			return nil, errors.Join(fmt.Errorf("start nats cluster: %s: %w", n.Name(), err), c.Close())
		}
	}
	if err := c.Ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start nats cluster: %w", err), c.Close())
	}
	return c, nil
}

// URLs are the addresses of all nodes, for clients.
func (c *Cluster) URLs() []string {
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, c.scheme()+n.client)
	}
	return urls
}

// Size is the number of nodes.
func (c *Cluster) Size() int { return len(c.nodes) }

// Node is the node with this number, from 0.
func (c *Cluster) Node(i int) *Node { return c.nodes[i] }

// Ready returns when every node that runs is healthy: it is in the cluster, knows its leader, and
// all its streams and consumers have caught up.
func (c *Cluster) Ready(ctx context.Context) error {
	for _, n := range c.nodes {
		n.mu.Lock()
		running, ended := n.process != nil, n.ended
		n.mu.Unlock()
		if !running {
			continue
		}
		if err := n.await(ctx, "/healthz", ended); err != nil {
			return fmt.Errorf("%s is not healthy: %w%s", n.Name(), err, n.lastWords())
		}
	}
	return c.met(ctx)
}

// Close kills every node and returns when they are gone.
func (c *Cluster) Close() error {
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, n.Kill())
	}
	return errors.Join(errs...)
}

// Stop ends every node as an operator does.
func (c *Cluster) Stop(ctx context.Context) error {
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, n.Stop(ctx))
	}
	return errors.Join(errs...)
}

// await asks until the answer is 200, the process has ended, or the context has.
func (n *Node) await(ctx context.Context, path string, ended <-chan struct{}) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		body, status, err := n.get(ctx, path)
		switch {
		case err != nil:
			last = err
		case status == http.StatusOK:
			return nil
		default:
			last = fmt.Errorf("%s answers %d: %s", path, status, body)
		}
		select {
		case <-ended:
			return errors.New("its process has ended")
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

func (n *Node) get(ctx context.Context, path string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.monitor+path, nil)
	if err != nil {
		return nil, 0, err
	}
	resp, err := n.cluster.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // Only read.
	body, err := io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}
