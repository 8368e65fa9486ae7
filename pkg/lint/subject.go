package lint

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSubject is about what an inbox shows on a wide screen.
const maxSubject = 60

var (
	deceives = regexp.MustCompile(`(?i)^\s*(re|fwd?|aw|wg|sv|tr|rv|antw)\s?:`)
	shouts   = regexp.MustCompile(`[!?¡¿]{2,}|!.*!.*!`)
)

// subject looks at the two lines that inboxes show.
func (c *check) subject() {
	s := c.letter.Subject
	say := func(severity Severity, message, hint string) {
		c.add(Finding{Rule: SubjectLine, Severity: severity, Part: Subject, Excerpt: s, Message: "the subject " + message, Hint: hint})
	}
	if n := utf8.RuneCountInString(s); n > maxSubject {
		say(Warning, fmt.Sprintf("has %d characters, of which inboxes show some %d, telephones fewer", n, maxSubject), "put what matters first, and the rest into the preheader")
	}
	if upper, all := capitals(s); all >= 8 && upper == all {
		say(Warning, "is in capitals", "write it as a sentence")
	}
	if shouts.MatchString(s) {
		say(Warning, "has several exclamation or question marks", "one is enough")
	}
	if deceives.MatchString(s) {
		say(Warning, "pretends that the mail is an answer, or was passed on", "take "+quoted(strings.TrimSpace(deceives.FindString(s)))+" away; laws against deceptive subjects mean this")
	}
	if n := emoji(s); n > 1 {
		say(Info, fmt.Sprintf("has %d emoji", n), "one says as much")
	}
	switch p := strings.TrimSpace(c.letter.Preheader); {
	case p == "":
		c.add(Finding{Rule: PreviewLine, Severity: Warning, Part: Preheader, Message: "there is no preheader: inboxes show the first words of the page beside the subject", Hint: "add preheader: to the front matter"})
	case s != "" && bare(p) == bare(s):
		c.add(Finding{Rule: PreviewLine, Severity: Warning, Part: Preheader, Excerpt: p, Message: "the preheader says the same as the subject", Hint: "go on where the subject ends"})
	}
}

// capitals counts the letters that are capitals, and all that could be.
func capitals(s string) (upper, all int) {
	for _, r := range s {
		if unicode.IsUpper(r) {
			upper++
		}
		if unicode.IsUpper(r) || unicode.IsLower(r) {
			all++
		}
	}
	return upper, all
}

// emoji counts pictures, each with its skin and its joints as one.
func emoji(s string) int {
	n, joined, flag := 0, false, false
	for _, r := range s {
		switch {
		case r == 0x200d:
			joined = true
			continue
		case r == 0xfe0f || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f:
			continue
		case r >= 0x1f1e6 && r <= 0x1f1ff:
			if flag = !flag; flag {
				n++
			}
			continue
		case (r >= 0x1f300 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r == 0x2b50 || r == 0x2b55) && !joined:
			n++
		}
		joined, flag = false, false
	}
	return n
}

// spamWords are few, on purpose: filters have weighed whole mails for twenty years, and no word decides.
var spamWords = regexp.MustCompile(`(?i)\b(act now|100% free|risk[- ]free|no obligation|double your|earn (money|cash)|easy money|make money|extra income|you(['’]ve| have) (won|been selected)|winner!|guaranteed winner|viagra|casino|free gift|cash bonus|once in a lifetime|this is not spam|gratis gewinn|sie haben gewonnen|schnelles geld|ohne risiko|garantierter gewinn|vous avez gagné|argent facile|sans risque|has ganado|dinero fácil|sin riesgo)\b`)

func (c *check) spam() {
	seen := map[string]bool{}
	var words []string
	for _, w := range spamWords.FindAllString(c.letter.Subject+"\n"+c.letter.Preheader+"\n"+c.page.root.seen(), 100) {
		if key := strings.ToLower(w); !seen[key] && len(words) < 5 {
			seen[key] = true
			words = append(words, quoted(w))
		}
	}
	if len(words) > 0 {
		c.add(Finding{Rule: SpamWords, Severity: Info, Part: HTML, Excerpt: strings.Trim(words[0], `"`), Message: "filters and readers know these words from spam: " + strings.Join(words, ", "), Hint: "say it in your own"})
	}
}
