package packing

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// The ways in which bytes are kept. A store keeps the way beside them.
const (
	Plain       = 0 // as they are
	Dictionary1 = 1 // an S2 block made with dictionary1.bin
)

//go:embed dictionary1.bin
var dictionary1 []byte

// state is where in the dictionary a state begins, as most of what is packed does.
const state = 2083

// shortest is what is worth packing, in bytes.
const shortest = 64

// longest is how long anything may be, in bytes, so that damaged bytes do not ask for all memory there is.
const longest = 1 << 28

// Packer packs and unpacks. It is safe for concurrent use.
type Packer struct {
	dict    *s2.Dict
	scratch sync.Pool // of *[]byte
}

// New returns a packer.
func New() *Packer {
	return &Packer{dict: s2.MakeDictManual(dictionary1, state), scratch: sync.Pool{New: func() any { return new([]byte) }}}
}

// Pack returns what to keep of b, and the way. It is b itself where packing saves too little to be worth it.
func (p *Packer) Pack(b []byte) (kept []byte, way int64) {
	if len(b) < shortest || len(b) > longest {
		return b, Plain
	}
	scratch, _ := p.scratch.Get().(*[]byte)
	defer p.scratch.Put(scratch)
	if need := s2.MaxEncodedLen(len(b)); cap(*scratch) < need {
		*scratch = make([]byte, need)
	}
	packed := p.dict.Encode((*scratch)[:cap(*scratch)], b)
	if len(packed) > len(b)-len(b)/8 {
		return b, Plain
	}
	return bytes.Clone(packed), Dictionary1
}

// Unpack returns what Pack was given. What is plain is returned itself.
func (p *Packer) Unpack(kept []byte, way int64) ([]byte, error) {
	switch way {
	case Plain:
		return kept, nil
	case Dictionary1:
	default:
		return nil, fmt.Errorf("unpack: packed by a newer version, in way %d", way)
	}
	n, err := s2.DecodedLen(kept)
	if err == nil && n > longest {
		err = errors.New("it claims to be longer than anything is")
	}
	var b []byte
	if err == nil {
		b, err = p.dict.Decode(make([]byte, n), kept)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return b, nil
}
