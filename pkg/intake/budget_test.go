package intake_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"rapport/pkg/intake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func body(n int) io.Reader { return strings.NewReader(strings.Repeat("x", n)) }

func TestAllBodiesTogetherAreBounded(t *testing.T) {
	t.Parallel()
	b := intake.NewBudget(10)
	first := b.Count(body(6))
	if got, err := io.ReadAll(first); err != nil || len(got) != 6 {
		t.Fatalf("%d bytes of the first, %v", len(got), err)
	}
	second := b.Count(body(5))
	if got, err := io.ReadAll(second); !errors.Is(err, intake.ErrSpent) || len(got) != 5 {
		t.Errorf("%d bytes past the budget, %v", len(got), err)
	}
	second.Release() // what was refused is given back
	exact := b.Count(body(4))
	if _, err := io.ReadAll(exact); err != nil {
		t.Errorf("a body that fits: %v", err)
	}
	first.Release()
	first.Release() // a second time would make room that is not there
	if _, err := io.ReadAll(b.Count(body(7))); !errors.Is(err, intake.ErrSpent) {
		t.Errorf("7 bytes beside 4, of 10: %v", err)
	}
}

var errBroken = errors.New("the peer is gone")

// broken ends in the middle, with a last byte.
type broken struct{}

func (broken) Read(p []byte) (int, error) { p[0] = 'x'; return 1, errBroken }

func TestErrorsOfTheReader(t *testing.T) {
	t.Parallel()
	b := intake.NewBudget(1)
	c := b.Count(broken{})
	if n, err := c.Read(make([]byte, 8)); n != 1 || !errors.Is(err, errBroken) {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := c.Read(make([]byte, 8)); n != 1 || !errors.Is(err, intake.ErrSpent) {
		t.Errorf("past the budget: %d, %v", n, err)
	}
	c.Release()
	if _, err := b.Count(body(1)).Read(make([]byte, 1)); err != nil {
		t.Errorf("after both were given back: %v", err)
	}
}

// Of many that read at once, those that may go on have no more than the budget together, and nobody leaves anything behind.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const readers, size, most = 16, 100, 1000
	b := intake.NewBudget(most)
	for range 100 {
		var taken atomic.Int64
		var reading, all sync.WaitGroup
		reading.Add(readers)
		for range readers {
			all.Go(func() {
				c := b.Count(body(size))
				got, err := io.ReadAll(c)
				if err == nil {
					taken.Add(int64(len(got)))
				}
				reading.Done()
				reading.Wait() // all are in hand before any is let go
				c.Release()
			})
		}
		all.Wait()
		if n := taken.Load(); n > most {
			t.Fatalf("%d bytes were in hand, of %d", n, most)
		}
	}
	if _, err := io.ReadAll(b.Count(body(most))); err != nil {
		t.Errorf("something was left behind: %v", err)
	}
}
