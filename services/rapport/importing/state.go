package importing

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// state is how far an import has come. It is kept beside the file.
type state struct {
	Version int    `json:"version"`
	Kind    Kind   `json:"kind"`
	Hash    string `json:"sha256"` // of the file's content
	How     string `json:"how"`    // of everything that says what becomes of a row
	Rows    int    `json:"rows"`   // all up to this one are settled
	Counts  Counts `json:"counts"` // of those
	// Rejects is the size of the file of refused rows after them; what is behind it is cut off.
	Rejects     int64  `json:"rejects_size"`
	RejectsName string `json:"rejects,omitempty"`
	// RejectsMade is set before that file is made, so that it is known as this import's own.
	RejectsMade bool `json:"rejects_made,omitempty"`
}

// Counts say what became of rows.
type Counts struct {
	Rows    int `json:"rows"`    // read, refused and passed over ones among them
	Stored  int `json:"stored"`  // rows of which all is stored
	Refused int `json:"refused"` // rows that were refused
	Passed  int `json:"passed"`  // rows that say nothing to be kept, such as orders that were cancelled
	Events  int `json:"events"`  // events that were stored
}

const stateVersion = 1

// StatePath is where the position of an import of a file is kept.
func StatePath(path string, k Kind) string { return path + ".import-" + string(k) + ".json" }

// readState returns the position that fits, or none and why it does not.
func readState(path string, want state) (found *state, why string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("the position of an earlier import cannot be read: %w", err)
	}
	var s state
	switch err := json.Unmarshal(text, &s); {
	case err != nil || s.Version != stateVersion:
		return nil, "its position cannot be read", nil
	case s.Hash != want.Hash:
		return nil, "the file is another one now", nil
	case s.Kind != want.Kind || s.How != want.How:
		return nil, "it was imported in another way", nil
	case s.RejectsName != want.RejectsName:
		return nil, "its refused rows went elsewhere", nil
	}
	return &s, "", nil
}

// write keeps the state so that a crash leaves the old one or the new one.
func (s state) write(path string) (err error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("the position cannot be kept: %w: name another place with --state", err)
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the position cannot be kept: %w", err), os.Remove(f.Name()))
	}
	return nil
}
