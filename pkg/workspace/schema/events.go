package schema

// Events is the form of events.yaml.
func Events() *Schema {
	declared := mapping(
		key("title", text(), "The name under which SDKs send it. Left out: the type in words, Subscription Paused.").such("Subscription Paused"),
		key("description", text(), "What happened, for those who read journeys and generated code.").such("A customer paused a subscription."),
		key("version", whole(1, 1e6), "Counts the changes of the declaration.").byDefault(1),
		key("deprecated", text(), "Why it is to be used no more, and what instead. Journeys that name it are warned of.").such("send subscription.changed"),
		key("properties", propertiesOf(), "What it comes with. It may come with more, which is kept."),
	)
	s := mapping(
		key("unknown_types", choice("keep", "refuse"), "What becomes of events of types that are neither known nor declared.").byDefault("keep"),
		key("violations", choice("refuse", "keep"), "What becomes of events of known or declared types that are not as they should be. Those that are kept are counted.").byDefault("refuse"),
		key("events", open(eventPattern, anyOf(&Schema{Types: []string{"null"}}, ref("type"))).called("types, each with its keys, or nothing"), "The team's own types, and further properties of known ones, by type.").
			such(map[string]any{"subscription.paused": map[string]any{"properties": map[string]any{"plan": map[string]any{"type": "string"}}}}),
	)
	kind := choice("string", "number", "integer", "boolean", "money", "date", "time", "object", "array", "any")
	enum := list(text()).atLeast(1)
	common := func(more ...Key) []Key {
		return append([]Key{
			key("type", kind, "What it holds. Amounts are money: a number or a decimal such as \"12.50\". Dates are 2026-03-02, times RFC 3339 or a date.").must(),
			key("description", text(), "What it means."),
			key("enum", enum, "All that a string may be.").such([]string{"monthly", "yearly"}),
			key("format", choice("email", "url", "currency"), "What a string has to look like."),
			key("properties", propertiesOf(), "Of an object: what it holds. Left out: anything."),
			key("of", ref("element"), "Of an array: what each of it is. Left out: anything."),
		}, more...)
	}
	s.Defs = []Def{
		{"type", declared},
		{"property", mapping(common(
			key("required", truth(), "Whether events without it are wrong.").byDefault(false),
			key("example", &Schema{}, "A value, for those who write code and tests. It is checked like one that was sent.").such("monthly"),
			key("deprecated", text(), "Why it is to be used no more, and what instead."),
		)...)},
		{"element", mapping(common()...)},
	}
	return file(s, "events", "events.yaml", "The tracking plan: which events the team sends besides those that Rapport knows, and what they come with.")
}

func propertiesOf() *Schema { return open(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`, ref("property")) }
