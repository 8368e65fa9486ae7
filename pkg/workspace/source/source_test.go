package source

import (
	"strings"
	"testing"
)

// TestPlaces finds words inside the values of every style of scalar.
func TestPlaces(t *testing.T) {
	t.Parallel()
	text := `plain: one two
single: 'it''s one two'
double: "a \"b\" one two"
literal: |
  zero
    one two
folded: >
  zero
  one two
lines: zero
  one two
list: [a one two, 'ä one two']
late:
- zero
  one two
`
	f := NewFile("x.yaml", text)
	var r Report
	root := f.YAML(&r)
	if ps := r.Problems(); ps != nil {
		t.Fatal(ps)
	}
	nodes := map[string]*Node{"list 0": root.Get("list").Items[0], "list 1": root.Get("list").Items[1], "late 0": root.Get("late").Items[0]}
	for _, p := range root.Pairs {
		if p.Value.Kind == Text {
			nodes[p.Key] = p.Value
		}
	}
	for name, n := range nodes {
		before, _, found := strings.Cut(n.Value, "two")
		if !found {
			t.Fatalf("%s is %q", name, n.Value)
		}
		line := strings.Count(before, "\n") + 1
		col := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
		at := n.Within(line, col, 3)
		got := string([]rune(f.lines[at.Line-1])[at.Col-1:])
		if !strings.HasPrefix(got, "two") || !strings.HasPrefix(strings.TrimSpace(before), strings.TrimSpace(before)) {
			t.Errorf("%s: %d:%d is %q", name, at.Line, at.Col, got)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	canonical := func(text string) string {
		var r Report
		n := NewFile("x", text).YAML(&r)
		if n == nil {
			t.Fatal(r.Problems())
		}
		return n.Canonical()
	}
	one := canonical("a: 1\nb: [x, 'y']\n")
	for text, same := range map[string]bool{
		"b: ['x', y] # c\na: 1\n":  true,
		"b:\n- x\n- \"y\"\na: 1\n": true,
		"a: '1'\nb: [x, y]\n":      false,
		"a: 1\nb: [y, x]\n":        false,
		"a: 1\nb: ['x,y']\n":       false,
	} {
		if got := canonical(text); (got == one) != same {
			t.Errorf("%q is %s, the first is %s", text, got, one)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	var r Report
	f := NewFile("a.html.liquid", "---\n# a comment\nsubject: {{ a | b: \"c\" }} # 5\nquoted: \"a \\\"b\\\"\"\nsingle: 'it''s'\n\nempty:\n---\nbody\n---\n")
	front, body, skipped := f.FrontMatter(&r)
	if body != "body\n---\n" || skipped != 8 || len(r.Problems()) > 0 {
		t.Errorf("body %q after %d lines, %v", body, skipped, r.Problems())
	}
	for key, want := range map[string]string{"subject": `{{ a | b: "c" }} # 5`, "quoted": `a "b"`, "single": "it's", "empty": ""} {
		if n := front.Get(key); n == nil || n.Value != want {
			t.Errorf("%s is %+v, want %q", key, n, want)
		}
	}
	if at := front.Get("subject").Within(1, 8, 1); at.Line != 3 || at.Col != 17 {
		t.Errorf("the filter is at %d:%d", at.Line, at.Col)
	}
	if _, body, skipped := NewFile("a", "no front\n---\n").FrontMatter(&r); body != "no front\n---\n" || skipped != 0 {
		t.Errorf("without front matter: %q, %d", body, skipped)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	f := NewFile("x", "a\n\tä: \x1b[31m"+strings.Repeat("x", 300)+"\n")
	for at, want := range map[Place]string{
		{Line: 1, Col: 1, Width: 1}:    ">    1 | a\n       | ^\n",
		{Line: 2, Col: 2, Width: 1}:    "     1 | a\n>    2 |  ä:  [31m" + strings.Repeat("x", 151) + "\n       |  ^\n",
		{Line: 2, Col: 999, Width: 99}: "     1 | a\n>    2 |  ä:  [31m" + strings.Repeat("x", 151) + "\n       | " + strings.Repeat(" ", 160) + "^\n",
	} {
		if got := f.excerpt(at); got != want {
			t.Errorf("%+v\n got %q\nwant %q", at, got, want)
		}
	}
}
