package invoices

import (
	"bytes"
	"io"
)

// tape is the text behind the CSV reader, kept from the present record on. A quote that is
// never closed makes a CSV reader take the rest of the file for one field; with the tape it
// is one bad line, and reading goes on with the next.
type tape struct {
	src  io.Reader
	kept []byte
	base int64 // offset of kept[0]
	next int64 // offset that the next Read begins at
}

func (t *tape) Read(p []byte) (int, error) {
	if at := t.next - t.base; at < int64(len(t.kept)) {
		n := copy(p, t.kept[at:])
		t.next += int64(n)
		return n, nil
	}
	n, err := t.src.Read(p)
	t.kept = append(t.kept, p[:n]...)
	t.next += int64(n)
	return n, err
}

// forgetAfter is how much is kept before the start of it is dropped: dropping moves the rest.
const forgetAfter = 256 << 10

// forget says that nothing before an offset is needed any more.
func (t *tape) forget(before int64) {
	if n := before - t.base; n > forgetAfter {
		t.kept = append(t.kept[:0], t.kept[n:]...)
		t.base = before
	}
}

// skipLine goes back to an offset and from there past one line and the empty ones before
// it. It returns the new offset.
func (t *tape) skipLine(from int64) int64 {
	t.next = from
	for rest := t.kept[from-t.base:]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		t.next += int64(end)
		if len(bytes.TrimRight(rest[:end], "\r\n")) > 0 {
			break
		}
		rest = rest[end:]
	}
	return t.next
}
