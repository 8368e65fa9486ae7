package schema

// wait is the long form of a wait.
func wait() *Schema {
	day := choice("mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekdays", "weekend").called("day")
	return mapping(
		key("for", duration("3d"), "Rest for so long."),
		key("then_at", clock("10:00"), "After for:, until this time of day in the person's own zone.").with("for"),
		key("days", anyOf(day, list(day).atLeast(1)), "Only on these days of the week: mon or monday and so on, weekdays, weekend.").such([]string{"mon", "tue", "wed", "thu", "fri"}, "weekdays"),
		key("at", clock("10:00"), "Until this time of day in the person's own zone. With date:, the time of that day."),
		key("date", expression("profile.birthday", "trigger.delivery_date"), "Until this date. One that is past ends the wait at once."),
		key("offset", pattern(offsetPattern, "-3d"), "Whole days before (-) or after the date.").with("date"),
		key("for_event", anyOf(ref("event"), awaited(), list(anyOf(ref("event"), awaited())).atLeast(1).atMost(20)), "Until one of these events happens. The first that matches takes its steps."),
		key("until", condition("profile.consent.sms.marketing"), "Until this holds."),
		key("at_most", duration("5d"), "The limit of a wait for events or for a condition; then what stands under otherwise: happens.").with("for_event", "until"),
	).atLeast(1)
}

// awaited is one event of for_event.
func awaited() *Schema {
	return mapping(append(append([]Key{
		key("on", ref("event"), "The event.").must(),
	}, ifOr("Only when this holds.", "event.total > 20")...),
		match(),
		key("steps", ref("steps"), "What happens then, before the steps behind the wait."),
		key("leave", anyOf(&Schema{Types: []string{"string", "null"}}, reason()), "The event ends the walk, with a reason.").such("converted"),
	)...)
}
