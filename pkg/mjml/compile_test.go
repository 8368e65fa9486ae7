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
	machine(t)
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

// compile is the HTML of a document that has to compile.
func compile(t testing.TB, c *mjml.Compiler, text string) string {
	t.Helper()
	res, err := c.Compile(t.Context(), text, mjml.Options{})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return res.HTML
}
