package lint

import (
	"fmt"
	"regexp"
	"strings"

	"rapport/pkg/message"
	"rapport/pkg/sms"
)

var (
	// shorteners that anybody may use; a shop's own short domain is fine.
	shorteners = regexp.MustCompile(`(?i)(?:^|[\s/(@])((?:bit\.ly|bitly\.com|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|rb\.gy|t\.ly|tiny\.cc|shorturl\.at|lnkd\.in|bit\.do|soo\.gd)(?:/[^\s]*)?)(?:$|[\s.,)/?!])`)
	stops      = regexp.MustCompile(`(?i)\b(stop\w*|unsubscribe|opt[- ]?out|end|abmeld\w*|abbestell\w*|baja|arr[eê]t\w*|désabonn\w*|annul\w*)\b`)
)

// sms looks at a text message.
func (c *check) sms(text string) {
	smart, _ := sms.Smart(text)
	size := sms.Count(smart)
	find := func(r Rule, s Severity, excerpt, message, hint string) {
		c.add(Finding{Rule: r, Severity: s, Part: Body, Line: 1, Excerpt: excerpt, Message: message, Hint: hint})
	}
	switch {
	case size.Segments >= 3:
		find(Segments, Warning, "", fmt.Sprintf("the text is billed as %d messages (%d characters in %s)", size.Segments, size.Characters, size.Encoding), "shorten it; a mail has room for more")
	case size.Segments == 2:
		find(Segments, Info, "", fmt.Sprintf("the text is billed as 2 messages (%d characters in %s)", size.Characters, size.Encoding), "with somewhat less it is one")
	}
	c.encoding(smart, size)
	if m := shorteners.FindStringSubmatch(text); m != nil {
		find(ShortLinks, Warning, m[1], "carriers block the link "+quoted(m[1])+": anybody may use its shortener, and spammers do", "link to the shop's own address")
	}
	if upper, all := capitals(text); all >= 20 && upper*10 > all*7 {
		find(Capitals, Info, text, "most of the text is in capitals", "write it in sentences")
	}
	if brand := bare(c.rules.Shop); brand != "" && !strings.Contains(bare(text), brand) {
		find(Brand, Info, "", "the text does not say that it comes from "+c.rules.Shop, "begin with {{ shop.name }}: ; who gets the first text of a number does not know it")
	}
	if c.rules.Category == message.Marketing && !stops.MatchString(text) {
		find(Stop, Warning, "", "the text is marketing and does not say how to stop it", "end with Reply STOP to opt out.")
	}
	c.promotion(Body, text)
	line := 0
	for s := range strings.SplitSeq(text, "\n") {
		line++
		c.leftover(s, Body, line)
	}
}

// encoding names the characters that cost segments, in a text after smart encoding.
func (c *check) encoding(text string, size sms.Size) {
	if size.Encoding != sms.UCS2 {
		return
	}
	culprits := sms.Costly(text)
	if len(culprits) == 0 || len(culprits)*3 > size.Characters {
		return // a text in another script
	}
	var plain strings.Builder
	from, seen := 0, map[string]bool{}
	var named []string
	for _, k := range culprits {
		plain.WriteString(text[from:k.Offset] + k.Instead)
		from = k.Offset + len(k.Text)
		if !seen[k.Text] && len(named) < 5 {
			seen[k.Text] = true
			named = append(named, quoted(k.Text))
		}
	}
	plain.WriteString(text[from:])
	verb := " is"
	if len(named) > 1 {
		verb = " are"
	}
	without := sms.Count(plain.String())
	severity, cost := Info, "that costs nothing here, and would in a longer text"
	if without.Segments < size.Segments {
		severity, cost = Warning, fmt.Sprintf("the text is billed as %s, and would be as %s otherwise", count(size.Segments, "message"), count(without.Segments, "message"))
	}
	c.add(Finding{
		Rule: Encoding, Severity: severity, Part: Body, Line: 1, Excerpt: culprits[0].Text,
		Message: fmt.Sprintf("%s not in the GSM alphabet, so that a segment has 70 characters and not 160: %s", strings.Join(named, ", ")+verb, cost), Hint: culprits[0].String(),
	})
}
