package importing

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// source is an opened file: unpacked, and in UTF-8 unless it is none.
type source struct {
	text   *bufio.Reader
	file   *os.File
	size   int64
	passed *atomic.Int64 // bytes read of the file as it is on disk
}

// Encodings that a file may be in. A byte order mark counts before them.
var encodings = []string{"utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16"}

func openSource(path, encoding string) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file to import cannot be read: %w", err)
	}
	s := &source{file: f, passed: new(atomic.Int64)}
	if err := s.begin(encoding); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return s, nil
}

func (s *source) begin(encoding string) error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return errors.New("is a directory: name a file")
	}
	s.size = info.Size()
	in := bufio.NewReaderSize(&counting{s.file, s.passed}, 128<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("is no whole gzip file: %w", err)
		}
		in = bufio.NewReaderSize(unzipped, 128<<10)
	}
	s.text, err = decoded(in, encoding)
	return err
}

// decoded turns a text into UTF-8 and takes its byte order mark away.
func decoded(in *bufio.Reader, encoding string) (*bufio.Reader, error) {
	mark, _ := in.Peek(3)
	var t transform.Transformer
	switch {
	case bytes.Equal(mark, []byte("\ufeff")):
		_, err := in.Discard(3)
		return in, err
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		t = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
	default:
		switch encoding {
		case "", "utf-8":
			return in, nil
		case "windows-1252":
			t = charmap.Windows1252.NewDecoder()
		case "iso-8859-1":
			t = charmap.ISO8859_1.NewDecoder()
		case "iso-8859-15":
			t = charmap.ISO8859_15.NewDecoder()
		case "utf-16":
			t = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
		default:
			return nil, fmt.Errorf("there is no encoding %q: use one of %v", encoding, encodings)
		}
	}
	return bufio.NewReaderSize(transform.NewReader(in, t), 128<<10), nil
}

// counting counts what is read.
type counting struct {
	in     io.Reader
	passed *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.passed.Add(int64(n))
	return n, err
}

// contentHash identifies a file by all that is in it.
func contentHash(path string) (hash string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the file to import cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
