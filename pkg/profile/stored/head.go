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

// put writes the head of a value. It appends to f.out alone, here and elsewhere, because Go
// then writes no pointer, of which the garbage collector would be told.
func (f *Form) put(kind byte, n uint64) {
	switch {
	case n < oneByte:
		f.out = append(f.out, kind|byte(n))
	case n < 1<<8:
		f.out = append(f.out, kind|oneByte, byte(n))
	case n < 1<<16:
		f.out = append(f.out, kind|twoBytes, byte(n>>8), byte(n))
	case n < 1<<32:
		f.out = append(f.out, kind|fourBytes, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	default:
		f.out = append(f.out, kind|eightBytes)
		f.eight(n)
	}
}

func (f *Form) eight(n uint64) {
	f.out = append(f.out, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
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
	if n := first - kind; n < oneByte && !f.bad {
		f.at++
		return uint64(n)
	}
	if first&kindBits != kind || f.bad {
		f.bad = true
		return 0
	}
	f.at++
	n, rest := uint64(first&numberBits), f.in[f.at:]
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

// size reads the head of what has a length.
func (f *Form) size(kind byte) uint64 {
	first := f.peek()
	n := f.number(kind)
	// Each byte, item or entry has a byte at least. Nobody writes lengths in eight bytes, and
	// not everybody reads them.
	if n > uint64(len(f.in)-f.at) || first == kind|eightBytes {
		f.bad = true
		return 0
	}
	return n
}

// length reads the head of a list, a map or a tuple.
func (f *Form) length(kind byte) int {
	n := f.size(kind)
	if n > maxLength {
		f.bad = true
		return 0
	}
	return int(n) //nolint:gosec // It is at most maxLength.
}

// span reads bytes or a text, and returns where it begins and ends.
func (f *Form) span(kind byte) (from, to int) {
	n := f.size(kind)
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
