package sms

import (
	"regexp"
	"strings"
	"unicode"
)

// longest is how much of a message is read, in bytes: more than a provider delivers as one.
const longest = 4096

// rule is a way of saying that one does not want to be written to.
type rule struct {
	language string
	name     string
	ask      bool
	re       *regexp.Regexp
}

// phrase looks for an opt-out in the sender's own words. The first sure rule decides; of those
// that are not, the first.
func phrase(text string) Reply {
	if len(text) > longest {
		text = text[:longest]
	}
	all := clauses(text, clauseEnds)
	if reaction.MatchString(strings.Join(all, " ")) {
		return Reply{} // it quotes our own message
	}
	if r, ok := bare(all); ok {
		return r
	}
	var doubt Reply
	for i, clause := range all {
		if instruction.MatchString(clause) {
			continue
		}
		for _, rules := range [...][]rule{english, foreign} {
			if doubt = surer(doubt, ruled(rules, clause, all[i+1:])); doubt.sure() {
				return doubt
			}
		}
	}
	// Other languages have commas inside of what English says without: hört auf, mir zu schreiben.
	for _, sentence := range clauses(text, sentenceEnds) {
		doubt = surer(doubt, ruled(foreign, sentence, nil))
	}
	return doubt
}

func (r Reply) sure() bool { return r.Intent != None && !r.Ask }

// surer is the reading that says more; the first when they say as much.
func surer(a, b Reply) Reply {
	if a.Intent == None || b.sure() && !a.sure() {
		return b
	}
	return a
}

// ruled tries rules on a clause, which others follow.
func ruled(rules []rule, clause string, later []string) Reply {
	var doubt Reply
	for i := range rules {
		rule := &rules[i]
		at := rule.re.FindStringIndex(clause)
		if at == nil || negated(rule.language, clause[:at[0]]) {
			continue
		}
		r := Reply{Intent: StopPhrase, Word: rule.name, Language: rule.language}
		if !rule.ask && !hedged(clause, at[0], later) {
			return r
		}
		if r.Ask = true; doubt.Intent == None {
			doubt = r
		}
	}
	return doubt
}

// What ends a sentence, and what ends a clause.
const (
	sentenceEnds = ".!?…\n¿¡|。！？"
	clauseEnds   = sentenceEnds + ",;:，"
)

