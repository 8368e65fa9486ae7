package mjml_test

import (
	"os"
	"testing"

	"rapport/pkg/mjml"
)

// BenchmarkFirst is a machine's start with its first document.
func BenchmarkFirst(b *testing.B) {
	for b.Loop() {
		c := mjml.New(mjml.Config{Keep: -1})
		compile(b, c, small)
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSmall(b *testing.B) { benchmark(b, small, -1) }

func BenchmarkOrder(b *testing.B) { benchmark(b, read(b, "testdata/order.mjml"), -1) }

// BenchmarkKept is a document that was compiled before.
func BenchmarkKept(b *testing.B) { benchmark(b, read(b, "testdata/order.mjml"), 0) }

func read(b *testing.B, file string) string {
	b.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func benchmark(b *testing.B, text string, keep int) {
	b.Helper()
	c := compiler(b, mjml.Config{Keep: keep})
	compile(b, c, text)
	for b.Loop() {
		compile(b, c, text)
	}
}
