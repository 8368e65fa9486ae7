package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Sink is the mail server of the measurements, in a process of its own: it accepts every
// mail, keeps none, and tells when it accepted which. It listens on a free port of the
// loopback interface and writes its address to out as one line; then, for each mail, 16
// bytes: the number in the recipient's address (e123@...; -1 when there is none) and the
// time of the answer in Unix nanoseconds, both big endian. It ends when in does, or ctx.
func Sink(ctx context.Context, in io.Reader, out io.Writer) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("sink: listen: %w", err)
	}
	s := &mailSink{out: bufio.NewWriterSize(out, 64<<10), conns: map[net.Conn]bool{}}
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return errors.Join(fmt.Errorf("sink: say the address: %w", err), ln.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in) // The parent says nothing; it only ends.
		cancel()
	}()
	var serving sync.WaitGroup
	serving.Go(func() { s.flushing(ctx) })
	context.AfterFunc(ctx, func() { _ = ln.Close(); s.hangUp() })
	for {
		conn, err := ln.Accept()
		if err != nil {
			break // Only a closed listener fails here for good.
		}
		serving.Go(func() { s.serve(ctx, conn) })
	}
	serving.Wait()
	return nil
}

type mailSink struct {
	mu    sync.Mutex
	out   *bufio.Writer
	conns map[net.Conn]bool
	queue int
}

// flushing tells what was accepted a moment ago.
func (s *mailSink) flushing(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		s.mu.Lock()
		_ = s.out.Flush() // The parent that does not read any more has ended.
		s.mu.Unlock()
	}
}

func (s *mailSink) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// serve speaks as much SMTP as a client of RFC 5321 needs to hand mails over.
func (s *mailSink) serve(ctx context.Context, conn net.Conn) {
	s.mu.Lock()
	s.conns[conn] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	if ctx.Err() != nil {
		return
	}
	r, w := bufio.NewReaderSize(conn, 32<<10), bufio.NewWriter(conn)
	say := func(line string) bool {
		_, _ = w.WriteString(line + "\r\n") // Flush reports it.
		return r.Buffered() > 0 || w.Flush() == nil
	}
	if !say("220 bench ESMTP") {
		return
	}
	serial := int64(-1)
	for {
		command, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		var ok bool
		switch verb := bytes.ToUpper(command[:min(4, len(command))]); string(verb) {
		case "EHLO":
			ok = say("250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
		case "RCPT":
			serial = recipient(command)
			ok = say("250 2.1.5 Ok")
		case "DATA":
			ok = say("354 Go on") && skipBody(r) && s.accept(w, serial)
		case "QUIT":
			say("221 2.0.0 Bye")
			return
		default:
			ok = say("250 2.0.0 Ok")
		}
		if !ok {
			return
		}
	}
}

// recipient is the number in RCPT TO:<e123@...>; -1 when there is none.
func recipient(command []byte) int64 {
	_, rest, _ := bytes.Cut(command, []byte("<e"))
	digits, _, _ := bytes.Cut(rest, []byte("@"))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// skipBody reads up to the line that is a dot.
func skipBody(r *bufio.Reader) bool {
	whole := true // the line before was read to its end
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			whole = false
			continue
		case err != nil:
			return false
		case whole && string(bytes.TrimRight(line, "\r\n")) == ".":
			return true
		}
		whole = true
	}
}

// accept answers a mail and notes when.
func (s *mailSink) accept(w *bufio.Writer, serial int64) bool {
	s.mu.Lock()
	s.queue++
	id := s.queue
	s.mu.Unlock()
	_, _ = fmt.Fprintf(w, "250 2.0.0 Ok: queued as B%08d\r\n", id) // Flush reports it.
	err := w.Flush()
	var record [16]byte
	binary.BigEndian.PutUint64(record[:8], uint64(serial))
	binary.BigEndian.PutUint64(record[8:], uint64(time.Now().UnixNano()))
	s.mu.Lock()
	_, _ = s.out.Write(record[:]) // The parent that does not read any more has ended.
	s.mu.Unlock()
	return err == nil
}
