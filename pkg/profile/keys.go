package profile

import (
	"encoding/binary"
	"errors"
)

// Keys is a list of products' keys. Its stored form is a CBOR array of texts like that of
// any list. It is written and read here because there are dozens in a state, and by
// reflection each costs several calls and a string of its own.
type Keys []string

// The first bytes of CBOR's arrays and texts (RFC 8949, section 3): a kind in three bits, and
// in five the length, or in how many bytes it follows.
const (
	cborText  = 3 << 5
	cborArray = 4 << 5

	cborShort = 24 // lengths below it stand in the first byte itself
	cborByte  = 24
	cborTwo   = 25
	cborFour  = 26
)

// IsZero reports whether the list is empty, and not stored then.
func (k Keys) IsZero() bool { return len(k) == 0 }

// MarshalCBOR writes the stored form.
func (k Keys) MarshalCBOR() ([]byte, error) {
	const usual = 8 // bytes of a key and its length
	b := appendHead(make([]byte, 0, 4+usual*len(k)), cborArray, len(k))
	for _, key := range k {
		b = append(appendHead(b, cborText, len(key)), key...)
	}
	return b, nil
}

// UnmarshalCBOR reads what MarshalCBOR wrote. The keys share one piece of memory.
func (k *Keys) UnmarshalCBOR(b []byte) error {
	text := string(b)
	n, at, ok := readHead(b, 0, cborArray)
	if !ok || n > len(b) { // Each has a byte at least.
		return errKeys
	}
	list := make(Keys, n)
	for i := range list {
		size, start, ok := readHead(b, at, cborText)
		if at = start + size; !ok || at > len(b) {
			return errKeys
		}
		list[i] = text[start:at]
	}
	if at != len(b) {
		return errKeys
	}
	*k = list
	return nil
}

var errKeys = errors.New("the keys of products are not a list of texts")

func appendHead(b []byte, kind byte, n int) []byte {
	switch {
	case n < cborShort:
		return append(b, kind|byte(n))
	case n < 1<<8:
		return append(b, kind|cborByte, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, kind|cborTwo), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, kind|cborFour), uint32(n)) //nolint:gosec // Nothing of 4 GB is kept of one person.
}

// readHead reads the length of an array or a text, and where what it holds begins.
func readHead(b []byte, at int, kind byte) (n, next int, ok bool) {
	if at >= len(b) || b[at]&^31 != kind {
		return 0, at, false
	}
	n, at = int(b[at]&31), at+1
	rest := b[at:]
	switch {
	case n < cborShort:
		return n, at, true
	case n == cborByte && len(rest) >= 1:
		return int(rest[0]), at + 1, true
	case n == cborTwo && len(rest) >= 2:
		return int(binary.BigEndian.Uint16(rest)), at + 2, true
	case n == cborFour && len(rest) >= 4:
		return int(binary.BigEndian.Uint32(rest)), at + 4, true
	}
	return 0, at, false
}
