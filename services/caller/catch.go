package caller

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"rapport/pkg/message"
)

// catch prepares for calls that are caught instead of made.
func (c *Caller) catch() error {
	if c.o.Catcher == "" {
		return nil
	}
	u, err := url.Parse(c.o.Catcher)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("caller: Catcher must be a URL that starts with http:// or https://")
	}
	c.catcher = u
	c.o.Secret = func(name string) (string, bool) { return "${" + name + "}", true }
	return nil
}

// caught puts a call into an envelope for the catcher. The context of the call, with its
// deadline and what watches it, is the envelope's.
func (c *Caller) caught(call *http.Request, cmd *message.Command) (*http.Request, error) {
	var whole bytes.Buffer
	if err := call.WriteProxy(&whole); err != nil {
		return nil, fmt.Errorf("the call cannot be written down: %w", err)
	}
	r, err := http.NewRequestWithContext(call.Context(), http.MethodPost, c.catcher.String(), &whole)
	if err != nil {
		return nil, errors.New("the catcher's address cannot be read")
	}
	r.GetBody = nil
	r.Header.Set("Content-Type", "message/http")
	r.Header.Set("X-Rapport-Message", cmd.ID)
	r.Header.Set("X-Rapport-Journey", cmd.Journey)
	return r, nil
}
