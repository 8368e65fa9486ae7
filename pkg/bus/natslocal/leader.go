package natslocal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Leader is the node that leads a stream, whatever account it is in; a key-value bucket's stream is named KV_ and
// the bucket. It fails when no running node knows of one, as during an election.
func (c *Cluster) Leader(ctx context.Context, stream string) (*Node, error) {
	for _, n := range c.nodes {
		if n.PID() == 0 {
			continue
		}
		name, err := n.leader(ctx, stream)
		if err != nil {
			continue // It may be stopped, or new; another one knows.
		}
		for _, l := range c.nodes {
			if l.Name() == name && l.PID() != 0 {
				return l, nil
			}
		}
	}
	return nil, fmt.Errorf("no node knows who leads stream %s", stream)
}

// leader is the name of the node that leads a stream, as this one believes.
func (n *Node) leader(ctx context.Context, stream string) (string, error) {
	body, _, err := n.get(ctx, "/jsz?accounts=true&streams=true")
	if err != nil {
		return "", err
	}
	var answer struct {
		Accounts []struct {
			Streams []struct {
				Name    string `json:"name"`
				Cluster *struct {
					Leader string `json:"leader"`
				} `json:"cluster"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("read what %s says of its streams: %w", n.Name(), err)
	}
	for _, a := range answer.Accounts {
		for _, s := range a.Streams {
			if s.Name == stream && s.Cluster != nil && s.Cluster.Leader != "" {
				return s.Cluster.Leader, nil
			}
		}
	}
	return "", fmt.Errorf("%s knows of no leader of %s", n.Name(), stream)
}

// met returns when the leader of the cluster itself has heard from all nodes that run: before that
// it does not give them streams.
func (c *Cluster) met(ctx context.Context) error {
	if len(c.nodes) == 1 {
		return nil
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, n := range c.nodes {
			if n.PID() != 0 && n.sees(ctx, c.running()-1) {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the nodes have not met: %w", context.Cause(ctx))
		}
	}
}

func (c *Cluster) running() int {
	running := 0
	for _, n := range c.nodes {
		if n.PID() != 0 {
			running++
		}
	}
	return running
}

// sees reports whether this node leads the cluster and so many others are up to date.
func (n *Node) sees(ctx context.Context, others int) bool {
	body, _, err := n.get(ctx, "/jsz")
	if err != nil {
		return false
	}
	var answer struct {
		Meta struct {
			Leader   string `json:"leader"`
			Replicas []struct {
				Current bool `json:"current"`
				Offline bool `json:"offline"`
			} `json:"replicas"`
		} `json:"meta_cluster"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Meta.Leader != n.Name() {
		return false
	}
	current := 0
	for _, r := range answer.Meta.Replicas {
		if r.Current && !r.Offline {
			current++
		}
	}
	return current >= others
}
