package postmaster

import (
	"strings"
	"unicode"

	"rapport/pkg/bounce"
	"rapport/pkg/sms"
)

// wish is the words by which an answer asks for no more mail, and "" when it does not.
//
// Mail programs write to the address of List-Unsubscribe with the subject that it names (RFC 2369), and put into the body
// what they like. A reply has the subject of the mail that it answers, so there the text counts, and all of it.
func wish(r *bounce.Report) string {
	fresh := len(r.References) == 0
	if w := words(r.Subject); fresh && leaving(w) {
		return w
	}
	if r.Kind == bounce.AutoReply {
		return ""
	}
	w := words(r.Text)
	if leaving(w) {
		return w
	}
	if said := sms.Read(w); said.Intent == sms.StopWord && !strings.Contains(aboutOrders, " "+strings.ToLower(said.Word)+" ") {
		return w
	}
	return ""
}

// aboutOrders are words of opt-out by SMS that answers to mails about orders use, too. Folded as package sms does.
const aboutOrders = " cancel end quit revoke ende halt alto detener anular cancelar cancella annulla annullare fermare beeindigen opzeggen remover sair "

// polite are words around a wish that do not change it.
const polite = " please pls kindly thanks thank you thx hi hello dear sir madam team me us now bitte danke mich mir hallo merci svp bonjour " +
	"moi s il vous te plaît plait gracias favor por hola grazie per favore ciao mi dank alstublieft hallo mij obrigado obrigada olá ola proszę prosze tack tak kiitos "

// farewells are ways to ask for no more mail that mean nothing else, small, in the words that are left without polite.
var farewells = []string{
	" unsubscribe | unsubscribe all | unsubscribe from all | unsubscribe from this list | un subscribe | opt out | optout | remove from list | remove from your list | remove from this list | take off your list | stop mail | stop mails | stop email | stop emails ",
	" abmelden | abmeldung | newsletter abmelden | newsletter abbestellen | abbestellen | austragen | vom newsletter abmelden | abbestellung | keine mails mehr | keine werbung mehr ",
	" désabonner | desabonner | se désabonner | désabonnez | désabonnement | desabonnement | désinscription | desinscription | désinscrire | desinscrire | se désinscrire | désinscrivez ",
	" baja | darse de baja | darme de baja | dar de baja | desuscribir | desuscribirme | desuscribirse | cancelar suscripción | cancelar suscripcion | cancelar la suscripción ",
	" disiscrivi | disiscrivimi | disiscrizione | disiscrivere | cancellami | cancella iscrizione | annulla iscrizione ",
	" afmelden | afmelding | uitschrijven | schrijf uit ",
	" descadastrar | desinscrever | cancelar inscrição | cancelar inscricao | cancelar subscrição | remover da lista ",
	" wypisz | wypisz się | wypisz sie | rezygnuję | anuluj subskrypcję | anuluj subskrypcje ",
	" avregistrera | avprenumerera | avsluta prenumeration | afmeld | frameld | avmeld | meld av | peruuta tilaus | odhlásit | odhlasit | abonelikten çık | abonelikten cik ",
	" отписаться | отписка | отпишите | отпишите меня | відписатися | 配信停止 | 購読解除 | 退会 | 退订 | 取消订阅 | 退訂 | 取消訂閱 | 수신거부 | 구독취소 | 구독 취소 ",
}

func leaving(words string) bool {
	if words == "" {
		return false
	}
	for _, of := range farewells {
		if strings.Contains("|"+of+"|", "| "+words+" |") {
			return true
		}
	}
	return false
}

// longestWish is how long a text may be that is nothing but a wish, in bytes.
const longestWish = 200

// words are a text's, small, with one space between them, without those that are polite; "" for a long text.
func words(text string) string {
	if len(text) > longestWish {
		return ""
	}
	var left []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	}) {
		if !strings.Contains(polite, " "+w+" ") {
			left = append(left, w)
		}
	}
	return strings.Join(left, " ")
}
