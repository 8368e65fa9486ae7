package render

import (
	"strings"
	"testing"
)

// partsOf renders a mail of some files.
func partsOf(t *testing.T, files map[string]string, vars string) Mail {
	t.Helper()
	s, problems := compileFiles(t, files)
	if problems.Errors() != nil {
		t.Fatal(problems)
	}
	m, err := s.Mail(t.Context(), command(vars))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStyles: rules of the layout and of the mail move into elements of all three, wherever those come from.
func TestStyles(t *testing.T) {
	t.Parallel()
	m := partsOf(t, map[string]string{
		"email/x.html.liquid":          "---\nsubject: s\nlayout: l\n---\n<style>.mine{color:blue}\n.bad:hover{top:0}</style>{% for p in trigger.products %}<p class=\"{{ p.category }}\">{{ p.name }}</p>{% endfor %}{% render \"b\" %}",
		"email/layouts/l.html.liquid":  "<style>p{color:red}td .deep{top:0}</style><style data-inline=\"off\">p{left:0}</style><table><tr><td>{{ content }}</table><p>end",
		"email/partials/b.html.liquid": "<i class=deep>b</i>",
	}, `{"trigger": {"products": [{"name": "a", "category": "mine"}, {"name": "b", "category": "x"}]}}`)
	want := `<style data-inline="off">p{left:0}</style><table><tr><td><style>` + "\n" + `.bad:hover{top:0}</style><p class="mine" style="color:blue">a</p><p class="x" style="color:red">b</p>` +
		`<i class=deep style="top:0">b</i></table><p style="color:red">end`
	if got := strings.TrimSpace(m.HTML); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestStyleNotes: what a style says in vain is warned of at its place, and mistakes behind it keep theirs.
func TestStyleNotes(t *testing.T) {
	t.Parallel()
	_, problems := compileFiles(t, map[string]string{
		"email/x.html.liquid": "---\nsubject: s\n---\n<style>\n  p { color: red }\n  @media print { p { color: blue } }\n</style> {{ x | upcas }}",
	})
	said := ""
	for _, p := range problems {
		said += p.String()
	}
	for _, want := range []string{"email/x.html.liquid:6:22: warning: color has no effect here", "email/x.html.liquid:7:17: unknown filter"} {
		if !strings.Contains(said, want) {
			t.Errorf("got %s, want %s", said, want)
		}
	}
}

// TestPreheader: one that no template prints is put into the page, where nobody sees it and inboxes find it.
func TestPreheader(t *testing.T) {
	t.Parallel()
	front := "---\nsubject: s\npreheader: Soon & {{ profile.id }}\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
		puts  bool
	}{
		"none":      {map[string]string{"email/x.html.liquid": front + "---\n<p>a</p>"}, hidden + "Soon &amp; ada" + padding, true},
		"in a body": {map[string]string{"email/x.html.liquid": front + "---\n<html><BODY class='x'><p>a</p>"}, "<html><BODY class='x'>" + hidden + "Soon &amp; ada", true},
		"layout":    {map[string]string{"email/x.html.liquid": front + "layout: l\n---\na", "email/layouts/l.html.liquid": "<body>{{ content }}"}, "<body>" + hidden + "Soon", true},
		"printed":   {map[string]string{"email/x.html.liquid": front + "layout: l\n---\na", "email/layouts/l.html.liquid": "<b>{{ preheader }}</b>{{ content }}"}, "<b>Soon &amp; ada</b>a", false},
		"partial":   {map[string]string{"email/x.html.liquid": front + "---\n{% render 'p', p: preheader %}", "email/partials/p.html.liquid": "<b>{{ p }}</b>"}, "<b>Soon &amp; ada</b>", false},
	} {
		m := partsOf(t, c.files, `{}`)
		if !strings.HasPrefix(m.HTML, c.want) || strings.Contains(m.HTML, padding) != c.puts || strings.Contains(m.Text, "Soon") == c.puts {
			t.Errorf("%s: %s and %s", name, m.HTML, m.Text)
		}
	}
}

// TestMadeText: what becomes of mails and layouts that have no plain text.
func TestMadeText(t *testing.T) {
	t.Parallel()
	page := "---\nsubject: s\nlayout: l\n---\n<h1>Hi</h1><p><a href=\"https://x.example\">Look</a></p>"
	layout := "<style>.no{display:none}</style><body><p class=\"no\">never</p><div>{{ shop.name }}</div>{{ content }}<hr>bye"
	for name, c := range map[string]struct{ text, layoutText, want string }{
		"neither":     {"", "", "Shop & Co\n\nHi\n==\n\nLook: https://x.example\n\n" + strings.Repeat("-", 64) + "\n\nbye\n"},
		"layout only": {"", "<{{ content }}>", "<Hi\n==\n\nLook: https://x.example>\n"},
		"mail only":   {"By hand\n\n  two", "", "Shop & Co\n\nBy hand\n\n  two\n\n" + strings.Repeat("-", 64) + "\n\nbye\n"},
		"both":        {"By hand", "<{{ content }}>", "<By hand>\n"},
	} {
		files := map[string]string{"email/x.html.liquid": page, "email/layouts/l.html.liquid": layout}
		if c.text != "" {
			files["email/x.txt.liquid"] = c.text
		}
		if c.layoutText != "" {
			files["email/layouts/l.txt.liquid"] = c.layoutText
		}
		if m := partsOf(t, files, `{}`); m.Text != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, m.Text, c.want)
		}
	}
}
