package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// door sends batches over HTTP: POST /v1/cloudevents in batched mode.
type door struct {
	url, key string
	http     *http.Client
	plain    bool
	zips     sync.Pool // of *gzip.Writer
}

// batchType is the content type of the batched mode (CloudEvents, HTTP protocol binding, 3.3).
const batchType = "application/cloudevents-batch+json"

func newDoor(o *Options) (courier, func()) {
	d := &door{url: strings.TrimSuffix(o.URL, "/") + "/v1/cloudevents", key: o.WriteKey, http: o.HTTP, plain: o.Uncompressed}
	if d.http != nil {
		return d, func() {}
	}
	own, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		own = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	own = own.Clone()
	own.MaxIdleConnsPerHost = o.Concurrency
	d.http = &http.Client{Transport: own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d, own.CloseIdleConnections
}

func (d *door) carry(ctx context.Context, batch []*entry) []error {
	said := make([]error, len(batch))
	if err := d.post(ctx, batch, said); err != nil {
		for i := range said {
			said[i] = err
		}
	}
	return said
}

// post sends a batch. Its error is for all of it.
func (d *door) post(ctx context.Context, batch []*entry, said []error) error {
	body, common := envelope(batch)
	if !d.plain {
		body = d.zip(body)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	req.SetBasicAuth(d.key, "")
	req.Header.Set("Content-Type", batchType)
	if !d.plain {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if common != "" {
		req.Header.Set("Traceparent", common)
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return &setback{err: fmt.Errorf("client: the door does not answer: %w", err)}
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return &setback{err: fmt.Errorf("client: the door's answer cannot be read: %w", err)}
	}
	return judge(resp, raw, batch, said)
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 8 << 20

// envelope is the body of a batch, and the trace that all its events have.
func envelope(batch []*entry) (body []byte, common string) {
	size, mixed := 2, false
	for _, e := range batch {
		size += len(e.body) + 1
		mixed = mixed || e.traceparent != batch[0].traceparent
	}
	if mixed {
		size += len(batch) * 80
	}
	body = append(make([]byte, 0, size), '[')
	for i, e := range batch {
		if i > 0 {
			body = append(body, ',')
		}
		if mixed {
			body = e.traced(body)
		} else {
			body = append(body, e.body...)
		}
	}
	if !mixed {
		common = batch[0].traceparent
	}
	return append(body, ']'), common
}

func (d *door) zip(body []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(body)/4 + 512)
	w, ok := d.zips.Get().(*gzip.Writer)
	if ok {
		w.Reset(&out)
	} else {
		w, _ = gzip.NewWriterLevel(&out, gzip.BestSpeed)
	}
	_, _ = w.Write(body) // A buffer takes all.
	_ = w.Close()
	d.zips.Put(w)
	return out.Bytes()
}

// answer is what the door says of a batch, and the problem (RFC 9457) when it takes nothing.
type answer struct {
	Accepted *int `json:"accepted"`
	Rejected []struct {
		Index int    `json:"index"`
		Field string `json:"field"`
		Error string `json:"error"`
	} `json:"rejected"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// judge reads an answer into what it says of each entry.
func judge(resp *http.Response, raw []byte, batch []*entry, said []error) error {
	var a answer
	readable := json.Unmarshal(raw, &a) == nil
	code := resp.StatusCode
	why := fmt.Errorf("client: the door answers %s%s", resp.Status, detail(a))
	switch {
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500 && code != http.StatusNotImplemented:
		return &setback{err: why, after: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case code/100 == 2 && (!readable || a.Accepted == nil || *a.Accepted+len(a.Rejected) != len(batch)):
		// Something between here and the door, or no door at all.
		return &setback{err: fmt.Errorf("client: %s answers %s, but not what became of each event", resp.Request.URL.Redacted(), resp.Status)}
	case code/100 != 2 && len(a.Rejected) != len(batch):
		return refused(code, why, batch)
	}
	for _, r := range a.Rejected {
		if r.Index < 0 || r.Index >= len(batch) {
			return &setback{err: errors.New("client: the door's answer rejects an event that was not in the batch")}
		}
		said[r.Index] = reject(batch[r.Index].call.ID, r.Field, r.Error)
	}
	return nil
}

// refused is what an answer means that takes nothing and names no event. Where the batch can be
// to blame, its halves are tried, down to the one event that is; else it is the key or the address.
func refused(code int, why error, batch []*entry) error {
	switch code {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusNotImplemented:
	default:
		return why
	}
	if len(batch) > 1 {
		return &setback{err: why, split: true}
	}
	return reject(batch[0].call.ID, "", strings.TrimPrefix(why.Error(), "client: "))
}

func detail(a answer) string {
	switch {
	case a.Detail != "":
		return ": " + a.Detail
	case a.Title != "":
		return ": " + a.Title
	}
	return ""
}

// retryAfter reads the header, a number of seconds or a date (RFC 9110, 10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	if header == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Second * time.Duration(max(0, min(seconds, int(mostAfter.Seconds()))))
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
