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
	var confirmed []Key
	for _, c := range channelNames(message.Email, message.SMS, message.WhatsApp) {
		confirmed = append(confirmed, key(c, anyOf(pattern(purposePattern), list(pattern(purposePattern))).called("purposes"), "Those that are confirmed by "+c+".").such([]string{"marketing"}))
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
		key("purposes", anyOf(list(pattern(purposePattern, "marketing", "product-news", "loyalty", "surveys")).unique(), open(purposePattern, anyOf(&Schema{Types: []string{"null"}}, mapping(
			key("title", localised("Product news"), "What it is called where people choose."),
			key("description", localised("What is new, once a month"), "What it is about."),
		)))).called("list of names, or names with keys"), "What people can agree to: names, or names with what they are called where people choose. Journeys name one as purpose:; those that name none have marketing."),
		key("double_opt_in", mapping(confirmed...), "Purposes to which a yes counts only once the person has confirmed it, for each channel."),
		key("write_less", mapping(
			key("at_most", whole(1, 200), "How many marketing messages they get.").byDefault(1),
			key("per", duration("14d", "30d"), "In any so long a time.").byDefault("14d"),
		), "What people get who asked for fewer messages. It is one more cap, for them alone."),
		key("throttles", list(throttled), "How fast messages go out, for the sake of providers and of mailbox hosts. A rule that names no channel, provider or domain bounds all together."),
		key("late_after", duration("24h", "2h"), "How old an event may be when it comes and still begin something. An older one counts, and nobody is written to because of it.").byDefault("24h"),
	)
	return file(s, "policy", "policy.yaml", "The rules of the shop about its messages, which every message of every journey has to pass.")
}

// file makes a form the root of a file, whose schema is ID.json.
func file(s *Schema, id, title, doc string) *Schema {
	s.ID, s.Title, s.Doc = id, title, doc
	return s
}

// localised is a text for each locale, or one for all.
func localised(example string) *Schema {
	s := anyOf(text(), open(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`, text())).called("text, or one for each locale")
	s.Examples = []any{map[string]string{"en": example}}
	return s
}
