package schema

import "rapport/pkg/message"

// The patterns of words that readers take. They are no narrower than the readers.
const (
	namePattern     = `^[a-z][a-z0-9-]{0,62}$`
	idPattern       = `^[a-z][a-z0-9_]{0,62}$`
	traitPattern    = `^[a-z][a-z0-9_]{0,62}$`
	armPattern      = `^[a-z][a-z0-9_-]{0,62}$`
	tagPattern      = `^[a-z0-9][a-z0-9_-]{0,62}$`
	purposePattern  = `^[a-z][a-z0-9_-]{0,62}$`
	eventPattern    = `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`
	durationPattern = `^([0-9]+[smhdw])+$`
	clockPattern    = `^([01]?[0-9]|2[0-3]):[0-5][0-9]$`
	offsetPattern   = `^[+-]?([0-9]+[smhdw])+$`
	percentPattern  = `^ *[0-9]+(\.[0-9]+)? *% *$`
)

func name(examples ...any) *Schema { return pattern(namePattern, examples...).called("name") }

func duration(examples ...any) *Schema {
	s := pattern(durationPattern, examples...).called("length of time")
	s.Doc = "A length of time: a whole number and s, m, h, d or w, such as 90m, 36h, 3d or 2w."
	return s
}

func clock(examples ...any) *Schema {
	s := pattern(clockPattern, examples...).called("time of day")
	s.Doc = `A time of day from "00:00" to "23:59", in quotes.`
	return s
}

// share is 10%, or 0.1.
func share(examples ...any) *Schema {
	low, high := 0.0, 1.0
	return anyOf(pattern(percentPattern, examples...), &Schema{Types: []string{"number"}, Low: &low, High: &high}).called("percentage")
}

// condition is an expression that is true or false.
func condition(examples ...any) *Schema {
	return &Schema{Types: []string{"string", "boolean"}, Examples: examples, word: "condition"}
}

// expression is one with any result; numbers and truths stand for themselves.
func expression(examples ...any) *Schema {
	return &Schema{Types: []string{"string", "number", "boolean"}, Examples: examples, word: "expression"}
}

// amount is an expression whose result is a number.
func amount(examples ...any) *Schema {
	return &Schema{Types: []string{"string", "number"}, Examples: examples, word: "number or expression"}
}

// event is the type of an event. Editors offer the common ones; any other will do.
func event() *Schema {
	return pattern(eventPattern, "order.completed", "order.refunded", "cart.abandoned", "checkout.started", "product.viewed", "profile.identified", "email.clicked",
		"email.opened", "survey.answered", "message.failed", "segment.entered", "loyalty.tier_reached")
}

// channels are the keys of a mapping of one message: its channel and its template.
func channels(of ...message.Channel) []Key {
	docs := map[message.Channel]string{
		message.Email:    "The e-mail email/NAME.html.liquid, or email/NAME.mjml, with its text email/NAME.txt.liquid.",
		message.SMS:      "The text message sms/NAME.txt.liquid.",
		message.WhatsApp: "The WhatsApp message whatsapp/NAME.txt.liquid.",
		message.Webhook:  "The call webhook/NAME.yaml to a system of the shop's.",
	}
	var keys []Key
	for _, c := range of {
		keys = append(keys, key(string(c), text(), docs[c]))
	}
	return keys
}

func channelNames(of ...message.Channel) []string {
	var names []string
	for _, c := range of {
		names = append(names, string(c))
	}
	return names
}

// one is a mapping of one message: one of the channels, and other keys beside it.
func one(of []message.Channel, more ...Key) *Schema {
	return ways(mapping(append(channels(of...), more...)...), each(channelNames(of...)...)...)
}

func anyChannel() *Schema {
	return choice(append([]string{"any"}, channelNames(message.Channels()...)...)...)
}

// ifOr are the two ways to write a condition.
func ifOr(doc string, examples ...any) []Key {
	return []Key{
		key("if", condition(examples...), doc),
		key("when", ref("when"), doc+" Written as a list of comparisons, in place of if: or beside it."),
	}
}
