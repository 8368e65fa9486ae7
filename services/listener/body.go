package listener

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

// Bounds of bodies. Providers that tell of many events at once post much, all others little.
const (
	batchBody = 32 << 20
	oneBody   = 1 << 20
)

func bodyLimit(provider string) int64 {
	switch provider {
	case "sendgrid", "mandrill", "sparkpost", "mailjet", "brevo":
		return batchBody
	}
	return oneBody
}

// budget bounds the bytes of all bodies in hand.
type budget struct {
	used atomic.Int64
	max  int64
}

// counted is a body whose bytes count until it is let go.
type counted struct {
	r    io.Reader
	of   *budget
	took int64
}

var errBudget = errors.New("too much is being read")

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.took += int64(n)
	if c.of.used.Add(int64(n)) > c.of.max {
		return n, errBudget
	}
	return n, err
}

func (c *counted) release() { c.of.used.Add(-c.took) }

// readBody reads a body of at most limit bytes. When it is refused, what says why. release is to be called in any case.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), what outcome) {
	in := &counted{r: http.MaxBytesReader(w, r.Body, limit), of: &s.reading}
	if r.ContentLength > limit {
		// Who is cut off while sending does not see the answer.
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, limit))
		return nil, in.release, tooLarge
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := buf.ReadFrom(in)
	var big *http.MaxBytesError
	switch {
	case err == nil:
		return buf.Bytes(), in.release, ""
	case errors.As(err, &big):
		return nil, in.release, tooLarge
	case errors.Is(err, errBudget):
		return nil, in.release, busy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, in.release, slow
	}
	return nil, in.release, unreadable
}
