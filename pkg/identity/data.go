package identity

import (
	"encoding/json"
	"fmt"
	"time"
)

// Stated is a Statement as data of an event; its UID is that of the event which said it.
type Stated struct {
	A      string    `json:"former"`
	B      string    `json:"id"`
	Joined bool      `json:"joined"`
	At     time.Time `json:"at"`
	UID    string    `json:"event"`
}

// Joined tells the node pointed to of what the sender has.
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
	Version uint64 `json:"version"` // of the pointing that led away
}

// Forgotten tells the authority of an erasure. Also are ids that its node has said it was joined with.
type Forgotten struct {
	ID   string   `json:"id"`
	Also []string `json:"also,omitempty"`
}

// Data writes what an event of one of this package's types carries: Stated, Pointing, Joined, Detached or Forgotten.
func Data[T Stated | Pointing | Joined | Detached | Forgotten](v T) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %T: %w", v, err)
	}
	return b, nil
}

// ReadData reads what Data wrote.
func ReadData[T Stated | Pointing | Joined | Detached | Forgotten](data json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("read %T: %w", v, err)
	}
	return v, nil
}
