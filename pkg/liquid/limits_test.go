package liquid_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/pkg/liquid"
)

// hostile returns templates that would run for ages or fill the memory.
func hostile() map[string]string {
	doubling := "{% assign s = 'xxxxxxxxxxxxxxxx' %}" + strings.Repeat("{% assign s = s | append: s %}", 60)
	big := "{% assign s = 'x' %}" + strings.Repeat("{% assign s = s | append: s %}", 20)
	return map[string]string{
		"a huge range":              "{% for i in (1..2000000000000) %}{% endfor %}",
		"a huge range printed":      "{% for i in (1..20000000) %}{{ i }}{% endfor %}",
		"loops in loops":            strings.Repeat("{% for i in (1..99) %}", 20) + strings.Repeat("{% endfor %}", 20),
		"a range joined":            "{{ (1..2000000000) | join: ',' }}",
		"a range reversed":          "{{ (1..9223372036854775807) | reverse | first }}",
		"a range over all numbers":  "{{ (-9223372036854775807..9223372036854775807) | size }}{% for i in (-9223372036854775807..9223372036854775807) %}{% endfor %}",
		"a range sorted":            "{{ (1..100000) | sort | sort_natural | first }}",
		"doubling append":           doubling,
		"doubling capture":          "{% assign s = 'xxxx' %}" + strings.Repeat("{% capture s %}{{ s }}{{ s }}{% endcapture %}", 60),
		"doubling concat":           "{% assign a = 'a,b' | split: ',' %}" + strings.Repeat("{% assign a = a | concat: a %}", 60),
		"doubling replace":          "{% assign s = 'xx' %}" + strings.Repeat("{% assign s = s | replace: 'x', 'xxxxxxxx' %}", 40),
		"replace of everything":     big + "{{ s | replace: 'x', s }}",
		"replace of nothing":        big + "{{ s | replace: '', s }}",
		"replace in a loop":         big + "{% for i in (1..100000) %}{% assign t = s | replace: 'y', 'z' %}{% endfor %}",
		"a huge split":              big + "{% for i in (1..1000) %}{% assign a = s | split: '' %}{% endfor %}",
		"split and join":            big + "{{ s | split: '' | join: s }}",
		"prepend in a loop":         "{% assign s = 'x' %}{% for i in (1..100000) %}{% assign s = s | prepend: 'yyyyyyyyyy' %}{% endfor %}",
		"a long text compared":      big + "{% assign t = s | append: '' %}{% for i in (1..100000) %}{% if s == t %}{% endif %}{% endfor %}",
		"a long text measured":      big + "{% for i in (1..100000) %}{{ s.size }}{% endfor %}",
		"a long text searched":      big + "{% for i in (1..100000) %}{% if s contains 'y' %}{% endif %}{% endfor %}",
		"a long text as a key":      big + "{% for i in (1..100000) %}{% if data[s] %}{% endif %}{% endfor %}",
		"a long text in a case":     big + "{% assign t = s | append: '' %}{% for i in (1..100000) %}{% case s %}{% when t %}{% endcase %}{% endfor %}",
		"a long text in a cycle":    big + "{% for i in (1..100000) %}{% cycle s: 1, 2 %}{% endfor %}",
		"a long text sorted":        big + "{% assign a = s | append: ',' | append: s | split: ',' %}{% for i in (1..100000) %}{% assign b = a | sort_natural %}{% endfor %}",
		"a long array searched":     "{% assign a = (1..20000) | reverse %}{% for i in (1..100000) %}{% if a contains 0 %}{% endif %}{% endfor %}",
		"a long array of nothing":   "{% assign a = data.none %}" + strings.Repeat("{% assign a = a | concat: a %}", 12) + "{% for i in (1..100000) %}{{ a }}{% endfor %}",
		"arrays compared":           "{% assign a = (1..20000) | reverse %}{% assign b = (1..20000) | reverse %}{% for i in (1..100000) %}{% if a == b %}{% endif %}{% endfor %}",
		"objects compared":          "{% for i in (1..1000000) %}{% if data == data %}{% endif %}{% endfor %}",
		"objects looped over":       "{% for i in (1..1000000) %}{% for p in data %}{% endfor %}{% endfor %}",
		"uniq of arrays":            "{% assign a = data.pairs %}" + strings.Repeat("{% assign a = a | concat: data.pairs %}", 100) + "{% for i in (1..1000) %}{{ a | uniq | size }}{% endfor %}",
		"render of itself":          "{% render 'self' %}",
		"render of itself twice":    "{% render 'twice' %}",
		"include of itself":         "{% include 'includes' %}",
		"render for many":           "{% render 'empty' for data.many %}" + strings.Repeat("{% for i in (1..1000) %}{% render 'empty' for data.many %}{% endfor %}", 1),
		"two that render another":   "{% render 'a' %}",
		"blocks in blocks":          strings.Repeat("{% if true %}", 100_000),
		"blocks in blocks, closed":  strings.Repeat("{% if true %}", 20_000) + strings.Repeat("{% endif %}", 20_000),
		"liquid in liquid":          strings.Repeat("{% liquid liquid ", 1) + strings.Repeat("liquid ", 50_000) + "%}",
		"brackets in brackets":      "{{ " + strings.Repeat("a[", 100_000) + "1" + strings.Repeat("]", 100_000) + " }}",
		"brackets never closed":     "{{ " + strings.Repeat("[", 400_000) + " }}",
		"ranges in ranges":          "{{ " + strings.Repeat("(", 100_000) + "1" + strings.Repeat("..2)", 100_000) + " }}",
		"comments in comments":      strings.Repeat("{% comment %}", 70_000),
		"raws never closed":         strings.Repeat("{% raw %}", 100_000),
		"outputs never closed":      strings.Repeat("{{", 500_000),
		"tags never closed":         strings.Repeat("{%", 500_000),
		"quotes never closed":       strings.Repeat(`{{ "`, 200_000) + "}}",
		"a long chain of filters":   "{{ 'a'" + strings.Repeat(" | append: 'b'", 70_000) + " }}",
		"names in pieces":           strings.Repeat("<a "+strings.Repeat("x", 20)+"{% assign a = 1 %}", 10_000) + "{% nope %}",
		"many filters of nobody":    "{{ a" + strings.Repeat(" | nope", 60_000) + " }}{% nope %}",
		"a source too long":         strings.Repeat("x", 2<<20),
		"many unknown names":        strings.Repeat("{% nope %}", 50_000),
		"tags in strip_html":        "{% assign s = '<script<style<!--' %}" + strings.Repeat("{% assign s = s | append: s %}", 16) + "{% for i in (1..1000) %}{{ s | strip_html | size }}{% endfor %}",
		"a width in a date":         "{{ 0 | date: '%999999999d' }}",
		"a format of a mebibyte":    "{% assign s = '%c' %}" + strings.Repeat("{% assign s = s | append: s %}", 20) + "{{ 0 | date: s }}",
		"rows without end":          "{% tablerow i in (1..100000000) cols: 1 %}{% endtablerow %}",
		"a counter of names":        "{% for i in (1..100000000) %}{% increment a %}{% endfor %}",
		"escape of many quotes":     "{% assign s = \"''''''''\" %}" + strings.Repeat("{% assign s = s | append: s %}", 19) + "{{ s }}{{ s | escape }}",
		"base64 of base64":          "{% assign s = 'x' %}{% for i in (1..1000) %}{% assign s = s | base64_encode %}{% endfor %}",
		"url_encode of url_encode":  "{% assign s = '%' %}{% for i in (1..1000000) %}{% assign s = s | url_encode %}{% endfor %}",
		"json of what it contains":  "{{ data.self | json }}",
		"printing what it contains": "{% for i in (1..1000000) %}{{ data.loop }}{% endfor %}",
	}
}

