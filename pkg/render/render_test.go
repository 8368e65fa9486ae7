package render

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

func ourShop() Shop {
	return Shop{
		Name: "Shop & Co", URL: "https://shop.example", Currency: "GBP", Locale: "en-GB", Timezone: "Europe/London",
		Address: []string{"1 Street", "Town"}, FromName: "Shop", FromAddress: "a@shop.example", SMSFrom: "Shop",
	}
}

// compileAll compiles a mail "x" whose HTML file and text are given, and an SMS "x".
func compileAll(t *testing.T, html, text, sms string, more ...*source.File) *Set {
	t.Helper()
	var r source.Report
	files := append([]*source.File{
		source.NewFile("email/x.html.liquid", html), source.NewFile("email/x.txt.liquid", text), source.NewFile("sms/x.txt.liquid", sms),
	}, more...)
	s := Compile(files, ourShop(), &r)
	if ps := r.Problems(); ps != nil {
		t.Fatal(ps)
	}
	return s
}

func command(vars string) *message.Command {
	return &message.Command{
		ID: "m1", Profile: "ada", Journey: "hello", Step: "greet", Channel: message.Email, Category: message.Marketing, Template: "x",
		DecidedAt: time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC), Vars: json.RawMessage(vars),
	}
}

// TestVariables prints each variable that templates may name.
func TestVariables(t *testing.T) {
	t.Parallel()
	vars := `{"profile": {"first_name": "Ada", "points": 12345678901234567, "share": 0.5, "orders": {"count": 2, "total": "17.50"}},
		"trigger": {"order_id": "A1", "total": "17.5", "products": [{"product_id": "p", "price": "1.10", "quantity": 3}]},
		"recommendations": [{"id": "q"}]}`
	for liquid, want := range map[string]string{
		`{{ profile.id }}`:                              "ada", // from the command
		`{{ profile.first_name }}`:                      "Ada",
		`{{ profile.points }} {{ profile.share }}`:      "12345678901234567 0.5",
		`{{ profile.orders.total | money }}`:            "£17.50",
		`{{ trigger.order_id }}{{ event.order_id }}`:    "A1A1",
		`{{ trigger.total | money: trigger.currency }}`: "£17.50", // the shop's, as the order names none
		`{{ trigger.total | money: "eur" }}`:            "€17.50",
		`{{ trigger.product_count }}`:                   "1",
		`{{ trigger.products.first.name }}`:             "", // left out by the shop
		`{% for p in trigger.products %}{{ p.price | times: p.quantity | money }}{% endfor %}`:                             "£3.30",
		`{{ recommendations[0].id }}{{ recommendations[0].url }}`:                                                          "q",
		`{{ shop.name }}, {{ shop.address | join: ", " }}`:                                                                 "Shop & Co, 1 Street, Town",
		`{{ shop.url }} {{ shop.email }} {{ shop.reply_to }}`:                                                              "https://shop.example a@shop.example a@shop.example",
		`{{ message.id }} {{ message.journey }} {{ message.template }} {{ message.category }}`:                             "m1 hello x marketing",
		`{{ "now" | date: "%H:%M %-d %B" }}`:                                                                               "23:30 30 June", // London in summer
		`{{ 1 | pluralize: "item", "items" }} {{ 2 | pluralize: "item", "items" }} {{ 1.0 | pluralize: "item", "items" }}`: "item items item",
		`[{{ "Lamp" | fit: 6 }}|{{ "Lamp" | fit: 6, align: "right" }}|{{ "A long lamp" | fit: 6 }}]`:                       "[Lamp  |  Lamp|A lon…]",
		`{{ "RED  LAMP É" | calm }} {{ "Red iPhone" | calm }} {{ "IKEA" | calm }}`:                                         "Red lamp é Red iPhone IKEA",
		`{{ nil | money }}{{ "" | calm }}`:                                                                                 "",
	} {
		s := compileAll(t, "---\nsubject: s\n---\n", liquid, "x")
		m, err := s.Mail(t.Context(), command(vars))
		if err != nil || strings.TrimSuffix(m.Text, "\n") != want {
			t.Errorf("%s is %q, %v; want %q", liquid, m.Text, err, want)
		}
	}
}

func TestMailParts(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: Hi {{ profile.first_name }}\npreheader: \"<b> & {{ trigger.x }}\"\nlayout: l\n---\n<p>{{ profile.first_name }}</p>", "\n\nHi {{ profile.first_name }}  \n\n\n\n  two\n\n", "x",
		source.NewFile("email/layouts/l.html.liquid", "<i>{{ preheader }}</i>{{ content }}<b>{{ subject }}</b>"),
		source.NewFile("email/layouts/l.txt.liquid", "-\n{{ content }}\n-"))
	m, err := s.Mail(t.Context(), command(`{"profile": {"first_name": "A<d>\r\nBcc: x@y.example"}, "trigger": {"x": "y"}}`))
	want := Mail{
		Subject: "Hi A<d> Bcc: x@y.example", Preheader: "<b> & y",
		HTML: "<i>&lt;b&gt; &amp; y</i><p>A&lt;d&gt;\r\nBcc: x@y.example</p><b>Hi A&lt;d&gt; Bcc: x@y.example</b>",
		Text: "-\nHi A<d>\nBcc: x@y.example\n\n  two\n-\n", FromName: "Shop", FromAddress: "a@shop.example",
		UnsubscribeMail: "mailto:a@shop.example?subject=unsubscribe",
	}
	if err != nil || m != want {
		t.Errorf("got %#v, %v", m, err)
	}
}

