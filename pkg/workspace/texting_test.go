package workspace

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"rapport/pkg/render"
)

// withTexting is a workspace that reads, with another part about text messages.
func withTexting(part string) map[string]string {
	files := small()
	files["rapport.yaml"] = "shop: {name: Hazel & Finch, currency: GBP, timezone: Europe/London, address: x}\n" +
		"email: {from: {name: Hazel & Finch, address: hello@shop.example}}\nsms:\n" + part
	return files
}

func TestTexting(t *testing.T) {
	t.Parallel()
	s, err := load(withTexting(`  from: {"*": HazelFinch, US: "+15550001111", DE: "12345"}
  replies:
    en: {stop: "Hazel & Finch: bye.", help: "HAZEL&FINCH: help@shop.example. Reply STOP to end."}
    de:
      stop: >
        Hazel & Finch:
        Tschüss.
`))
	if err != nil {
		t.Fatal(err)
	}
	if w := s.Warnings(); len(w) > 0 && strings.Contains(w.Error(), "rapport.yaml") {
		t.Errorf("warnings: %v", w)
	}
	shop := s.Shop()
	if shop.SMSFrom != "HazelFinch" || shop.SMSSenders["US"] != "+15550001111" || shop.SMSSenders["DE"] != "12345" || len(shop.SMSSenders) != 2 {
		t.Errorf("senders: %q and %v", shop.SMSFrom, shop.SMSSenders)
	}
	for language, want := range map[string]render.Replies{
		"de": {Stop: "Hazel & Finch: Tschüss."},
		"fr": {Stop: "Hazel & Finch: bye.", Help: "HAZEL&FINCH: help@shop.example. Reply STOP to end."},
	} {
		if got := shop.Replies(language); got != want {
			t.Errorf("%s: %+v, want %+v", language, got, want)
		}
	}
	s, err = load(withTexting("  messaging_service: MG0123456789abcdef0123456789abcdef\n"))
	if err != nil || s.Shop().SMSService != "MG0123456789abcdef0123456789abcdef" || s.Shop().SMSFrom != "" {
		t.Errorf("a messaging service: %v", err)
	}
}

func TestTextingMistakes(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{
		"  from: a-very-long-name\n":                                    "cannot send text messages",
		"  from: {US: \"+15550001111\"}\n":                              "nobody writes to people in other countries",
		"  from: {\"*\": HazelFinch, usa: \"12345\"}\n":                 "usa is not a country",
		"  from: {\"*\": HazelFinch, CA: HazelFinch}\n":                 "in CA text messages come from numbers",
		"  messaging_service: MG1\n":                                    "MG1 is not a messaging service",
		"  from: HazelFinch\n  replies: [x]\n":                          "replies must be a mapping",
		"  from: HazelFinch\n  replies: {English: {stop: x}}\n":         "English is not a language",
		"  from: HazelFinch\n  replies: {en: {halt: x}}\n":              "halt",
		"  from: HazelFinch\n  replies: {en: {stop: \"{{ shop }}\"}}\n": "hold no Liquid",
		// Warnings.
		"  from: HazelFinch\n  messaging_service: MG0123456789abcdef0123456789abcdef\n":                                "this one is never used",
		"  from: HazelFinch\n  replies: {en: {stop: You are out.}}\n":                                                  "does not say who writes",
		"  from: HazelFinch\n  replies: {en: {help: \"Hazel & Finch: we are here.\"}}\n":                               "not told how to end it",
		"  from: HazelFinch\n  replies: {en: {stop: \"Hazel & Finch: " + strings.Repeat("you are out ", 30) + "\"}}\n": "takes 3 segments",
	} {
		s, err := load(withTexting(part))
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			said = s.Warnings().Error()
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s\nsays %s\nnot %q", part, said, want)
		}
	}
}

// TestUnapproved: marketing by WhatsApp needs a wording that was approved, unless the person has
// just written.
func TestUnapproved(t *testing.T) {
	t.Parallel()
	const warning = "only within 24 hours after the person has written"
	chat := func(journey string) map[string]string {
		files := small()
		files["rapport.yaml"] += "whatsapp: {from: \"+447700900123\"}\n"
		files["whatsapp/own.txt.liquid"] = "Hello"
		files["whatsapp/approved.yaml"] = "content_sid: HX0123456789abcdef0123456789abcdef\ntext: Hello\n"
		files["journeys/hello.yaml"] = journey
		return files
	}
	for name, c := range map[string]struct {
		journey string
		warned  bool
	}{
		"a text of our own":  {hello("  - {id: chat, send: {whatsapp: own}}\n"), true},
		"instead of a mail":  {hello("  - {id: chat, send: {email: hello}, if_blocked: {instead: {whatsapp: own}}}\n"), true},
		"as a fall-back":     {hello("  - {id: chat, send: {email: hello}, fall_back: {whatsapp: own, after: 1h}}\n"), true},
		"approved":           {hello("  - {id: chat, send: {whatsapp: approved}}\n"), false},
		"an answer":          {strings.Replace(hello("  - {id: chat, send: {whatsapp: own}}\n"), "order.completed", "whatsapp.received", 1), false},
		"after their answer": {hello("  - {id: answer, wait: {for_event: whatsapp.received, at_most: 5d}, otherwise: leave}\n  - {id: chat, send: {whatsapp: own}}\n"), false},
		"transactional":      {strings.Replace(hello("  - {id: chat, send: {whatsapp: own}}\n"), "marketing", "transactional", 1), false},
	} {
		s, err := load(chat(c.journey))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Contains(s.Warnings().Error(), warning); got != c.warned {
			t.Errorf("%s: warned %v, want %v: %v", name, got, c.warned, s.Warnings())
		}
	}
}

// TestStarterReplies: what the starter offers as answers reads without a warning once the signs
// before it are taken away.
func TestStarterReplies(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../templates/rapport.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := small()
	files["rapport.yaml"] = regexp.MustCompile(`(?m)^  # (replies:|  .*)$`).ReplaceAllString(string(text), "  $1")
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	if w := s.Warnings().Error(); strings.Contains(w, "rapport.yaml") {
		t.Error(w)
	}
	shop := s.Shop()
	for _, language := range []string{"en", "de"} {
		if got := shop.Replies(language); got.Stop == "" || got.Ask == "" || got.Start == "" || got.Help == "" {
			t.Errorf("%s: %+v", language, got)
		}
	}
	if shop.Replies("en") == shop.Replies("de") {
		t.Error("there is one language")
	}
}
