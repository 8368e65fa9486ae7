package render

import (
	"errors"
	"strings"
	"testing"

	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// spelled makes links that say what they were asked for, and counts how often.
type spelled struct{ asked map[string]int }

func (s spelled) link(parts ...string) string {
	s.asked[parts[0]]++
	return "https://news.shop.example/" + strings.Join(parts, "/")
}

func (s spelled) Unsubscribe(c *message.Command, purpose string) string {
	return s.link("u", c.ID, purpose)
}

func (s spelled) Preferences(c *message.Command) string { return s.link("p", c.ID) }

func (s spelled) Confirm(c *message.Command, channel message.Channel, purpose string) string {
	return s.link("k", c.ID, string(channel), purpose)
}

func (s spelled) Rewrite(html string, c *message.Command) string { return html + "<!--" + c.ID + "-->" }
func (s spelled) Plain(text string, c *message.Command) string   { return text + "#" + c.ID }

const asksForAll = "{{ links.unsubscribe }} {{ links.preferences }} {{ links.confirm }}"

func TestLinksOfThePerson(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n"+asksForAll, asksForAll, asksForAll, source.NewFile("whatsapp/x.txt.liquid", asksForAll))
	const at = "https://news.shop.example/"
	for name, c := range map[string]struct {
		category               message.Category
		purpose, vars          string
		unsubscribes, confirms string
	}{
		"marketing":                   {message.Marketing, "", "{}", "marketing", "marketing"},
		"marketing for a purpose":     {message.Marketing, "surveys", "{}", "surveys", "surveys"},
		"transactional":               {message.Transactional, "", `{"trigger": {"purpose": 7}}`, "", "marketing"},
		"asks about what was granted": {message.Transactional, "", `{"trigger": {"purpose": "surveys"}}`, "", "surveys"},
		"asks to confirm a purpose":   {message.Transactional, "news", `{"trigger": {"purpose": "surveys"}}`, "news", "news"},
	} {
		asked := spelled{map[string]int{}}
		cmd := command(c.vars)
		cmd.Category, cmd.Purpose = c.category, c.purpose
		m, err := s.Mail(t.Context(), cmd, WithLinks(asked))
		all := at + "u/m1/" + c.unsubscribes + " " + at + "p/m1 " + at + "k/m1/email/" + c.confirms
		if err != nil || m.HTML != all+"<!--m1-->" || m.Text != all+"\n#m1" {
			t.Errorf("%s: got %q and %q, %v", name, m.HTML, m.Text, err)
		}
		header := ""
		if c.category == message.Marketing {
			header = at + "u/m1/" + c.unsubscribes
		}
		if m.Unsubscribe != header || (m.UnsubscribeMail == "") != (header == "") {
			t.Errorf("%s: headers say %q and %q", name, m.Unsubscribe, m.UnsubscribeMail)
		}
		if asked.asked["u"] != 1 || asked.asked["p"] != 1 || asked.asked["k"] != 1 {
			t.Errorf("%s: links were made more than once: %v", name, asked.asked)
		}
		cmd.Channel = message.WhatsApp
		if w, err := s.WhatsApp(t.Context(), cmd, WithLinks(asked)); err != nil || w.Body != strings.Replace(all, "email", "whatsapp", 1)+"#m1" {
			t.Errorf("%s: WhatsApp got %q, %v", name, w.Body, err)
		}
		cmd.Channel = message.SMS
		if sms, err := s.SMS(t.Context(), cmd, WithLinks(asked)); err != nil || sms.Body != strings.Replace(all, "email", "sms", 1)+"#m1" {
			t.Errorf("%s: SMS got %q, %v", name, sms.Body, err)
		}
	}
}

// TestLinksAreMadeWhenAskedFor: a mail that asks for none makes the header's only.
func TestLinksAreMadeWhenAskedFor(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\nx", "x", "x")
	asked := spelled{map[string]int{}}
	if _, err := s.Mail(t.Context(), command("{}"), WithLinks(asked)); err != nil || len(asked.asked) != 1 || asked.asked["u"] != 1 {
		t.Errorf("%v, %v", asked.asked, err)
	}
}

// TestWithoutLinks: previews and checks answer by mail, and the header has no address for one click.
func TestWithoutLinks(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n"+asksForAll, asksForAll, asksForAll)
	const mail = "mailto:a@shop.example?subject=unsubscribe"
	want := mail + " " + mail + " https://shop.example"
	m, err := s.Mail(t.Context(), command("{}"))
	if err != nil || m.HTML != want || m.Text != want+"\n" || m.Unsubscribe != "" || m.UnsubscribeMail != mail {
		t.Errorf("got %+v, %v", m, err)
	}
	if sms, err := s.SMS(t.Context(), command("{}")); err != nil || sms.Body != want {
		t.Errorf("got %+v, %v", sms, err)
	}
}

// TestOneClickNeedsHTTPS: on a machine of one's own links are http, which headers may not name.
func TestOneClickNeedsHTTPS(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\nx", "x", "x")
	if m, err := s.Mail(t.Context(), command("{}"), WithLinks(homely{spelled{map[string]int{}}})); err != nil || m.Unsubscribe != "" || m.UnsubscribeMail == "" {
		t.Errorf("got %+v, %v", m, err)
	}
}

type homely struct{ spelled }

func (homely) Unsubscribe(*message.Command, string) string { return "http://127.0.0.1:8080/u/x" }

// TestMisspeltLinks: a link there is not is a mistake with a suggestion.
func TestMisspeltLinks(t *testing.T) {
	t.Parallel()
	s := compileAll(t, "---\nsubject: s\n---\n<a href=\"{{ links.unsubscibe }}\">", "x", "x")
	_, err := s.Mail(t.Context(), command("{}"))
	var e *Error
	if !errors.As(err, &e) || e.Line != 4 || !strings.Contains(e.Message, `"unsubscibe"`) || !strings.Contains(e.Hint, "unsubscribe") {
		t.Errorf("got %+v", err)
	}
	var paths []string
	for _, u := range s.Uses(message.Email, "x") {
		paths = append(paths, u.Path)
	}
	if strings.Join(paths, " ") != "links.unsubscibe" {
		t.Errorf("uses %q", paths)
	}
}
