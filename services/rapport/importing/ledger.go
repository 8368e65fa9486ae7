package importing

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"rapport/pkg/client"
)

// job is a thing on its way: the rows that it is made of, and what is still to hear of.
type job struct {
	rows    []*Row
	last    int // number of its last row
	open    int // calls that are not settled
	events  int // calls
	passed  bool
	refused *Refusal
}

// ledger keeps account of jobs in the order of the file, so that the position is one before which all is
// settled.
type ledger struct {
	path    string // of the state; "" keeps none
	rejects *rejects
	told    func(*Row, *Refusal) // of the rows that are refused

	mu     sync.Mutex
	jobs   []*job // not counted yet, in the order of the file
	state  state
	kept   int   // the row up to which the state was kept
	failed error // ends the import
}

// begin adds a job.
func (l *ledger) begin(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = append(l.jobs, j)
	l.advance()
}

// refuse settles a job that is not even sent, or one of its calls.
func (l *ledger) refuse(j *job, why *Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j.open, j.refused = j.open-1, why
	l.advance()
}

// report is told what became of calls.
func (l *ledger) report(results []client.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		j, ok := r.Call.Tag.(*job)
		if !ok {
			continue
		}
		var rejected *client.Rejection
		switch {
		case errors.As(r.Err, &rejected):
			j.refused = refuse(rejected.Field, "%s", rejected.Reason)
		case r.Err != nil:
			if l.failed == nil {
				l.failed = r.Err
			}
			continue // it is not settled
		}
		j.open--
	}
	l.advance()
}

// advance counts the jobs at the head that are settled.
func (l *ledger) advance() {
	n := 0
	for ; n < len(l.jobs) && l.jobs[n].open == 0 && l.failed == nil; n++ {
		j, c := l.jobs[n], &l.state.Counts
		if j.refused != nil && l.path != "" && l.rejects.begins() {
			// The process may be killed before the position is kept again.
			l.state.RejectsMade = true
			if l.failed = l.state.write(l.path); l.failed != nil {
				break
			}
		}
		c.Rows += len(j.rows)
		switch {
		case j.refused != nil:
			c.Refused += len(j.rows)
			if err := l.rejects.add(j.rows, j.refused); err != nil {
				l.failed = err
			}
			l.told(j.rows[0], j.refused)
		case j.passed:
			c.Passed += len(j.rows)
		default:
			c.Stored += len(j.rows)
			c.Events += j.events
		}
		l.state.Rows = j.last
	}
	clear(l.jobs[:n])
	if l.jobs = l.jobs[n:]; len(l.jobs) == 0 {
		l.jobs = nil // its memory is the next one's
	}
}

// failure is why the import has to end.
func (l *ledger) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

func (l *ledger) counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Counts
}

// keep writes the position down. The refused rows are there first: what is too much of them is
// cut off.
func (l *ledger) keep() error {
	l.mu.Lock()
	s := l.state
	s.Rejects = l.rejects.size
	l.mu.Unlock()
	if l.path == "" || s.Rows == l.kept {
		return nil
	}
	if err := l.rejects.sync(); err != nil {
		return err
	}
	if err := s.write(l.path); err != nil {
		return err
	}
	l.kept = s.Rows
	return nil
}

// keepEvery is how often the position is written down.
const keepEvery = 500 * time.Millisecond

// String says what became of rows, for people.
func (c Counts) String() string {
	text := fmt.Sprintf("%s: %d imported as %s", many(c.Rows, "row"), c.Stored, many(c.Events, "event"))
	if c.Passed > 0 {
		text += fmt.Sprintf(", %d passed over", c.Passed)
	}
	if c.Refused > 0 {
		text += fmt.Sprintf(", %d refused", c.Refused)
	}
	return text
}

func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
