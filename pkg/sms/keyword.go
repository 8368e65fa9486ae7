package sms

import (
	"strings"
	"unicode"
)

// Intent is what a reply asks for.
type Intent uint8

// The intents.
const (
	None       Intent = iota
	StopWord          // a single word that opts out; providers act on the English ones themselves
	StopPhrase        // an opt-out in the sender's own words, which only we can see
	Start             // a single word that opts in again
	Help              // a single word that asks who is writing
)

// String is the intent in words.
func (i Intent) String() string {
	switch i {
	case StopWord:
		return "stop word"
	case StopPhrase:
		return "stop phrase"
	case Start:
		return "start"
	case Help:
		return "help"
	}
	return "none"
}

// Reply is what a message from a person means.
type Reply struct {
	Intent Intent
	// Ask is for a StopPhrase that may be meant otherwise: ask, and until there is an answer
	// send no marketing. Where it is false the person has opted out.
	Ask      bool
	Word     string // which word, such as STOP, or which rule it was: "stop texting"
	Language string // ISO 639 of the word or rule
}

// Read says what a reply asks for. Case, accents, punctuation and white space around a word do
// not matter. Ten words for one intent are a StopPhrase at most: carriers and providers take
// only a message of one word for a command, and so must who relies on theirs.
func Read(text string) Reply {
	if w := soleWord(text); w != "" {
		for _, k := range keywords {
			if strings.Contains(k.words, " "+w+" ") {
				return Reply{Intent: k.intent, Word: strings.ToUpper(w), Language: k.language}
			}
		}
	}
	return phrase(text)
}

// keywords are by language; each word stands once, folded as soleWord folds, between spaces.
//
// English are the words of Twilio's default lists and those that 47 CFR 64.1200(a)(10) takes
// for a revocation in any case.
var keywords = []struct {
	intent   Intent
	language string
	words    string
}{
	{StopWord, "en", " stop stopall unsubscribe cancel end quit revoke optout "},
	{StopWord, "de", " stopp stoppen abmelden abmeldung abbestellen austragen ende halt aufhoren aufhoeren "},
	{StopWord, "fr", " arret arrete arreter arretez arrett desabonner desabonnement desinscrire desinscription "},
	{StopWord, "es", " parar pare alto baja cancelar detener anular desuscribir desuscribirme basta "},
	{StopWord, "it", " ferma fermare fermate disiscrivi disiscrivimi disiscrizione cancella cancellami annulla annullare "},
	{StopWord, "nl", " afmelden uitschrijven afmelding beeindigen opzeggen "},
	{StopWord, "pt", " sair parem remover descadastrar desinscrever "},
	{Start, "en", " start yes unstop "},
	{Start, "de", " anmelden "},
	{Start, "fr", " demarrer reabonner "},
	{Start, "es", " iniciar empezar comenzar alta "},
	{Start, "it", " inizia iniziare iscrivimi "},
	{Start, "nl", " aanmelden "},
	{Start, "pt", " comecar iniciar "},
	{Help, "en", " help info "},
	{Help, "de", " hilfe "},
	{Help, "fr", " aide "},
	{Help, "es", " ayuda "},
	{Help, "it", " aiuto "},
	{Help, "nl", " hulp "},
	{Help, "pt", " ajuda "},
}

// soleWord is the letters of a message that has one word, in lower case without accents, and
// "" for any other.
func soleWord(text string) string {
	var word string
	for field := range strings.FieldsSeq(text) {
		var b strings.Builder
		for _, r := range field {
			for _, c := range plainLetter(r) {
				if unicode.IsLetter(c) || unicode.IsDigit(c) {
					b.WriteRune(c)
				}
			}
		}
		switch {
		case b.Len() == 0: // punctuation or emoji that stand alone
		case word != "":
			return ""
		default:
			word = b.String()
		}
	}
	return word
}

// plainLetter is a character as words are compared: small, without its accent, of the usual
// width. Marks have none.
func plainLetter(r rune) string {
	if r >= 'a' && r <= 'z' {
		return string(r)
	}
	if unicode.Is(unicode.Mn, r) {
		return ""
	}
	if to, ok := exchanged[r]; ok && r > unicode.MaxASCII {
		return strings.ToLower(to)
	}
	if r >= 'ａ' && r <= 'ｚ' {
		return string(r - 'ａ' + 'a')
	}
	r = unicode.ToLower(r)
	for _, a := range accents {
		if strings.ContainsRune(a.from, r) {
			return a.to
		}
	}
	return string(r)
}

// accents are the small letters of the languages that have keywords.
var accents = []struct{ to, from string }{
	{"a", "àáâãäå"},
	{"c", "ç"},
	{"e", "èéêë"},
	{"i", "ìíîï"},
	{"n", "ñ"},
	{"o", "òóôõöø"},
	{"u", "ùúûü"},
	{"y", "ýÿ"},
	{"ss", "ß"},
	{"oe", "œ"},
	{"ae", "æ"},
}
