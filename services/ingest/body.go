package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"unicode/utf8"

	"rapport/pkg/intake"
)

// readBody returns the unfolded body, at most limit bytes of it, as valid UTF-8.
// The caller calls release when it no longer needs the bytes.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), p *problem) {
	if body, release, p = s.readBytes(w, r, limit); p != nil {
		return nil, nil, p
	}
	if p = checkUTF8(body); p != nil {
		release()
		return nil, nil, p
	}
	return body, release, nil
}

// readBytes is readBody for a body that need not be text.
func (s *Service) readBytes(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), p *problem) {
	if r.ContentLength > limit {
		return nil, nil, oversize(limit)
	}
	var in io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		gz, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, s.readProblem(err, limit)
		}
		in = io.LimitReader(gz, limit+1)
	default:
		return nil, nil, newProblem(http.StatusUnsupportedMediaType, unsupported, "Unsupported content encoding",
			fmt.Sprintf("Content-Encoding is %q. Send the body as it is, or as gzip.", enc))
	}
	counted := s.reading.Count(in)
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	if _, err := buf.ReadFrom(counted); err != nil {
		counted.Release()
		return nil, nil, s.readProblem(err, limit)
	}
	if int64(buf.Len()) > limit {
		counted.Release()
		return nil, nil, oversize(limit)
	}
	return buf.Bytes(), counted.Release, nil
}

// contentType takes JSON. A beacon is text/plain, which browsers send to other origins without
// asking first (https://fetch.spec.whatwg.org/#simple-header); it has the same JSON in it.
func contentType(header string) (beacon bool, p *problem) {
	if header == "" {
		return false, nil
	}
	typ, params, err := mime.ParseMediaType(header)
	charset := strings.ToLower(params["charset"])
	if err == nil && (charset == "" || charset == "utf-8") {
		switch typ {
		case "application/json":
			return false, nil
		case "text/plain":
			return true, nil
		}
	}
	return false, unsupportedType(header)
}

func unsupportedType(header string) *problem {
	return newProblem(http.StatusUnsupportedMediaType, unsupported, "Unsupported content type",
		fmt.Sprintf("Content-Type is %q. Send JSON in UTF-8 with the header Content-Type: application/json (curl: -H 'Content-Type: application/json').", header))
}

func oversize(limit int64) *problem {
	return newProblem(http.StatusRequestEntityTooLarge, tooLarge, "Body too large",
		fmt.Sprintf("The body has more than %d bytes (unfolded, if it is gzip). Send fewer events in one batch, or a smaller event.", limit))
}

// readProblem says why a body could not be read.
func (s *Service) readProblem(err error, limit int64) *problem {
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return oversize(limit)
	case errors.Is(err, intake.ErrSpent):
		p := newProblem(http.StatusServiceUnavailable, busy, "Busy", "Too many large requests are being read at this moment. Repeat this one a little later.")
		p.retryAfter = 1
		return p
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, slowSender, "Request timeout",
			fmt.Sprintf("The body did not arrive within %s. Send it faster, or in smaller batches.", s.o.ReadWithin))
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return newProblem(http.StatusBadRequest, malformed, "Malformed gzip",
			"Content-Encoding is gzip, but the body is not valid gzip. Compress it once and whole, or leave the header out.")
	}
	return newProblem(http.StatusBadRequest, malformed, "Unreadable body", "The body could not be read to its end: "+err.Error()+". Repeat the request.")
}

// checkUTF8 keeps other encodings out: properties pass through as bytes, and the
// broker's readers must be able to rely on JSON being UTF-8 (RFC 8259, 8.1).
func checkUTF8(body []byte) *problem {
	if utf8.Valid(body) {
		return nil
	}
	at := 0
	for at < len(body) {
		r, n := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return newProblem(http.StatusBadRequest, malformed, "Not UTF-8",
		fmt.Sprintf("%s: the byte 0x%02x is not UTF-8. Encode the JSON in UTF-8.", position(body, int64(at)), body[at]))
}

// position names the line and column, both from 1, of the byte at an offset.
func position(body []byte, offset int64) string {
	before := body[:min(max(offset, 0), int64(len(body)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}
