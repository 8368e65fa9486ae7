package bounce

import "strings"

// reply is what somebody wrote: the first text that is no attachment, without history and signature. HTML is read only
// where there is no plain text.
func (m *message) reply() string {
	var page *part
	for i := range m.parts {
		p := &m.parts[i]
		if p.file {
			continue
		}
		switch p.kind {
		case "text/plain":
			if text := p.decoded(); strings.TrimSpace(text) != "" {
				return keep(ownWords(text), maxText)
			}
		case "text/html":
			if page == nil {
				page = p
			}
		}
	}
	if page == nil {
		return ""
	}
	s := page.decoded()
	if text := ownWords(htmlReply(s)); text != "" {
		return text
	}
	return ownWords(htmlText(s))
}

// ownWords cuts what is not of this mail: quoted lines, the line that announces them, all below the header of an earlier
// mail, and the signature. When nothing would be left, the text stays as it is: a quote too much is better than an answer
// lost.
func ownWords(text string) string {
	lines := strings.Split(keep(text, maxText), "\n")
	kept := make([]string, 0, len(lines))
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t\u00a0")
		bare := strings.TrimSpace(line)
		// "-- " alone is the mark of a signature (RFC 3676, section 4.3). History may follow it; a signature has no end.
		if lines[i] == "-- " || line == "--" && len(kept) > 0 || historyStarts(lines, i) || phoneSignature(bare) && onlyHistory(lines[i+1:]) {
			break
		}
		if strings.HasPrefix(bare, ">") {
			continue
		}
		if n := announces(lines, i); n > 0 {
			i += n - 1
			continue
		}
		kept = append(kept, line)
	}
	if own := squeeze(kept); own != "" {
		return own
	}
	return squeeze(lines)
}

// squeeze joins lines, with at most one empty line between them and none at the ends.
func squeeze(lines []string) string {
	var b strings.Builder
	gap := false
	for _, line := range lines {
		line = strings.TrimRight(line, " \t\u00a0")
		if strings.TrimSpace(line) == "" {
			gap = b.Len() > 0
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if gap {
			b.WriteByte('\n')
			gap = false
		}
		b.WriteString(line)
	}
	return b.String()
}

// announces reports over how many lines the sentence goes that programs put above a quote: "On ... wrote:". It counts
// only with a quote below it, or with nothing: people write sentences with a colon, too.
func announces(lines []string, at int) int {
	sentence := ""
	for n := 1; n <= 3 && at+n <= len(lines); n++ {
		line := strings.TrimSpace(lines[at+n-1])
		if line == "" || strings.HasPrefix(line, ">") || len(sentence) > 400 {
			return 0
		}
		sentence += " " + line
		if !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, "：") {
			continue
		}
		if !writes(strings.ToLower(sentence)) {
			return 0
		}
		for _, below := range lines[at+n:] {
			if below = strings.TrimSpace(below); below != "" {
				if strings.HasPrefix(below, ">") {
					return n
				}
				return 0
			}
		}
		return n
	}
	return 0
}

// writes reports whether a sentence says that somebody wrote, in one of the languages of mail programs, and when or who.
func writes(s string) bool {
	if !strings.ContainsAny(s, "0123456789") && !strings.Contains(s, "@") {
		return false
	}
	return hasAny(s, " wrote:", " wrote :", " schrieb", " a écrit", " escribió:", " escribió :", " escribiste", " ha scritto", " scrisse", "escreveu",
		" schreef", " skrev", " kirjoitti", " napisał", " napsal", " пишет", " писал", " написал", " yazdı", " írta", "wrote:", "写道", "のメール")
}

// historyStarts reports whether a line begins an earlier mail that is not marked line by line: a rule with words that
// say so, or the header that Outlook and others print.
func historyStarts(lines []string, at int) bool {
	line := strings.ToLower(strings.TrimSpace(lines[at]))
	if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "___") || strings.HasPrefix(line, "***") {
		if hasAny(line, "original message", "original mail", "forwarded message", "ursprüngliche nachricht", "message d'origine",
			"message original", "mensaje original", "messaggio originale", "mensagem original", "oorspronkelijk bericht",
			"weitergeleitete nachricht", "reply above", "исходное сообщение", "originalnachricht", "original appointment") {
			return true
		}
		// The rule of Outlook has no words; the header below it has.
		return at+1 < len(lines) && printedHeader(lines, at+1)
	}
	return printedHeader(lines, at)
}

// printedHeader reports whether a header of a mail is printed in a text: "From: ...", and two more such lines right below.
func printedHeader(lines []string, at int) bool {
	label := func(i int) string {
		name, _, ok := strings.Cut(strings.Trim(strings.TrimSpace(lines[i]), "*"), ":")
		if !ok || len(name) > 30 {
			return ""
		}
		return strings.ToLower(strings.Trim(name, "* \u00a0"))
	}
	switch label(at) {
	case "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "от", "от кого", "发件人", "寄件者", "差出人":
	default:
		return false
	}
	more := 0
	for i := at + 1; i < len(lines) && i < at+6; i++ {
		switch label(i) {
		case "sent", "date", "to", "subject", "cc", "gesendet", "datum", "an", "betreff", "envoyé", "à", "objet", "enviado", "para",
			"asunto", "assunto", "fecha", "data", "inviato", "a", "oggetto", "verzonden", "aan", "onderwerp", "skickat", "till",
			"ämne", "sendt", "til", "emne", "wysłano", "do", "temat", "отправлено", "кому", "тема", "дата", "发送时间", "收件人",
			"主题", "送信日時", "宛先", "件名":
			more++
		}
	}
	return more >= 2
}

// phoneSignature reports whether a line is what phones put below every mail.
func phoneSignature(line string) bool {
	line = strings.ToLower(line)
	return len(line) < 80 && hasAny(line, "sent from my ", "sent from outlook", "sent from yahoo", "get outlook for ", "von meinem iphone gesendet",
		"gesendet von meinem", "envoyé de mon ", "enviado desde mi ", "inviato da ", "verzonden vanaf mijn ", "enviado do meu ")
}

// onlyHistory reports whether nothing of one's own follows, within the lines that say so.
func onlyHistory(lines []string) bool {
	for i := range lines {
		bare := strings.TrimSpace(lines[i])
		switch {
		case bare == "" || strings.HasPrefix(bare, ">"):
			continue
		case historyStarts(lines, i) || announces(lines, i) > 0:
			return true
		}
		return false
	}
	return true
}
