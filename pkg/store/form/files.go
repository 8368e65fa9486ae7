package form

import (
	"bytes"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"math"

	"github.com/fxamacker/cbor/v2"
)

// PackFiles encodes files as one CBOR map and deflates it: files of a workspace resemble
// each other, and together they become a fifth or less.
func PackFiles(files map[string][]byte) ([]byte, error) {
	whole := make(map[string][]byte, len(files))
	for name, content := range files {
		if whole[name] = content; content == nil {
			whole[name] = []byte{} // nil would come back as nil
		}
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		err = cmp.Or(cbor.NewEncoder(w).Encode(whole), w.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("pack %d files: %w", len(files), err)
	}
	return packed.Bytes(), nil
}

// UnpackFiles is the inverse of PackFiles. Names may be any bytes, as in a file system.
func UnpackFiles(packed []byte) (map[string][]byte, error) {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid, MaxMapPairs: math.MaxInt32}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("set up CBOR: %w", err)
	}
	whole, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	var files map[string][]byte
	if err == nil {
		err = mode.Unmarshal(whole, &files)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack files: %w", err)
	}
	return files, nil
}
