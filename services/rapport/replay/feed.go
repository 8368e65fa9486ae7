package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"rapport/services/rapport/invoices"
)

// feed posts invoices to the HTTP door in batches and notes how far it has come.
type feed struct {
	url, key string
	client   *http.Client
	note     string // path of the note
	file     string // what the note is about
	fed      func(n int)
}

const (
	batchCalls = 200
	batchBytes = 4 << 20
	patience   = time.Minute // for a door that says "later"
)

// run posts everything that was not accepted before.
func (f *feed) run(ctx context.Context, list []invoices.Invoice) error {
	done, err := f.accepted()
	if err != nil {
		return err
	}
	for done < len(list) {
		body, n, err := batch(list[done:])
		if err != nil {
			return err
		}
		if err := f.post(ctx, body, n); err != nil {
			return fmt.Errorf("post invoices %d to %d: %w", done+1, done+n, err)
		}
		done += n
		if err := f.accept(done); err != nil {
			return err
		}
		f.fed(done)
	}
	return nil
}

// batch encodes as many invoices as fit one request.
func batch(list []invoices.Invoice) ([]byte, int, error) {
	var b bytes.Buffer
	b.WriteString(`{"batch":[`)
	n := 0
	for n < len(list) && n < batchCalls && b.Len() < batchBytes {
		call, err := json.Marshal(list[n].Call())
		if err != nil {
			return nil, 0, fmt.Errorf("encode invoice %s: %w", list[n].Number, err)
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(call)
		n++
	}
	b.WriteString(`]}`)
	return b.Bytes(), n, nil
}

// post sends one request, again while the door asks to wait.
func (f *feed) post(ctx context.Context, body []byte, n int) error {
	deadline := time.Now().Add(patience)
	for {
		status, answer, err := f.once(ctx, body)
		switch {
		case err == nil && status == http.StatusOK:
			return check(answer, n)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case (err != nil || status == http.StatusServiceUnavailable) && time.Now().Before(deadline):
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case err != nil:
			return err
		default:
			return fmt.Errorf("the door answered %d: %s", status, answer)
		}
	}
}

func (f *feed) once(ctx context.Context, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	req.SetBasicAuth(f.key, "")
	req.Header.Set("Content-Type", "application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // The body has been read.
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, answer, nil
}

// check compares what the door accepted with what was sent.
func check(answer []byte, n int) error {
	var a struct {
		Accepted int               `json:"accepted"`
		Rejected []json.RawMessage `json:"rejected"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if a.Accepted != n || len(a.Rejected) > 0 {
		return fmt.Errorf("%d of %d accepted; rejected: %s", a.Accepted, n, a.Rejected)
	}
	return nil
}

// progress is the note beside the data.
type progress struct {
	File     string `json:"file"`
	Accepted int    `json:"accepted"`
}

func (f *feed) accepted() (int, error) {
	b, err := os.ReadFile(f.note)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how far the replay had come: %w", err)
	}
	var p progress
	if err := json.Unmarshal(b, &p); err != nil {
		return 0, nil // A torn note: everything is posted again, and dropped by its id.
	}
	if p.File != f.file {
		return 0, fmt.Errorf("%s holds the replay of another file: choose another directory with --data", filepath.Dir(f.note))
	}
	return p.Accepted, nil
}

// accept writes the note beside the old one and swaps them, so that a kill leaves one of
// the two whole.
func (f *feed) accept(n int) error {
	b, err := json.Marshal(progress{File: f.file, Accepted: n})
	if err != nil {
		return fmt.Errorf("note how far the replay has come: %w", err)
	}
	if err := os.WriteFile(f.note+".new", b, 0o600); err != nil {
		return fmt.Errorf("note how far the replay has come: %w", err)
	}
	if err := os.Rename(f.note+".new", f.note); err != nil {
		return fmt.Errorf("note how far the replay has come: %w", err)
	}
	return nil
}
