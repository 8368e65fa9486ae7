// Package natslocal runs a cluster of real nats-server processes on this machine, for tests,
// benchmarks and the chaos command: what kill -9, SIGSTOP and a cut network do to a
// cluster cannot be seen in one process.
//
// It promises: the server is the one of the module that go.mod requires, built once and kept by
// version in the user's cache directory; a node keeps its directory and its ports through
// kills and starts; every write is synced before it is acknowledged; no process outlives
// the one that started it (on Linux), or Cluster.Close.
//
// Routes do not gossip: each node dials exactly the addresses that Options.Route gives, and
// clients learn of no other node than those they were told. Otherwise a cut between two nodes, made
// with a proxy, would soon be gone around.
package natslocal
