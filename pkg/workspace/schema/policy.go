package schema

import "rapport/pkg/message"

// Policy is the form of policy.yaml.
func Policy() *Schema {
	capped := mapping(
		key("channel", anyChannel(), "Which messages count: those of one channel, or any.").byDefault("any"),
		key("category", choice("any", "marketing", "transactional"), "Which messages count. Transactional ones are only counted where a cap names them.").byDefault("any"),
		key("purpose", pattern(purposePattern, "product-news"), "Which messages count: those of one purpose. Left out: of any."),
		key("journey", name("win-back"), "Which messages count: those of one journey. Left out: of any."),
		key("per_journey", truth(), "Count each journey by itself.").byDefault(false),
		key("at_most", whole(1, 200), "How many messages one person may get.").must().such(4),
		key("per", duration("7d", "24h"), "In any so long a time. The windows roll: there is no hour at which they start anew.").must(),
	)
	throttled := mapping(
		key("channel", anyChannel(), "What is bounded: messages of one channel, or any.").byDefault("any"),
		key("provider", text(), "What is bounded: messages through one provider. Left out: through any.").such("twilio"),
		key("domain", pattern(`^[^A-Z@ /]+\.[^A-Z@ /]+$`, "gmail.com"), "What is bounded: messages to addresses of one domain, in small letters. Left out: to any."),
		key("at_most", whole(1, 1000000), "How many messages, to all people together.").must().such(100),
		key("per", duration("1m", "1h"), "In so long a time. More of them wait.").must(),
	)
	var quiet []Key
	for _, c := range channelNames(message.Channels()...) {
		quiet = append(quiet, key(c, anyOf(choice("none"), mapping(
			key("from", clock("20:00"), "When they begin.").must(),
			key("to", clock("09:00"), "When they end; earlier than from: on the next morning.").must(),
		)), "When nothing is sent by "+c+", or none."))
	}
	s := mapping(
		key("caps", list(capped), "How many messages one person may get in a time. All caps have to have room."),
		key("reserve", mapping(
			key("priority_at_least", whole(1, 100), "The priority of a journey from which on the slots are open.").must().such(80),
			key("slots", whole(1, 200), "How many slots of each cap are kept.").byDefault(1),
		), "Keep the last slots of each cap for journeys that matter more."),
		key("quiet_hours", mapping(quiet...), "Hours of the recipient's day in which marketing waits, for each channel."),
		key("holdout", anyOf(append(share("5%").AnyOf, mapping(
			key("share", share("5%"), "How many people.").must(),
			key("salt", &Schema{Types: []string{"string", "number"}}, "Another word draws another group.").such("2026"),
		))...), "The share of people in the global control group, who get no marketing, so that its effect can be measured."),
		key("purposes", list(pattern(purposePattern, "marketing", "product-news", "loyalty", "surveys")).unique(), "What people can agree to. Journeys name one as purpose:; those that name none have marketing."),
		key("throttles", list(throttled), "How fast messages go out, for the sake of providers and of mailbox hosts. A rule that names no channel, provider or domain bounds all together."),
	)
	return file(s, "policy", "policy.yaml", "The rules of the shop about its messages, which every message of every journey has to pass.")
}

// file makes a form the root of a file, whose schema is ID.json.
func file(s *Schema, id, title, doc string) *Schema {
	s.ID, s.Title, s.Doc = id, title, doc
	return s
}
