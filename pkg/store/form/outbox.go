package form

import (
	"bytes"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"rapport/pkg/store"
)

// besidesData is about how many bytes a message takes besides its data: subject, id, trace.
const besidesData = 192

// PackOutbox encodes one commit's outgoing messages as one CBOR value, which replaces what
// is in the buffer: bodies stay the bytes they are, where JSON would make base64 of them.
func PackOutbox(to *bytes.Buffer, out []store.Outgoing) error {
	to.Reset()
	size := 0
	for i := range out {
		size += len(out[i].Data) + besidesData
	}
	to.Grow(size)
	if err := cbor.MarshalToBuffer(out, to); err != nil {
		return fmt.Errorf("encode the outbox: %w", err)
	}
	return nil
}

// UnpackOutbox is the inverse of PackOutbox. It accepts text that is not UTF-8, because
// PackOutbox writes what it is given and a batch that cannot be read would block the relay
// for ever.
func UnpackOutbox(data []byte) ([]store.Outgoing, error) {
	mode, err := cbor.DecOptions{
		UTF8:             cbor.UTF8DecodeInvalid,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("set up CBOR: %w", err)
	}
	var out []store.Outgoing
	if err := mode.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("decode the outbox: %w", err)
	}
	return out, nil
}
