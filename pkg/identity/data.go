package identity

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Stated is a Statement as the data of an event.
type Stated struct {
	A      string    `json:"former"`
	B      string    `json:"id"`
	Joined bool      `json:"joined"`
	At     time.Time `json:"at"`
	UID    string    `json:"event,omitempty"`
}

// Joined tells the node pointed to what the sender has.
type Joined struct {
	Of      string // the node that sends
	Version uint64 // of the pointing
	Seq     uint64 // grows with each that a node sends
	Profile []byte // its view, as stored
	Engine  []byte // the engine's state that moves; may be empty
}

// Detached tells a node that another no longer points to it.
type Detached struct {
	Of      string `json:"of"`
	Version uint64 `json:"version"` // what the other sent by lower versions is out of date
}

// Forgotten tells the authority of an erasure, and the nodes that had said they were joined with
// the id. Also are those ids.
type Forgotten struct {
	ID   string   `json:"id"`
	Also []string `json:"also,omitempty"`
}

// Erased passes an erasure on: up to the root, and down from there.
type Erased struct {
	Origin string `json:"origin"` // the id that was to be erased
	Down   bool   `json:"down,omitempty"`
}

// message are the kinds of data.
type message interface {
	Stated | Pointing | Joined | Detached | Forgotten | Erased
}

// Data writes what an event of one of this package's types carries.
func Data[T message](v T) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the data of an identity event: %w", err)
	}
	return b, nil
}

// ReadData reads what Data wrote.
func ReadData[T message](data json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("read the data of an identity event: %w", err)
	}
	return v, nil
}

// joined is Joined as JSON. Packed says that the bytes are compressed, by DEFLATE (RFC 1951).
type joined struct {
	Of      string `json:"of"`
	Version uint64 `json:"version"`
	Seq     uint64 `json:"seq"`
	Profile []byte `json:"profile,omitempty"`
	Engine  []byte `json:"engine,omitempty"`
	Packed  bool   `json:"packed,omitempty"`
}

const (
	// packFrom is from how many bytes on a state is compressed: setting up costs as much as it saves of less.
	packFrom = 32 << 10
	// maxUnpacked is what either part of a message may be when it is read.
	maxUnpacked = 16 << 20
)

// MarshalJSON compresses what is large, because a message carries no more than 1 MiB.
func (j Joined) MarshalJSON() ([]byte, error) {
	out := joined{Of: j.Of, Version: j.Version, Seq: j.Seq, Profile: j.Profile, Engine: j.Engine}
	if len(j.Profile)+len(j.Engine) >= packFrom {
		out.Packed = true
		var err error
		if out.Profile, err = pack(j.Profile); err != nil {
			return nil, err
		}
		if out.Engine, err = pack(j.Engine); err != nil {
			return nil, err
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (j *Joined) UnmarshalJSON(b []byte) error {
	var in joined
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Packed {
		var err error
		if in.Profile, err = unpack(in.Profile); err != nil {
			return fmt.Errorf("profile of %s: %w", in.Of, err)
		}
		if in.Engine, err = unpack(in.Engine); err != nil {
			return fmt.Errorf("engine's state of %s: %w", in.Of, err)
		}
	}
	*j = Joined{Of: in.Of, Version: in.Version, Seq: in.Seq, Profile: in.Profile, Engine: in.Engine}
	return nil
}

func pack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, nil
	}
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxUnpacked+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("decompress: %w", err)
	case len(out) > maxUnpacked:
		return nil, fmt.Errorf("decompress: it has more than %d bytes", maxUnpacked)
	}
	return out, nil
}
