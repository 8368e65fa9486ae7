package sms

import "regexp"

// What people call messages, and to write them, in English.
const (
	enThings   = `(?:texts?|txts?|text messages?|messages?|msgs?|sms|smses|ads|adverts|advertising|advertisements?|promos|promotions|promotional \w+|marketing(?: \w+)?|notifications?|alerts|updates|offers|spam|solicitations?|communications?|crap|shit|junk|garbage|nonsense|bullshit|text (?:alerts|subscription|notifications|list)|sms (?:alerts|messages|notifications))`
	enWriting  = `(?:texting|txting|messaging|msging|smsing|contacting|spamming|bothering|harassing|bombarding|pestering|annoying|soliciting)`
	enWrite    = `(?:(?:call|email|write) (?:or|and) )?(?:text|txt|message|msg|sms|contact|spam|harass|bombard|pester|solicit)`
	enTarget   = `(?:me|us|my (?:phone|cell|mobile|number)|this (?:phone|cell|mobile|number)|here|at this number)`
	enQuit     = `(?:stop|stopp|quit|cease|discontinue|halt)`
	enAll      = `(?: (?:all|of|with|the|your|ur|u|you|these|this|those|any|more|my|further|future|to|from|me|us|damn|bloody|fucking|freaking|stupid|annoying|constant|constantly|unwanted|receiving|getting|sending)){0,5}`
	enNumber   = `(?:me|us|my (?:phone |cell |mobile )?(?:number|name|info|information|details|contact)|this (?:phone |cell |mobile )?number|our number)`
	enLists    = `(?:lists?|database|db|system|contacts|mailings?|records|marketing|texts?|messages?|notifications|alerts|program|sms|texting|text|group)`
	enNot      = `(?:do not|dont|dnt|never|no longer)`
	enDecided  = `^(?:(?:please|pls|plz|hi|hello|hey|just|yes|ok|so|and|i|we|id|would|like|want|wanna|need|wish|would|have|decided|asked|ask|request|am|im|are|were|to|be|get|rather|chose|choose|can|could|will|you|u|kindly|hereby|asking|requesting|now|simply) )*`
	enUnsub    = `(?:unsubscribed?|unsubscribing|unsub|unsubcribe|unsuscribe|un subscribe|opt out|opted out|opting out|opt me out|optout|deregister|removed|taken off)`
	enUnsubEnd = `(?: (?:me|us|my number|my phone|this number|please|pls|thanks|thank you|now|immediately|asap|right away|at once|for good))*(?: (?:from|of|off) (?:\w+ ?){1,5})?$`
)

