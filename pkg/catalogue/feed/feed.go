package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// MaxSize is how many bytes a feed may have, unpacked.
const MaxSize = 1 << 30

// maxItem is how many bytes one product may have.
const maxItem = 256 << 10

// Refusal is a product of a feed that cannot be used.
type Refusal struct {
	Place  string // such as "item 12" or "line 12"
	ID     string // as far as it is known
	Reason string
}

// Reader says what becomes of a feed's products.
type Reader struct {
	// Now is the time at which sale prices hold.
	Now time.Time
	// Take gets each product as a record of package catalogue; an error ends Read.
	Take func(id string, record []byte) error
	// Refused gets what cannot be used; nil: nobody is told.
	Refused func(Refusal)
}

// Read reads a whole feed. Its errors are Take's, those of in, and that it is no feed, or none
// to its end.
func (r *Reader) Read(in io.Reader) error {
	text, err := unpacked(in)
	if err != nil {
		return err
	}
	first, err := begin(text)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the feed is empty")
	case err != nil:
		return fmt.Errorf("read the feed: %w", err)
	case first == '<':
		return r.readXML(text)
	case first == '{' || first == '[':
		return r.readJSON(text, first)
	}
	return r.readTable(text)
}

// unpacked is a feed without gzip, its byte order mark, and UTF-16, and with a bound.
func unpacked(in io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(in, 64<<10)
	if magic, _ := text.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		packed, err := gzip.NewReader(text)
		if err != nil {
			return nil, fmt.Errorf("unpack the feed: %w", err)
		}
		text = bufio.NewReaderSize(packed, 64<<10)
	}
	text = bufio.NewReaderSize(&bounded{in: text, left: MaxSize}, 64<<10)
	mark, _ := text.Peek(3)
	switch {
	case bytes.Equal(mark, []byte("\ufeff")):
		if _, err := text.Discard(3); err != nil {
			return nil, fmt.Errorf("read the feed: %w", err)
		}
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		text = bufio.NewReader(transform.NewReader(text, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()))
	}
	return text, nil
}

// begin is the first byte of a text that is no white space, which stays unread.
func begin(text *bufio.Reader) (byte, error) {
	for {
		c, err := text.ReadByte()
		if err != nil {
			return 0, err //nolint:wrapcheck // Read says what it was doing.
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, text.UnreadByte() //nolint:wrapcheck // Read says what it was doing.
		}
	}
}

// bounded is a reader that fails when there is more than it may read.
type bounded struct {
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the feed has more than %d MiB", MaxSize>>20)
	}
	return n, err //nolint:wrapcheck // It has to be io.EOF at the end.
}

// western is a text as UTF-8, whichever of the two it is in.
func western(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return string(bytes.ToValidUTF8([]byte(s), []byte("\ufffd")))
	}
	return out
}

// guard is a reader that fails within one product that is too long, before it is in memory.
type guard struct {
	in   *bufio.Reader
	left int
}

func (g *guard) next() { g.left = maxItem }

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, fmt.Errorf("it has more than %d KiB", maxItem>>10)
	}
	n, err := g.in.Read(p[:min(len(p), 4<<10)])
	g.left -= n
	return n, err //nolint:wrapcheck // It has to be io.EOF at the end.
}

func (g *guard) ReadByte() (byte, error) {
	if g.left--; g.left <= 0 {
		return 0, fmt.Errorf("it has more than %d KiB", maxItem>>10)
	}
	return g.in.ReadByte() //nolint:wrapcheck // It has to be io.EOF at the end.
}

func (r *Reader) refuse(place, id, reason string, args ...any) {
	if r.Refused != nil {
		r.Refused(Refusal{place, id, fmt.Sprintf(reason, args...)})
	}
}

// take hands a product over, or refuses it.
func (r *Reader) take(place string, attributes map[string]string) error {
	id, record, err := product(attributes, r.Now)
	if err != nil {
		r.refuse(place, id, "%s", err)
		return nil
	}
	return r.Take(id, record)
}
