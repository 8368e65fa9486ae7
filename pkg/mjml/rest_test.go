//go:build !race

package mjml

import (
	"testing"
	"time"
)

// TestRest: a machine that nobody used for a while is given back, and one that is needed again starts again.
func TestRest(t *testing.T) {
	t.Parallel()
	c := New(Config{Timeout: time.Minute, Idle: time.Hour, Keep: -1})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	text := "<mjml><mj-body><mj-raw>a</mj-raw></mj-body></mjml>"
	for range 2 {
		if c.vm != nil {
			t.Fatal("there is a machine before anything was compiled")
		}
		if _, err := c.Compile(t.Context(), text, Options{}); err != nil {
			t.Fatal(err)
		}
		c.idle()
		if c.vm == nil || c.rest == nil {
			t.Fatal("the machine is gone too early")
		}
		c.used = c.used.Add(-2 * time.Hour)
		c.idle()
	}
	if c.vm != nil {
		t.Error("the machine stayed")
	}
}