func hostileVars() map[string]any {
	many := make([]any, 5000)
	for i := range many {
		many[i] = int64(i)
	}
	pairs := make([]any, 50)
	for i := range pairs {
		pairs[i] = map[string]any{"a": int64(i), "b": "x"}
	}
	none := make([]any, 8)
	for i := range none {
		none[i] = ""
	}
	self := map[string]any{"a": int64(1)}
	self["self"] = self
	loop := []any{"x", nil, nil}
	loop[1], loop[2] = loop, loop
	data := map[string]any{"many": many, "pairs": pairs, "none": none, "self": self, "loop": loop}
	for i := range 200 {
		data[fmt.Sprint("key", i)] = int64(i)
	}
	return map[string]any{"data": data, "a": []any{int64(1)}}
}

// TestHostileTemplates demands an end, in time, with a place in the message.
func TestHostileTemplates(t *testing.T) {
	partials := map[string]string{
		"self": "x{% render 'self' %}", "twice": "{% render 'twice' %}{% render 'twice' %}", "includes": "{% include 'includes' %}",
		"a": "{% render 'b' %}", "b": "{% render 'a' %}", "empty": "",
	}
	for _, mode := range []string{"strict", "compat"} {
		opts := []liquid.Option{liquid.WithLoader(loaderOf(partials))}
		if mode == "compat" {
			opts = append(opts, liquid.Compat())
		}
		e := liquid.New(opts...)
		for name, template := range hostile() {
			t.Run(mode+"/"+name, func(t *testing.T) {
				var out string
				var err error
				vars := hostileVars()
				if d := quickest(func() { out, err = e.Render(context.Background(), "evil", template, vars) }); d > patience {
					t.Errorf("took %v", d)
				} else if d > aim {
					t.Logf("took %v here, more than the %v aimed at", d, aim)
				}
				if err == nil {
					t.Fatalf("ended well, with %d bytes", len(out))
				}
				var at *liquid.Error
				if !errors.As(err, &at) || at.Line < 1 || at.Col < 1 {
					t.Errorf("an error without a place: %.200v", err)
				}
			})
		}
	}
}

