package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// Orchestrators join, leave and die under load: the partitions are shared evenly after each,
// and no event is lost, applied twice, or out of its profile's order.
func TestOrchestratorsJoinLeaveAndDie(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	stop := tm.feed()
	defer stop()
	a := tm.start("a", nil)
	tm.shared(a)
	b := tm.start("b", nil)
	tm.shared(a, b)
	c := tm.start("c", nil)
	tm.shared(a, b, c)
	a.stop()
	tm.shared(b, c)
	b.conn.Close() // as a kill does
	tm.shared(c)
	a = tm.start("a", nil)
	tm.shared(a, c)
	tm.audit(stop(), a, c)
}

// The broker that leads the leases is killed under load, and then the one that leads the events:
// orchestrators go on by themselves, and nothing is lost, doubled or out of order.
func TestOrchestratorsOutliveLeaders(t *testing.T) {
	t.Parallel()
	tm, cluster := newClusterTeam(t)
	stop := tm.feed()
	defer stop()
	a, b := tm.start("a", nil), tm.start("b", nil)
	tm.shared(a, b)
	for _, stream := range []string{"KV_" + bus.BucketLease, bus.StreamEvents} {
		node := must(cluster.Leader(t.Context(), stream))(t)
		if err := node.Kill(); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		tm.flows(1000)
		t.Logf("the leader of %s was killed: 1,000 events more are applied %s later", stream, time.Since(killed).Round(time.Millisecond))
		tm.shared(a, b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := errors.Join(node.Start(ctx), cluster.Ready(ctx)); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	tm.audit(stop(), a, b)
}

// takeOver measures, for each partition that one works on, how long it takes until another works on it after
// one is ended by end.
func (tm *team) takeOver(gone, next *one, end func()) []time.Duration {
	tm.t.Helper()
	missing := gone.Positions()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	began := time.Now()
	ended := make(chan struct{})
	go func() { end(); close(ended) }()
	var took []time.Duration
	for len(missing) > 0 {
		moved := next.Moved()
		for p := range next.Positions() {
			if _, ok := missing[p]; ok {
				delete(missing, p)
				took = append(took, time.Since(began))
			}
		}
		if len(missing) == 0 {
			break
		}
		select {
		case <-moved:
		case <-deadline.C:
			tm.t.Fatalf("partitions %v were not taken over", missing)
		}
	}
	<-ended
	return took
}

func quantile(took []time.Duration, q float64) time.Duration {
	slices.Sort(took)
	return took[int(math.Ceil(q*float64(len(took))))-1].Round(time.Millisecond)
}

// kill ends an orchestrator's connection without a word, stop lets it end as an operator does.
func kill(o *one) { o.conn.Close() }
func stop(o *one) { o.stop() }

// What a killed orchestrator worked on is taken over soon after its leases have run out, and what a stopped one did without
// waiting for that. Within 5 s, and within half a second, says the log of a machine that has nothing else to do, and
// RAPPORT_FULL demands it.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second // how long a dead one keeps a partition: Options.LeaseTTL
	for name, c := range map[string]struct {
		cluster     bool
		tries       int
		limit, idle time.Duration // on any machine, and on an idle one
		end         func(*one)
	}{
		"killed":               {false, 2, 3 * lease, 5 * time.Second, kill},
		"stopped":              {false, 5, lease, 500 * time.Millisecond, stop},
		"killed in a cluster":  {true, 2, 3 * lease, 5 * time.Second, kill},
		"stopped in a cluster": {true, 5, lease, 500 * time.Millisecond, stop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tm *team
			if c.cluster {
				tm, _ = newClusterTeam(t)
			} else {
				tm = newTeam(t)
			}
			stays := tm.start("stays", nil)
			var took []time.Duration
			for i := range c.tries {
				goes := tm.start(fmt.Sprint("goes-", i), nil)
				tm.shared(stays, goes)
				took = append(took, tm.takeOver(goes, stays, func() { c.end(goes) })...)
				goes.stop()
				tm.shared(stays)
			}
			t.Logf("%d partitions taken over: p50 %s, p99 %s", len(took), quantile(took, 0.5), quantile(took, 0.99))
			limit := c.limit
			if os.Getenv("RAPPORT_FULL") != "" {
				limit = c.idle
			}
			if p99 := quantile(took, 0.99); p99 > limit {
				t.Errorf("p99 is %s, more than %s", p99, limit)
			}
		})
	}
}

// stalling holds one commit back and tells what became of it.
type stalling struct {
	*ledger
	stalled chan struct{} // closed when a commit is being held back
	resume  chan struct{}
	result  chan error
	once    sync.Once
}

func (s *stalling) Commit(ctx context.Context, b *store.Batch) error {
	stall := false
	if len(b.Timeline) > 0 {
		s.once.Do(func() { stall = true })
	}
	if !stall {
		return s.ledger.Commit(ctx, b)
	}
	close(s.stalled)
	<-s.resume
	err := s.ledger.Commit(context.WithoutCancel(ctx), b)
	s.result <- err
	return err
}

// A worker that stands still in the middle of a commit, as one that is stopped with SIGSTOP,
// until its lease has run out and another has applied the event: its commit is refused, and
// nothing is doubled.
func TestAPausedWorkerIsFenced(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	s := &stalling{ledger: tm.ledger, stalled: make(chan struct{}), resume: make(chan struct{}), result: make(chan error, 1)}
	paused := tm.start("paused", func(o *orchestrator.Options) { o.Store = s; o.LeaseTTL = time.Second })
	<-paused.Ready()
	e := tm.order("ada", time.Now(), "o1", "soap")
	tm.publish(e)
	<-s.stalled
	paused.conn.Close() // Nothing of it is heard any more.
	next := tm.start("next", func(o *orchestrator.Options) { o.LeaseTTL = time.Second })
	tm.shared(next)
	tm.audit(map[string]int{"ada": 1}, next)
	close(s.resume)
	select {
	case err := <-s.result:
		if !errors.Is(err, store.ErrFenced) {
			t.Fatalf("the late commit: %v, want it refused as fenced", err)
		}
	case <-time.After(patience):
		t.Fatal("the late commit did not end")
	}
	tm.audit(map[string]int{"ada": 1}, next)
}

// A member that is there and takes nothing, because it sees something else or is broken:
// what should be its own is not left lying.
func TestOrphansAreAdopted(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	m, err := bus.Join(t.Context(), tm.js, bus.MembersOptions{Group: "orchestrator", Name: "idle", TTL: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Leave(context.Background()) })
	works := tm.start("works", func(o *orchestrator.Options) { o.LeaseTTL = time.Second })
	deadline := time.After(patience)
	for len(works.Positions()) < teamPartitions {
		select {
		case <-works.Moved():
		case <-deadline:
			t.Fatalf("works on %d partitions, the others are nobody's", len(works.Positions()))
		}
	}
}
