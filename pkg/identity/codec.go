package identity

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// rowVersion is the first byte of a stored row. A new meaning of the bytes takes a new number;
// fields are only ever added, under new keys.
const rowVersion = 1

func encode(v any) ([]byte, error) {
	b, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode identity row: %w", err)
	}
	return append([]byte{rowVersion}, b...), nil
}

func decode(b []byte, v any) error {
	if len(b) == 0 || b[0] != rowVersion {
		return fmt.Errorf("decode identity row: written by another version of Rapport (format %v, this one reads %d)", b[:min(1, len(b))], rowVersion)
	}
	if err := cbor.Unmarshal(b[1:], v); err != nil {
		return fmt.Errorf("decode identity row: %w", err)
	}
	return nil
}
