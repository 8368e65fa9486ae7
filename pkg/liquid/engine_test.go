package liquid_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// TestConcurrentRenders shares one engine, its partials and its templates;
// with -race it finds state that renders share.
func TestConcurrentRenders(t *testing.T) {
	t.Parallel()
	var loads atomic.Int32
	e := liquid.New(liquid.WithLoader(func(name string) (string, error) {
		loads.Add(1)
		return map[string]string{
			"row":   "{% cycle 'odd', 'even' %}:{{ row.n }}{% assign row = 1 %} ",
			"outer": "{% for r in rows %}{% render 'row', row: r %}{% endfor %}{% render 'row' for rows %}{% increment k %}",
		}[name], nil
	}))
	tmpl, err := e.Parse("main", "{% include 'outer' %}{% for i in (1..3) %}{{ i }}{% endfor %}{% for i in (1..9) limit: 2 %}{% endfor %}{% for i in (1..9) limit: 2 offset: continue %}{{ i }}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	rows := []any{map[string]any{"n": int64(1)}, map[string]any{"n": int64(2)}}
	const want = "odd:1 odd:2 odd:1 odd:2 012334"
	vars := map[string]any{"rows": rows}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := tmpl.Render(context.Background(), vars)
				if err != nil || got != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
					return
				}
				tmpl.Variables()
			}
		})
		wg.Go(func() {
			for i := range 20 {
				if _, err := e.Parse(fmt.Sprint("p", i), "{% render 'row', row: 1 %}"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := loads.Load(); n != 2 {
		t.Errorf("2 partials were loaded %d times", n)
	}
}

// TestLoaderErrorIsNotKept retries a partial that could not be read.
func TestLoaderErrorIsNotKept(t *testing.T) {
	t.Parallel()
	down := errors.New("the disk is away")
	broken := true
	e := liquid.New(liquid.WithLoader(func(string) (string, error) {
		if broken {
			return "", down
		}
		return "here", nil
	}))
	if _, err := e.Parse("main", "{% render 'p' %}"); !errors.Is(err, down) {
		t.Errorf("the loader's error is lost: %v", err)
	}
	broken = false
	if got, err := e.Render(context.Background(), "main", "{% render 'p' %}", nil); err != nil || got != "here" {
		t.Errorf("got %q, %v", got, err)
	}
}

// stock is a Drop that counts how often it is asked.
type stock struct{ asked int }

func (s *stock) Property(name string) (any, bool) {
	s.asked++
	if name == "left" {
		return 3, true
	}
	return nil, false
}

func (s *stock) String() string { return "<stock>" }

func TestDrop(t *testing.T) {
	t.Parallel()
	s := &stock{}
	got, err := liquid.New().Render(context.Background(), "t", "{{ s.left | plus: 1 }} {{ s }} {% if s.none %}{% endif %}", map[string]any{"s": s})
	if err != nil || got != "4 &lt;stock&gt; " {
		t.Errorf("got %q, %v", got, err)
	}
	if s.asked != 2 {
		t.Errorf("asked %d times", s.asked)
	}
	if _, err := liquid.New().Render(context.Background(), "t", "{{ s.lefft }}", map[string]any{"s": s}); err == nil {
		t.Error("an unknown property passed")
	}
}

func TestFilterIsGivenWhatItAsksFor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	zone := time.FixedZone("X", 3600)
	failure := errors.New("out of stock")
	probe := liquid.Filter{Min: 1, Max: 2, Named: []string{"unit"}, Func: func(c *liquid.Call, in any, args []any) (any, error) {
		now, ok := c.Now()
		if !ok || !now.Equal(at) || c.Location() != zone || !c.HTML() || !c.Strict() {
			return nil, errors.New("the render's settings are lost")
		}
		unit, ok := c.Named("unit")
		if _, other := c.Named("other"); !ok || other {
			return nil, errors.New("the named argument is lost")
		}
		if len(args) == 2 {
			return nil, failure
		}
		return liquid.Safe(fmt.Sprintf("<%v %v %v>", in, args[0], unit)), nil
	}}
	e := liquid.New(liquid.WithFilter("probe", probe))
	opts := []liquid.RenderOption{liquid.Now(at), liquid.In(zone)}
	got, err := e.Render(context.Background(), "t", "{{ 5 | probe: 'a', unit: 'kg' }}", nil, opts...)
	if err != nil || got != "<5 a kg>" {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = e.Render(context.Background(), "t", "{{ 5 | probe: 'a', 'b', unit: 'kg' }}", nil, opts...)
	if !errors.Is(err, failure) || err.Error() != "t:1:8: out of stock" {
		t.Errorf("the filter's error became %v", err)
	}
}

func TestGlobals(t *testing.T) {
	t.Parallel()
	e := liquid.New(liquid.WithLoader(loaderOf(map[string]string{"p": "{{ shop }}{{ name | default: '-' }}"})))
	got, err := e.Render(context.Background(), "t", "{{ shop }}{{ name }}{% render 'p' %}", map[string]any{"name": "Ann"}, liquid.Globals(map[string]any{"shop": "S", "name": "global"}))
	if err != nil || got != "SAnnSglobal" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestDataIsNotChanged gives filters arrays that belong to the caller.
func TestDataIsNotChanged(t *testing.T) {
	t.Parallel()
	data := []any{int64(3), int64(1), int64(2), int64(1)}
	template := "{% assign b = a | sort | reverse | uniq | concat: a | compact %}{% assign c = a | concat: a | slice: 0, 2 %}{% assign d = c | concat: b %}{{ a | join }}"
	got, err := liquid.New().Render(context.Background(), "t", template, map[string]any{"a": data})
	if err != nil || got != "3 1 2 1" || fmt.Sprint(data) != "[3 1 2 1]" {
		t.Errorf("got %q, %v; data %v", got, err, data)
	}
}
