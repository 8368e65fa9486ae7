package bounce

import "strings"

// codesOf finds the enhanced status code and the SMTP reply code. A Status that says no more than "it failed" gives way
// to a code in what the remote server said: the reporting server often did not look into it.
func codesOf(status, said string) (enhanced string, code int) {
	enhanced = firstOf(enhancedCodes(status))
	code = replyCode(said)
	if enhanced != "" && !generic(enhanced) {
		return enhanced, code
	}
	best := ""
	for _, c := range enhancedCodes(said) {
		if best == "" || generic(best) && !generic(c) {
			best = c
		}
	}
	if best != "" && (enhanced == "" || strings.HasSuffix(enhanced, ".0.0")) {
		return best, code
	}
	return enhanced, code
}

// enhancedCodes are the codes of RFC 3463 in a text: a class of 2, 4 or 5, a subject and a detail. What has more numbers
// is an IP address or a version.
func enhancedCodes(s string) (found []string) {
	for i := 0; i < len(s) && len(found) < 10; i++ {
		if s[i] != '2' && s[i] != '4' && s[i] != '5' || i > 0 && (digit(s[i-1]) || s[i-1] == '.') {
			continue
		}
		end := i + 1
		for range 2 {
			n := 0
			for end+1+n < len(s) && s[end] == '.' && digit(s[end+1+n]) && n < 4 {
				n++
			}
			if n == 0 || n > 3 {
				end = -1
				break
			}
			end += 1 + n
		}
		if end < 0 || end+1 < len(s) && s[end] == '.' && digit(s[end+1]) || end < len(s) && digit(s[end]) {
			continue
		}
		found = append(found, s[i:end])
		i = end - 1
	}
	return found
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// replyCode is the first SMTP reply code of a refusal in a text, such as 550, and 0 without one.
func replyCode(s string) int {
	for i := 0; i+3 <= len(s); i++ {
		if s[i] != '4' && s[i] != '5' || s[i+1] > '7' || !digit(s[i+1]) || !digit(s[i+2]) {
			continue
		}
		if i > 0 && !strings.ContainsRune(" \t(<:#'\"", rune(s[i-1])) {
			continue
		}
		if i+3 < len(s) && !strings.ContainsRune(" -\t):'\"", rune(s[i+3])) {
			continue
		}
		return int(s[i]-'0')*100 + int(s[i+1]-'0')*10 + int(s[i+2]-'0')
	}
	return 0
}

// verdict is a class and its reason.
type verdict struct {
	class  Class
	reason string
}

// codes are the enhanced codes of RFC 3463, RFC 5248's registry and what large providers use, as far as they decide by
// themselves. Those that are missing are generic: the text decides. The subject alone, such as 5.7, holds for the details
// that are not here.
var codes = map[string]verdict{
	"4.2.2":   {Soft, "mailbox full"},
	"4.3.1":   {Soft, "system full"},
	"4.4.1":   {Soft, "unreachable"},
	"4.4.2":   {Soft, "unreachable"},
	"4.4.7":   {Soft, "expired"},
	"5.1.1":   {Hard, "no such user"},
	"5.1.2":   {Hard, "no such domain"},
	"5.1.3":   {Hard, "bad address"},
	"5.1.4":   {Hard, "bad address"},
	"5.1.6":   {Hard, "moved away"},
	"5.1.7":   {Block, "sender refused"}, // bad sender's mailbox address syntax
	"5.1.8":   {Block, "sender refused"}, // bad sender's system address
	"5.1.10":  {Hard, "bad address"},     // RFC 7505, null MX; Exchange Online: recipient not found
	"5.2.1":   {Hard, "mailbox disabled"},
	"5.2.2":   {Soft, "mailbox full"},
	"5.2.3":   {Message, "too big"},
	"5.3.1":   {Soft, "system full"},
	"5.3.4":   {Message, "too big"},
	"5.4.7":   {Soft, "expired"},
	"5.4.300": {Soft, "expired"},        // Exchange Online: message expired
	"5.4.310": {Hard, "no such domain"}, // Exchange Online: DNS domain does not exist
	"5.6":     {Message, "content"},
	"5.7":     {Block, "policy"},
	"5.7.8":   {Block, "authentication"},
	"5.7.13":  {Hard, "mailbox disabled"}, // RFC 5248: user account disabled
	"5.7.17":  {Hard, "moved away"},       // RFC 7293: mailbox owner has changed
	"5.7.18":  {Hard, "moved away"},       // RFC 7293: domain owner has changed
	"5.7.20":  {Block, "authentication"},  // RFC 7372: no passing DKIM signature
	"5.7.21":  {Block, "authentication"},
	"5.7.22":  {Block, "authentication"},
	"5.7.23":  {Block, "authentication"}, // RFC 7372: SPF
	"5.7.24":  {Block, "authentication"},
	"5.7.25":  {Block, "reverse DNS"},
	"5.7.26":  {Block, "authentication"}, // multiple checks failed; Gmail: DMARC
	"5.7.27":  {Block, "sender refused"}, // RFC 7505: sender has null MX
	"5.7.28":  {Block, "reputation"},     // mail flood
	"5.7.29":  {Block, "authentication"}, // ARC
	"5.7.509": {Block, "authentication"}, // Exchange Online: DMARC
	"5.7.606": {Block, "reputation"},     // Exchange Online: banned IP
}

// generic reports whether a code leaves open what happened, so that the text has to say it: X.0.0, the "other" of a
// subject, and those that servers use for anything. 5.7.1 is among them, because many servers refuse unknown users with
// it; what its text does not explain stays a block.
func generic(status string) bool {
	switch status {
	case "5.7.0", "5.7.1", "5.6.0", "":
		return true
	}
	_, known := codes[status]
	return !known && !strings.HasPrefix(status, "5.7.") && !strings.HasPrefix(status, "5.6.")
}

// codeVerdict is what a code alone says.
func codeVerdict(status string, code int) (verdict, bool) {
	if v, ok := codes[status]; ok {
		return v, true
	}
	if dot := strings.LastIndexByte(status, '.'); dot > 0 {
		if v, ok := codes[status[:dot]]; ok {
			return v, true
		}
	}
	if status == "" && code == 552 {
		return verdict{Soft, "mailbox full"}, true // RFC 5321: exceeded storage allocation
	}
	return verdict{}, false
}
