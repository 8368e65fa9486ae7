package intake

import (
	"errors"
	"io"
	"sync/atomic"
)

// ErrSpent says that too much is in hand at this moment. It is nobody's fault in particular, and passes.
var ErrSpent = errors.New("too much is being read")

// Budget bounds the bytes that are in hand. It is safe for concurrent use.
type Budget struct {
	used atomic.Int64
	most int64
}

// NewBudget is a budget of so many bytes.
func NewBudget(most int64) *Budget { return &Budget{most: most} }

// Count is a reader whose bytes count against the budget.
func (b *Budget) Count(r io.Reader) *Counted { return &Counted{r: r, of: b} }

// Counted is a body whose bytes count until it is let go. One goroutine uses it at a time.
type Counted struct {
	r    io.Reader
	of   *Budget
	took int64
}

// Read reads what it was made of. ErrSpent comes with the bytes that were too many, and in place of that reader's error.
func (c *Counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.took += int64(n)
	if c.of.used.Add(int64(n)) > c.of.most {
		return n, ErrSpent
	}
	return n, err
}

// Release gives back what was read. It is called when the bytes are no longer needed; again, it does nothing.
func (c *Counted) Release() {
	c.of.used.Add(-c.took)
	c.took = 0
}
