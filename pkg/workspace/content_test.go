package workspace

import (
	"maps"
	"strings"
	"testing"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// TestStarterMessages: what ships has nothing that check warns of.
func TestStarterMessages(t *testing.T) {
	t.Parallel()
	for _, p := range loadStarter(t).Lint(t.Context()) {
		if !p.Note {
			t.Error(p)
		}
	}
}

// written is a workspace whose messages have nothing that is warned of: one in a layout with a partial, and one text.
func written() map[string]string {
	return map[string]string{
		"rapport.yaml": "shop: {name: Shop, url: \"https://shop.example\", currency: GBP, timezone: Europe/London, address: [Shop Ltd, 1 Street]}\n" +
			"email: {from: {name: Shop, address: a@shop.example}}\nsms: {from: Shop}\n",
		"email/layouts/l.html.liquid": "<html lang=\"{{ language }}\">\n<head><title>{{ subject }}</title><meta name=\"color-scheme\" content=\"light dark\"></head>\n<body>\n{{ content }}\n" +
			"<p>Shop Ltd, 1 Street. <a href=\"{{ links.unsubscribe }}\">Unsubscribe</a></p>\n</body>\n</html>\n",
		"email/layouts/l.txt.liquid":    "{{ content }}\n",
		"email/partials/p.html.liquid":  "<p>\nfrom the partial\n</p>",
		"email/hello.html.liquid":       "---\nsubject: Hello {{ profile.first_name | default: \"you\" }}\npreheader: How are you?\nlayout: l\n---\n<p>Hello</p>\n{% render \"p\" %}\n",
		"email/hello.txt.liquid":        "Hello\nand how are you?\n",
		"sms/nudge.txt.liquid":          "{{ shop.name }}: come back. Reply STOP to opt out.\n",
		"journeys/hello.yaml":           strings.Replace(hello(""), "steps:\n", "goal: order.completed\nsteps:\n  - send: {sms: nudge}\n", 1),
		"email/unused.html.liquid":      "---\nsubject: Nobody sends this!!!\n---\n<p>{{ profile.first_name | default: \"\" }}</p>",
		"email/hello-you.html.liquid":   "---\nsubject: Nobody sends this either!!!\n---\n",
		"email/unused.txt.liquid":       "x",
		"email/hello-you.de.txt.liquid": "x",
	}
}

// TestLint changes some files of a workspace of which nothing is said.
func TestLint(t *testing.T) {
	t.Parallel()
	light := "<p style=\"color:#999999\">Too light to be read</p>"
	mail := written()["email/hello.html.liquid"]
	for name, c := range map[string]struct {
		files map[string]string
		want  []string // file:line:col: and how it goes on, for all that is said
	}{
		"nothing":               {nil, nil},
		"in the mail":           {map[string]string{"email/hello.html.liquid": mail + "\n" + light}, []string{`email/hello.html.liquid:9:1: warning: "Too light to be read" is hard to read`}},
		"in the layout":         {map[string]string{"email/layouts/l.html.liquid": written()["email/layouts/l.html.liquid"] + light}, []string{`email/layouts/l.html.liquid:8:1: warning: "Too light to be read"`}},
		"in the partial":        {map[string]string{"email/partials/p.html.liquid": "\n\n" + light}, []string{`email/partials/p.html.liquid:3:1: warning: "Too light to be read"`}},
		"computed":              {map[string]string{"email/hello.html.liquid": mail + strings.Replace(light, "Too light to be read", "{{ 'lightness' | append: ' it is' }}", 1)}, []string{`email/hello.html.liquid:1:1: warning: "lightness it is"`}},
		"twice":                 {map[string]string{"email/hello.html.liquid": mail + light + "\n" + light}, []string{`email/hello.html.liquid:1:1: warning: "Too light`}},
		"with Liquid behind it": {map[string]string{"email/hello.html.liquid": mail + "<p style=\"color:#999999\">It is too light, {{ profile.first_name | default: \"you\" }}</p>"}, []string{`email/hello.html.liquid:8:1: warning: "It is too light, Ada" is hard`, `email/hello.html.liquid:8:1: warning: "It is too light, you" is hard`}},
		"in the text":           {map[string]string{"email/hello.txt.liquid": "Hello\n<b>you</b> there\n"}, []string{`email/hello.txt.liquid:2:1: warning: the plain text has HTML in it`}},
		"in the subject":        {map[string]string{"email/hello.html.liquid": strings.Replace(mail, "Hello {{", "Hello!! {{", 1)}, []string{"email/hello.html.liquid:2:1: warning: the subject has several"}},
		"in the preheader":      {map[string]string{"email/hello.html.liquid": strings.Replace(mail, "preheader: How are you?\n", "", 1)}, []string{"email/hello.html.liquid:1:1: warning: there is no preheader"}},
		"in the SMS":            {map[string]string{"sms/nudge.txt.liquid": "{{ shop.name }}: see https://bit.ly/abc. Reply STOP to opt out."}, []string{"sms/nudge.txt.liquid:1:1: warning: carriers block the link"}},
		"in a chat": {map[string]string{
			"whatsapp/nudge.txt.liquid": "🙂 see bit.ly/abc\n{{ 'null' }}", "journeys/hello.yaml": strings.Replace(written()["journeys/hello.yaml"], "sms: nudge", "whatsapp: nudge", 1),
			"rapport.yaml": written()["rapport.yaml"] + "whatsapp: {from: \"+447700900123\"}\n",
		}, []string{"whatsapp/nudge.txt.liquid:2:1: warning: readers get \"null\""}},
		"a note":                     {map[string]string{"sms/nudge.txt.liquid": "\nCome back. Reply STOP to opt out."}, []string{"sms/nudge.txt.liquid:1:1: note: the text does not say that it comes from Shop [sms-brand]"}},
		"only without a name":        {map[string]string{"email/hello.html.liquid": mail + "{% unless profile.first_name %}" + light + "{% endunless %}"}, []string{`email/hello.html.liquid:8:1: warning: "Too light`}},
		"only with a name":           {map[string]string{"email/hello.html.liquid": mail + "{% if profile.first_name %}" + light + "{% endif %}"}, []string{`email/hello.html.liquid:8:1: warning: "Too light`}},
		"in another language":        {map[string]string{"email/hello.de.html.liquid": mail + light, "email/hello.de.txt.liquid": "Hallo"}, []string{`email/hello.de.html.liquid:8:1: warning: "Too light`}},
		"in both languages":          {map[string]string{"email/hello.de.html.liquid": mail + light, "email/hello.de.txt.liquid": "Hallo", "email/hello.html.liquid": mail + light}, []string{`email/hello.de.html.liquid:8:1: warning: "Too light`, `email/hello.html.liquid:8:1: warning: "Too light`}},
		"switched off":               {map[string]string{"email/hello.html.liquid": mail + light + "\n{% comment %} lint_off: clip, contrast {% endcomment %}"}, nil},
		"switched off in short":      {map[string]string{"email/hello.html.liquid": mail + light + "\n{% # lint_off: contrast %}"}, nil},
		"switched off elsewhere":     {map[string]string{"email/hello.html.liquid": mail + light, "email/hello-you.html.liquid": "---\nsubject: x\n---\n{% # lint_off: contrast %}"}, []string{`email/hello.html.liquid:8:1: warning: "Too light`}},
		"switched off in the layout": {map[string]string{"email/hello.html.liquid": mail + light, "email/layouts/l.html.liquid": "{%- comment -%} lint_off: contrast {%- endcomment -%}" + written()["email/layouts/l.html.liquid"]}, nil},
		"another one is off":         {map[string]string{"email/hello.html.liquid": mail + light + "{% # lint_off: clip %}"}, []string{`email/hello.html.liquid:8:1: warning: "Too light`}},
		"no such rule":               {map[string]string{"email/hello.html.liquid": mail + "\n{% # lint_off: contrasts %}"}, []string{"email/hello.html.liquid:9:1: warning: no rule is called contrasts"}},
		"other clients":              {map[string]string{"rapport.yaml": strings.Replace(written()["rapport.yaml"], "a@shop.example}}", "a@shop.example}, clients: [apple-mail]}", 1), "email/hello.html.liquid": mail + "<div style=\"display: flex\">x</div>"}, nil},
		"the usual clients":          {map[string]string{"email/hello.html.liquid": mail + "<div style=\"display: flex\">x</div>"}, []string{"email/hello.html.liquid:8:1: warning: display:flex is not known to outlook [clients]"}},
		"no address":                 {map[string]string{"rapport.yaml": strings.Replace(written()["rapport.yaml"], ", address: [Shop Ltd, 1 Street]", "", 1)}, []string{"email/hello.html.liquid:1:1: warning: the mail is marketing, and the shop has no postal address"}},
		"transactional":              {map[string]string{"journeys/hello.yaml": strings.NewReplacer("category: marketing", "category: transactional", "goal: order.completed\n", "").Replace(written()["journeys/hello.yaml"]), "email/hello.html.liquid": mail + "<p>20% off</p>"}, []string{"email/hello.html.liquid:8:1: warning: the message is transactional and seems to advertise"}},
	} {
		files := written()
		maps.Copy(files, c.files)
		delete(files, "email/hello-you.de.txt.liquid")
		s, err := load(files)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := s.Lint(t.Context())
		if len(got) != len(c.want) {
			t.Errorf("%s: %v\nwant %q", name, got.Error(), c.want)
			continue
		}
		for i, p := range got {
			if !strings.HasPrefix(p.String(), c.want[i]) || !p.Warning || p.Note != strings.Contains(c.want[i], ": note: ") {
				t.Errorf("%s: %s\nwant %s", name, p, c.want[i])
			}
		}
		if notes := got.Notes(); len(notes) > 0 != (name == "a note") {
			t.Errorf("%s: %d notes", name, len(notes))
		}
	}
}

// TestClients: mistakes in the list of mail programs are told at their place.
func TestClients(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[gmail, outlok]": "rapport.yaml:2:71: nothing is known of a mail program outlok", "gmail": "clients must be a list of mail programs", "[]": "clients must be a list", "[3]": "a mail program must be a text",
	} {
		files := written()
		files["rapport.yaml"] = strings.Replace(files["rapport.yaml"], "a@shop.example}}", "a@shop.example}, clients: "+text+"}", 1)
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestTrackedLink: what tracking is taken to add is about what it adds.
func TestTrackedLink(t *testing.T) {
	t.Parallel()
	keys, err := link.NewKeys(strings.Repeat("a secret ", 5))
	if err != nil {
		t.Fatal(err)
	}
	maker := &link.Maker{Keys: keys, Base: "https://news.hazelandfinch.example", Clicks: true, UTM: link.UTM{Source: "rapport"}}
	s := loadStarter(t)
	for _, d := range s.Journeys() {
		if d.Name != "win-back" {
			continue
		}
		c := fullest(d, "first", &journey.Send{Channel: message.Email, Template: "win-back"}, s.shop.URL)
		c.DecidedAt, c.Instance = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), strings.Repeat("0", 32)
		m, err := s.Mail(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		links := strings.Count(m.HTML, `href="https://`)
		grown := len(maker.Rewrite(m.HTML, c)) - len(m.HTML)
		if each := grown / max(1, links); links < 2 || each < trackedLink/2 || each > trackedLink*3/2 {
			t.Errorf("%d links grew by %d bytes, %d each", links, grown, each)
		}
	}
}

// TestSamplesAreEnough: with all that is known, every mail of the starter renders, so that none is passed over.
func TestSamplesAreEnough(t *testing.T) {
	t.Parallel()
	s := loadStarter(t)
	for _, d := range s.Journeys() {
		journey.Walk(d.Steps, func(step *journey.Step) {
			for _, send := range step.Sends() {
				if send.Channel != message.Email {
					continue
				}
				if _, err := s.Mail(t.Context(), fullest(d, step.ID, send, s.shop.URL)); err != nil {
					t.Errorf("%s: %v", d.Name, err)
				}
			}
		})
	}
}

// BenchmarkLint looks at all messages of the starter workspace.
func BenchmarkLint(b *testing.B) {
	s := loadStarter(b)
	for b.Loop() {
		s.Lint(b.Context())
	}
}
