package render

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// compileFiles compiles a workspace of files by name.
func compileFiles(t *testing.T, files map[string]string) (*Set, source.Problems) {
	t.Helper()
	var r source.Report
	var all []*source.File
	for name, text := range files {
		all = append(all, source.NewFile(name, text))
	}
	slices.SortFunc(all, func(a, b *source.File) int { return strings.Compare(a.Name, b.Name) })
	s := Compile(all, ourShop(), &r)
	return s, r.Problems()
}

// inLanguages is a workspace with a mail by files, one by catalogue and one in English alone.
func inLanguages() map[string]string {
	return map[string]string{
		"locales/en.yaml":    "cart:\n  title: Your cart\n  items: {one: \"{count} item for {name}\", other: \"{count} items for {name}\"}\n  more_html: \"<b>More</b> of {what}\"\n",
		"locales/de.yaml":    "cart:\n  title: Ihr Korb\n  items: {one: \"{count} Stück für {name}\", other: \"{count} Stücke für {name}\"}\n  more_html: \"<b>Mehr</b> {what}\"\n",
		"locales/de-AT.yaml": "cart: {title: Ihr Sackerl}\n",
		"locales/ar.yaml":    "cart:\n  title: عربة\n  items: {zero: z, one: o, two: t, few: f, many: m, other: \"{count}\"}\n  more_html: x\n",

		"email/cart.html.liquid":   "---\nsubject: \"{{ 'cart.title' | t }}\"\nlayout: l\n---\n<p>{{ \"cart.items\" | t: count: trigger.n, name: profile.first_name }}</p>{{ \"cart.more_html\" | t: what: profile.first_name }}{% render \"p\" %}",
		"email/cart.txt.liquid":    "{{ \"cart.items\" | t: count: trigger.n, name: profile.first_name }}",
		"email/plain.html.liquid":  "---\nsubject: Plain\nlayout: l\n---\n<p>{{ 'now' | date: 'long' }} {{ 1.5 | money }}</p>{% render \"p\" %}",
		"email/own.html.liquid":    "---\nsubject: Own\nlayout: l\n---\n<p>{{ 'now' | date: '%-d %B' }}</p>",
		"email/own.de.html.liquid": "---\nsubject: Eigenes\nlayout: l\n---\n<p>{{ 'now' | date: '%-d. %B' }}</p>{% render \"p\" %}",

		"email/layouts/l.html.liquid":     "<html lang=\"{{ language }}\" dir=\"{{ direction }}\">{{ content }}<i>{{ message.locale }}</i></html>",
		"email/layouts/l.txt.liquid":      "[en]{{ content }}[{{ message.language }}]",
		"email/layouts/l.de.txt.liquid":   "[de]{{ content }}[{{ message.language }}]",
		"email/partials/p.html.liquid":    "(partial)",
		"email/partials/p.de.html.liquid": "(Teil)",
		"sms/s.txt.liquid":                "Hello",
		"sms/s.de.txt.liquid":             "Hallo",
		"sms/t.txt.liquid":                "{{ 'cart.title' | t }}",
		"whatsapp/w.txt.liquid":           "Hello",
		"whatsapp/w.fr.txt.liquid":        "Bonjour",
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	s, problems := compileFiles(t, inLanguages())
	if problems != nil {
		t.Fatal(problems)
	}
	for _, c := range []struct{ template, locale, subject, html, text string }{
		{"cart", "", "Your cart", `<html lang="en-GB" dir="ltr"><p>2 items for A&lt;</p><b>More</b> of A&lt;(partial)<i>en-GB</i></html>`, "[en]2 items for A<[en-GB]\n"},
		{"cart", "en-US", "Your cart", `<html lang="en" dir="ltr"><p>2 items for A&lt;</p><b>More</b> of A&lt;(partial)<i>en-US</i></html>`, "[en]2 items for A<[en]\n"},
		{"cart", "de", "Ihr Korb", `<html lang="de" dir="ltr"><p>2 Stücke für A&lt;</p><b>Mehr</b> A&lt;(Teil)<i>de-DE</i></html>`, "[de]2 Stücke für A<[de]\n"},
		{"cart", "de_at", "Ihr Sackerl", `<html lang="de-AT" dir="ltr"><p>2 Stücke für A&lt;</p><b>Mehr</b> A&lt;(Teil)<i>de-AT</i></html>`, "[de]2 Stücke für A<[de-AT]\n"},
		{"cart", "ar-EG", "عربة", `<html lang="ar" dir="rtl"><p>t</p>x(partial)<i>en-GB</i></html>`, "[en]t[ar]\n"},
		{"plain", "de-CH", "Plain", `<html lang="en-GB" dir="ltr"><p>30 June 2026 GBP 1.50</p>(partial)<i>de-CH</i></html>`, "[en]30 June 2026 GBP 1.50\n\n(partial)[en-GB]\n"},
		{"own", "de-CH", "Eigenes", `<html lang="de" dir="ltr"><p>30. Juni</p>(Teil)<i>de-CH</i></html>`, "[de]30. Juni\n\n(Teil)[de]\n"},
		{"own", "fr", "Own", `<html lang="en-GB" dir="ltr"><p>30 June</p><i>fr-FR</i></html>`, "[en]30 June[en-GB]\n"},
	} {
		cmd := command(`{"profile": {"first_name": "A<"}, "trigger": {"n": 2}}`)
		cmd.Template, cmd.Locale = c.template, c.locale
		m, err := s.Mail(t.Context(), cmd)
		c.html = strings.ReplaceAll(c.html, "GBP 1.50", "£\u00a01.50")
		c.text = strings.ReplaceAll(c.text, "GBP 1.50", "£ 1.50")
		if err != nil || m.Subject != c.subject || m.HTML != c.html || m.Text != c.text {
			t.Errorf("%s for %q: %v\n%q\n%q\n%q", c.template, c.locale, err, m.Subject, m.HTML, m.Text)
		}
	}
	for _, c := range []struct {
		channel                message.Channel
		template, locale, want string
	}{
		{message.SMS, "s", "de-AT", "Hallo"},
		{message.SMS, "s", "fr", "Hello"},
		{message.SMS, "t", "de-CH", "Ihr Korb"},
		{message.WhatsApp, "w", "fr-CA", "Bonjour"},
		{message.WhatsApp, "w", "x", "Hello"},
		{message.WhatsApp, "w", "--", "Hello"},
	} {
		cmd := command(`{}`)
		cmd.Channel, cmd.Template, cmd.Locale = c.channel, c.template, c.locale
		got, err := s.short(t.Context(), cmd, c.channel, nil)
		if err != nil || got != c.want {
			t.Errorf("%s for %s: %q, %v", c.template, c.locale, got, err)
		}
	}
	if got := s.Languages(); !slices.Equal(got, []string{"ar", "de", "de-AT", "en", "fr"}) {
		t.Errorf("languages: %v", got)
	}
}

// TestWordMistakes: what is wrong with catalogues and the templates that use them is told at its place.
func TestWordMistakes(t *testing.T) {
	t.Parallel()
	mail := "---\nsubject: s\n---\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string // beginnings of what is told, by place
	}{
		"nowhere": {map[string]string{"email/x.html.liquid": mail + `{{ "cart.titel" | t }}`}, []string{
			"email/x.html.liquid:4:4: no catalogue has the text cart.titel", "did you mean cart.title?",
		}},
		"no catalogue": {map[string]string{"locales/en.yaml": "", "locales/de.yaml": "", "email/x.html.liquid": mail + `{{ "a" | t }}`}, []string{
			"email/x.html.liquid:4:4: no catalogue has the text a", "add it to locales/en.yaml",
		}},
		"only elsewhere": {map[string]string{"email/x.html.liquid": mail + `{{ "cart.extra" | t }}`, "locales/de.yaml": "cart: {title: t, extra: x}"}, []string{
			"email/x.html.liquid:4:4: the text cart.extra is in locales/de.yaml, and those who read another language have none", "add it to locales/en.yaml",
		}},
		"missing in one": {map[string]string{"locales/de.yaml": "other: {a: b}", "sms/y.txt.liquid": `{{ "other.a" | t }}`, "locales/en.yaml": "cart: {title: Your cart}\nother: {a: b}"}, []string{
			"email/x.html.liquid:4:4: warning: the text cart.title is missing in locales/de.yaml; its readers get that of locales/en.yaml",
		}},
		"in a partial": {map[string]string{"email/x.html.liquid": mail + `{% render "p" %}{{ "cart.title" | t }}`, "email/partials/p.html.liquid": "\n{{ 'nothing' | t }}"}, []string{
			"email/partials/p.html.liquid:2:4: no catalogue has the text nothing",
		}},
		"gap": {map[string]string{"locales/en.yaml": "cart: {title: \"Hi {name}\"}"}, []string{
			"email/x.html.liquid:4:4: the text cart.title of locales/en.yaml needs name", `write {{ "cart.title" | t: name: ... }}`,
		}},
		"gap in one": {map[string]string{"locales/de.yaml": "cart: {title: \"Hallo {name}\"}"}, []string{
			"email/x.html.liquid:4:4: the text cart.title of locales/de.yaml needs name",
		}},
		"number": {map[string]string{"locales/en.yaml": "cart: {title: {one: a, other: b}}"}, []string{
			"email/x.html.liquid:4:4: the text cart.title of locales/en.yaml needs count",
		}},
		"unused":   {map[string]string{"locales/en.yaml": "cart: {title: a}\nold: b"}, []string{"locales/en.yaml:2:6: warning: no template asks for old"}},
		"computed": {map[string]string{"locales/en.yaml": "cart: {title: a}\nold: b", "sms/y.txt.liquid": `{{ trigger.x | t }}`}, nil},
		"forms": {map[string]string{"locales/pl.yaml": "cart: {title: {one: a, other: b}}", "email/x.html.liquid": mail + `{{ "cart.title" | t: count: 1 }}`}, []string{
			"locales/pl.yaml:1:16: warning: in this language, numbers such as 0 have a form of their own, many:",
		}},
		"list":   {map[string]string{"locales/en.yaml": "cart: {title: [a]}"}, []string{"email/x.html.liquid:4:4", "locales/en.yaml:1:8: cart.title must be a text or a mapping"}},
		"digits": {map[string]string{"locales/en.yaml": "cart: {title: 7}"}, []string{"email/x.html.liquid:4:4", "locales/en.yaml:1:15: cart.title must be a text, not a number"}},
		"dots":   {map[string]string{"locales/en.yaml": "cart.title: a"}, []string{"email/x.html.liquid:4:4", "locales/en.yaml:1:1: a key is one word"}},
		"name":   {map[string]string{"locales/german.yaml": "a: b"}, []string{"locales/german.yaml: this is not the name of a catalogue"}},
		"spelt":  {map[string]string{"locales/de-at.yaml": "a: b"}, []string{"locales/de-at.yaml: this is not how a language is named"}},
		"not written for all": {map[string]string{"email/y.de.html.liquid": mail, "sms/y.de.txt.liquid": "x"}, []string{
			"email/y.de.html.liquid: the e-mail is not written for those who read another language", "add email/y.html.liquid", "sms/y.de.txt.liquid: the message is not written",
		}},
		"in the version": {map[string]string{"email/x.de.html.liquid": mail + "{{ 'cart.title' | t }}{{ x | upcas }}"}, []string{`email/x.de.html.liquid:4:30: unknown filter "upcas"`}},
	} {
		files := map[string]string{"email/x.html.liquid": mail + `{{ "cart.title" | t }}`, "locales/en.yaml": "cart: {title: Your cart}", "locales/de.yaml": "cart: {title: Ihr Korb}"}
		for file, text := range c.files {
			files[file] = text
		}
		_, problems := compileFiles(t, files)
		said := ""
		for _, p := range problems {
			said += p.String()
		}
		if len(c.want) == 0 && problems != nil {
			t.Errorf("%s: %s", name, said)
		}
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, said, want)
			}
		}
	}
}

