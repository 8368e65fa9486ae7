package mjml_test

import (
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"rapport/pkg/mjml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compiler is one that is closed when the test ends.
func compiler(t testing.TB, conf mjml.Config) *mjml.Compiler {
	t.Helper()
	if conf.Timeout == 0 {
		conf.Timeout = 60_000_000_000 // the machine that tests may be slow
	}
	c := mjml.New(conf)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func itoa(n int) string { return strconv.Itoa(n) }
