package liquid_test

import (
	"fmt"
	"strings"
	"testing"

	"rapport/pkg/liquid"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, template, want string }{
		{"paths", "{{ a }} {{ b.c.d }}", "a@1:4 b.c.d@1:12"},
		{"keys in quotes", "{{ a['b c'].d }}", "a.b c.d@1:4"},
		{"computed keys", "{{ a[k].d }}", "k@1:6 a[].d@1:4"},
		{"places in an array", "{{ a[0].x }} {{ a.first.y }} {{ a.size }}", "a[].x@1:4 a[].y@1:17 a@1:33"},
		{"what the template sets", "{% assign x = 1 %}{{ x }}{% capture y %}{{ z }}{% endcapture %}{{ y }}{% increment n %}{{ n }}", "z@1:44"},
		{"another name for data", "{% assign c = customer.address %}{{ c.city }}", "customer.address@1:15 customer.address.city@1:37"},
		{"a loop", "{% for l in order.lines %}{{ l.title }}{{ forloop.index }}{% endfor %}{{ l }}", "order.lines@1:13 order.lines[].title@1:30 l@1:74"},
		{"a loop over a filtered list", "{% assign paid = orders | where: 'paid' | sort: 'at' %}{% for o in paid %}{{ o.id }}{% endfor %}", "orders@1:18 orders[].paid@1:27? orders[].at@1:43? orders@1:68 orders[].id@1:78"},
		{"map", "{{ lines | map: 'title' | join }}", "lines@1:4 lines[].title@1:12?"},
		{"a range", "{% for i in (1..n) %}{{ i }}{% endfor %}", "n@1:17"},
		{"tests", "{% if a.b %}{{ a.b.c }}{{ a.d }}{% endif %}{{ a.b }}", "a.b@1:7? a.b.c@1:16? a.d@1:27 a.b@1:47"},
		{"default", "{{ a.b | default: c }}", "a.b@1:4? c@1:19"},
		{"case", "{% case a %}{% when b %}{{ c }}{% endcase %}", "a@1:9? b@1:21? c@1:28"},
		{"cycle and tablerow", "{% cycle a: b %}{% tablerow r in rows cols: n %}{{ r.x }}{% endtablerow %}", "a@1:10 b@1:13 rows@1:34 n@1:45 rows[].x@1:52"},
		{"a partial", "{% render 'line', item: order.first_line %}", "order.first_line@1:25 order.first_line.title@line:1:4 shop.name@line:1:21"},
		{"a partial for each", "{% render 'line' for order.lines as item %}", "order.lines@1:22 order.lines[].title@line:1:4 shop.name@line:1:21"},
		{"an include sees all", "{% assign item = a.b %}{% include 'line' %}", "a.b@1:18 a.b.title@line:1:4 shop.name@line:1:21"},
		{"a partial of itself", "{% render 'self', x: a %}", "a@1:22 a@self:1:4 a@self:1:29"},
		{"a computed partial", "{% include p %}", "p@1:12"},
		{"unless and ifchanged", "{% unless a %}{% ifchanged %}{{ b }}{% endifchanged %}{% endunless %}", "a@1:11? b@1:33"},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(map[string]string{
		"line": "{{ item.title }} {{ shop.name }}", "self": "{{ x }}{% render 'self', x: x %}",
	})))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := e.Parse("main", c.template)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range tmpl.Variables() {
				s := v.Path + "@"
				if v.Template != "main" {
					s += v.Template + ":"
				}
				s += fmt.Sprintf("%d:%d", v.Line, v.Col)
				if v.Optional {
					s += "?"
				}
				got = append(got, s)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s\n got  %s\n want %s", c.template, s, c.want)
			}
		})
	}
}

func TestPartials(t *testing.T) {
	t.Parallel()
	e := liquid.New(liquid.WithLoader(func(string) (string, error) { return "", nil }))
	tmpl, err := e.Parse("main", "{% render 'a' %}\n{% include name %}{% if x %}{% render 'b', y: 1 %}{% endif %}")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range tmpl.Partials() {
		got = append(got, fmt.Sprintf("%q %d:%d", u.Name, u.Line, u.Col))
	}
	if s := strings.Join(got, ", "); s != `"a" 1:11, "" 2:12, "b" 2:39` {
		t.Error(s)
	}
}

// TestHostileAnalysis gives Variables and Partials what is made to keep them
// busy.
func TestHostileAnalysis(t *testing.T) {
	t.Parallel()
	partials := map[string]string{"p39": ""}
	for i := range 39 {
		partials[fmt.Sprint("p", i)] = strings.Repeat(fmt.Sprintf("{%% render 'p%d' %%}", i+1), 2)
	}
	e := liquid.New(liquid.WithLoader(loaderOf(partials)))
	for name, template := range map[string]string{
		"many uses in one line":         strings.Repeat("{{ a.b }}", 50_000),
		"many partials in one line":     strings.Repeat("{% render 'p39' %}", 25_000),
		"partials that call two others": "{% render 'p0' %}",
		"a long test around many uses":  "{% if a" + strings.Repeat(" or a", 20_000) + " %}" + strings.Repeat("{{ a }}", 20_000) + "{% endif %}",
	} {
		tmpl, err := e.Parse("evil", template)
		if err != nil {
			t.Fatal(err)
		}
		if d := quickest(func() { tmpl.Variables(); tmpl.Partials() }); d > patience {
			t.Errorf("%s: took %v", name, d)
		}
	}
}
