package embedded

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A full disk cannot be had in a test without rights, its error can.
func TestFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	full := &os.PathError{Op: "write", Path: "/data/x", Err: syscall.ENOSPC}
	if err := dirError("/data", fmt.Errorf("probe: %w", full)); !strings.Contains(err.Error(), "free some space") || !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if err := explain(errors.New("Can't start JetStream: write: no space left on device"), Options{StoreDir: "/data"}); !strings.Contains(err.Error(), "/data is full") {
		t.Error(err)
	}
}
