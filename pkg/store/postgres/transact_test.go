package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres/pgtest"
)

func openTest(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Conns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestStoppedOwner stops an owner between the lock and the commit of its transaction, as
// SIGSTOP or a cut network would: its successor gets the partition within seconds, and the
// owner's transaction is gone when it wakes up.
func TestStoppedOwner(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, successor := openTest(t, url), openTest(t, url)
	if _, err := owner.Acquire(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	stopped, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		var o offset
		ended <- owner.transact(context.WithoutCancel(t.Context()), work{
			ask: func(b *pgx.Batch) { o.lock(b, 1) },
			write: func(b *pgx.Batch) error {
				close(stopped)
				<-goOn
				b.Queue(takeOffset, 1, int64(99))
				return nil
			},
		})
	}()
	<-stopped
	start := time.Now()
	_, err := successor.Acquire(t.Context(), 1, 2)
	if took := time.Since(start); err != nil || took > 5*time.Second {
		t.Errorf("the successor got the partition after %s: %v", took, err)
	}
	close(goOn)
	if err := <-ended; !store.IsUnavailable(err) {
		t.Errorf("the owner was told %v, want that its connection is gone", err)
	}
	if _, err := successor.Acquire(t.Context(), 1, 2); err != nil {
		t.Errorf("the owner wrote after all: %v", err)
	}
}

// proxy passes bytes on, until it is told to swallow the next answers of the server.
type proxy struct{ swallow atomic.Bool }

func (p *proxy) listen(t *testing.T, to string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { // the server has all that was sent, also when the answer is cut off
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go p.answers(client, server)
		}
	}()
	return l.Addr().String()
}

func (p *proxy) answers(client, server net.Conn) {
	defer func() { _ = client.Close() }()
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		if err != nil || p.swallow.Load() {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestAnswerLost cuts the connection when COMMIT was sent and its answer is on the way. The
// caller must not be told that it succeeded, nor that nothing happened.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	var p proxy
	u.Host = p.listen(t, u.Host)
	cut, whole := openTest(t, u.String()), openTest(t, direct)
	if _, err := cut.Acquire(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	err = cut.transact(t.Context(), work{
		ask: func(b *pgx.Batch) { b.Queue(lockOffset, 1) },
		write: func(b *pgx.Batch) error {
			b.Queue(takeOffset, 1, int64(2)) // described before the answers stop
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = cut.transact(t.Context(), work{
		ask: func(b *pgx.Batch) { b.Queue(lockOffset, 1) },
		write: func(b *pgx.Batch) error {
			p.swallow.Store(true)
			b.Queue(takeOffset, 1, int64(3))
			return nil
		},
	})
	if !store.IsUnavailable(err) || !strings.Contains(err.Error(), "only the database knows") {
		t.Errorf("the answer is lost, and the caller was told %v", err)
	}
	if _, err := whole.Acquire(t.Context(), 1, 2); !errors.Is(err, store.ErrFenced) {
		t.Errorf("what was sent was not committed: %v", err)
	}
	p.swallow.Store(false)
	if _, err := cut.Acquire(t.Context(), 1, 3); err != nil {
		t.Errorf("the store does not go on: %v", err)
	}
}

// TestAgain undoes a transaction as PostgreSQL does with deadlocks: it is tried again, from
// its first statement, but not for ever.
func TestAgain(t *testing.T) {
	t.Parallel()
	s := openTest(t, pgtest.URL(t))
	for code, want := range map[string]int{"40P01": 3, "40001": 3, "23505": 1} {
		asked, written := 0, 0
		err := s.transact(t.Context(), work{
			ask: func(b *pgx.Batch) {
				asked++
				b.Queue(`SELECT 1`)
			},
			write: func(*pgx.Batch) error {
				if written++; written < 3 {
					return &pgconn.PgError{Code: code}
				}
				return nil
			},
		})
		if asked != want || written != want || (err == nil) != (want == 3) {
			t.Errorf("%s: asked %d times, written %d times: %v", code, asked, written, err)
		}
	}
	n := 0
	err := s.transact(t.Context(), work{write: func(*pgx.Batch) error {
		n++
		return &pgconn.PgError{Code: "40P01"}
	}})
	if n != attempts || !store.IsUnavailable(err) {
		t.Errorf("%d attempts: %v", n, err)
	}
}

// TestFaults tells what is the batch's own fault from what is not.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := openTest(t, pgtest.URL(t))
	if _, err := s.Acquire(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]string{"NUL": "a\x00b", "no UTF-8": "\xff"} {
		b := &store.Batch{Partition: 1, Epoch: 1, To: store.Position{Seq: 1}, Profiles: []store.ProfileRow{{ID: "ada", State: []byte("x")}}}
		b.Timeline = []store.TimelineRow{{Profile: id, ID: "e", At: time.Unix(1, 0), Kind: store.KindEvent}}
		if err := s.Commit(t.Context(), b); err == nil || store.IsUnavailable(err) {
			t.Errorf("%s: %v, want an error that is the batch's own", what, err)
		}
	}
	if at, err := s.Acquire(t.Context(), 1, 1); err != nil || at.Seq != 0 {
		t.Errorf("position %v %v after refusals", at, err)
	}
	for code, unavailable := range map[string]bool{"53100": true, "57P01": true, "08006": true, "25P03": true, "22003": false, "23514": false} {
		if err := s.explain(&pgconn.PgError{Code: code}); store.IsUnavailable(err) != unavailable {
			t.Errorf("%s is unavailable: %v, want %v", code, !unavailable, unavailable)
		}
	}
	if !errors.Is(s.explain(context.Canceled), context.Canceled) || !store.IsUnavailable(s.explain(context.DeadlineExceeded)) {
		t.Error("a caller that gives up is no fault of the database; the end of the store's time is")
	}
}
