package sms_test

import (
	"strings"
	"testing"

	"rapport/pkg/sms"
)

// sureOptOuts are opt-outs in people's words that leave no doubt.
var sureOptOuts = []string{
	"please stop texting me", "Stop texting me!!!", "STOP TEXTING ME", "stop sending me messages", "Stop messaging me please",
	"stop contacting me", "Quit texting me", "quit spamming me", "please cease contacting me", "Stop sending me these texts",
	"stop sending these", "stop all messages", "Stop the texts please", "stop these messages", "end these messages",
	"cancel all future texts", "please stop", "pls stop", "plz stop!", "Stop please.", "STOP STOP STOP", "stop it", "Just stop.",
	"please stop this", "Stop now", "ok stop", "Please, stop.", "opt out", "opt-out please", "please unsubscribe", "Unsubscribe me",
	"unsubscribe me please", "I want to unsubscribe", "i would like to unsubscribe from these messages", "I'd like to opt out",
	"I wish to opt out of these texts", "opt me out", "remove me", "Remove me please", "please remove me from your list",
	"remove me from this list", "take me off your list", "Take me off your mailing list!", "take my number off your list",
	"get me off this list", "delete my number", "Please delete my number from your system", "please remove my number",
	"don't text me again", "Dont text me anymore", "do not text me", "DO NOT CONTACT ME AGAIN", "don’t message me", "never text me again",
	"Do not contact", "don't send me any more texts", "do not send me any more messages please", "no more texts", "No more messages please",
	"no texts please", "I don't want these messages", "I do not want to receive texts from you", "i dont want your texts",
	"I no longer wish to receive these messages", "I don't want to hear from you", "I don’t want any more promotions", "leave me alone",
	"please leave me alone", "lose my number", "I revoke my consent", "I hereby revoke consent to text messages", "I withdraw my permission",
	"I never signed up for this. Stop texting me.", "This is harassment, stop texting me", "Can you please stop texting me?",
	"Could you take me off your list?", "I asked you to stop", "I told you to stop texting me", "Hi, please remove me from your text list. Thanks",
	"Not interested. Please stop texting me", "Wrong number, stop messaging me", "STOP\n\nSent from my iPhone", "S T O P", "Stop All",
	"stop spam", "stop sending me promotional messages", "no more spam please", "I want to be removed from your list", "enough with the texts",
	"Please stop sending texts to this number", "stop bothering me", "I do not wish to be contacted", "stop receiving messages", "unsub",
	"no, stop", "thanks but please stop texting me", "i am opting out", "please discontinue texting me", "do not call or text me", "I want off this list", "Cease and desist", "remove from list", "I'd prefer to not receive texts", "STOP!!! STOP!!!",
	// Other languages.
	"Bitte keine SMS mehr", "keine Werbung mehr bitte", "Schreibt mir nicht mehr", "Schicken Sie mir keine Nachrichten mehr",
	"Hören Sie auf mir zu schreiben", "Hört bitte auf, mir SMS zu schicken", "Ich möchte keine Nachrichten mehr erhalten", "Bitte abmelden",
	"Melden Sie mich bitte ab", "Ich möchte mich abmelden", "Bitte löschen Sie meine Nummer", "Nehmt mich aus dem Verteiler",
	"Hiermit widerrufe ich meine Einwilligung", "Lassen Sie mich in Ruhe", "stopp bitte",
	"arrêtez de m'envoyer des messages", "Arrêtez vos SMS", "ne m'écrivez plus", "Ne m’envoyez plus rien", "je ne veux plus recevoir de SMS",
	"désabonnez-moi", "Retirez-moi de votre liste", "je souhaite me désabonner", "laissez-moi tranquille",
	"Dejen de enviarme mensajes", "deje de escribirme", "No me envíen más mensajes", "no quiero recibir más mensajes", "quiero darme de baja",
	"Eliminen mi número", "Déjenme en paz",
	"Smettetela di scrivermi", "basta messaggi", "non scrivetemi più", "Non voglio più ricevere messaggi", "cancellatemi", "Revoco il consenso",
	"Stop met sturen", "stop met deze berichten", "Stuur me geen berichten meer", "geen sms meer", "Haal mij van de lijst", "schrijf me uit", "laat me met rust",
	"Parem de me enviar mensagens", "não me mande mais mensagens", "Não quero receber mensagens", "remova meu número", "Me deixe em paz",
}

