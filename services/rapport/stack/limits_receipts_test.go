package stack_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/catcher"
	"rapport/services/rapport/stack"
)

// limit gives the stream of events a size: what it has now, so that it takes nothing more,
// or plenty.
func limit(t *testing.T, st *stack.Stack, full bool) {
	t.Helper()
	stream, err := st.JS.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxBytes = 64 << 20
	if full {
		cfg.MaxBytes = int64(stream.CachedInfo().State.Bytes) //nolint:gosec // Kilobytes.
	}
	if _, err := st.JS.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond) // Nothing tells of what happens at a provider.
	defer again.Stop()
	for !is(ctx) {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("it did not come to that: %s", what)
		}
	}
}

// A stream of events that is full takes no receipts. The mail that went out is not sent
// again for that: its result is kept, and told when there is room.
func TestReceiptsWaitWhileTheStreamIsFull(t *testing.T) {
	t.Parallel()
	st := open(t, func(c *stack.Config) { c.Hold = []string{"mailer"} })
	post(t, st, "A1")
	eventually(t, "the message is decided", func(ctx context.Context) bool {
		last, err := bus.LastSeq(ctx, st.JS, bus.StreamSend)
		return err == nil && last >= 1
	})
	limit(t, st, true)
	st.Release("mailer")
	mails := func(ctx context.Context) int {
		list, err := st.Catcher.Messages(ctx, catcher.Filter{Channel: "email", After: -1})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	eventually(t, "the mail is out", func(ctx context.Context) bool { return mails(ctx) == 1 })
	if got := answered(t, st); got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("the door answered %d while the stream is full", got.StatusCode)
	}
	outcome := func(ctx context.Context) message.Outcome {
		rows, err := st.Store.Messages(ctx, store.MessageFilter{Profile: "ada"})
		if err != nil || len(rows) == 0 {
			t.Fatalf("%d messages of ada, %v", len(rows), err)
		}
		return rows[0].Outcome
	}
	if got := outcome(t.Context()); got != "" {
		t.Errorf("the outcome is %q although no receipt can have been stored", got)
	}
	limit(t, st, false)
	eventually(t, "the outcome is known", func(ctx context.Context) bool { return outcome(ctx) == message.Sent })
	if n := mails(t.Context()); n != 1 {
		t.Errorf("%d mails went out", n)
	}
	if got := answered(t, st); got.StatusCode != http.StatusOK {
		t.Errorf("with room again the door answers %d", got.StatusCode)
	}
}

// answered posts an event that no journey hears.
func answered(t *testing.T, st *stack.Stack) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+st.Ingest.Addr()+"/v1/track",
		strings.NewReader(`{"userId":"eve","event":"Page Looked At","messageId":"p1"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("key", "")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Nothing is read from it.
	return resp
}
