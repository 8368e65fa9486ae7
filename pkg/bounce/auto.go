package bounce

import "strings"

// automatic says what tells that a mail was written by a machine, and "" when nothing does. What machines say of
// themselves comes first (RFC 3834, section 5); the words of the subject come last, because people write them, too.
func automatic(h header, subject string) string {
	if kind, params := parameters(contentType(h)); strings.EqualFold(params["report-type"], "disposition-notification") {
		return kind + "; report-type=disposition-notification" // a receipt that it was read (RFC 8098)
	}
	for _, f := range h {
		value := strings.ToLower(f.value)
		word, _, _ := strings.Cut(value, ";")
		word = strings.TrimSpace(word)
		tells := false
		switch f.name {
		case "auto-submitted":
			tells = word != "" && word != "no"
		case "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation",
			"x-ooo", "x-out-of-office", "vacation":
			tells = value != "no" && value != "false" && value != "0"
		case "x-auto-response-suppress":
			// Exchange and others ask for no automatic answers with it, mostly in automatic answers. Newsletters do so, too,
			// but do not answer.
			tells = h.get("in-reply-to") != "" && hasAny(value, "all", "autoreply", "oof") && autoSubject(subject)
		case "precedence", "x-precedence":
			tells = hasAny(value, "auto_reply", "auto-reply", "autoreply") || word == "junk" || word == "bulk" && autoSubject(subject)
		case "x-apple-action":
			tells = value == "vacation"
		case "x-fc-machinegenerated":
			tells = value == "true"
		case "x-powered-by", "x-mailer":
			tells = hasAny(value, "vacation", "autoresponder", "auto-responder", "autoreply")
		}
		if tells {
			return keep(f.name+": "+oneLine(f.value), maxLine)
		}
	}
	if h.get("in-reply-to") != "" && strings.TrimSpace(h.get("return-path")) == "<>" {
		return "return-path: <>" // RFC 3834, section 3.3: whoever answers it is answered by nobody
	}
	if autoSubject(subject) {
		return keep("subject: "+subject, maxLine)
	}
	return ""
}

// autoWords begin the subjects of automatic answers, in the languages of those programs.
var autoWords = []string{
	"auto:", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse", "autoresponder",
	"automatic reply", "automatic response", "automated reply", "automated response", "out of office", "out of the office",
	"out-of-office", "away from the office", "away from my mail", "on vacation", "on holiday", "vacation reply", "ooo:",
	"automatische antwort", "abwesenheit", "abwesenheitsnotiz", "abwesend", "automatisch antwoord", "afwezig",
	"réponse automatique", "absence du bureau", "absent du bureau", "respuesta automática", "fuera de la oficina",
	"risposta automatica", "fuori sede", "fuori ufficio", "resposta automática", "ausência temporária", "autosvar",
	"automatiskt svar", "automaattinen vastaus", "automatyczna odpowiedź", "automatická odpověď", "автоответ",
	"автоматический ответ", "自動返信", "自动回复", "自動回覆", "자동 회신",
}

// autoSubject reports whether a subject begins as those of automatic answers do, after "Re:" and the like.
func autoSubject(subject string) bool {
	s := strings.ToLower(strings.TrimSpace(subject))
	for range 3 {
		s = strings.TrimLeft(s, "[(* ")
		for _, words := range autoWords {
			if strings.HasPrefix(s, words) {
				return true
			}
		}
		prefix, rest, ok := strings.Cut(s, ":")
		if !ok || len(prefix) > 6 {
			return false
		}
		s = strings.TrimSpace(rest)
	}
	return false
}

// answers reports whether a subject begins with the "Re:" of some language.
func answers(subject string) bool {
	prefix, _, ok := strings.Cut(strings.ToLower(subject), ":")
	if !ok {
		return false
	}
	prefix, _, _ = strings.Cut(prefix, "[") // Re[2]:
	switch strings.TrimSpace(prefix) {
	case "re", "aw", "antw", "antwort", "sv", "vs", "rif", "ris", "r", "odp", "ynt", "vá", "res", "回复", "回覆", "答复", "返信":
		return true
	}
	return false
}

func hasAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
