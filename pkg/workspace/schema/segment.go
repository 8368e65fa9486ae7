package schema

import (
	"rapport/pkg/lint"
	"rapport/pkg/render"
)

// Segment is the form of segments/NAME.yaml.
func Segment() *Schema {
	s := mapping(append([]Key{
		key("segment", name("vip"), "The name, by which journeys and conditions ask for it: \"vip\" in profile.segments.").must(),
		key("title", text(), "What people call it.").such("Our best customers"),
	}, ifOr("Who belongs to it, for as long as the condition holds.", "profile.orders.total > 500", "orders.count(last = 90d) >= 3", `"vip" in profile.segments and profile.country == "DE"`)...)...)
	s.Ways = []Way{{Key: "if", With: []string{"when"}}, {Key: "when"}}
	s.Defs = whenDefs()
	return file(s, "segment", "A segment", "A group that people belong to for as long as a condition about them holds.")
}

// Loyalty is the form of loyalty.yaml.
func Loyalty() *Schema {
	s := mapping(
		key("earn", list(mapping(append(append([]Key{
			key("on", ref("event"), "The event that earns points.").must(),
		}, ifOr("Only when this holds.", "event.total >= 20")...),
			key("points", amount("event.total", "event.total * 2", 50), "How many: a number, or an expression. Rounded down to whole points.").must(),
		)...)), "What earns points."),
		key("tiers", list(mapping(
			key("name", name("silver"), "The tier's name.").must(),
			key("from", whole(0, 1e9), "With how many points it begins; each begins above the one before.").must().such(500),
		)), "The tiers that points reach, lowest first. Reaching one is the event loyalty.tier_reached, falling out of it loyalty.tier_lost."),
	)
	s.Defs = append([]Def{{"event", event()}}, whenDefs()...)
	return file(s, "loyalty", "loyalty.yaml", "The loyalty programme: what earns points, and what they reach.")
}

// Webhook is the form of webhook/NAME.yaml.
func Webhook() *Schema {
	s := mapping(
		key("url", pattern(`^https?://`, "https://crm.shop.example/hooks/rapport"), "Where the call goes: https, or http on this machine with allow_private: true. Behind the host it may hold ${NAME}, a secret from the environment.").must(),
		key("method", choice("POST", "PUT"), "How it is called.").byDefault("POST"),
		key("headers", open("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", &Schema{Types: []string{"string", "number", "boolean"}}),
			"Headers of the call. ${NAME} stands for a secret from the environment, and secrets stand nowhere else. Content-Type and Idempotency-Key are set unless named.").
			such(map[string]string{"Authorization": "Bearer ${CRM_TOKEN}"}),
		key("body", text(), "The JSON that is sent, as a Liquid template. Values between quotes are escaped; elsewhere they are whole JSON values.").must().
			such(`{"customer": "{{ profile.id }}", "order": {{ trigger | json }}}`),
		key("timeout", duration("5s", "30s"), "How long the answer may take, at most a minute.").byDefault("10s"),
		key("allow_private", truth(), "Allow addresses in private networks, and http on this machine.").byDefault(false),
	)
	return file(s, "webhook", "A webhook", "A call to a system of the shop's, which a journey makes with send: {webhook: NAME}.")
}

func locale() *Schema { return choice(render.Locales()...) }

// WhatsApp is the form of whatsapp/NAME.yaml.
func WhatsApp() *Schema {
	s := mapping(
		key("content_sid", pattern(`^HX[0-9a-fA-F]{32}$`, "HX0123456789abcdef0123456789abcdef"), "The content at Twilio that WhatsApp has approved.").must(),
		key("variables", open(`^[A-Za-z0-9_]{1,64}$`, text()), "What goes into the places of the text, as Liquid templates. None may be empty for anybody.").
			such(map[string]string{"1": `{{ profile.first_name | default: "there" }}`}),
		key("text", text(), "The text as it was approved, with {{1}} and so on where variables go. It is not sent: previews, tests and the catcher show it.").must().
			such("Hi {{1}}, your parcel is on its way."),
	)
	return file(s, "whatsapp", "An approved message", "A message for WhatsApp whose wording was approved, which a journey sends with send: {whatsapp: NAME}.")
}

// texting is the part of rapport.yaml about text messages.
func texting() *Schema {
	sender := func() *Schema {
		return pattern(`^(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})$`, "+447700900123", "HazelFinch")
	}
	reply := mapping(
		key("stop", text(), "The answer to STOP.").such("Hazel & Finch: you will get no more messages from us."),
		key("ask", text(), "The answer to what may be meant as STOP.").such("Hazel & Finch: do you want no more messages? Reply STOP."),
		key("start", text(), "The answer to START, to whom gets again what they had agreed to.").such("Hazel & Finch: you will hear from us again. Reply STOP to end."),
		key("help", text(), "The answer to HELP: who writes, and how to end it.").such("Hazel & Finch: help@shop.example. Reply STOP to end."),
	)
	return mapping(
		key("from", anyOf(sender(), open(`^([A-Z]{2}|\*)$`, sender())), "Who writes: a number, or a name of at most 11 letters and digits; or a sender for each country, \"*\" for all others. In the US and Canada names cannot send.").
			such("+447700900123"),
		key("messaging_service", pattern(`^MG[0-9a-fA-F]{32}$`, "MG0123456789abcdef0123456789abcdef"), "Twilio's messaging service, which picks the sender. In place of from."),
		key("replies", open(`^[a-z]{2,3}$`, reply), "What is answered to STOP, START, HELP and the like, by language. Left out, or empty: nothing, as is right where Twilio's opt-out management answers.").
			such(map[string]any{"en": map[string]string{"help": "Hazel & Finch: help@shop.example. Reply STOP to end."}}),
	)
}

// Shop is the form of rapport.yaml.
func Shop() *Schema {
	s := mapping(
		key("shop", mapping(
			key("name", text(), "What customers call the shop.").must(),
			key("url", pattern(`^https?://`, "https://shop.example"), "The shop's web address."),
			key("currency", pattern(`^[A-Z]{3}$`, "GBP", "EUR", "USD"), "Three letters of ISO 4217, used where an order names none.").must(),
			key("locale", locale(), "How amounts are written for people whose language is not known.").byDefault("en-GB"),
			key("timezone", text(), "The time zone of people whose own is not known.").must().such("Europe/London", "Europe/Berlin", "America/New_York"),
			key("address", anyOf(text(), list(text())), "The postal address, which the law asks for in marketing e-mails: a list of lines, or one text."),
		), "Who writes. Templates print it as {{ shop.name }} and so on.").must(),
		key("email", mapping(
			key("from", mapping(
				key("name", text(), "The sender's name."),
				key("address", pattern(`@`, "hello@shop.example"), "The sender's address.").must(),
			), "Who e-mails come from."),
			key("reply_to", pattern(`@`, "help@shop.example"), "Where answers go. Left out: to the sender."),
			key("clients", list(choice(lint.Clients()...)).atLeast(1), "The mail programs that readers use, by which `rapport check` looks at HTML and CSS. Left out: gmail, outlook, apple-mail and yahoo."),
		), "E-mail."),
		key("sms", texting(), "Text messages."),
		key("whatsapp", mapping(
			key("from", pattern(`^\+[1-9][0-9]{6,14}$`, "+447700900123"), "The number of the business account."),
		), "WhatsApp."),
	)
	return file(s, "rapport", "rapport.yaml", "The shop, and who its messages come from.")
}
