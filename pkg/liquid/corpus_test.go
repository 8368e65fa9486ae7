package liquid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/pkg/liquid"
)

// testCase is one case of testdata/cases, which test the language without
// the shared suites. A file holds cases of this form, in which all but the
// name, the template and one of the last two may be missing:
//
//	=== name
//	template
//	--- mode text
//	--- data
//	{"json": true}
//	--- partial name
//	source
//	--- want
//	output
//	--- error
//	part of the error
type testCase struct {
	file, name, template, mode, data, want, fails string
	partials                                      map[string]string
}

func corpus(tb testing.TB) []testCase {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "cases", "*.txt"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases: %v", err)
	}
	var all []testCase
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		for _, block := range strings.Split("\n"+string(b), "\n=== ")[1:] {
			all = append(all, parseCase(tb, filepath.Base(f), block))
		}
	}
	return all
}

func parseCase(tb testing.TB, file, block string) testCase {
	tb.Helper()
	sections := strings.Split(strings.TrimSuffix(block, "\n"), "\n--- ")
	name, template, _ := strings.Cut(sections[0], "\n")
	c := testCase{file: file, name: name, template: template, mode: "text", partials: map[string]string{}}
	for _, s := range sections[1:] {
		head, body, _ := strings.Cut(s, "\n")
		kind, arg, _ := strings.Cut(head, " ")
		switch kind {
		case "mode":
			c.mode = arg
		case "data":
			c.data = body
		case "partial":
			c.partials[arg] = body
		case "want":
			c.want = body
		case "error":
			c.fails = body
		default:
			tb.Fatalf("%s: %s: unknown section %q", file, name, kind)
		}
	}
	return c
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, c := range corpus(t) {
		t.Run(c.file+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			opts := []liquid.Option{liquid.WithLoader(loaderOf(c.partials))}
			switch c.mode {
			case "html":
			case "text":
				opts = append(opts, liquid.Escape(liquid.Text))
			case "compat":
				opts = append(opts, liquid.Compat())
			default:
				t.Fatalf("unknown mode %q", c.mode)
			}
			vars := decodeVars(t, json.RawMessage(c.data))
			got, err := liquid.New(opts...).Render(context.Background(), "t", c.template, vars, liquid.Now(suiteTime()))
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%s\n got   %q, error %v\n error %s", c.template, got, err, c.fails)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%s\n got  %s, error %v\n want %s", c.template, quoted(got), err, quoted(c.want))
			}
		})
	}
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