// english and foreign are the rules; each clause tries them in this order, sure ones before others
// of their language.
var english = []rule{
	{"en", "stop texting", false, regexp.MustCompile(`\b(?:` + enQuit + `|end)` + enAll + ` ` + enWriting + `(?: ` + enTarget + `\b|(?: please| now| immediately| already| thanks| thank you| asap| again| ever)*$)`)},
	{"en", "stop sending", false, regexp.MustCompile(`\b` + enQuit + ` (?:with |all )?(?:sending|sendin|sends|send|giving)(?: me| us| to me| out| any| more| all| of| the| these| this| those| your| ur| so many| stupid| annoying| unwanted){0,5} (?:` + enThings + `|to (?:me|us|my number|my phone|this number))\b|\b` + enQuit + ` sending(?: me| us)?(?: this| these| those| anything| stuff| things| them)?(?: please| now| immediately| thanks)*$`)},
	{"en", "stop messages", false, regexp.MustCompile(`\b(?:` + enQuit + `|cancel|end)` + enAll + ` (?:texts?|txts?|text messages?|messages|msgs|sms|spam|notifications|alerts|marketing|text (?:alerts|subscription|notifications)|sms (?:alerts|messages|notifications)|promos|promotions|promotional \w+|ads)\b`)},
	{"en", "told to stop", false, regexp.MustCompile(`\b(?:asked|told|begging|begged|asking|telling|want|need|like) (?:you|u|yall)(?: guys| people| all| repeatedly| before| already| twice)? to (?:please )?(?:stop|quit|leave me alone)$|\b(?:please|pls|plz|plse) stop$`)},
	{"en", "do not text", false, regexp.MustCompile(`\b` + enNot + `(?: ever| please| you| dare| u)* ` + enWrite + `(?: with| to)? ` + enTarget + `\b|^` + enDecidedNot + ` ` + enWrite + `(?: again| anymore| any more| ever| please)*$`)},
	{"en", "do not send", false, regexp.MustCompile(`\b` + enNot + `(?: ever| please| you| dare)* send(?: me| us| to me)?(?: any| more| anymore| your| these| this| those| further| such| another| of){0,4} ` + enThings + `\b`)},
	{"en", "no longer text", false, regexp.MustCompile(`\b(?:want|wish|like|prefer|rather|asked|ask|choose|request)(?: to)? (?:never|no longer|not) (?:to )?(?:be|get|receive) (?:\w+ )?(?:texted|contacted|messaged|` + enThings + `)\b`)},
	{"en", "off the list", false, regexp.MustCompile(`\b(?:remove|delete|take|get|drop|scratch|erase|strike) ` + enNumber + ` (?:off|from|out of|outta|out|of)(?: of| this| the| your| ur| that| any| all| ya| mailing| marketing| contact| phone| call| calling| sms| text| texting| message| messaging| distribution| promo| promotional| \w+){0,3}? ` + enLists + `\b|^(?:please |pls )?(?:remove|delete|removed|taken|take|want) (?:from|off|me off)(?: of)? (?:(?:your|this|the|ur|all) )?(?:\w+ )?` + enLists + `\b|\bwant off (?:your|this|the|ur) (?:\w+ )?` + enLists + `\b`)},
	{"en", "remove me", false, regexp.MustCompile(enDecided + `(?:(?:remove|delete|drop|erase) ` + enNumber + `|(?:take|get) ` + enNumber + ` off(?: this| here)?)(?: please| now| immediately| asap| thanks| thank you| permanently)*$`)},
	{"en", "unsubscribe", false, regexp.MustCompile(enDecided + enUnsub + enUnsubEnd)},
	{"en", "revoke consent", false, regexp.MustCompile(`\b(?:revoke|revoking|withdraw|withdrawing|rescind|retract|cancel)(?: my| all| any| the| prior| previous| express| written| sms| text| marketing){0,4} (?:consents?|permissions?|authori[sz]ation|opt in)\b|\bcease and desist\b`)},
	{"en", "no more texts", false, regexp.MustCompile(`\b(?:no|not any) (?:more|further) (?:of )?(?:these |this |your |the |promotional |marketing )?` + enThings + `\b|^(?:please |pls )?no (?:texts?|txts?|messages|sms|marketing)(?: please| pls| thanks| thank you)*$|\benough (?:with|of) (?:the |these |your |this )?(?:texts?|texting|messages|sms|msgs|spam)\b`)},
	{"en", "do not want", false, regexp.MustCompile(`\b(?:` + enNot + `|not) (?:want|wanna|wish)(?: you| u)?(?: to)?(?: be| keep| receive| receiving| get| getting| hear| hearing| have| see| send| sending| me)*(?: any| more| anymore| your| ur| these| this| those| the| further| such| to| from| about| of| me| stupid| annoying){0,5} (?:` + enThings + `|texted|contacted|messaged|spammed|bothered|from (?:you|u|this (?:number|company|store|shop)))\b|\b(?:do not|dont) (?:want|wish) you (?:to )?` + enWrite + `(?:ing)? me\b`)},
	{"en", "leave me alone", false, regexp.MustCompile(enDecided + `(?:leave (?:me|us) (?:the (?:fuck|hell) )?alone|(?:lose|forget|delete) (?:my|this) (?:phone )?number)(?: please| now| thanks)*$`)},

	{"en", "stop texting", true, regexp.MustCompile(`\b` + enQuit + enAll + ` (?:` + enWriting + `|calling|emailing|writing|sending (?:me|us|these|this|so|too)|bugging|notifying)\b`)},
	{"en", "stop and more", true, regexp.MustCompile(`^(?:ok |please |pls |just |yes )*(?:stop|unsubscribe|opt out|optout)(?: it| this| please| now)? (?:i|im|ive|we|no|this|these|not|dont|already|never|who|sms|all|its|you have|u have|you are|wrong)\b`)},
	{"en", "stop, and more", true, regexp.MustCompile(`^(?:please |pls |just |ok )*(?:stop|unsubscribe|stopall|opt ?out)(?: please| now| it| this| that)*$`)},
	{"en", "why not stop", true, regexp.MustCompile(`\bwhy (?:dont|do not|wont|cant) (?:you|u) (?:just )?(?:stop|quit)\b`)},
	{"en", "if you do not stop", true, regexp.MustCompile(`\bif (?:you|u|this|these|it|they) (?:do not|dont|doesnt|does not|wont|keep|continue)\b.*\b(?:stop|` + enWriting + `|sending)\b`)},
	{"en", "do not text", true, regexp.MustCompile(`\b` + enNot + `(?: ever| please)* (?:call|email|write|bug|notify|bother|` + enWrite + `) (?:me|us)\b|\b(?:do not|dont)(?: ever| please)* send(?: me| us)?(?: this| these| anything| any more| more| anymore)*$`)},
	{"en", "off the list", true, regexp.MustCompile(`\b(?:remove|delete|drop|unlist|take|get) ` + enNumber + `(?: off| from|$)`)},
	{"en", "unsubscribe", true, regexp.MustCompile(`\b(?:unsubscribe|unsubscribing|unsub|unsubcribe|unsuscribe|opt out|opt me out|opting out|optout)\b`)},
	{"en", "no more texts", true, regexp.MustCompile(`\b(?:too many|so many|enough) ` + enThings + `\b|\b(?:cancel|end|stop) (?:my |this |the )?(?:subscription|membership)\b`)},
	{"en", "not interested", true, regexp.MustCompile(`\b(?:not|no longer|isnt|never) (?:\w+ )?interested\b|^no thanks$|^no thank you$`)},
	{"en", "wrong number", true, regexp.MustCompile(`\bwrong (?:number|person|phone|guy)\b|\bnot (?:my|the right|his|her) (?:number|phone)\b`)},
	{"en", "go away", true, regexp.MustCompile(`\b(?:go away|fuck off|piss off|bugger off|fuck you|get lost|leave (?:me|us) (?:the \w+ )?alone|lose my number)\b|\b(?:this is|reported as|reporting as|marked as) (?:spam|harassment|junk)\b|\b(?:will|gonna|going to|am|im) (?:report|block|reporting|blocking) (?:you|u|this)\b`)},
	{"en", "never signed up", true, regexp.MustCompile(`\b(?:i|we) (?:did not|didnt|never|dont remember) (?:\w+ )?(?:sign(?:ed|ing)? up|subscribed?|subscribing|ask(?:ed)? for (?:this|these)|opt(?:ed)? in|consent(?:ed)?|agreed? to (?:this|these)|g[ia]ve (?:you|u) (?:my number|permission|consent))\b`)},
	{"en", "do not want", true, regexp.MustCompile(`\b(?:do not|dont|no longer) (?:want|need|like) (?:these|this|them|any more|anymore|any of)(?: |$)`)},
}

const enDecidedNot = `(?:please |pls |plz |just )*(?:do not|dont|dnt)(?: ever)?`
