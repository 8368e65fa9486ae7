package journey

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// stateVersion is the first byte of a stored state. A new meaning of the bytes takes a
// new number; fields are only ever added, under new keys.
const stateVersion = 2

// Codec turns states into compact bytes and back: CBOR (RFC 8949) with small integers for
// names, a fifth of the time and half of the size of JSON.
type Codec struct {
	enc cbor.UserBufferEncMode
	dec cbor.DecMode
	// buffers are where states are written, so that what is kept of one has its own size.
	buffers sync.Pool // of *bytes.Buffer
}

// NewCodec returns a codec. It is safe for concurrent use.
func NewCodec() (*Codec, error) {
	enc, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical, Time: cbor.TimeRFC3339Nano}.UserBufferEncMode()
	if err != nil {
		return nil, fmt.Errorf("set up the state codec: %w", err)
	}
	dec, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), TimeTag: cbor.DecTagIgnored}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("set up the state codec: %w", err)
	}
	return &Codec{enc: enc, dec: dec}, nil
}

// Encode writes a state. Equal states give equal bytes.
func (c *Codec) Encode(s *State) ([]byte, error) {
	b, _ := c.buffers.Get().(*bytes.Buffer)
	if b == nil {
		b = &bytes.Buffer{}
	}
	defer c.buffers.Put(b)
	b.Reset()
	b.WriteByte(stateVersion)
	if err := c.enc.MarshalToBuffer(s, b); err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return bytes.Clone(b.Bytes()), nil
}

// Decode reads what Encode wrote.
func (c *Codec) Decode(b []byte) (*State, error) {
	if len(b) == 0 || b[0] != stateVersion {
		return nil, fmt.Errorf("decode state: written by another version of Rapport (format %v, this one reads %d)", b[:min(1, len(b))], stateVersion)
	}
	var s State
	if err := c.dec.Unmarshal(b[1:], &s); err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	return &s, nil
}
