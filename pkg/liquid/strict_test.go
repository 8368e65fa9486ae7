package liquid_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rapport/pkg/liquid"
)

func strictVars() map[string]any {
	return map[string]any{
		"customer": map[string]any{"name": "Ann", "email": "a@b.example", "address": nil},
		"order":    map[string]any{"lines": []any{map[string]any{"title": "Cup"}}, "total": int64(5)},
		"number":   "12",
	}
}

// TestRenderErrors checks the whole text: it is what authors work with.
func TestRenderErrors(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, template, want string }{
		{"a misspelt property", "Hi\n\n  <p>Hello {{ customer.nme }}", `welcome.liquid:3:24: unknown property "nme" (did you mean "name"?)`},
		{"a misspelt variable", "{{ custmer.name }}", `welcome.liquid:1:4: unknown variable "custmer" (did you mean "customer"?)`},
		{"a variable of nobody", "{{ xyzzy }}", `welcome.liquid:1:4: unknown variable "xyzzy"`},
		{"columns count characters", "äöü€{{ xyzzy }}", `welcome.liquid:1:8: unknown variable "xyzzy"`},
		{"in a filter's argument", "{{ 'a' | append: customer.nam }}", `welcome.liquid:1:27: unknown property "nam" (did you mean "name"?)`},
		{"swapped letters", "{{ customer.eamil }}", `welcome.liquid:1:13: unknown property "eamil" (did you mean "email"?)`},
		{"below nil", "{{ customer.address.city }}", `welcome.liquid:1:21: cannot read "city" of a value that is nil (test it with if, or add | default)`},
		{"an index too far", "{{ order.lines[3].title }}", `welcome.liquid:1:16: unknown property "3"`},
		{"in brackets", "{{ customer['nam'] }}", `welcome.liquid:1:13: unknown property "nam" (did you mean "name"?)`},
		{"a list to loop over", "{% for l in order.line %}{% endfor %}", `welcome.liquid:1:19: unknown property "line" (did you mean "lines"?)`},
		{"the loop's helper", "{% for l in order.lines %}{{ forloop.indx }}{% endfor %}", `welcome.liquid:1:38: unknown property "indx" (did you mean "index"?)`},
		{"an assigned name", "{% assign greeting = 'x' %}{{ greting }}", `welcome.liquid:1:31: unknown variable "greting" (did you mean "greeting"?)`},
		{"an object", "{{ customer }}", "welcome.liquid:1:4: an object cannot be printed (print one of its properties, or use | json)"},
		{"in a partial", "{% render 'greet' %}", `greet:1:7: unknown variable "name"`},
		{"hidden from a partial", "{% for name in order.lines %}{% render 'greet' %}{% endfor %}", `greet:1:7: unknown variable "name" (a rendered partial sees only what it is given: add name: name to the render tag)`},
		{"kinds that do not compare", "{% if number > 3 %}{% endif %}", "welcome.liquid:1:7: cannot compare a string with a number (a string becomes a number with | plus: 0)"},
		{"no date", "{{ 'soon' | date: '%Y' }}", `welcome.liquid:1:13: cannot read "soon" as a date (use an ISO 8601 date such as 2026-05-04 or 2026-05-04T09:30:00Z)`},
		{"no clock", "{{ 'now' | date: '%Y' }}", "welcome.liquid:1:12: this render has no current time (pass liquid.Now to Render)"},
		{"division", "{{ 1 | divided_by: 0 }}", "welcome.liquid:1:8: divided by 0"},
		{"overflow", "{{ 9223372036854775807 | plus: 1 }}", "welcome.liquid:1:26: the result does not fit into 64 bits"},
		{"a struct", "{{ odd }}", "welcome.liquid:1:4: a value of Go type struct { X int } cannot be used in a template (pass a map, a slice, a scalar or a Drop)"},
		{"a missing partial", "{% assign p = 'nope' %}{% include p %}", `welcome.liquid:1:24: cannot load the partial "nope": no partial "nope"`},
		{"include in render", "{% render 'includes' %}", "includes:1:1: include is not allowed inside of a rendered partial (use render and pass what the partial needs)"},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(map[string]string{"greet": "Hi {{ name }}", "includes": "{% include 'greet' %}"})))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			vars := strictVars()
			vars["odd"] = struct{ X int }{1}
			out, err := e.Render(context.Background(), "welcome.liquid", c.template, vars)
			if err == nil {
				t.Fatalf("printed %q", out)
			}
			if err.Error() != c.want {
				t.Errorf("%s\n got  %v\n want %s", c.template, err, c.want)
			}
			var at *liquid.Error
			if !errors.As(err, &at) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

