package embeddedtest

import (
	"os"
	"testing"
	"time"
)

// Dir is t.TempDir for a broker's files. A consumer writes its state once more while the
// server shuts down, and nothing tells when it has: nats-server 2.15 does not wait for it. A
// removal at that moment finds the directory filled again, and is repeated here.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "broker") //nolint:usetesting // What t.TempDir does not do is what this is for.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		const tries, pause = 50, 100 * time.Millisecond
		for range tries {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			<-time.After(pause)
		}
		t.Errorf("remove the broker's files: %v", err)
	})
	return dir
}
