package natslocal

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
)

// config writes the configuration of one node. It is that of a cluster meant to keep what
// it acknowledged: every append to the log of a replicated stream is synced.
func (c *Cluster) config(n *Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "server_name: %q\nlisten: %q\nhttp: %q\nmax_payload: 1MB\n", n.Name(), n.client, n.monitor)
	fmt.Fprintf(&b, "jetstream {\n  store_dir: %q\n  sync_interval: always\n  max_memory_store: 64MB\n  max_file_store: 8GB\n}\n", n.dir)
	if len(c.nodes) > 1 {
		fmt.Fprintf(&b, "cluster {\n  name: rapport\n  listen: %q\n  no_advertise: true\n  routes: %s\n", n.route, c.routes(n))
		if c.opt.Route != nil {
			// What a node tells others about its neighbours leads nowhere, so that a cut is not
			// gone around. Nobody listens on the first port.
			fmt.Fprintf(&b, "  advertise: %q\n", "127.0.0.1:1")
		}
		b.WriteString("}\n")
	}
	b.WriteString(c.opt.Extra)
	return b.String()
}

// routes lists whom a node dials, in the form of a configuration.
func (c *Cluster) routes(n *Node) string {
	var list []string
	for _, other := range c.nodes {
		if other == n {
			continue
		}
		addr := other.route
		if c.opt.Route != nil {
			addr = c.opt.Route(n.index, other.index, addr)
		}
		list = append(list, strconv.Quote(c.scheme()+addr))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (c *Cluster) scheme() string {
	if c.opt.TLS {
		return "tls://"
	}
	return "nats://"
}

// environment is what a configuration file of the caller's finds in its variables.
func (c *Cluster) environment(n *Node) []string {
	env := append(os.Environ(),
		"NATS_NAME="+n.Name(), "NATS_LISTEN="+n.client, "NATS_CLUSTER_LISTEN="+n.route, "NATS_MONITOR_LISTEN="+n.monitor,
		"NATS_STORE_DIR="+strconv.Quote(n.dir), "NATS_ROUTES="+c.routes(n))
	return append(env, c.opt.Env...)
}

// freePorts finds ports that nobody listens on, below those that the system gives to
// outgoing connections: a node must find its own again after it was dead for a while.
func freePorts(n int) ([]int, error) {
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if tries > 1000 {
			return nil, fmt.Errorf("found only %d of %d free ports between 10000 and 32000", len(ports), n)
		}
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		defer l.Close() //nolint:errcheck,revive // It is held so that no port is given twice, until all are found.
		ports = append(ports, port)
	}
	return ports, nil
}