// aim is how soon a hostile template is to end in an error.
const aim = 100 * time.Millisecond

// quickest runs f until it is done within the aim, a few times at most: on a
// busy machine one run says little about f.
func quickest(f func()) time.Duration {
	best := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		f()
		if best = min(best, time.Since(start)); best <= aim {
			break
		}
	}
	return best
}

func TestEachLimit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		limits   liquid.Limits
		template string
		ok, want string
	}{
		{"steps", liquid.Limits{Steps: 50}, "{% for i in (1..40) %}{% assign x = i %}{% endfor %}", "{% for i in (1..9) %}{% assign x = i %}{% endfor %}", "t:1:33: rendering takes more than 50 steps (loop over less, or raise Limits.Steps)"},
		{"output", liquid.Limits{OutputBytes: 10}, "{{ '12345678901' }}", "{{ '1234567890' }}", "t:1:4: the output is longer than 10 bytes (loop over less, or raise Limits.OutputBytes)"},
		{"escaped output", liquid.Limits{OutputBytes: 10}, "{{ '<<<' }}", "{{ '<<' }}", "t:1:4: the output is longer than 10 bytes (loop over less, or raise Limits.OutputBytes)"},
		{"memory", liquid.Limits{AllocBytes: 100}, "{% assign x = 'aaaaaaaaaaaaaaa' | replace: 'a', 'bbbbbbbbbb' %}", "{{ 'a' | replace: 'a', 'b' }}", "t:1:35: the values made while rendering take more than 100 bytes (loop over less, or raise Limits.AllocBytes)"},
		{"partials", liquid.Limits{Depth: 2}, "{% render 'p3' %}", "{% render 'p2' %}", "p2:1:1: partials are nested deeper than 2 levels (does a partial render itself?)"},
		{"blocks", liquid.Limits{BlockDepth: 3}, "{% if a %}{% if a %}{% if a %}{% endif %}{% endif %}{% endif %}", "{% if a %}{% if a %}{% endif %}{% endif %}", "t:1:21: nested deeper than 3 levels (split the template, or raise Limits.BlockDepth)"},
		{"source", liquid.Limits{SourceBytes: 8}, "123456789", "12345678", "t:1:1: the source is longer than 8 bytes (split the template, or raise Limits.SourceBytes)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := liquid.New(liquid.WithLimits(c.limits), liquid.WithLoader(loaderOf(map[string]string{
				"p1": "x", "p2": "{% render 'p1' %}", "p3": "{% render 'p2' %}",
			})))
			if _, err := e.Render(context.Background(), "t", c.ok, nil); err != nil {
				t.Errorf("%s: %v", c.ok, err)
			}
			_, err := e.Render(context.Background(), "t", c.template, nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if !errors.Is(err, liquid.ErrLimit) {
				t.Error("the error is no ErrLimit")
			}
		})
	}
}

func TestContextEndsRender(t *testing.T) {
	t.Parallel()
	e := liquid.New(liquid.WithLimits(liquid.Limits{Steps: 1 << 40}))
	tmpl, err := e.Parse("t", "{% for i in (1..1000000000000) %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := tmpl.Render(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a deadline: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tmpl.Render(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestAppendKeepsDst(t *testing.T) {
	t.Parallel()
	e := liquid.New(liquid.WithLimits(liquid.Limits{OutputBytes: 4}))
	good, err := e.Parse("t", "{{ 'abcd' }}")
	if err != nil {
		t.Fatal(err)
	}
	bad, err := e.Parse("t", "abc{{ nobody }}")
	if err != nil {
		t.Fatal(err)
	}
	out, err := good.Append(context.Background(), []byte("head "), nil)
	if err != nil || string(out) != "head abcd" {
		t.Errorf("got %q, %v", out, err)
	}
	out, err = bad.Append(context.Background(), []byte("head "), nil)
	if err == nil || string(out) != "head " {
		t.Errorf("after an error: %q, %v", out, err)
	}
}

// TestOrderIsFarFromLimits measures what a usual mail takes of the default
// limits: a tenth at most.
func TestOrderIsFarFromLimits(t *testing.T) {
	t.Parallel()
	d := liquid.DefaultLimits()
	tenth := liquid.Limits{Steps: d.Steps / 10, OutputBytes: d.OutputBytes / 10, AllocBytes: d.AllocBytes / 10, Depth: 5}
	for lo, hi := 1, tenth.Steps; ; {
		tenth.Steps = (lo + hi) / 2
		tmpl, vars, opts := renderOrder(t, liquid.WithLimits(tenth))
		_, err := tmpl.Render(context.Background(), vars, opts...)
		switch {
		case err != nil && !errors.Is(err, liquid.ErrLimit):
			t.Fatal(err)
		case err != nil:
			lo = tenth.Steps + 1
		default:
			hi = tenth.Steps
		}
		if lo >= hi {
			t.Logf("the order mail takes %d steps", lo)
			if lo >= d.Steps/10 {
				t.Error("too many, or one of the other limits is too near")
			}
			return
		}
	}
}
