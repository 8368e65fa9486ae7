package schema

// when is a condition written as questions: all that a mapping says has to hold.
func when() *Schema {
	group := anyOf(ref("questions"), list(ref("when")).atLeast(1))
	group.Doc = "All of these have to hold."
	return group
}

// questions are the keys of one group: what is asked about, and how.
func questions() *Schema {
	scalar := &Schema{Types: []string{"string", "number", "boolean"}}
	values := list(scalar).atLeast(1)
	asked := mapping(
		key("eq", scalar, "It is this."),
		key("not", scalar, "It is not this."),
		key("gt", scalar, "It is more than this."),
		key("gte", scalar, "It is this or more."),
		key("lt", scalar, "It is less than this."),
		key("lte", scalar, "It is this or less."),
		key("in", values, "It is one of these.").such([]string{"DE", "AT"}),
		key("not_in", values, "It is none of these."),
		key("contains", scalar, "It contains this: a list one of its elements, a text a part of it."),
		key("not_contains", scalar, "It does not contain this."),
		key("starts_with", text(), "It begins with this."),
		key("ends_with", text(), "It ends with this."),
		key("exists", truth(), "It is there, or, with false, it is not."),
		key("within", duration("30d"), "It is a time at most so long ago."),
	).atLeast(1)
	s := mapping(
		key("any_of", ref("when"), "One of these has to hold."),
		key("all_of", ref("when"), "All of these have to hold."),
		key("not", ref("when"), "None of these may hold."),
	).atLeast(1)
	s.Others = anyOf(&Schema{Types: []string{"string", "number", "boolean", "null"}, Doc: "It is this."}, values, asked)
	s.Doc = "What is asked, as it would stand in an expression, and what it has to be. All of it has to hold."
	s.Examples = []any{
		map[string]any{"profile.country": []string{"DE", "AT"}},
		map[string]any{"event.total": map[string]any{"gte": 100, "lt": 500}},
		map[string]any{"any_of": []any{map[string]any{"orders.count(last = 90d)": map[string]any{"gte": 2}}, map[string]any{"profile.loyalty.tier": "gold"}}},
	}
	return s
}

// whenDefs are the forms that a file with when: needs.
func whenDefs() []Def { return []Def{{"when", when()}, {"questions", questions()}} }
