package sms

import "regexp"

// What people call messages, how they say please, and more, in other languages. All are folded:
// no accents, no apostrophes, ä is a.
const (
	deThings = `(?:sms|nachrichten?|werbung|werbe\w+|textnachrichten|mitteilungen|angebote|newsletter|spam|infos?|benachrichtigungen)`
	dePolite = `^(?:bitte |hallo |hi |ja |also |jetzt |und |ich sagte )*`
	deMe     = `(?:sie |ihr |bitte |mir |mich |uns |doch |endlich )*`
	deMine   = `(?:mich|uns|meine (?:handy|telefon|mobil|ruf)?(?:nummer|kontaktdaten|daten)|diese (?:handy|telefon)?nummer)`
	frThings = `(?:sms|messages?|textos?|pubs?|publicites?|promos?|promotions|offres|notifications|mails?)`
	frMe     = `(?:moi|mon numero|mes (?:coordonnees|donnees)|ce numero)`
	esThings = `(?:mensajes?|sms|textos?|publicidad|propaganda|promociones|ofertas|anuncios|notificaciones)`
	itThings = `(?:messaggi\w*|sms|pubblicita|promozioni|offerte|notifiche|spam)`
	nlThings = `(?:sms\w*|berichten|berichtjes|reclame|spam|aanbiedingen|appjes|meldingen)`
	ptThings = `(?:mensagens|sms|torpedos|publicidade|propaganda|promocoes|ofertas|spam|notificacoes)`
)

