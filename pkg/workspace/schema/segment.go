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
		key("sms", mapping(
			key("from", pattern(`^(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})$`, "+447700900123", "HazelFinch"), "A number, or a name of at most 11 letters and digits."),
		), "Text messages."),
		key("whatsapp", mapping(
			key("from", pattern(`^\+[1-9][0-9]{6,14}$`, "+447700900123"), "The number of the business account."),
		), "WhatsApp."),
	)
	return file(s, "rapport", "rapport.yaml", "The shop, and who its messages come from.")
}
