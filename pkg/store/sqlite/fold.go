package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// folder folds the log back into the file (SQLite's checkpoint) beside the writer, which by
// itself would stop for as long as that takes: a tenth of a second for a log of 40 MB, in
// which nobody's message moves. SQLite allows it to run while others write; only the log
// begins anew no sooner than all of it was folded while nobody wrote. So passes go beside the
// writer, and the last few pages, which came meanwhile, are the writer's.
//
// What a pass wrote is brought to disk little by little (see trickle) before the writer's last
// pass, which syncs the file: thousands of pages at once would have every sync of the log, and
// of the broker, wait behind them.
type folder struct {
	conn   driver.Conn
	file   *os.File // the database, for trickle alone
	writer *writer
	log    *slog.Logger
	bounds foldBounds

	rows atomic.Int64  // written since the last pass
	wake chan struct{} // holds a token when a pass is due
	quit chan struct{}
	done chan struct{}
}

// foldBounds say how long the log becomes.
type foldBounds struct {
	rows  int64         // after so many the log is folded as far as it goes
	rest  time.Duration // but not before so long after the last time
	bulk  int64         // or, when there were as many rows as this in one rest,
	pause time.Duration // so long
	pages int64         // from so many in the log on it is to begin anew
}

// usualBounds make a log of 60 to 120 MB. A longer one and fewer passes cost less, since of
// several writes of the same page one is folded (a replay applied 4,300 events a second with
// a pass a second, 3,850 with five and half the log, 4,840 with none), but larger passes
// hold up more mails while they reach the disk (a 99th percentile of 240 to 380 ms with a pass
// for every 20,000 rows against 67). Where little is written passes are therefore small, and
// otherwise there is one a second: at 500 events a second a pass of a second's pages takes 60 to 90 ms
// of a processor, and two of five mails that were late were late because of it.
var usualBounds = foldBounds{rows: 1000, rest: 200 * time.Millisecond, bulk: 3000, pause: time.Second, pages: 16_000}

// lastResort is at how many pages of log the writer folds by itself, should nobody else.
const lastResort = 40_000

func newFolder(c driver.Conn, file *os.File, w *writer, log *slog.Logger, bounds foldBounds) *folder {
	f := &folder{
		conn: c, file: file, writer: w, log: log, bounds: bounds,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	w.wrote = f.wrote
	go f.loop()
	return f
}

// wrote notes that a transaction with so many rows was committed.
func (f *folder) wrote(rows int) {
	if f.rows.Add(int64(rows)) < f.bounds.rows {
		return
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *folder) loop() {
	defer close(f.done)
	for {
		select {
		case <-f.quit:
			return
		case <-f.wake:
		}
		rest := time.NewTimer(f.rest(f.rows.Swap(0)))
		if err := f.fold(); err != nil && !errors.Is(err, errClosed) {
			f.log.Warn("sqlite: the log was not folded into the database; it is tried again and grows meanwhile", "error", err)
		}
		select {
		case <-f.quit:
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// rest is how long there is no other pass after one for so many rows.
func (f *folder) rest(rows int64) time.Duration {
	if f.bounds.bulk > 0 && rows >= f.bounds.bulk {
		return f.bounds.pause
	}
	return f.bounds.rest
}

// fold makes the log short, if it is long.
func (f *folder) fold() error {
	pages, err := f.pass()
	if err != nil || pages < f.bounds.pages {
		return err
	}
	if _, err := f.pass(); err != nil {
		return err
	}
	return f.writer.alone(context.Background(), func(c *conn) error {
		_, err := checkpoint(c.Conn)
		return err
	})
}

// pass folds beside the writer.
func (f *folder) pass() (pages int64, err error) {
	if pages, err = checkpoint(f.conn); err != nil {
		return 0, err
	}
	if err := trickle(f.file); err != nil {
		return 0, fmt.Errorf("write the database out: %w", err)
	}
	return pages, nil
}

// stop ends it, after the pass under way.
func (f *folder) stop() error {
	close(f.quit)
	<-f.done
	return f.conn.Close()
}

// checkpoint folds as much as goes without waiting for anybody, and says how many pages the
// log had.
func checkpoint(c driver.Conn) (pages int64, err error) {
	rows, err := c.(driver.QueryerContext).QueryContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`, nil)
	if err != nil {
		return 0, fmt.Errorf("fold the log: %w", err)
	}
	row := make([]driver.Value, 3) // whether it was busy, pages in the log, pages folded
	if err := errors.Join(rows.Next(row), rows.Close()); err != nil {
		return 0, fmt.Errorf("fold the log: %w", err)
	}
	pages, _ = row[1].(int64)
	return pages, nil
}