// clauses are the parts of a message between ends, each as words of small plain letters with
// one space between them. Apostrophes leave no trace: don't is dont.
func clauses(text, ends string) []string {
	var all []string
	var b strings.Builder
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			all = append(all, s)
		}
		b.Reset()
	}
	space := true
	for _, r := range text {
		switch plain := plainLetter(r); {
		case strings.ContainsRune(ends, r):
			end()
			space = true
		case plain == "'" || plain == "" || r == '´' || unicode.Is(unicode.Cf, r):
		case unicode.IsLetter(rune(plain[0])) || plain[0] >= 0x80 && unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteString(plain)
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	end()
	return all
}

// bare is a message of nothing but a word for stopping and politeness: "please stop", "stop
// it!! STOP", "no, stop. Sent from my phone". To cancel or end may be about an order.
func bare(all []string) (Reply, bool) {
	var found Reply
	for _, clause := range all {
		if signature.MatchString(clause) {
			continue
		}
		rest := strings.TrimSpace(filler.ReplaceAllString(" "+strings.ReplaceAll(clause, " ", "  ")+" ", " "))
		switch {
		case rest == "":
		case stopOnly.MatchString(rest):
			found = Reply{Intent: StopPhrase, Word: "stop", Language: "en"}
		case endOnly.MatchString(rest):
			if found.Intent == None {
				found = Reply{Intent: StopPhrase, Ask: true, Word: "cancel", Language: "en"}
			}
		default:
			return Reply{}, false
		}
	}
	return found, found.Intent != None
}

// negated reports whether what stands before a rule's match turns it into its opposite.
func negated(language, before string) bool {
	re, ok := negations[language]
	return ok && re.MatchString(strings.TrimSpace(before))
}

// hedged reports whether something after the beginning of a match narrows what was said, or
// the clause is a question about it.
func hedged(clause string, at int, later []string) bool {
	if question.MatchString(clause) || other.MatchString(clause[:at]) || narrower.MatchString(clause[at:]) {
		return true
	}
	for _, next := range later {
		if condition.MatchString(next) {
			return true
		}
	}
	return false
}

// Words around an opt-out. Clauses come folded, as clauses makes them.
var (
	// reaction is how phones tell of a reaction to a message, which they quote.
	reaction = regexp.MustCompile(`^(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \w* ?to|removed an? \w+ from) \w`)
	// instruction is a quotation of how to opt out.
	instruction = regexp.MustCompile(`\b(?:reply|text|txt|send|answer|respond|type) (?:with )?(?:the word )?(?:stop|end|quit|cancel|unsubscribe) (?:to|for|2|and|if)\b|\bstop (?:to|2) (?:end|opt ?out|cancel|unsubscribe|quit|stop)\b`)
	signature   = regexp.MustCompile(`^(?:sent|get) (?:from|via|with|by|outlook) `)
	filler      = regexp.MustCompile(` (?:please|pls|plz|plse|pleas|kindly|thanks|thank  you|thankyou|thx|ty|tks|cheers|ok|okay|k|hi|hello|hey|dear|sir|madam|sirs|guys|team|folks|just|now|immediately|asap|already|again|forever|at  once|right  away|right  now|for  good|omg|ffs|wtf|ugh|seriously|really|anymore|any  more|i  said|i  say|i  repeat|once  again|(?:can|could|would|will)  (?:you|u|ya|yall)|bye|no|yo|so|and|from  now  on|thank  u|bitte|danke|merci|svp|gracias|por  favor|grazie|per  favore|dank  je|bedankt|alstublieft|aub|obrigado|obrigada) `)
	stopOnly    = regexp.MustCompile(`^(?:(?:stop|stopp|quit|unsubscribe|un subscribe|unsub|unsubcribe|unsuscribe|unsubscribed|opt +out|opting +out|optout|stop +all|stopall|revoke|s +t +o +p)(?: +(?:it|this|that|these|them|all|everything|all +of +(?:it|this|them)|me|stop))? *)+$`)
	endOnly     = regexp.MustCompile(`^(?:cancel|end|end +this|cancel +this|remove|halt|cease|stahp|sotp)$`)
	question    = regexp.MustCompile(`^(?:why|when|what|how|who|where|which|did|does|do (?:i|you|u|we|they)|is|are|was|were|has|have|had|should|may i|am i|shall|can i|could i|warum|wie|wann|comment|pourquoi|como|por que|come|perche|hoe|waarom)\b`)
	// other is somebody else whom the sender speaks of.
	other = regexp.MustCompile(`\b(?:he|she|they|him|her|them|my (?:ex|boss|mom|mum|dad|friend|son|daughter|wife|husband))\b`)
	// narrower takes an opt-out back, in part or for a time, or is about an order.
	narrower  = regexp.MustCompile(`\b(?:unless|until|till|except|but|if|instead|when|while|during|before|after|today|tonight|tomorrow|this week|late|early|at night|in the morning|at work|sundays?|weekends?|orders?|delivery|deliveries|package|parcel|refund|appointment|about|regarding|lol|lmao|haha\w*|jk|joking|kidding|waiting|waitlist|wait|wishlist|wish list|guest|group|much|many|often|every ?day|twice|only|less|wrong|subscription|membership|plan|products?|items?|size|by (?:phone|email|mail|post)|photos?|pictures?|pics?|so|bestellung|paket|lieferung|konto|heute|morgen|nachts|bis|ausser|wenn|commande|colis|livraison|sauf|pedido|paquete|cuenta|ordine|pacco|conto|bestelling|pakket|account|encomenda|conta)\b`)
	condition = regexp.MustCompile(`^(?:unless|until|till|except|but|only|instead|jk|just kidding|just (?:email|call|mail)|lol|haha\w*|ausser|es sei denn|sauf|salvo|excepto|tranne|behalve|exceto|aber|mais|pero|ma|maar|mas)\b`)
)

// negations end what stands before a match that means its opposite: don't ever, I can't, did you.
var negations = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`\b(?:dont|do not|dnt|never|cant|cannot|can not|couldnt|could not|wont|will not|wouldnt|would not|didnt|did not|doesnt|does not|not|havent|have not|shouldnt|should not|never said|did (?:you|u|he|she|they|it)|have (?:you|u)|when (?:you|u|they))(?: (?:ever|even|you|u|please|just|want|you|wanna|wish|need|have|to|it|let|me|dare|all|really|actually|accidentally|going))*$|\b(?:get|getting|got|receive|received|receiving|had|seen|theres|there (?:are|were))$`),
	"de": regexp.MustCompile(`\b(?:nicht|nie|niemals)(?: \w+)?$|\b(?:bekomme|bekam|erhalte|erhielt|kriege|habe|hab|hatte|kommen|kommt|kam|kamen|sehe|gibt es|gibts)(?: \w+){0,3}$`),
	"fr": regexp.MustCompile(`\b(?:ne|pas|jamais|nai|nai pas)$`),
	"es": regexp.MustCompile(`\b(?:no|nunca)(?: me| se)?$`),
	"it": regexp.MustCompile(`\b(?:non|mai)(?: mi| ti| vi)?$`),
	"nl": regexp.MustCompile(`\b(?:niet|nooit)(?: \w+)?$|\b(?:krijg|kreeg|ontvang|ontving|heb|had|zie)(?: \w+){0,3}$`),
	"pt": regexp.MustCompile(`\b(?:nao|nunca)(?: me| se)?$`),
}
