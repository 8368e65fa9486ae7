package orchestrator

import (
	"context"
	"runtime"
	"time"
)

// turns bounds how many large batches are in the making at once, to one more than there are
// processors: the others could only wait for a processor, each with the events, states and
// rows of a batch in memory, for which the garbage collector ran a third more often. A
// batch that waits for the store or, for long, for the recommender has no turn.
type turns chan struct{}

// crowd is how many inputs and due timers make a batch large.
const crowd = 32

// tardy is how long a batch waits for an answer before another may have its turn.
const tardy = 100 * time.Millisecond

// newSmallTurns makes turns for small batches, which keep theirs until they are committed. So
// under load there are fewer and larger ones: a partition gathers events while its batch
// waits. A transaction for each event, of all partitions at once, cost PostgreSQL so much
// that 500 events a second were more than two processors could do.
func newSmallTurns() turns { return make(turns, 2*runtime.GOMAXPROCS(0)) }

func newTurns() turns { return make(turns, runtime.GOMAXPROCS(0)+1) }

// take waits for a turn. The function that it returns gives the turn back; only its first
// call counts.
func (t turns) take(ctx context.Context) (giveBack func(), err error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return func() {}, context.Cause(ctx)
	}
	returned := make(chan struct{}, 1)
	return func() {
		select {
		case returned <- struct{}{}:
			<-t
		default:
		}
	}, nil
}
