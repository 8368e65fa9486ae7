package sms_test

import (
	"strings"
	"testing"

	"rapport/pkg/sms"
)

// TestPublishedKeywords: Twilio's words mean what they mean there, however they are written.
func TestPublishedKeywords(t *testing.T) {
	t.Parallel()
	var lists struct {
		Out  []string `json:"opt_out"`
		In   []string `json:"opt_in_commonly"`
		Help []string `json:"help_commonly"`
	}
	published(t, &lists, "twilio", "opt_keywords.json")
	for intent, words := range map[sms.Intent][]string{sms.StopWord: lists.Out, sms.Start: lists.In, sms.Help: lists.Help} {
		if len(words) == 0 {
			t.Errorf("no words for %v", intent)
		}
		for _, w := range words {
			title := w[:1] + strings.ToLower(w[1:])
			for _, text := range []string{w, strings.ToLower(w), title, " " + w + "\n", w + ".", w + "!!!", "\"" + title + "\"", "“" + w + "”", "\t" + w + " 🙏", "\ufeff" + w + "\u00a0", "*" + w + "*"} {
				if got := sms.Read(text); got != (sms.Reply{Intent: intent, Word: w, Language: "en"}) {
					t.Errorf("%q is %+v, want %v", text, got, intent)
				}
			}
			for _, text := range []string{"the " + w + " of it", w + "ER", w + "1"} {
				if got := sms.Read(text); got.Intent == sms.StopWord || got.Intent == sms.Start || got.Intent == sms.Help {
					t.Errorf("%q is %+v", text, got)
				}
			}
		}
	}
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sms.Reply{
		"ＳＴＯＰ":        {Intent: sms.StopWord, Word: "STOP", Language: "en"},
		"ｓｔｏｐ":        {Intent: sms.StopWord, Word: "STOP", Language: "en"},
		"Opt-out":     {Intent: sms.StopWord, Word: "OPTOUT", Language: "en"},
		"STOPP!":      {Intent: sms.StopWord, Word: "STOPP", Language: "de"},
		"Abmelden":    {Intent: sms.StopWord, Word: "ABMELDEN", Language: "de"},
		"aufhören":    {Intent: sms.StopWord, Word: "AUFHOREN", Language: "de"},
		"Arrêt":       {Intent: sms.StopWord, Word: "ARRET", Language: "fr"},
		"Arre\u0302t": {Intent: sms.StopWord, Word: "ARRET", Language: "fr"},
		"désabonner":  {Intent: sms.StopWord, Word: "DESABONNER", Language: "fr"},
		"BAJA":        {Intent: sms.StopWord, Word: "BAJA", Language: "es"},
		"Disiscrivi":  {Intent: sms.StopWord, Word: "DISISCRIVI", Language: "it"},
		"afmelden":    {Intent: sms.StopWord, Word: "AFMELDEN", Language: "nl"},
		"SAIR":        {Intent: sms.StopWord, Word: "SAIR", Language: "pt"},
		"começar":     {Intent: sms.Start, Word: "COMECAR", Language: "pt"},
		"¡Ayuda!":     {Intent: sms.Help, Word: "AYUDA", Language: "es"},
		"Hilfe?":      {Intent: sms.Help, Word: "HILFE", Language: "de"},
		"stops":       {},
		"nonstop":     {},
		"yesterday":   {},
		"s":           {},
		"":            {},
	} {
		if got := sms.Read(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}
