package liquid_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// sharedData finds a set of the shared test data, which is not part of the
// repository, or skips the test.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("RAPPORT_TESTDATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
				break
			}
			if filepath.Dir(root) == root {
				t.Skip("no go.work above this package: cannot find the shared test data; set RAPPORT_TESTDATA")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "testdata")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared test data has no %s: %v", name, err)
	}
	return path
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// ordered is an object that keeps the order of its source, as Ruby's hashes
// do and Go's maps do not.
type ordered struct {
	keys   []string
	values map[string]any
}

func (o *ordered) Keys() []string { return o.keys }

func (o *ordered) Property(name string) (any, bool) {
	v, ok := o.values[name]
	return v, ok
}

// decodeOrdered reads JSON, keeping the order of objects.
func decodeOrdered(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		o := &ordered{values: map[string]any{}}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := decodeOrdered(dec)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			o.keys = append(o.keys, name)
			o.values[name] = v
		}
		_, err = dec.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeOrdered(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	}
	return tok, nil
}

func decodeVars(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	v, err := decodeOrdered(dec)
	if err != nil {
		t.Fatal(err)
	}
	o, ok := v.(*ordered)
	if !ok {
		t.Fatalf("the data is no object: %s", raw)
	}
	return o.values
}

// suiteTime is when the suites render.
func suiteTime() time.Time { return time.Date(2024, 1, 1, 0, 1, 58, 0, time.UTC) }

func loaderOf(files map[string]string) liquid.Loader {
	return func(name string) (string, error) {
		for _, n := range []string{name, name + ".liquid"} {
			if src, ok := files[n]; ok {
				return src, nil
			}
		}
		return "", fmt.Errorf("no partial %q", name)
	}
}

// renderCompat renders as the suites want it.
func renderCompat(src string, files map[string]string, vars map[string]any, opts ...liquid.RenderOption) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e := liquid.New(liquid.Compat(), liquid.WithLoader(loaderOf(files)))
	return e.Render(ctx, "test", src, vars, append(opts, liquid.Now(suiteTime()))...)
}

// goldenDifferences lists the golden cases that differ on purpose, with the
// reason. There are none at present.
func goldenDifferences() map[string]string { return nil }

