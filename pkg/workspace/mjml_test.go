//go:build !race

// The JavaScript engine is too slow under the race detector.

package workspace

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/message"
)

// inMJML is the least workspace with its mail in MJML; inside stands in its body.
func inMJML(inside string) map[string]string {
	files := small()
	delete(files, "email/hello.html.liquid")
	files["email/hello.mjml"] = "---\nsubject: Hello\n---\n<mjml><mj-body>\n" + inside + "\n</mj-body></mjml>\n"
	files["email/partials/foot.mjml"] = "<mj-section><mj-column>\n<mj-text>{{ shop.name }}</mj-text></mj-column></mj-section>"
	return files
}

func TestMJML(t *testing.T) {
	t.Parallel()
	s, err := load(inMJML(`<mj-section>{% if profile.first_name %}<mj-column><mj-text>Hi {{ profile.first_name }}</mj-text></mj-column>{% endif %}</mj-section>
<mj-include path="partials/foot.mjml" />`))
	if err != nil {
		t.Fatal(err)
	}
	mail, err := s.Mail(t.Context(), &message.Command{Channel: message.Email, Template: "hello", Vars: []byte(`{"profile":{"first_name":"Zo<e"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!doctype html>", ">Hi Zo&lt;e</div>", ">Shop</div>"} {
		if !strings.Contains(mail.HTML, want) {
			t.Errorf("%s is missing in %s", want, mail.HTML)
		}
	}
	if w := s.Warnings(); len(w) == 0 || w[0].File != "email/hello.mjml" || w[0].Line != 5 {
		t.Errorf("warnings: %v", w)
	}
}

// TestMJMLMistakes: those of MJML and those of Liquid have the place at which they were made, in included files, too.
func TestMJMLMistakes(t *testing.T) {
	t.Parallel()
	for inside, want := range map[string]string{
		"<mj-section><mj-colum></mj-colum></mj-section>":                                         "email/hello.mjml:5:13: there is no element <mj-colum> in MJML",
		"<mj-section>\n<mj-column wide=\"1px\"></mj-column></mj-section>":                        "email/hello.mjml:6:12: <mj-column> has no attribute wide",
		"<mj-section><mj-column>\n<mj-text>ä {{ a | upcas }}</mj-text></mj-column></mj-section>": "email/hello.mjml:6:",
		"<mj-include path=\"partials/bad.mjml\" />":                                              "email/partials/bad.mjml:2:",
		"<mj-include path=\"partials/worse.mjml\" />":                                            "email/partials/worse.mjml:2:1: there is no element <mj-txt>",
		"<mj-include path=\"partials/none.mjml\" />":                                             "email/hello.mjml:5:1: cannot include: there is no file email/partials/none.mjml",
	} {
		files := inMJML(inside)
		files["email/partials/bad.mjml"] = "<mj-section><mj-column>\n<mj-text>{{ a | upcas }}</mj-text></mj-column></mj-section>"
		files["email/partials/worse.mjml"] = "<mj-section><mj-column>\n<mj-txt></mj-txt></mj-column></mj-section>"
		_, err := load(files)
		var got Problems
		if !errors.As(err, &got) || !slices.ContainsFunc(got, func(p Problem) bool { return strings.HasPrefix(p.String(), want) }) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMJMLLayout(t *testing.T) {
	t.Parallel()
	files := small()
	files["email/hello.html.liquid"] = "---\nsubject: Hello\nlayout: shop\n---\n<p>Hello</p>\n"
	files["email/layouts/shop.mjml"] = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ content }}</mj-text></mj-column></mj-section></mj-body></mjml>"
	files["email/layouts/shop.txt.liquid"] = "{{ content }}"
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	mail, err := s.Mail(t.Context(), &message.Command{Channel: message.Email, Template: "hello", Vars: []byte(`{}`)})
	if err != nil || !strings.Contains(mail.HTML, "><p>Hello</p>") || !strings.Contains(mail.HTML, "<!doctype html>") {
		t.Errorf("%v in %s", err, mail.HTML)
	}
}
