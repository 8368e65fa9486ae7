package sms

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Remedy is what can be done about a character that is not in the GSM alphabet.
type Remedy uint8

// The remedies, from the cheapest.
const (
	Automatic Remedy = iota // Smart exchanges it
	Rewrite                 // Instead reads differently: a person has to agree
	Remove                  // nothing stands for it: leave it out, or pay for UCS-2
)

// Culprit is a character that forces a text into UCS-2, where a segment has 70 characters and
// not 160.
type Culprit struct {
	Offset  int    // in bytes
	Text    string // the character, or marks that belong to no letter of the alphabet
	Remedy  Remedy
	Instead string // what to write; may be empty, when Automatic means to leave it out
}

// Costly finds all of them, in the order of the text; none when it is sent as GSM-7. A text
// in another script has one for each of its characters.
func Costly(text string) []Culprit {
	var found []Culprit
	_, changes := Smart(text)
	for i, r := range text {
		for len(changes) > 0 && i >= changes[0].Offset+len(changes[0].From) {
			changes = changes[1:]
		}
		if len(changes) > 0 && i >= changes[0].Offset {
			if c := changes[0]; i == c.Offset {
				found = append(found, Culprit{i, c.From, Automatic, c.To})
			}
			continue
		}
		if septets(r) > 0 {
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		c := Culprit{Offset: i, Text: text[i : i+n], Remedy: Remove}
		if to, ok := rewritten(r); ok {
			c.Remedy, c.Instead = Rewrite, to
		}
		found = append(found, c)
	}
	return found
}

// String says what is wrong and what to do.
func (c Culprit) String() string {
	what := codePoints(c.Text)
	if strings.IndexFunc(c.Text, unseen) < 0 {
		what = c.Text + " (" + what + ")"
	}
	what += " is not in the GSM alphabet, so that a segment has 70 characters and not 160"
	switch {
	case c.Remedy == Automatic && c.Instead == "":
		return what + ": smart encoding leaves it out"
	case c.Remedy == Automatic:
		return fmt.Sprintf("%s: smart encoding sends %q", what, c.Instead)
	case c.Remedy == Rewrite:
		return fmt.Sprintf("%s: write %q", what, c.Instead)
	}
	return what + ": leave it out, or accept the price"
}

func unseen(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.IsMark(r) || r == utf8.RuneError
}

// codePoints are the numbers of a text's characters: U+00E7.
func codePoints(text string) string {
	var list []string
	for _, r := range text {
		list = append(list, fmt.Sprintf("%U", r))
	}
	return strings.Join(list, " ")
}

// rewritten is what a writer may choose for a character that has no equal.
func rewritten(r rune) (string, bool) {
	if unicode.Is(unicode.Mn, r) {
		return "", true // the letter without its accent
	}
	for _, w := range plainer {
		if strings.ContainsRune(w.from, r) {
			return w.to, true
		}
	}
	return "", false
}

// plainer are Latin letters without accents, and symbols in words that are usual.
var plainer = []struct{ to, from string }{
	{"a", "áâãāăąª"},
	{"A", "ÀÁÂÃĀĂĄ"},
	{"c", "çćĉċč"},
	{"C", "ĆĈĊČ"},
	{"d", "ďđð"},
	{"D", "ĎĐÐ"},
	{"e", "êëēĕėęě"},
	{"E", "ÈÊËĒĔĖĘĚ"},
	{"g", "ĝğġģ"},
	{"G", "ĜĞĠĢ"},
	{"h", "ĥħ"},
	{"H", "ĤĦ"},
	{"i", "íîïĩīĭįı"},
	{"I", "ÌÍÎÏĨĪĬĮİ"},
	{"j", "ĵ"},
	{"J", "Ĵ"},
	{"k", "ķĸ"},
	{"K", "Ķ"},
	{"l", "ĺļľŀł"},
	{"L", "ĹĻĽĿŁ"},
	{"n", "ńņňŉŋ"},
	{"N", "ŃŅŇŊ"},
	{"o", "óôõōŏőº"},
	{"O", "ÒÓÔÕŌŎŐ"},
	{"r", "ŕŗř"},
	{"R", "ŔŖŘ"},
	{"s", "śŝşšș"},
	{"S", "ŚŜŞŠȘ"},
	{"t", "ţťŧț"},
	{"T", "ŢŤŦȚ"},
	{"u", "úûũūŭůűų"},
	{"U", "ÙÚÛŨŪŬŮŰŲ"},
	{"w", "ŵẁẃẅ"},
	{"W", "ŴẀẂẄ"},
	{"y", "ýŷÿỳ"},
	{"Y", "ÝŶŸỲ"},
	{"z", "źżž"},
	{"Z", "ŹŻŽ"},
	{"oe", "œ"},
	{"OE", "Œ"},
	{"th", "þ"},
	{"Th", "Þ"},
	{"SS", "ẞ"},
	{"fi", "ﬁ"},
	{"fl", "ﬂ"},
	{"1", "¹"},
	{"2", "²"},
	{"3", "³"},
	{"x", "×"},
	{"TM", "™"},
	{"(R)", "®"},
	{"(C)", "©"},
	{"->", "→"},
	{"<-", "←"},
	{">=", "≥"},
	{"<=", "≤"},
	{"-", "·▪●"},
	{"*", "★☆"},
	{"c", "¢"},
	{"GBP", "₤"},
	{"+/-", "±"},
}
