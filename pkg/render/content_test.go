package render

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/message"
)

const (
	sidOfAll    = "HX0123456789abcdef0123456789abcdef"
	sidOfGerman = "HXffffffffffffffffffffffffffffffff"
)

const parcel = `content_sid: ` + sidOfAll + `
variables:
  "1": '{{ profile.first_name | default: "there" }}'
  "2": "{{ trigger.order_id }}"
text: |
  Hi {{1}}, your order {{ 2 }} is on its way. {{1}}, track it below.
`

func chat(vars, locale string) *message.Command {
	c := command(vars)
	c.Channel, c.Template, c.Locale, c.To = message.WhatsApp, "parcel", locale, "+447700900123"
	return c
}

// TestContent: what was approved is named, and what goes into it is made for the person.
func TestContent(t *testing.T) {
	t.Parallel()
	s, ps := compileFiles(t, map[string]string{
		"whatsapp/parcel.yaml":         parcel,
		"whatsapp/parcel.de.yaml":      "content_sid: " + sidOfGerman + "\ntext: Ihr Paket ist unterwegs.\n",
		"whatsapp/hello.txt.liquid":    "Hello",
		"whatsapp/mixed.yaml":          "content_sid: " + sidOfAll + "\ntext: Mixed\n",
		"whatsapp/mixed.de.txt.liquid": "Gemischt",
	})
	if ps != nil {
		t.Fatal(ps)
	}
	if got := s.Names(message.WhatsApp); !slices.Equal(got, []string{"hello", "mixed", "parcel"}) {
		t.Errorf("names %v", got)
	}
	for name, want := range map[string]bool{"hello": false, "mixed": false, "parcel": true, "nobody": false} {
		if got := s.Approved(name); got != want {
			t.Errorf("%s is approved: %v", name, got)
		}
	}
	for _, c := range []struct {
		vars, locale string
		want         SMS
	}{
		{`{"profile": {"first_name": "Ada"}, "trigger": {"order_id": "A-\"7\""}}`, "en-GB", SMS{
			Body: `Hi Ada, your order A-"7" is on its way. Ada, track it below.`, Content: Content{SID: sidOfAll, Variables: `{"1":"Ada","2":"A-\"7\""}`},
		}},
		{"{\"profile\": {\"first_name\": \"Ada\\n\\tB.  {{2}}\"}, \"trigger\": {\"order_id\": 7}}", "", SMS{
			Body: "Hi Ada B. {{2}}, your order 7 is on its way. Ada B. {{2}}, track it below.", Content: Content{SID: sidOfAll, Variables: `{"1":"Ada B. {{2}}","2":"7"}`},
		}},
		{`{}`, "de-AT", SMS{Body: "Ihr Paket ist unterwegs.", Content: Content{SID: sidOfGerman}}},
	} {
		got, err := s.WhatsApp(t.Context(), chat(c.vars, c.locale))
		got.From = ""
		if err != nil || got != c.want {
			t.Errorf("%s for %q: %+v, %v; want %+v", c.vars, c.locale, got, err, c.want)
		}
	}
	mixed := chat(`{}`, "de")
	mixed.Template = "mixed"
	if got, err := s.WhatsApp(t.Context(), mixed); err != nil || got.Body != "Gemischt" || got.Content.SID != "" {
		t.Errorf("the German text is %+v, %v", got, err)
	}
	var e *Error
	if _, err := s.WhatsApp(t.Context(), chat(`{"trigger": {"order_id": ""}}`, "")); !errors.As(err, &e) || e.File != "whatsapp/parcel.yaml" || e.Line != 4 || !strings.Contains(e.Message, "variable 2 is empty") {
		t.Errorf("an empty variable: %v", err)
	}
	if _, err := s.WhatsApp(t.Context(), chat(`{}`, "")); !errors.As(err, &e) || e.File != "whatsapp/parcel.yaml" || e.Line != 4 {
		t.Errorf("a missing order: %v", err)
	}
}

