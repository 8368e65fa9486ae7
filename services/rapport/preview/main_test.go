package preview_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/preview"
	"rapport/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for machines that do ten other things.
const patience = 60 * time.Second

// running is a preview of a workspace of its own.
type running struct {
	dir, base string
	client    *http.Client
}

// start previews a copy of the starter with some files changed; "" takes one away.
func start(t *testing.T, files map[string]string) *running {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "templates")
	if err := os.CopyFS(dir, templates.FS); err != nil {
		t.Fatal(err)
	}
	r := &running{dir: dir, client: &http.Client{Transport: &http.Transport{}}}
	for name, text := range files {
		r.save(t, name, text)
	}
	ctx, stop := context.WithCancel(context.Background())
	s, err := preview.New(ctx, preview.Options{Dir: dir, Addr: "127.0.0.1:0", Now: func() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	r.base = s.URL()
	return r
}

// save writes a file of the workspace, whole at once, as editors do.
func (r *running) save(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, filepath.FromSlash(name))
	if text == "" {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	beside := path + ".tmp"
	if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, path); err != nil {
		t.Fatal(err)
	}
}

// get returns an answer and its body.
func (r *running) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	resp, err := r.client.Get(r.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Read to its end.
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// at is the path of a choice: names and values in turn.
func at(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}