// TestAddressesAreWebAddresses: a template prints no address that is not http or https.
func TestAddressesAreWebAddresses(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n{% for p in trigger.products %}{% if p.url %}<a href=\"{{ p.url }}\">{{ p.name }}</a>{% else %}{{ p.name }}{% endif %}{% endfor %}", "x", "x")
	m, err := s.Mail(t.Context(), command(`{"trigger": {"products": [{"name": "a", "url": "javascript:alert(1)"}, {"name": "b", "url": "https://x.example/?a=\"b\"&c"},
		{"name": "c", "url": "/relative"}, {"name": "d", "url": 3}, {"name": "e", "url": "data:text/html,x"}]}}`))
	if want := `a<a href="https://x.example/?a=&quot;b&quot;&amp;c">b</a>cde`; err != nil || m.HTML != want {
		t.Errorf("got %q, %v; want %q", m.HTML, err, want)
	}
}

// TestErrors: each error of rendering is permanent and names its place in the file, the
// front matter's lines included.
func TestErrors(t *testing.T) {
	t.Parallel()
	partial := source.NewFile("email/partials/p.html.liquid", "\n {{ product.nmae }}")
	s := compileAll(t, "---\nsubject: Hi {{ profile.nick }}\n---\n<p>\n{% if trigger.bad %}{% render \"p\", product: trigger.bad %}{% endif %}{{ trigger.total | money }}</p>", "{{ profile.nick | append: trigger.more }}", "{{ trigger.body }}", partial)
	ok := `"profile": {"nick": "A"}, "trigger": `
	for name, c := range map[string]struct{ channel, vars, want string }{
		"subject":   {"email", `{}`, `email/x.html.liquid:2:24: unknown property "nick"`},
		"partial":   {"email", `{` + ok + `{"bad": {"name": 1}}}`, `email/partials/p.html.liquid:2:13: unknown property "nmae"`},
		"amount":    {"email", `{` + ok + `{"total": "much"}}`, "email/x.html.liquid:5:89: money needs an amount"},
		"text part": {"email", `{` + ok + `{"total": 1}}`, `email/x.txt.liquid:1:35: unknown property "more"`},
		"no JSON":   {"email", `[]`, "email/x.html.liquid: the message's variables are no JSON object"},
		"sms empty": {"sms", `{` + ok + `{"body": " "}}`, "sms/x.txt.liquid:1:1: the text is empty"},
		"sms long":  {"sms", `{` + ok + `{"body": "` + strings.Repeat("x", 1601) + `"}}`, "the text has 1601 characters"},
	} {
		cmd := command(c.vars)
		var err error
		if c.channel == "sms" {
			_, err = s.SMS(t.Context(), cmd)
		} else {
			_, err = s.Mail(t.Context(), cmd)
		}
		var re *Error
		if !errors.As(err, &re) || !re.Permanent() || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	empty := compileAll(t, "---\nsubject: \"{{ profile.nick }}\"\n---\n", "x", "x")
	if _, err := empty.Mail(t.Context(), command(`{"profile": {"nick": " "}}`)); err == nil || !strings.Contains(err.Error(), "email/x.html.liquid:2:10: the subject is empty") {
		t.Errorf("empty subject: %v", err)
	}
	cmd := command(`{}`)
	cmd.Template = "y"
	if _, err := s.Mail(t.Context(), cmd); err == nil || err.Error() != "email/y: there is no such template" {
		t.Errorf("unknown template: %v", err)
	}
}

// TestCanceled: an ended context is not the template's fault.
func TestCanceled(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n{% for i in (1..100000) %}x{% endfor %}", "x", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var re *Error
	if _, err := s.Mail(ctx, command(`{}`)); !errors.Is(err, context.Canceled) || errors.As(err, &re) {
		t.Errorf("got %v, want the context's error and no permanent one", err)
	}
}

// TestLimits: a template that would never end is stopped.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n{% for i in (1..100000000) %}{% for j in (1..100000000) %}x{% endfor %}{% endfor %}", "x", "x")
	var re *Error
	if _, err := s.Mail(t.Context(), command(`{}`)); !errors.As(err, &re) {
		t.Errorf("got %v, want a permanent error", err)
	}
}

// TestRepeatIsTheSame: a message rendered again is the same to the byte, in any locale.
func TestRepeatIsTheSame(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s {{ 'now' | date: '%s' }}\n---\n{{ 1234.5 | money }}", "{{ 1234.5 | money }}", "x")
	texts := map[string]string{"": "£1,234.50\n", "de": "1.234,50 £\n", "fr-FR": "1 234,50 £GB\n", "en-US": "£1,234.50\n"}
	for locale, want := range texts {
		c := command(`{}`)
		c.Locale = locale
		first, err := s.Mail(t.Context(), c)
		second, err2 := s.Mail(t.Context(), c)
		if errors.Join(err, err2) != nil || first != second || first.Text != want {
			t.Errorf("%q: %q and %q, want %q; %v %v", locale, first.Text, second.Text, want, err, err2)
		}
	}
}