var foreign = []rule{
	{"de", "aufhören", false, regexp.MustCompile(`\bho(?:e)?r\w* (?:sie |bitte |endlich |doch |jetzt |mal |sofort |damit |ihr )*auf\b.*\b(?:schreib\w*|schick\w*|send\w*|nerv\w*|belastig\w*|belaestig\w*|kontaktier\w*|texten|sms|nachrichten|werbung|spam\w*)`)},
	{"de", "nicht mehr schreiben", false, regexp.MustCompile(dePolite + `(?:schreib\w*|schick\w*|send\w*|kontaktier\w*|text\w*|sms\w*|belastig\w*|belaestig\w*|nerv\w*) ` + deMe + `(?:nicht mehr|nie wieder|nie mehr|nichts mehr|keine (?:\w+ )?` + deThings + `)`)},
	{"de", "keine SMS mehr", false, regexp.MustCompile(`\bkeine (?:\w+ )?` + deThings + `(?: \w+){0,2} mehr\b|\bkeine (?:weiteren?|mehr) ` + deThings + `|` + dePolite + `keine ` + deThings + `(?: bitte| danke)*$`)},
	{"de", "keine SMS wollen", false, regexp.MustCompile(`\b(?:will|mochte|moechte|wunsche|wuensche|brauche) (?:\w+ ){0,3}?(?:keine (?:\w+ ){0,2}?` + deThings + `|nicht mehr (?:kontaktiert|angeschrieben|belastigt|belaestigt))`)},
	{"de", "abmelden", false, regexp.MustCompile(dePolite + `(?:melde[nt]?) ` + `(?:sie |ihr |bitte )*(?:mich|uns) (?:\w+ ){0,4}?ab(?: bitte)?$|\b(?:mochte|moechte|will|wurde|wuerde) (?:mich |gerne? |bitte |hiermit |sofort |von |vom |aus |ihrem |eurem |ihren |euren |newsletter |dem |der |sms |service |dienst |verteiler |liste ){0,7}(?:abmelden|austragen|abbestellen|ausgetragen werden|abgemeldet werden)`)},
	{"de", "Nummer löschen", false, regexp.MustCompile(dePolite + `(?:losch\w*|loesch\w*|entfern\w*|streich\w*) (?:sie |ihr |bitte )*` + deMine + `|\b(?:nehm\w*|nimm|tragen?|tragt|trag) (?:sie |ihr |bitte )*` + deMine + ` (?:bitte )?(?:aus|von|vom|raus)\b`)},
	{"de", "Einwilligung widerrufen", false, regexp.MustCompile(`\bwiderruf\w* (?:\w+ ){0,3}(?:einwilligung|zustimmung|erlaubnis)`)},
	{"de", "in Ruhe lassen", false, regexp.MustCompile(dePolite + `(?:lass|lasst|lassen) (?:sie |ihr |bitte )*(?:mich|uns) (?:\w+ )?in (?:ruhe|frieden)`)},
	{"de", "abmelden", false, regexp.MustCompile(dePolite + `(?:abmelden|austragen|abbestellen|aufhoren|aufhoeren)(?: bitte| damit| jetzt| sofort| danke)*$`)},
	{"de", "kein Interesse", true, regexp.MustCompile(`\bkein interesse\b|\bfalsche nummer\b|\bho(?:e)?rt? (?:sie |bitte |endlich )*(?:damit )?auf\b|\bgenug (?:werbung|sms)\b`)},

	{"fr", "arrêtez", false, regexp.MustCompile(`\b(?:arrete[zr]?|cesse[zr]?|stoppe[zr]?|stop)(?: de| les?| vos| ces| tous| tout| me| nous| a){0,4} (?:mecrire|ecrire|envoyer|menvoyer|denvoyer|decrire|contacter|texter|spammer|harceler|deranger|solliciter|relancer|envois?|` + frThings + `)\b`)},
	{"fr", "ne plus écrire", false, regexp.MustCompile(`\bne (?:me |nous |m)(?:envoyez|envoie|ecrivez|ecris|contactez|contacte|textez|texte|derangez|harcelez) (?:surtout )?plus\b|\bne (?:me |nous )(?:contactez|ecrivez|textez|derangez) (?:pas|jamais)\b`)},
	{"fr", "plus de messages", false, regexp.MustCompile(`\b(?:ne )?(?:veux|souhaite|desire|voudrais|voulons) (?:plus|pas|ne plus|plus jamais)(?: de| vos| recevoir| avoir| aucun| ces| etre| rien){1,4} (?:` + frThings + `|contactee?|sollicitee?|derangee?|de vous|votre part)\b`)},
	{"fr", "désabonner", false, regexp.MustCompile(`\b(?:desabonne[zr]?|desinscri\w+|retire[zr]?|enleve[zr]?|supprime[zr]?|radiez|raye[zr]?|efface[zr]?) ` + frMe + `|\b(?:veux|souhaite|voudrais|desire)(?: \w+)? (?:me )?(?:desabonner|desinscrire)|^(?:svp )?(?:me )?(?:desabonner|desinscrire)(?: svp)?$`)},
	{"fr", "retirer le consentement", false, regexp.MustCompile(`\b(?:retire|revoque|annule) (?:\w+ ){0,2}(?:consentement|autorisation)`)},
	{"fr", "laissez-moi tranquille", false, regexp.MustCompile(`\b(?:laisse|laissez|fichez|foutez)(?: |-)?(?:moi|nous) (?:tranquille|la paix|en paix)`)},
	{"fr", "pas intéressé", true, regexp.MustCompile(`\bpas interesse|\b(?:mauvais|faux) numero|\bplus de (?:sms|messages?|textos?|pubs?)\b|^stop\b.*\b(?:pub|sms)`)},

	{"es", "dejen de enviar", false, regexp.MustCompile(`\b(?:deje|dejen|deja|dejad|pare|paren|parad|cese|cesen|basta)(?: ya)? (?:de|con)(?: los| las| sus| tantos| tanta)? (?:enviar\w*|mandar\w*|escribir\w*|molestar\w*|contactar\w*|textear\w*|` + esThings + `)`)},
	{"es", "no me escriban", false, regexp.MustCompile(`\bno (?:me |nos )?(?:envien|envie|envies|mande|mandes|manden|escriba|escriban|escribas|contacte|contacten|moleste|molesten) (?:mas|nunca|ya|` + esThings + `)`)},
	{"es", "no quiero mensajes", false, regexp.MustCompile(`\bno (?:quiero|deseo|quisiera)(?: recibir| mas| que me envien| que me manden| que me escriban| que me contacten| sus| estos| seguir| recibiendo| tener| sus){0,5} (?:` + esThings + `|mas$|que me (?:escriban|contacten))`)},
	{"es", "darse de baja", false, regexp.MustCompile(`\b(?:dar|darme|denme|deme|dame|dadme|doy|darnos) (?:me )?de baja\b|^(?:por favor )?(?:quiero )?(?:la )?baja(?: por favor)?$`)},
	{"es", "quiten mi número", false, regexp.MustCompile(`\b(?:elimin\w+|borr\w+|quit\w+|saq\w+|sac\w+|remuev\w+)(?: a)? (?:mi numero|de (?:su|la|tu|vuestra|esta|sus) (?:\w+ )?(?:lista|base))`)},
	{"es", "revoco el consentimiento", false, regexp.MustCompile(`\b(?:revoco|retiro) (?:\w+ ){0,2}(?:consentimiento|permiso|autorizacion)`)},
	{"es", "déjenme en paz", false, regexp.MustCompile(`\b(?:dej\w+) en paz\b`)},
	{"es", "no me interesa", true, regexp.MustCompile(`\bno (?:me |estoy )?interes\w+|\bnumero equivocado`)},

	{"it", "smettetela", false, regexp.MustCompile(`\b(?:smett\w+|basta|finitela|cessate|piantatela|fermate|stop)(?: di| con| coi| i| gli| questi| tutti| a){0,3} (?:mandar\w*|inviar\w*|scriver\w*|contattar\w*|disturbar\w*|` + itThings + `)`)},
	{"it", "non scrivetemi più", false, regexp.MustCompile(`\bnon (?:mi )?(?:mandate\w*|inviate\w*|scrivete\w*|contattate\w*|scrivermi|contattarmi|mandarmi|inviarmi|disturbate\w*|mandare|inviare|scrivere) (?:piu|altri|mai|` + itThings + `)\b`)},
	{"it", "non voglio messaggi", false, regexp.MustCompile(`\bnon (?:voglio|desidero|vorrei)(?: piu| ricevere| altri| altre| vostri| i| questi| essere){1,4} (?:` + itThings + `|contattat\w|disturbat\w)`)},
	{"it", "cancellatemi", false, regexp.MustCompile(`\b(?:cancell|togli|rimuov|elimin|disiscriv|lev)\w*(?:temi|ami|imi|etemi)\b|\b(?:cancell|togli|rimuov|elimin)\w* (?:il mio (?:numero|contatto)|questo numero)|\b(?:voglio|vorrei) (?:\w+ )?(?:disiscrivermi|cancellarmi)`)},
	{"it", "revoco il consenso", false, regexp.MustCompile(`\b(?:revoco|ritiro) (?:\w+ ){0,2}consenso`)},
	{"it", "lasciatemi in pace", false, regexp.MustCompile(`\blascia\w* in pace`)},
	{"it", "non mi interessa", true, regexp.MustCompile(`\bnon (?:mi |sono )?interess\w+|\bnumero sbagliato`)},

	{"nl", "stop met sturen", false, regexp.MustCompile(`\b(?:stop|stopt|stoppen|hou|houd|houdt)(?: \w+){0,2}? (?:met|op met|mee)(?: het| mij| me| ons| al| die| deze| jullie){0,3} (?:sturen|smsen|sms en|appen|spammen|lastigvallen|benaderen|` + nlThings + `)`)},
	{"nl", "niet meer sturen", false, regexp.MustCompile(`\b(?:stuur|sms|app|schrijf|benader|contacteer|bel)(?: mij| me| ons| alsjeblieft| aub)*(?: niet meer| nooit meer| niks meer| niets meer| geen (?:\w+ )?` + nlThings + `)`)},
	{"nl", "geen berichten meer", false, regexp.MustCompile(`\bgeen (?:\w+ )?` + nlThings + `(?: \w+){0,2} meer\b|\bwil (?:\w+ ){0,3}?geen (?:\w+ ){0,2}?` + nlThings + `|^(?:aub |alstublieft |graag )?geen ` + nlThings + `(?: aub| alstublieft)?$`)},
	{"nl", "afmelden", false, regexp.MustCompile(`\b(?:meld|schrijf|haal|verwijder|gooi) (?:mij|me|ons|mijn (?:telefoon)?nummer|mijn gegevens)(?: \w+){0,5}? ?(?:af|uit|van|lijst|bestand|eruit)\b|^(?:aub |alstublieft )?verwijder mijn (?:telefoon)?nummer|\bwil (?:me|mij|graag|mezelf)(?: \w+){0,3}? (?:afmelden|uitschrijven)`)},
	{"nl", "toestemming intrekken", false, regexp.MustCompile(`\btrek (?:\w+ ){0,3}toestemming in\b|\bherroep (?:\w+ ){0,2}toestemming`)},
	{"nl", "met rust laten", false, regexp.MustCompile(`\bla(?:at|ten) (?:mij|me|ons) (?:\w+ )?met rust`)},
	{"nl", "geen interesse", true, regexp.MustCompile(`\bgeen interesse|\bniet geinteresseerd|\bverkeerd nummer`)},

	{"pt", "parem de enviar", false, regexp.MustCompile(`\b(?:pare|parem|para|deixe|deixem|chega|cessem)(?: ja)? (?:de|com)(?: me| as| essas| estas| nos| tantas)? (?:enviar\w*|mandar\w*|escrever\w*|contat\w*|contact\w*|incomodar\w*|` + ptThings + `)`)},
	{"pt", "não me mande", false, regexp.MustCompile(`\bnao (?:me |nos )?(?:envie|enviem|envies|mande|mandem|mandes|escreva|escrevam|contate|contatem|contacte|contactem|incomode|incomodem)(?: me)? (?:mais|nunca|` + ptThings + `)`)},
	{"pt", "não quero mensagens", false, regexp.MustCompile(`\bnao (?:quero|desejo)(?: mais| receber| essas| estas| suas| as| ser| que me mandem){0,4} (?:` + ptThings + `|contatado|contactado|contatada|contactada|mais$)`)},
	{"pt", "remova meu número", false, regexp.MustCompile(`\b(?:remov\w+|retir\w+|tir\w+|apag\w+|exclu\w+|elimin\w+)(?: me)? (?:o )?(?:meu (?:numero|contato|contacto|telefone)|(?:da|dessa|desta|de)(?: sua| vossa)? lista)|\b(?:quero|gostaria de) (?:me )?(?:descadastrar|desinscrever|cancelar a inscricao)`)},
	{"pt", "revogo o consentimento", false, regexp.MustCompile(`\b(?:revogo|retiro) (?:\w+ ){0,2}(?:consentimento|autorizacao)`)},
	{"pt", "deixem-me em paz", false, regexp.MustCompile(`\b(?:me )?deix\w+(?: me)? em paz`)},
	{"pt", "não tenho interesse", true, regexp.MustCompile(`\bnao (?:tenho interesse|estou interessad\w|me interessa)|\bnumero errado`)},
}
