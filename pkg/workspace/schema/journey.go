package schema

import "rapport/pkg/journey"

// Journey is the form of journeys/NAME.yaml.
func Journey() *Schema {
	s := mapping(
		key("journey", name("thank-you"), "The name, by which everything else knows the journey.").must(),
		key("title", text(), "What people call it.").such("Thank everybody for their order"),
		key("category", choice("marketing", "transactional"), "Marketing needs consent and keeps to caps and quiet hours. Transactional messages answer what the customer did.").must(),
		key("purpose", pattern(purposePattern, "product-news"), "What people must have agreed to, one of the purposes in policy.yaml. Left out: the category's own name."),
		key("priority", whole(0, 100), "Who gets the last slot under a cap, and who is first when several journeys start at once.").byDefault(50),
		key("status", choice(string(journey.Draft), string(journey.Active), string(journey.Paused), string(journey.Archived)),
			"Only an active journey takes people in. Drafts and paused ones keep people where they are; an archived one lets everybody go.").must(),
		key("enter", entry(), "Who enters, and how often.").must(),
		key("leave", list(anyOf(ref("event"), leaveRule())), "What ends somebody's walk at once, in the middle of a wait too. Rules are asked in order."),
		key("goal", anyOf(ref("event"), goal()), "What the journey is for. It is counted once for everybody who entered."),
		key("holdout", share("10%"), "The share of those who enter that walks along and gets nothing, so that the journey's effect can be measured.").byDefault("0%"),
		key("on_change", choice(string(journey.Drain), string(journey.Migrate), string(journey.Cancel)),
			"What a new version does to people inside an older one: drain lets them finish there, migrate moves them to the step of the same id, cancel ends their walk.").byDefault("drain"),
		key("moves", open("", text()).atLeast(1), "With on_change: migrate, where those rest whose step has another id now.").such(map[string]string{"old_step": "new_step"}).with("on_change"),
		key("lifetime", duration("90d"), "How long anybody stays at most.").byDefault("365d"),
		key("max_lateness", duration("24h"), "How late a message may still be sent, after a pause or when there was no room.").byDefault("24h"),
		key("steps", ref("steps"), "What happens to those who enter, one step after another.").must(),
	)
	s.Defs = append([]Def{{"steps", steps()}, {"step", step()}, {"event", event()}}, whenDefs()...)
	return file(s, "journey", "A journey", "What happens to people, step by step, from a moment on.")
}

func entry() *Schema {
	audience := key("audience", anyOf(choice("everyone"), name("vip")), "Who enters: a segment, or everyone.")
	local := key("local", truth(), "In each person's own time zone instead of the shop's.").byDefault(false)
	over := key("over", duration("2h"), "Spread the audience over so long a time.")
	s := mapping(append([]Key{
		key("on", ref("event"), "The event that enters its profile."),
		key("segment", ways(mapping(
			key("entered", name("vip"), "People enter when they become members of this segment."),
			key("left", name("vip"), "People enter when they stop being members of this segment."),
		), each("entered", "left")...), "People enter when their membership of a segment changes."),
		key("schedule", text(), "A calendar enters the audience: minute, hour, day, month and weekday, as in cron.").such("0 9 * * mon", "30 18 1 * *"),
		key("date", expression("profile.birthday"), "People enter every year on this date of theirs. 29 February is celebrated on the 28th."),
		key("prediction", open(idPattern, pattern(`^ *(rises_above|falls_below) +[-+0-9.eE]+ *$`, "rises_above 0.6")).atLeast(1).atMost(1),
			"People enter when a model's number crosses a threshold.").such(map[string]string{"churn_risk": "rises_above 0.6"}),
		key("at", text(), "With date: the time of that day. By itself: the moment at which the audience enters, once.").such("09:00", "2026-12-24 09:00"),
	}, append(ifOr("Only when this holds.", "event.total >= 20", "profile.orders.count <= 3"),
		key("key", expression("event.order_id"), "One walk for each value of this. Left out: one for each person."),
		key("grace", duration("10m"), "How long a condition that does not hold is asked again, because a trait can arrive just after the event."),
		key("again", anyOf(choice("never", "always"), mapping(
			key("after", duration("30d"), "How long after the last entry.").must(),
		)), "Whether the same person, or key, may enter again: never for events and always otherwise, unless this says so.").such("never", "always", map[string]string{"after": "30d"}),
		key("meanwhile", choice(string(journey.Ignore), string(journey.Restart), string(journey.Parallel)), "What an entry does while a walk with its key is under way.").byDefault("ignore"),
		audience, local, over,
		key("offset", pattern(offsetPattern, "-3d", "2w"), "Whole days before (-) or after the date."),
	)...)...)
	s.Ways = []Way{
		{Key: "on", With: []string{"key", "grace"}},
		{Key: "segment"},
		{Key: "schedule", With: []string{"audience", "local", "over"}, Needs: []string{"audience"}},
		{Key: "date", With: []string{"offset", "at"}, Needs: []string{"at"}, Forms: []Key{key("at", clock("09:00"), "The time of that day.")}},
		{Key: "prediction"},
		{Key: "at", With: []string{"audience", "local", "over"}, Needs: []string{"audience"}},
	}
	return s
}

func leaveRule() *Schema {
	return mapping(append(append([]Key{
		key("on", ref("event"), "The event that ends the walk. Left out: the condition is asked on every event and timer."),
	}, ifOr("Only when this holds.", "profile.segments.exists(s, s == \"vip-care\")")...),
		match(),
		key("as", text(), "The reason that is recorded. Left out: the event.").such("refunded"),
	)...).atLeast(1)
}

func match() Key {
	return key("match", condition("event.order_id == trigger.order_id", "event.message_id == sent.offer.id"),
		"How the event belongs to this walk: compared with trigger, the event that entered, or with what a step has sent.").with("on")
}

func goal() *Schema {
	return mapping(append(append([]Key{
		key("on", ref("event"), "The event that the journey is for.").must(),
	}, ifOr("Only when this holds.", "event.total > 20")...),
		match(),
		key("within", duration("14d"), "How long after entering it counts."),
		key("value", amount("event.total"), "What it is worth."),
		key("leave", truth(), "Reaching it ends the walk.").byDefault(false),
	)...)
}
