package liquid_test

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/liquid"
)

func Example() {
	partials := map[string]string{
		"line": `<li><a href="{{ line.url }}">{{ line.title }}</a> x {{ line.quantity }}</li>`,
	}
	engine := liquid.New(liquid.WithLoader(func(name string) (string, error) {
		src, ok := partials[name]
		if !ok {
			return "", fmt.Errorf("no partial %q", name)
		}
		return src, nil
	}))
	thanks, err := engine.Parse("thanks.liquid", `<h1>Thank you, {{ customer.name | default: "dear customer" }}!</h1>
<p>Ordered {{ order.at | date: "%A at %H:%M" }}</p>
<ul>{% for line in order.lines %}{% render "line", line: line %}{% endfor %}</ul>`)
	if err != nil {
		fmt.Println(err)
		return
	}
	html, err := thanks.Render(context.Background(), map[string]any{
		"customer": map[string]any{"name": "Ann <3"},
		"order": map[string]any{
			"at": time.Date(2026, 5, 4, 8, 30, 0, 0, time.UTC),
			"lines": []any{
				map[string]any{"title": "Salt & pepper", "quantity": 2, "url": "https://shop.example/p/7?a=1&b=2"},
			},
		},
	}, liquid.In(time.FixedZone("CEST", 2*60*60)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(html)
	// Output:
	// <h1>Thank you, Ann &lt;3!</h1>
	// <p>Ordered Monday at 10:30</p>
	// <ul><li><a href="https://shop.example/p/7?a=1&amp;b=2">Salt &amp; pepper</a> x 2</li></ul>
}

// Mistakes are reported with their place, all at once.
func Example_mistakes() {
	engine := liquid.New()
	_, err := engine.Parse("welcome.liquid", "<p>\n{{ name | upcas }}\n<script>{{ name }}</script>")
	fmt.Println(err)

	_, err = engine.Render(context.Background(), "welcome.liquid", "Hello {{ customer.nme }}", map[string]any{
		"customer": map[string]any{"name": "Ann"},
	})
	fmt.Println(err)
	// Output:
	// welcome.liquid:2:11: unknown filter "upcas" (did you mean "upcase"?)
	// welcome.liquid:3:9: a value cannot stand inside <script>, where escaping does not help (write it in an attribute or in text)
	// welcome.liquid:1:19: unknown property "nme" (did you mean "name"?)
}

func ExampleTemplate_Variables() {
	tmpl, err := liquid.New().Parse("order.liquid", `{% if customer.vip %}★{% endif %}
{% for line in order.lines %}{{ line.title }}{% endfor %}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range tmpl.Variables() {
		fmt.Printf("%d:%d %s optional=%v\n", v.Line, v.Col, v.Path, v.Optional)
	}
	// Output:
	// 1:7 customer.vip optional=true
	// 2:16 order.lines optional=false
	// 2:33 order.lines[].title optional=false
}

func ExampleWithFilter() {
	stars := liquid.Filter{Func: func(_ *liquid.Call, in any, _ []any) (any, error) {
		n, ok := in.(int64)
		if !ok || n < 0 || n > 5 {
			return nil, fmt.Errorf("stars wants a number from 0 to 5, not %v", in)
		}
		return "★★★★★☆☆☆☆☆"[3*(5-n) : 3*(10-n)], nil
	}}
	engine := liquid.New(liquid.WithFilter("stars", stars))
	out, err := engine.Render(context.Background(), "review", "{{ rating | stars }}", map[string]any{"rating": 4})
	fmt.Println(out, err)
	// Output: ★★★★☆ <nil>
}
