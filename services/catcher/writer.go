package catcher

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
)

const (
	// maxBatch and maxBatchBytes bound what is written in one transaction.
	maxBatch      = 256
	maxBatchBytes = 8 << 20
)

// errClosing is answered to those who come while the catcher stops.
var errClosing = errors.New("the catcher is stopping")

// change is something to write: a message, or with a nil message the deletion of all.
type change struct {
	message *Message
	raw     []byte
	done    chan error // has room for one
}

// writer is the one goroutine that writes. It commits whatever waits at the moment in one transaction, so that the cost of a
// commit is shared by all who wait for it, and answers each only then.
type writer struct {
	store   *store
	keep    int
	changes chan change
	stop    chan struct{} // closed to ask for the end
	stopped chan struct{} // closed when nothing will be answered any more
	onWrite func()
}

func newWriter(s *store, keep int, onWrite func()) *writer {
	return &writer{
		store: s, keep: keep, onWrite: onWrite,
		changes: make(chan change, maxBatch),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
}

// insert stores a message and returns when it is committed; its ID is set then.
func (w *writer) insert(m *Message, raw []byte) error {
	return w.submit(change{message: m, raw: raw})
}

// clear deletes all messages.
func (w *writer) clear() error { return w.submit(change{}) }

func (w *writer) submit(c change) error {
	c.done = make(chan error, 1)
	select {
	case w.changes <- c:
	case <-w.stop:
		return errClosing
	}
	select {
	case err := <-c.done:
		return err
	case <-w.stopped:
	}
	select {
	case err := <-c.done: // answered by the last batch
		return err
	default:
		return errClosing
	}
}

// run writes until stop is closed, and then what still waits.
func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case c := <-w.changes:
			w.commit(c)
		case <-w.stop:
			for {
				select {
				case c := <-w.changes:
					w.commit(c)
				default:
					return
				}
			}
		}
	}
}

// commit writes one change and those that wait behind it.
func (w *writer) commit(first change) {
	batch := []change{first}
	size := len(first.raw)
gather:
	for len(batch) < maxBatch && size < maxBatchBytes {
		select {
		case c := <-w.changes:
			batch = append(batch, c)
			size += len(c.raw)
		default:
			break gather
		}
	}
	err := w.apply(batch)
	if err == nil {
		w.onWrite()
	}
	for _, c := range batch {
		c.done <- err
	}
}

func (w *writer) apply(batch []change) (err error) {
	ctx := context.Background() // a commit that has begun is finished
	tx, err := w.store.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to store messages: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	row, content := tx.StmtContext(ctx, w.store.insertRow), tx.StmtContext(ctx, w.store.insertContent)
	var last int64
	for _, c := range batch {
		if c.message == nil {
			if err := deleteUpTo(ctx, tx, math.MaxInt64); err != nil {
				return err
			}
			continue
		}
		if last, err = insertOne(ctx, row, content, c.message, c.raw); err != nil {
			return fmt.Errorf("store a message: %w", err)
		}
	}
	if oldest := last - int64(w.keep); oldest > 0 {
		if err := deleteUpTo(ctx, tx, oldest); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit messages: %w", err)
	}
	return nil
}

func deleteUpTo(ctx context.Context, tx *sql.Tx, id int64) error {
	for _, table := range []string{"contents", "messages"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE id <= ?", id); err != nil {
			return fmt.Errorf("delete messages: %w", err)
		}
	}
	return nil
}

func insertOne(ctx context.Context, row, content *sql.Stmt, m *Message, raw []byte) (int64, error) {
	result, err := row.ExecContext(ctx, m.Channel, m.ReceivedAt.UnixMilli(), m.From, strings.Join(m.To, "\n"),
		m.Subject, m.ProviderID, m.MessageID, m.Journey, m.Size)
	if err != nil {
		return 0, err
	}
	if m.ID, err = result.LastInsertId(); err != nil {
		return 0, err
	}
	_, err = content.ExecContext(ctx, m.ID, raw)
	return m.ID, err
}
