package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rapport/pkg/render"
	"rapport/pkg/sms"
	"rapport/pkg/workspace/source"
)

var (
	// An E.164 number or a short code.
	smsNumber = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$`)
	// An alphanumeric sender: at most 11 characters, one of them a letter
	// (https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id).
	smsName          = regexp.MustCompile(`^[A-Za-z0-9 ]{1,11}$`)
	messagingService = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	country          = regexp.MustCompile(`^[A-Z]{2}$`)
	replyLanguage    = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// everywhere is the key of the sender for all countries that have none of their own.
const everywhere = "*"

// texting reads sms: who sends, and what is answered.
func texting(n *source.Node, s *render.Shop, r *source.Report) {
	if n == nil || !r.Fields(n, "sms", source.Keys{Known: []string{"from", "messaging_service", "replies"}}) {
		return
	}
	if from := n.Get("from"); from != nil && from.Kind == source.Map {
		senders(from, s, r)
	} else {
		s.SMSFrom = smsSender(from, "from", r)
	}
	if service := n.Get("messaging_service"); service != nil {
		if s.SMSService = r.Text(service, "messaging_service"); s.SMSService != "" && !messagingService.MatchString(s.SMSService) {
			r.At(n.File, service.Place, s.SMSService+" is not a messaging service", "use the SID that Twilio shows for it: MG and 32 digits")
		}
		if n.Get("from") != nil {
			r.Warn(n.File, keyPlace(n, "from"), "the messaging service picks the sender, and this one is never used", "take one of the two away")
		}
	}
	if replies := n.Get("replies"); replies != nil {
		s.SMSReplies = repliesOf(replies, s, r)
	}
}

// senders reads from: {"*": HazelFinch, US: "+15550001111"}.
func senders(n *source.Node, s *render.Shop, r *source.Report) {
	s.SMSSenders = map[string]string{}
	for _, p := range n.Pairs {
		from := smsSender(p.Value, p.Key, r)
		switch {
		case p.Key == everywhere:
			s.SMSFrom = from
		case !country.MatchString(p.Key):
			r.At(n.File, p.At, p.Key+" is not a country", `use the two letters of ISO 3166, such as US, or "*" for all others`)
		case from != "" && !smsNumber.MatchString(from) && slices.Contains([]string{"US", "CA"}, p.Key):
			r.At(n.File, p.Value.Place, "in "+p.Key+" text messages come from numbers, not from names", "use a number of that country, or a short code")
		default:
			s.SMSSenders[p.Key] = from
		}
	}
	if n.Get(everywhere) == nil {
		r.At(n.File, n.Place, "nobody writes to people in other countries", `add "*": with the sender for them`)
	}
}

func smsSender(n *source.Node, what string, r *source.Report) string {
	from := r.Text(n, what)
	if from != "" && !canSend(from) {
		r.At(n.File, n.Place, from+" cannot send text messages", `use a number such as "+447700900123", or a name of at most 11 letters and digits`)
	}
	return from
}

func canSend(from string) bool {
	return smsNumber.MatchString(from) || smsName.MatchString(from) && strings.ContainsFunc(from, unicode.IsLetter)
}

// replyKeys are what is answered to.
func replyKeys() []string { return []string{"stop", "ask", "start", "help"} }

// repliesOf reads replies: {en: {stop: ..., ask: ..., start: ..., help: ...}}.
func repliesOf(n *source.Node, s *render.Shop, r *source.Report) map[string]render.Replies {
	if n.Kind != source.Map {
		r.At(n.File, n.Place, "replies must be a mapping, not "+n.Kind.String(), "write them by language: en: {stop: ..., help: ...}")
		return nil
	}
	all := map[string]render.Replies{}
	for _, p := range n.Pairs {
		if !replyLanguage.MatchString(p.Key) {
			r.At(n.File, p.At, p.Key+" is not a language", "use its letters in ISO 639, such as en or de")
			continue
		}
		if !r.Fields(p.Value, "replies", source.Keys{Known: replyKeys()}) {
			continue
		}
		var one render.Replies
		for key, into := range map[string]*string{"stop": &one.Stop, "ask": &one.Ask, "start": &one.Start, "help": &one.Help} {
			if text := p.Value.Get(key); text != nil {
				*into = strings.Join(strings.Fields(r.Text(text, key)), " ")
				checkReply(key, *into, text, s, r)
			}
		}
		all[p.Key] = one
	}
	return all
}

// maxReply is how many segments an answer has without a warning: one is what carriers recommend.
const maxReply = 2

// checkReply holds an answer to what carriers and the law ask of it: it names who writes, and help
// says how to end it.
func checkReply(key, text string, n *source.Node, s *render.Shop, r *source.Report) {
	if text == "" {
		return
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") {
		r.At(n.File, n.Place, "replies are the same for everybody and hold no Liquid", "write the words out")
		return
	}
	smart, _ := sms.Smallest(text)
	if size := sms.Count(smart); size.Segments > maxReply {
		r.Warn(n.File, n.Place, fmt.Sprintf("the reply takes %d segments", size.Segments), "say it in fewer words; one segment is 160 plain characters, or 70 with others among them")
	}
	if s.Name != "" && !names(text, s.Name) {
		r.Warn(n.File, n.Place, "the reply does not say who writes", "begin it with "+s.Name+":")
	}
	if key == "help" && !strings.Contains(strings.ToUpper(text), "STOP") {
		r.Warn(n.File, n.Place, "who asks for help is not told how to end it", "add a sentence such as: Reply STOP to opt out")
	}
}

// names reports whether a text holds a shop's name, however it is spaced and cased.
func names(text, shop string) bool {
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				return unicode.ToLower(c)
			}
			return -1
		}, s)
	}
	return strings.Contains(plain(text), plain(shop))
}