// TestWordsAtLast: keys that are computed fail when the message is rendered, and say what there is.
func TestWordsAtLast(t *testing.T) {
	t.Parallel()
	s, _ := compileFiles(t, map[string]string{
		"locales/en.yaml": "a: {b: x, n: {one: o, other: \"{count} {what}\"}}", "sms/x.txt.liquid": "{{ trigger.key | t: count: trigger.n }}",
	})
	for vars, want := range map[string]string{
		`{"trigger": {"key": "a.c", "n": 1}}`:   `sms/x.txt.liquid:1:18: there is no text "a.c" in any catalogue; did you mean a.b?`,
		`{"trigger": {"key": "a.n", "n": "x"}}`: `depends on a number`,
		`{"trigger": {"key": "a.n", "n": 2}}`:   `the text "a.n" needs what`,
	} {
		cmd := command(vars)
		if _, err := s.SMS(t.Context(), cmd); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", vars, err, want)
		}
	}
}

// TestForms: the kinds of numbers are CLDR's, of decimals and large numbers, too.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, number string
		want         plural.Form
	}{
		{"en", "1", plural.One},
		{"en", "0", plural.Other},
		{"en", "1.0", plural.Other},
		{"de", "1", plural.One},
		{"de", "-1", plural.One},
		{"fr", "0", plural.One},
		{"fr", "1.5", plural.One},
		{"pl", "1", plural.One},
		{"pl", "3", plural.Few},
		{"pl", "5", plural.Many},
		{"pl", "12", plural.Many},
		{"pl", "22", plural.Few},
		{"pl", "1.5", plural.Other},
		{"pl", "1000000000002", plural.Few},
		{"ar", "0", plural.Zero},
		{"ar", "2", plural.Two},
		{"ar", "103", plural.Few},
		{"ar", "111", plural.Many},
		{"ar", "100", plural.Other},
		{"ja", "1", plural.Other},
		{"ru", "21", plural.One},
	} {
		if got := formOf(language.Make(c.lang), c.number); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.number, c.lang, formNames[got], formNames[c.want])
		}
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for stem, want := range map[string][2]string{
		"hello": {"hello", ""}, "hello.de": {"hello", "de"}, "hello.de-AT": {"hello", "de-AT"}, "a.b.zh-Hant-TW": {"a.b", "zh-Hant-TW"},
		"hello.de_at": {"hello", "de-AT"}, "v1.2": {"v1.2", ""}, "hello.new": {"hello.new", ""}, "hello.xx": {"hello.xx", ""}, ".de": {"", "de"},
	} {
		if name, tag, _ := versionOf(stem); name != want[0] || tag != want[1] {
			t.Errorf("%s is %s in %s", stem, name, tag)
		}
	}
}
