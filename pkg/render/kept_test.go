//go:build !race

// The JavaScript engine is too slow under the race detector.

package render

import (
	"strings"
	"testing"
	"time"

	"rapport/pkg/workspace/source"
)

// TestKeepsMJML: a Compiler needs no engine for what it has compiled before; a closed one has none.
func TestKeepsMJML(t *testing.T) {
	t.Parallel()
	c := NewCompiler()
	compile := func(text string) source.Problems {
		var r source.Report
		begin := time.Now()
		c.Compile([]*source.File{
			source.NewFile("email/x.mjml", "---\nsubject: s\npreheader: p\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>"+text+"</mj-text></mj-column></mj-section></mj-body></mjml>"),
		}, ourShop(), &r)
		t.Logf("%s: %s", text, time.Since(begin))
		return r.Problems().Errors()
	}
	if p := compile("one"); len(p) > 0 {
		t.Fatal(p)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if p := compile("one"); len(p) > 0 {
		t.Errorf("compiled anew: %v", p)
	}
	if p := compile("two"); len(p) != 1 || !strings.Contains(p[0].Message, "closed") {
		t.Errorf("compiled by nobody: %v", p)
	}
}
