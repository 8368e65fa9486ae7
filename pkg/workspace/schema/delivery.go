package schema

import "rapport/pkg/routing"

// Delivery is the form of delivery.yaml.
func Delivery() *Schema {
	const (
		providerPattern = `^[a-z][a-z0-9-]{0,62}$`
		secretPattern   = `^\$\{[A-Z][A-Z0-9_]*\}$`
		hostPattern     = `^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`
		groupPattern    = `^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
	)
	rate := func() *Schema {
		return mapping(
			key("at_most", whole(1, 1000000), "How many messages.").must().such(50),
			key("per", duration("1s", "1m"), "In so long a time. More of them wait.").must(),
		)
	}
	ramp := func() *Schema {
		return anyOf(choice(routing.RampNames()...), list(whole(1, 1e9)).atLeast(1).atMost(366)).called("ramp")
	}
	provider := mapping(
		key("name", pattern(providerPattern, "main", "spare"), "What receipts, figures and routes call it.").must(),
		key("smtp", pattern(`^.+:[0-9]+$`, "smtp.example.com:587"), "Where its mail server is: name and port.").must(),
		key("tls", choice("opportunistic", "mandatory", "implicit", "none"), "How connections are encrypted: where it is offered, always, from the first byte (port 465), or not.").byDefault("opportunistic"),
		key("username", pattern(secretPattern, "${SMTP_USERNAME}"), "The variable of the environment that holds the user name."),
		key("password", pattern(secretPattern, "${SMTP_PASSWORD}"), "The variable of the environment that holds the password."),
		key("hello", pattern(hostPattern, "mail.shop.example"), "The name by which we greet it. Left out: the host's own."),
		key("connections", whole(1, 1000), "How many connections there are to it at most.").byDefault(8),
		key("messages_per_connection", whole(1, 1e6), "After how many messages a connection is renewed.").byDefault(500),
		key("rate", rate(), "How fast it is fed."),
		key("pass_metadata", choice(routing.Services()...), "The service behind it: our name of the message goes into the headers from which it comes back in that service's callbacks."),
		key("warm_up", mapping(
			key("from", pattern(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, "2026-12-01"), "The first day on which it sends.").must(),
			key("per_day", ramp(), "How many messages each day: stages, or the name of a ramp. The next stage begins when one was filled.").must().such("steady"),
			key("domains", open(groupPattern, ramp()), "Ramps of single mailbox providers, by their domain, or gmail, microsoft, yahoo or apple.").such(map[string]string{"gmail": "careful"}),
		), "Begin with few messages a day and send more from day to day, as mailbox providers want it of new senders."),
	)
	route := mapping(
		key("match", mapping(
			key("category", choice("any", "marketing", "transactional"), "Messages of one category.").byDefault("any"),
			key("journey", name("win-back"), "Messages of one journey."),
			key("domain", pattern(groupPattern, "gmail", "web.de"), "Messages to one domain, or to gmail, microsoft, yahoo or apple with all of theirs."),
			key("share", share("10%"), "Only so many of them, drawn by their ids."),
		), "Which messages go this way. Left out: all."),
		key("to", list(anyOf(pattern(providerPattern, "main"), mapping(
			key("provider", pattern(providerPattern, "main"), "Its name.").must(),
			key("weight", whole(1, 1000), "How often it comes first, in proportion to the others' weights.").must().such(80),
		))).atLeast(1), "By which providers: the first, and when it cannot, the next.").must(),
	)
	domain := mapping(
		key("domain", anyOf(pattern(groupPattern, "gmail"), list(pattern(hostPattern, "web.de")).atLeast(1)), "Which recipients: one domain, several, or gmail, microsoft, yahoo or apple.").must(),
		key("connections", whole(1, 1000), "How many messages to them are in hand at a time."),
		key("rate", rate(), "How fast messages go to them, through all providers together."),
		key("warm_up_share", share("40%"), "How much of a warm-up is theirs. The others share the rest."),
	)
	s := mapping(
		key("providers", list(provider).atLeast(1), "The mail servers that take e-mails. Left out: the one of --smtp."),
		key("routes", list(route), "Which messages go by which providers: the first route that matches. Left out, or none matches: all providers, in their order."),
		key("domains", list(domain), "What holds for the mailboxes of some domains."),
	)
	return file(s, "delivery", "delivery.yaml", "How e-mails leave: by which mail servers, how fast, and what happens when one of them cannot.")
}