// unsureOptOuts may be meant otherwise: ask.
var unsureOptOuts = []string{
	"how do I unsubscribe?", "How can I opt out of these?", "please cancel", "cancel my subscription", "not interested", "No longer interested, thanks",
	"wrong number", "You have the wrong number", "this is spam", "who gave you my number? I never signed up", "I didn't subscribe to this",
	"stop texting me so late", "Stop texting me at night", "stop texting me unless there is a sale", "stop texting me about the chair",
	"don't text me today", "Don't call me", "stop calling me", "too many texts", "STOP. You have the wrong person", "stop I already bought it",
	"if you don't stop texting me I will report you", "remove me from the group order", "stop sending me the wrong size", "go away",
	"remove me from the waiting list", "why don't you stop texting me", "I will report you", "stop texting him", "I don't want these",
	"Can I opt out of the weekly ones only?", "enough texts", "When will you stop texting me?", "no thanks", "please end", "stop texting me lol",
	"I would like to unsubscribe from the coffee subscription", "please don't bother me with details", "do not contact me by phone", "do not contact me before 10",
	"I don't want spam, but I want the offers", "I want to be removed from the waitlist", "please stop my subscription", "cancel my sms order",
	"kein Interesse", "falsche Nummer", "pas intéressé", "mauvais numéro", "no me interesa", "número equivocado", "non mi interessa", "geen interesse",
	"verkeerd nummer", "não tenho interesse",
}

// noOptOuts have the words and not the meaning.
var noOptOuts = []string{
	"don't stop sending me these", "I can't stop laughing", "what time do you stop?", "please don't stop", "Don't ever stop texting me", "never stop",
	"I'll stop by tomorrow", "Can I stop by the store later?", "stop by anytime", "where is the bus stop", "your one-stop shop is great",
	"Non-stop deals, love it", "When does the sale end?", "the end of the month works", "Please cancel my order", "cancel order 1234",
	"I want to cancel my appointment", "How do I cancel my order?", "Can you remove the blue shirt from my order?", "remove item 2", "delete my order",
	"take 10% off", "take it off the price", "did you stop texting me?", "Why did you stop sending offers?", "you stopped sending me coupons, why?",
	"I did not unsubscribe", "I didn't opt out", "please don't unsubscribe me", "don't remove me from the list", "do not take me off your list",
	"I do not want you to stop texting me", "You can text me anytime", "text me when it ships", "send me more messages please", "no problem",
	"No more questions, thank you", "no more in stock?", "I don't want to miss the sale", "I don't want the red one", "Do not send the package to my office",
	"don't send it yet", "is this a text message?", "I love these texts", "great messages!", "Could not stop wearing it", "My watch stopped working",
	"the zipper won't stop sticking", "stop it from shrinking how?", "Thanks for the update", "ok", "yes please", "who is this?", "What is this about",
	"Liked “20% off this week! Reply STOP to opt out”", "Loved \"Your order is on its way. Text STOP to end\"", "what happens if I reply STOP to this?",
	"Emphasized “Reply STOP to unsubscribe”", "it says text stop to end", "I'll end up buying two", "quit smoking gift ideas?", "Does the offer end today?",
	"is shipping cancelled?", "my order was cancelled", "Lovely, I can't quit this coffee", "unsubscribed by mistake? no idea", "I'm off the list of returns, right?",
	"Where do I opt in?", "please keep texting me", "I won't stop shopping here", "leave the package alone by the door", "leave it at the door please",
	"12", "👍", "", "   ", "?!", "How long is the stop in Berlin?", "start the return please", "help me choose a size", "yes I want it", "info about sizes please",
	"Wann hört der Rabatt auf?", "Ich habe keine SMS bekommen", "Ich bekomme keine Nachrichten mehr", "Bitte nicht aufhören", "Melde mich morgen", "Wo ist meine Bestellung?",
	"je n'ai pas reçu de message", "n'arrêtez pas de m'écrire", "où est mon colis", "No dejen de enviarme mensajes", "no recibí mensajes", "quiero más información",
	"I never get your messages", "I get no more texts, why?", "What can I get from your list?", "please stop sending the package to my old address", "please stop my order",
	"Was the jacket removed from the system", "I'm not getting messages", "take off the tag please", "we got the messages", "full stop", "the stop button is broken",
	"non smettete di scrivermi", "dov'è il mio ordine", "ik heb geen bericht gekregen", "waar is mijn pakket", "não parem de me enviar mensagens", "onde está meu pedido",
}

func TestOptOutsInOwnWords(t *testing.T) {
	t.Parallel()
	for _, set := range []struct {
		texts []string
		want  sms.Intent
		ask   bool
	}{{sureOptOuts, sms.StopPhrase, false}, {unsureOptOuts, sms.StopPhrase, true}, {noOptOuts, sms.None, false}} {
		right := 0
		for _, text := range set.texts {
			for _, form := range []string{text, strings.ToUpper(text), "  " + text + " \n"} {
				if got := sms.Read(form); got.Intent != set.want || got.Ask != set.ask {
					t.Errorf("%q is a %v (ask %t, %s %q), want %v (ask %t)", form, got.Intent, got.Ask, got.Language, got.Word, set.want, set.ask)
				} else {
					right++
				}
			}
		}
		t.Logf("%v, ask %t: %d of %d", set.want, set.ask, right, 3*len(set.texts))
	}
}