// TestContentUses: variables of a content are known like those of other templates.
func TestContentUses(t *testing.T) {
	t.Parallel()
	s, ps := compileFiles(t, map[string]string{"whatsapp/parcel.yaml": parcel})
	if ps != nil {
		t.Fatal(ps)
	}
	var paths []string
	for _, u := range s.Uses(message.WhatsApp, "parcel") {
		paths = append(paths, u.Path)
		if u.File.Name != "whatsapp/parcel.yaml" || u.Place.Line < 3 || u.Place.Line > 4 {
			t.Errorf("%s is used at %s:%d", u.Path, u.File.Name, u.Place.Line)
		}
	}
	if slices.Sort(paths); !slices.Equal(paths, []string{"profile.first_name", "trigger.order_id"}) {
		t.Errorf("uses %v", paths)
	}
}

func TestContentMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"no sid":          {"a.yaml", "text: Hi\n", "content_sid: is missing"},
		"no text":         {"a.yaml", "content_sid: " + sidOfAll + "\n", "text: is missing"},
		"a name":          {"a.yaml", "content_sid: parcel\ntext: Hi\n", "parcel is not the SID"},
		"nothing goes in": {"a.yaml", "content_sid: " + sidOfAll + "\ntext: Hi {{1}} and {{1}}\n", "nothing goes into {{1}}"},
		"a list":          {"a.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\nvariables: [x]\n", "variables must be a mapping"},
		"an odd place":    {"a.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\nvariables: {\"a b\": x}\n", "cannot be the place"},
		"a mistake in it": {"a.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\nvariables: {\"1\": \"{{ profile. }}\"}\n", "whatsapp/a.yaml:3:"},
		"another key":     {"a.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\nbody: x\n", "body"},
		"twice":           {"hello.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\n", "already"},
		"an odd language": {"a.DE.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\n", "call it whatsapp/a.de.yaml"},
		"for some only":   {"a.de.yaml", "content_sid: " + sidOfAll + "\ntext: Hi\n", "not written for those"},
		"no name":         {".yaml", "text: Hi\n", "not the name of a template"},
	} {
		_, ps := compileFiles(t, map[string]string{"whatsapp/" + c.file: c.text, "whatsapp/hello.txt.liquid": "Hello"})
		if ps == nil || !strings.Contains(ps.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, ps, c.want)
		}
	}
}

// TestSenders: who writes is chosen by where the number is.
func TestSenders(t *testing.T) {
	t.Parallel()
	shop := Shop{Locale: "en-GB", SMSFrom: "HazelFinch", SMSSenders: map[string]string{"US": "+15550001111", "DE": "Haselfink"}}
	for to, want := range map[string]string{
		"+447700900123": "HazelFinch", "07700 900123": "HazelFinch", "+12125550123": "+15550001111",
		"+4915123456789": "Haselfink", "nobody": "HazelFinch", "": "HazelFinch",
	} {
		if got := shop.sender(to); got != want {
			t.Errorf("%q is written to by %s, want %s", to, got, want)
		}
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	en, de := Replies{Stop: "Bye"}, Replies{Stop: "Tschüss", Help: "Hilfe"}
	for _, c := range []struct {
		locale, language string
		replies          map[string]Replies
		want             Replies
	}{
		{"en-GB", "de", map[string]Replies{"en": en, "de": de}, de},
		{"en-GB", "fr", map[string]Replies{"en": en, "de": de}, en},
		{"de-DE", "fr", map[string]Replies{"en": en, "de": de}, de},
		{"de-DE", "", map[string]Replies{"en": en}, en},
		{"de-DE", "fr", nil, Replies{}},
	} {
		shop := Shop{Locale: c.locale, SMSReplies: c.replies}
		if got := shop.Replies(c.language); got != c.want {
			t.Errorf("%q in a shop of %s: %+v, want %+v", c.language, c.locale, got, c.want)
		}
	}
}
