package mjml_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"rapport/pkg/mjml"
)

var update = flag.Bool("update", false, "write what the golden files should be")

func TestGolden(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	files, err := filepath.Glob("testdata/*.mjml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := compile(t, c, string(text))
		golden := strings.TrimSuffix(file, ".mjml") + ".html"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: %s", file, difference(strings.Split(got, "\n"), strings.Split(string(want), "\n")))
		}
	}
}

// TestSameBytes: the result of a document does not depend on what was compiled before, nor on the machine it meets.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	random := wrapped(`<mj-section><mj-column><mj-carousel><mj-carousel-image src="a" /><mj-carousel-image src="b" /></mj-carousel><mj-navbar hamburger="hamburger"><mj-navbar-link href="a">a</mj-navbar-link></mj-navbar></mj-column></mj-section>`)
	c := compiler(t, mjml.Config{Keep: -1})
	want := compile(t, c, random)
	compile(t, c, small)
	if got := compile(t, c, random); got != want {
		t.Error("the second time it is other HTML")
	}
	if got := compile(t, compiler(t, mjml.Config{Keep: -1}), random); got != want {
		t.Error("another machine makes other HTML")
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{Keep: -1})
	want := compile(t, c, small)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 {
				if res, err := c.Compile(t.Context(), small, mjml.Options{}); err != nil || res.HTML != want {
					t.Errorf("other HTML, or %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{Keep: -1})
	want := compile(t, c, small)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := c.Compile(ctx, small, mjml.Options{}); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	// Canceled while it compiles, at some moment or other: the document is one that takes long.
	ctx, cancel = context.WithCancelCause(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { cancel(reason) })
	if _, err := c.Compile(ctx, hostile()["sections"], mjml.Options{}); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	wg.Wait()
	if got := compile(t, c, small); got != want {
		t.Error("afterwards it is other HTML")
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	machine(t)
	c := mjml.New(mjml.Config{})
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Compile(t.Context(), small, mjml.Options{}); !errors.Is(err, mjml.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestDirectory: what one compiler stored, another that must not compile at all reads; what is damaged is compiled anew.
func TestDirectory(t *testing.T) {
	t.Parallel()
	conf := mjml.Config{CacheDir: filepath.Join(t.TempDir(), "mjml")}
	first, err := compiler(t, conf).Compile(t.Context(), small, mjml.Options{File: "a"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(conf.CacheDir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	closed := mjml.New(conf)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := closed.Compile(t.Context(), small, mjml.Options{File: "a"})
	if err != nil || second.HTML != first.HTML {
		t.Errorf("got other HTML, or %v", err)
	}
	line, col := position(first.HTML, strings.Index(first.HTML, "{{ name }}"))
	if at, ok := second.Place(line, col); !ok || at != (mjml.Place{File: "a", Line: 1, Col: strings.Index(small, "{{") + 1}) {
		t.Errorf("{{ name }} is placed at %v", at)
	}
	if err := os.WriteFile(files[0], []byte(`{"html":"something"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := compiler(t, conf).Compile(t.Context(), small, mjml.Options{File: "a"})
	if err != nil || third.HTML != first.HTML {
		t.Errorf("got other HTML, or %v", err)
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	c := compiler(t, mjml.Config{})
	fsys := fstest.MapFS{
		"parts/header.mjml": {Data: []byte(`<mjml><mj-head><mj-style>.h{color:red}</mj-style></mj-head><mj-body><mj-section><mj-column><mj-text>{{ header }}</mj-text></mj-column></mj-section></mj-body></mjml>`)},
		"parts/bare.mjml":   {Data: []byte("<mj-section><mj-column><mj-include path=\"text.mjml\" /></mj-column></mj-section>")},
		"parts/text.mjml":   {Data: []byte("<mj-text>\n{{ deep }}</mj-text>")},
		"parts/bad.mjml":    {Data: []byte("<mj-section>\n  <mj-colunm></mj-colunm></mj-section>")},
		"parts/self.mjml":   {Data: []byte(`<mj-include path="../parts/self.mjml" />`)},
		"parts/a.html":      {Data: []byte(`<p>{% if x %}<i>{{ html }}</i>{% endif %}</p>`)},
		"parts/a.css":       {Data: []byte(`i { color: blue }`)},
	}
	o := mjml.Options{File: "mail.mjml", Include: mjml.FromFS(fsys)}
	res, err := c.Compile(t.Context(), wrapped(`<mj-include path="parts/header.mjml" /><mj-include path="./parts/bare.mjml" /><mj-include path="parts/a.html" type="html" /><mj-include path="parts/a.css" type="css" css-inline="inline" />`), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".h{color:red}", "{{ header }}", "{{ deep }}", `<p>{% if x %}<i style="color: blue;">{{ html }}</i>{% endif %}</p>`} {
		if !strings.Contains(res.HTML, want) {
			t.Errorf("%s is missing in %s", want, res.HTML)
		}
	}
	line, col := position(res.HTML, strings.Index(res.HTML, "{{ deep }}"))
	if at, _ := res.Place(line, col); at != (mjml.Place{File: "parts/text.mjml", Line: 2, Col: 1}) {
		t.Errorf("{{ deep }} is placed at %v", at)
	}
	for name, want := range map[string]string{
		"parts/bad.mjml":  "parts/bad.mjml:2:3: there is no element <mj-colunm> in MJML; did you mean <mj-column>?",
		"parts/self.mjml": "parts/self.mjml:1:1: parts/self.mjml includes itself: mail.mjml -> parts/self.mjml -> parts/self.mjml; leave out one of them",
		"nothing.mjml":    "mail.mjml:1:16: cannot include: there is no file nothing.mjml",
		"../secret":       "mail.mjml:1:16: cannot include: ../secret lies outside of the templates",
		"/etc/passwd":     "mail.mjml:1:16: cannot include: /etc/passwd lies outside of the templates",
		"{{ name }}":      `mail.mjml:1:16: the path of mj-include cannot hold Liquid: files are included when the template is compiled; write a path, or {% render "name" %}`,
	} {
		_, err := c.Compile(t.Context(), wrapped(`<mj-include path="`+name+`" />`), o)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
