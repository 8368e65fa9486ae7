package schema

import "rapport/pkg/shophook"

// Source is the form of sources/NAME.yaml.
func Source() *Schema {
	const (
		namePattern   = `^[A-Za-z_][A-Za-z0-9_]{0,62}$`
		secretPattern = `^\$\{[A-Z][A-Z0-9_]*\}$`
		headerPattern = `^[A-Za-z][A-Za-z0-9-]{0,99}$`
	)
	expr := func() *Schema { return expression() }
	some := func() *Schema {
		return anyOf(expr(), list(expr()).atLeast(1)).called("expression, or list of them: the first that is there")
	}
	variable := pattern(secretPattern, "${SHOPIFY}")
	verify := mapping(
		key("scheme", choice(shophook.Schemes()...), "How the shop signs: as one of these systems does, as the Standard Webhooks specification says, or with HMAC-SHA256 over the body in some header.").must(),
		key("secret", anyOf(variable, list(variable).atLeast(1)), "Names the variable of the environment that holds the secret: `RAPPORT_SECRET_SHOPIFY` for `${SHOPIFY}`. Several while it is changed: any of them may have signed.").must(),
		key("tolerance", duration("1m", "5m"), "How far a signed time may be from ours. Where the scheme signs one.").byDefault("5m"),
		key("header", pattern(headerPattern, "X-Signature"), "Of hmac: the header with the signature."),
		key("encoding", choice("base64", "hex"), "Of hmac: how it is written.").byDefault("base64"),
		key("prefix", text(), "Of hmac: what stands before it.").such("sha256="),
		key("timestamp", pattern(headerPattern, "X-Timestamp"), "Of hmac: the header with the time in seconds, which is signed with a point between it and the body."),
	)
	fields := func() *Schema { return open(namePattern, ref("value")) }
	consent := mapping(
		key("channel", choice("email", "sms", "whatsapp", "webhook"), "Which channel it is for.").must(),
		key("purpose", name("marketing"), "To what, as in `policy.yaml`.").must().such("marketing"),
		key("if", expr(), "Only then anything was said."),
		key("granted", expr(), "Whether it is a yes. What is not there is no word at all.").must().such(`body.state == "subscribed"`),
		key("confirmed", expr(), "Whether the person confirmed it, by a link in a mail, say."),
		key("at", expr(), "When it was said. Left out: when the event happened."),
		key("source", expr(), "Where it was said. Left out: the source's name."),
		key("proof", expr(), "What shows it."),
	)
	person := func() *Schema {
		return mapping(
			key("subject", some(), "Their id. Of several, the first that is there.").must().such(`"shopify:" + text(body.customer.id)`),
			key("also", anyOf(expr(), list(expr())).called("expression, or list of them"), "Other ids of the same person, all that are there.").such(`"email:" + email(body.email)`),
			key("traits", fields(), "What is known of them then."),
			key("consent", list(consent), "What they agreed to, or did not."),
		)
	}
	shape := name("order")
	becomes := mapping(
		key("on", anyOf(text(), list(text()).atLeast(1)), "The topic, or several.").must().such("orders/create"),
		key("if", expr(), "Only then.").such("body.cancelled_at != nil"),
		key("each", expr(), "A list of which each element becomes an event.").such("body.refunds"),
		key("as", pattern(namePattern, "refund"), "What an element is called in expressions.").byDefault("item").with("each"),
		key("type", ref("event"), "What happened.").must().such("order.completed"),
		key("id", expr(), "What tells it from other events of its type: said again, it changes nothing. Left out: the delivery's signed id, or a digest of its body.").such("text(body.id)"),
		key("time", some(), "When it happened. Left out, or not there: when it was received."),
		key("person", anyOf(name("buyer"), person()), "Who it is about: one of `people`, or said here.").must(),
		key("data", anyOf(shape, fields(), list(anyOf(shape, fields()))).called("fields, one of `shapes`, or a list of these"), "What else it says."),
	)
	s := mapping(
		key("verify", verify, "How its deliveries are verified.").must(),
		key("topic", expr(), "What a delivery is about. Left out: as the scheme has it; hmac has none.").such(`header("X-Topic")`),
		key("delivery", expr(), "What the shop calls a delivery. Left out: as the scheme has it."),
		key("ignore", list(text()), "Topics of which nothing is made. With `*` at the end: all that begin so.").such([]string{"app/*"}),
		key("let", open(namePattern, expr()), "Parts that other expressions name; each may name those before it.").such(map[string]string{"order": "body.data.object"}),
		key("people", open(``, person()), "People that several events are about."),
		key("shapes", open(``, fields()), "Data that several events have."),
		key("events", list(becomes), "What topics become. A topic may become several events.").must(),
	)
	// One form for both: a mapping with each: is a list, and any other one of fields.
	value := mapping(
		key("each", expr(), "A list: each element becomes fields.").such("body.line_items"),
		key("as", expr(), "What an element is called in expressions.").byDefault("item"),
		key("if", expr(), "Only elements of which this holds."),
		key("fields", fields(), "What each has."),
	)
	value.Names, value.Others = namePattern, ref("value")
	s.Defs = []Def{
		{Name: "value", Form: anyOf(text(), number(), truth(), list(ref("value")), value)},
		{Name: "event", Form: event()},
	}
	return file(s, "source", "sources/NAME.yaml", "What the webhooks of a shop system mean: how they are verified, and which events they become.")
}