// basicsDifferences is the same for the basics of liquid-spec.
func basicsDifferences() map[string]string {
	const guessing = "Ruby's lax parser guesses what broken markup means; we refuse it in both modes"
	return map[string]string{
		"division_by_zero_with_float_lax":           "Infinity in a message helps nobody: dividing by 0.0 is an error, as dividing by 0 is",
		"malformed_syntax_invalid_filter_separator": guessing,
		"empty_filter_chain_lax":                    guessing,
		"security_var_name_no_interpolation":        guessing,
		"filter_named_arg_from_dotted_variable":     "the suite's JSON has the keys in another order than its result",
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	var suite struct {
		Tests []struct {
			Name, Template string
			Data           json.RawMessage
			Templates      map[string]string
			Result         *string
			Results        []string
			Invalid        bool
		}
	}
	readJSON(t, sharedData(t, "liquid-golden/golden_shared.json"), &suite)
	known := goldenDifferences()
	passed := 0
	for _, c := range suite.Tests {
		got, err := renderCompat(c.Template, c.Templates, decodeVars(t, c.Data))
		want := c.Results
		if c.Result != nil {
			want = append(want, *c.Result)
		}
		ok := c.Invalid == (err != nil) && (c.Invalid || slices.Contains(want, got))
		_, listed := known[c.Name]
		switch {
		case ok:
			passed++
			if listed {
				t.Errorf("%s passes now: remove it from the list of differences", c.Name)
			}
		case !listed:
			t.Errorf("%s\n template %q\n data     %s\n got      %q, error %v\n want     %q, invalid %v", c.Name, c.Template, c.Data, got, err, want, c.Invalid)
		}
	}
	rate := 100 * float64(passed) / float64(len(suite.Tests))
	t.Logf("golden suite: %d of %d cases pass (%.1f %%), %d differ on purpose", passed, len(suite.Tests), rate, len(known))
	if rate < 95 {
		t.Errorf("%.1f %% of the golden suite pass, want at least 95 %%", rate)
	}
}

func TestSpecBasics(t *testing.T) {
	t.Parallel()
	var suite struct {
		Tests []struct {
			Name, Template  string
			Environment     json.RawMessage
			Filesystem      map[string]string
			Expected        *string
			ExpectedPattern string `json:"expected_pattern"`
			Errors          map[string]any
			RenderErrors    bool `json:"render_errors"`
			ResourceLimits  any  `json:"resource_limits"`
		}
	}
	readJSON(t, sharedData(t, "liquid-spec/basics.json"), &suite)
	passed, skipped := 0, 0
	known := basicsDifferences()
	for _, c := range suite.Tests {
		if c.RenderErrors || c.ResourceLimits != nil {
			// Errors in the middle of the output are what we do not want, and
			// our limits count other things.
			skipped++
			continue
		}
		var got string
		var err error
		vars := decodeVars(t, c.Environment)
		if d := quickest(func() { got, err = renderCompat(c.Template, c.Filesystem, nil, liquid.Globals(vars)) }); d > patience {
			t.Errorf("%s took %v", c.Name, d)
		}
		ok := err != nil && c.Errors != nil
		if c.Expected != nil {
			ok = err == nil && got == *c.Expected
		}
		if c.ExpectedPattern != "" {
			ok = err == nil && regexp.MustCompile("(?s)"+c.ExpectedPattern).MatchString(got)
		}
		if ok {
			passed++
			continue
		}
		want := "an error"
		if c.Expected != nil {
			want = fmt.Sprintf("%q", *c.Expected)
		}
		if known[c.Name] != "" {
			continue
		}
		t.Errorf("%s\n template %q\n data     %s\n got      %q, error %v\n want     %s", c.Name, c.Template, c.Environment, got, err, want)
	}
	n := len(suite.Tests) - skipped
	t.Logf("liquid-spec basics: %d of %d cases pass (%.1f %%), %d differ on purpose; %d about errors inside the output and Ruby's limits left out", passed, n, 100*float64(passed)/float64(n), len(known), skipped)
}

// TestSpecParserErrors feeds broken templates to the parser. It must name a
// place in each that it refuses, quickly and without a panic.
func TestSpecParserErrors(t *testing.T) {
	t.Parallel()
	var suite struct {
		Tests []struct{ Name, Template string }
	}
	readJSON(t, sharedData(t, "liquid-spec/parser_errors.json"), &suite)
	e := liquid.New(liquid.Escape(liquid.Text), liquid.WithFilter("x", liquid.Filter{Max: 9, Named: []string{"x"}, Func: identity}),
		liquid.WithLoader(func(string) (string, error) { return "", nil }))
	refused := 0
	for _, c := range suite.Tests {
		var err error
		if d := quickest(func() { _, err = e.Parse(c.Name, c.Template) }); d > patience {
			t.Errorf("%s took %v", c.Name, d)
		}
		if err == nil {
			t.Logf("accepted: %q", c.Template)
			continue
		}
		refused++
		var list liquid.ParseErrors
		if !errors.As(err, &list) {
			t.Fatalf("%s: the error is a %T", c.Name, err)
		}
		for _, at := range list {
			if at.Line < 1 || at.Col < 1 || at.Message == "" {
				t.Errorf("%s: an error without a place: %+v", c.Name, at)
			}
		}
	}
	t.Logf("liquid-spec parser errors: %d of %d broken templates refused (%.1f %%)", refused, len(suite.Tests), 100*float64(refused)/float64(len(suite.Tests)))
}

func identity(_ *liquid.Call, in any, _ []any) (any, error) { return in, nil }
