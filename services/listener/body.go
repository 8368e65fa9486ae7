package listener

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"

	"rapport/pkg/intake"
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

// readBody reads a body of at most limit bytes. When it is refused, what says why. release is to be called in any case.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), what outcome) {
	in := s.reading.Count(http.MaxBytesReader(w, r.Body, limit))
	if r.ContentLength > limit {
		// Who is cut off while sending does not see the answer.
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, limit))
		return nil, in.Release, tooLarge
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := buf.ReadFrom(in)
	var big *http.MaxBytesError
	switch {
	case err == nil:
		return buf.Bytes(), in.Release, ""
	case errors.As(err, &big):
		return nil, in.Release, tooLarge
	case errors.Is(err, intake.ErrSpent):
		return nil, in.Release, busy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, in.Release, slow
	}
	return nil, in.Release, unreadable
}
