package stored

import "encoding/binary"

// The first bytes of values (RFC 8949, section 3): a kind in three bits, and in five a number,
// or in how many bytes it follows.
const (
	cborUint  = 0 << 5
	cborNint  = 1 << 5 // -1 less the number
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborArray = 4 << 5
	cborMap   = 5 << 5

	cborFalse = 7<<5 | 20
	cborTrue  = 7<<5 | 21
	cborNull  = 7<<5 | 22
	cborFloat = 7<<5 | 27 // of eight bytes

	kindBits   = 7 << 5
	numberBits = 1<<5 - 1

	// Numbers below oneByte stand in the first byte itself.
	oneByte, twoBytes, fourBytes, eightBytes = 24, 25, 26, 27
)

// maxLength is the longest list that the library reads, unless it is told otherwise.
const maxLength = 128 << 10

func appendHead(b []byte, kind byte, n uint64) []byte {
	switch {
	case n < oneByte:
		return append(b, kind|byte(n))
	case n < 1<<8:
		return append(b, kind|oneByte, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, kind|twoBytes), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, kind|fourBytes), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, kind|eightBytes), n)
}

// peek is the first byte of the value that comes next; at the end that of none.
func (f *Form) peek() byte {
	if f.at >= len(f.in) {
		f.bad = true
		return 0xff
	}
	return f.in[f.at]
}

// number reads the head of a value of a kind.
func (f *Form) number(kind byte) uint64 {
	first := f.peek()
	if first&kindBits != kind || f.bad {
		f.bad = true
		return 0
	}
	f.at++
	n, rest := uint64(first&numberBits), f.in[f.at:]
	if n < oneByte {
		return n
	}
	size := 1 << (n - oneByte)
	if n > eightBytes || len(rest) < size { // Above are lengths left open.
		f.bad = true
		return 0
	}
	f.at += size
	switch n {
	case oneByte:
		return uint64(rest[0])
	case twoBytes:
		return uint64(binary.BigEndian.Uint16(rest))
	case fourBytes:
		return uint64(binary.BigEndian.Uint32(rest))
	}
	return binary.BigEndian.Uint64(rest)
}

// length reads the head of a list or map. Each of its entries has a byte at least.
func (f *Form) length(kind byte) int {
	if f.peek() == kind|eightBytes {
		f.bad = true // Nobody writes lengths so, and not everybody reads them.
	}
	n := f.number(kind)
	if n > maxLength || n > uint64(len(f.in)-f.at) {
		f.bad = true
	}
	if f.bad {
		return 0
	}
	return int(n) //nolint:gosec // It is at most maxLength.
}

// span reads bytes or a text, and returns where it begins and ends.
func (f *Form) span(kind byte) (from, to int) {
	if f.peek() == kind|eightBytes {
		f.bad = true
	}
	n := f.number(kind)
	if n > uint64(len(f.in)-f.at) {
		f.bad = true
	}
	if f.bad {
		return f.at, f.at
	}
	from = f.at
	f.at += int(n) //nolint:gosec // It is within what is read.
	return from, f.at
}

// null reads a null, if that comes next.
func (f *Form) null() bool {
	if f.peek() != cborNull {
		return false
	}
	f.at++
	return true
}
