package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// door is where a command hands events in: the API that shops use, since that works
// wherever the broker and the database are, and while they are in use.
type door struct{ url, keyFile string }

func (d *door) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.url, "url", cmp.Or(os.Getenv("RAPPORT_URL"), "http://127.0.0.1:8080"), "event API of rapport up")
	cmd.Flags().StringVar(&d.keyFile, "write-keys", "", "file with write keys, name:key on each line; the first is used (default: RAPPORT_WRITE_KEYS)")
}

// check finds mistakes in the flags, and says which key to use.
func (d *door) check() (key string, err error) {
	if u, err := url.Parse(d.url); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("--url %q is no address of the event API: write it as http://127.0.0.1:8080", d.url)
	}
	text := os.Getenv("RAPPORT_WRITE_KEYS")
	if d.keyFile != "" {
		raw, err := os.ReadFile(d.keyFile)
		if err != nil {
			return "", fmt.Errorf("--write-keys: %w", err)
		}
		text = string(raw)
	}
	if text == "" {
		return devKey, nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		for entry := range strings.SplitSeq(line, ",") {
			if _, key, ok := strings.Cut(strings.TrimSpace(entry), ":"); ok {
				return strings.TrimSpace(key), nil
			}
		}
	}
	return "", errors.New("there is no write key: set RAPPORT_WRITE_KEYS=name:key, as rapport up has it")
}

// refusal is a call that the door did not take, and why.
type refusal struct {
	Index int    `json:"index"`
	Field string `json:"field"`
	Error string `json:"error"`
}

// doorTimeout bounds one request, the broker's ten seconds included.
const doorTimeout = 30 * time.Second

// send hands calls in together and returns those that were refused. After an error it is
// not known which were taken: repeating them is safe when they have message ids.
func (d *door) send(ctx context.Context, key string, calls []map[string]any) ([]refusal, error) {
	body, err := json.Marshal(map[string]any{"batch": calls})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, doorTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(d.url, "/")+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(key, "")
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: doorTimeout}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the event API does not answer: %w: start rapport up, or name its address with --url", err)
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return nil, fmt.Errorf("the event API does not answer: %w", err)
	}
	var answer struct {
		Title, Detail string
		Rejected      []refusal
	}
	err = json.Unmarshal(raw, &answer)
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("the event API at %s does not know the write key: set RAPPORT_WRITE_KEYS as it is set for rapport up", d.url)
	case len(answer.Rejected) > 0:
		return answer.Rejected, nil
	case resp.StatusCode != http.StatusOK || err != nil:
		return nil, fmt.Errorf("the event API at %s answers %s: %s", d.url, resp.Status, cmp.Or(answer.Detail, answer.Title, "no event API?"))
	}
	return nil, nil
}

// subjectOf names a person in a call: by the customer's id, or as a visitor.
func subjectOf(call map[string]any, profile string) map[string]any {
	if anonymous, ok := strings.CutPrefix(profile, anonymousPrefix); ok {
		call["anonymousId"] = anonymous
	} else {
		call["userId"] = profile
	}
	return call
}