// TestUndefinedWhereAllowed has the places that ask whether something is
// there.
func TestUndefinedWhereAllowed(t *testing.T) {
	t.Parallel()
	cases := []struct{ template, want string }{
		{"{{ customer.nick | default: 'you' }}", "you"},
		{"{{ nobody.nick.x | default: 'you' }}", "you"},
		{"{{ customer.nick | upcase | default: 'you' }}", "you"},
		{"{% assign nick = customer.nick | default: customer.name %}{{ nick }}", "Ann"},
		{"{% if customer.nick %}a{% else %}b{% endif %}", "b"},
		{"{% if nobody == blank %}a{% endif %}", "a"},
		{"{% if customer.name and customer.nick %}a{% else %}b{% endif %}", "b"},
		{"{% unless customer.vip %}a{% endunless %}", "a"},
		{"{% case customer.tier %}{% when 'gold' %}g{% else %}n{% endcase %}", "n"},
		{"{% case customer.name %}{% when customer.nick %}g{% else %}n{% endcase %}", "n"},
		{"{% if customer.tags contains 'vip' %}a{% else %}b{% endif %}", "b"},
		{"{% if false %}{{ never.looked.at }}{% endif %}ok", "ok"},
		{"[{{ customer.address }}]", "[]"},
	}
	for _, c := range cases {
		got, err := liquid.New().Render(context.Background(), "t", c.template, strictVars())
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.template, got, err, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, template string
		want           []string
	}{
		{"an unknown filter", "{{ 'a' | upcas }}", []string{`w:1:10: unknown filter "upcas" (did you mean "upcase"?)`}},
		{"an unknown tag", "{% assing x = 1 %}", []string{`w:1:4: unknown tag "assing" (did you mean "assign"?)`}},
		{"an unknown argument", "{{ 1 | default: 2, allow_fals: true }}", []string{`w:1:8: the filter default has no argument "allow_fals" (did you mean "allow_false"?)`}},
		{"too few arguments", "{{ 'a' | append }}", []string{"w:1:10: the filter append takes 1 argument, not 0"}},
		{"too many arguments", "{{ 'a' | upcase: 1 }}", []string{"w:1:10: the filter upcase takes no arguments, not 1"}},
		{"an open output", "a\n{{ b\nc", []string{"w:2:1: {{ is never closed (add }})"}},
		{"an open output before another", "{{ b c {{ d }}", []string{"w:1:1: {{ is never closed (add }})"}},
		{"an open tag", "{% if a\n b {{ c }}", []string{"w:1:1: {% is never closed (add %})"}},
		{"an open block", "x{% if a %}y", []string{"w:1:2: {% if %} is never closed (add {% endif %})"}},
		{"an end too much", "a{% endif %}", []string{"w:1:2: {% endif %} closes nothing"}},
		{"crossed blocks", "{% if a %}{% for b in c %}{% endif %}{% endfor %}{% endif %}", []string{"w:1:27: {% endif %} does not belong to {% for %} of 1:11, which is still open"}},
		{"an open string", "{{ 'abc }}", []string{"w:1:4: the quote is never closed (add ')"}},
		{"= for ==", "{% if a = 1 %}{% endif %}", []string{`w:1:9: "=" sets a variable (compare with ==)`}},
		{"&&", "{% if a && b %}{% endif %}", []string{`w:1:9: unexpected character "&" (write and)`}},
		{"arithmetic", "{{ a * 3 }}", []string{`w:1:6: unexpected character "*" (for arithmetic use the filters plus, minus, times, divided_by and modulo)`}},
		{"words left over", "{{ a b }}", []string{`w:1:6: expected the end of the tag, found "b"`}},
		{"a filter in a test", "{% if a | size > 3 %}{% endif %}", []string{"w:1:9: filters cannot be used in a test (assign the value to a variable first)"}},
		{"brackets in a test", "{% if (a or b) %}{% endif %}", []string{`w:1:10: expected "..", found "or"`}},
		{"words behind else", "{% if a %}{% else if b %}{% endif %}", []string{`w:1:18: {% else %} takes nothing behind its name, found "if b"`}},
		{"a second else", "{% if a %}{% else %}{% else %}{% endif %}", []string{"w:1:21: {% else %} behind {% else %} is never reached"}},
		{"text in case", "{% case a %}x{% when 1 %}{% endcase %}", []string{"w:1:13: text between {% case %} and the first {% when %} is never printed"}},
		{"a reserved word", "{% assign empty = 1 %}", []string{`w:1:11: "empty" is a reserved word (choose another name)`}},
		{"an option of for", "{% for a in b limt: 3 %}{% endfor %}", []string{`w:1:15: {% for %} has no option limt (did you mean "limit"?)`}},
		{"a partial's name", "{% render name %}", []string{`w:1:11: expected the name of a partial in quotes, found "name"`}},
		{"a missing partial", "{% render 'nope' %}", []string{`w:1:11: cannot load the partial "nope": no partial "nope"`}},
		{"a broken partial", "{% render 'broken' %}", []string{`broken:2:8: unknown filter "x"`}},
		{"in a liquid tag", "{% liquid\n  assign a = 1\n  echo a | nope\n%}", []string{`w:3:12: unknown filter "nope"`}},
		{"several", "{{ 'a' | upcas }}\n{% if b %}\n{{ c d }}{% endif %}\n{% wat %}", []string{
			`w:1:10: unknown filter "upcas" (did you mean "upcase"?)`, `w:3:6: expected the end of the tag, found "d"`, `w:4:4: unknown tag "wat"`,
		}},
	}
	e := liquid.New(liquid.WithLoader(loaderOf(map[string]string{"broken": "\n{{ a | x }}"})))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Parse("w", c.template)
			if err == nil {
				t.Fatal("accepted")
			}
			if want := strings.Join(c.want, "\n"); err.Error() != want {
				t.Errorf("%s\n got  %v\n want %s", c.template, strings.ReplaceAll(err.Error(), "\n", "\n      "), want)
			}
		})
	}
}

func TestErrorsAreCapped(t *testing.T) {
	t.Parallel()
	_, err := liquid.New().Parse("w", strings.Repeat("{{ a b }}\n", 1000))
	var list liquid.ParseErrors
	if !errors.As(err, &list) || len(list) != 20 {
		t.Errorf("%d errors", len(list))
	}
}
