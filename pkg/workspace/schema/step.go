package schema

import "rapport/pkg/message"

func steps() *Schema {
	s := list(ref("step"))
	s.Doc = "Steps, one after another."
	return s
}

// stepWays are the kinds of steps, with the keys that stand beside each.
func stepWays() []Way {
	return []Way{
		{Key: "wait", With: []string{"otherwise"}, Needs: []string{"id"}},
		{Key: "branch"},
		{Key: "split", With: []string{"winner"}},
		{Key: "recommend", With: []string{"otherwise"}},
		{Key: "send", With: []string{"if_blocked", "fall_back"}},
		{Key: "set"},
		{Key: "tag", With: []string{"untag"}},
		{Key: "untag"},
		{Key: "award"},
		{Key: "survey", With: []string{"if_blocked"}},
		{Key: "task"},
		{Key: "emit"},
		{Key: "leave"},
	}
}

func step() *Schema {
	s := mapping(
		key("id", pattern(idPattern, "first_reminder"), "What the step is called. Steps that people rest on need one; conditions name it: sent.first_reminder."),
		key("wait", anyOf(duration("3d"), wait()), "Rest: for a time, until a time of day or a date, or for something to happen.").such("3d"),
		key("branch", list(branchCase()).atLeast(1).atMost(50), "Run the steps of the first case that holds."),
		key("split", list(arm()).atLeast(2).atMost(20), "Run the steps of one arm, drawn for each person once and for all."),
		key("winner", winner(), "When the better arm of the split takes all who come later."),
		key("recommend", recommend(), "Ask for products. With fewer than min of them, what stands under otherwise: happens."),
		key("otherwise", anyOf(choice("leave"), ref("steps")), "Beside recommend: what happens with too few products. Beside wait: what happens when at_most has passed, or the date is missing."),
		key("send", one(message.Channels()), "Send one message: its channel and the name of its template.").such(map[string]string{"email": "thank-you"}),
		key("if_blocked", anyOf(choice("drop"), blocked()), "What happens to a message that may not go out now. Left out: quiet hours put it off for up to 24 hours, anything else drops it."),
		key("fall_back", one(message.Channels(), key("after", duration("2h"), "How long to wait for word that the message arrived. One that fails is replaced at once.").must()),
			"Another message for those whom this one does not reach. People rest on the step until then, so that it needs an id.").such(map[string]string{"email": "note", "after": "2h"}),
		key("set", open(traitPattern, assigned()).atLeast(1).atMost(50), "Set traits of the profile. A text is an expression; nothing removes the trait.").such(map[string]string{"interest": "event.link_category"}),
		key("tag", tags(), "Put tags on the profile.").such("big-spender"),
		key("untag", tags(), "Take tags off the profile."),
		key("award", anyOf(amount(50), mapping(
			key("points", amount(50, "event.total * 2"), "How many: a number, or an expression. Fewer than 0 takes points.").must(),
			key("reason", text(), "What they are for.").such("birthday"),
		)), "Give loyalty points."),
		key("survey", ways(mapping(append([]Key{
			key("name", name("nps"), "What its answers are kept under.").must(),
		}, channels(message.Email, message.SMS, message.WhatsApp)...)...), each("email", "sms", "whatsapp")...), "Send a question. The answer comes back as the event survey.answered."),
		key("task", anyOf(text(), mapping(
			key("title", text(), "What there is to do. {{ expressions }} may stand in it.").must().such("Call {{ profile.first_name }}"),
			key("note", text(), "What else there is to know. {{ expressions }} may stand in it."),
			key("assignee", text(), "Who is to do it. Left out: the profile's account manager. {{ expressions }} may stand in it."),
		)), "Ask a person of the shop to do something."),
		key("emit", anyOf(ref("event"), mapping(
			key("type", ref("event"), "The type of the event.").must().such("trial.ended"),
			key("data", open(traitPattern, assigned()).atLeast(1).atMost(50), "Its properties. A text is an expression."),
		)), "Publish an event of your own about the person, which other journeys can listen to."),
		key("leave", anyOf(&Schema{Types: []string{"string", "null"}}, reason()), "End the walk, with a reason.").such("bought"),
	)
	s.Ways = stepWays()
	s.Doc = "A step does one thing."
	return s
}

func reason() *Schema { return mapping(key("reason", text(), "Why they leave.").must().such("bought")) }

func branchCase() *Schema {
	s := mapping(append(ifOr("The case is taken when this holds.", "trigger.total > 100", "profile.consent.sms.marketing"),
		key("else", &Schema{Types: []string{"null"}}, "The case is taken when none above is. It stands last."),
		key("steps", ref("steps"), "What happens then; [] is nothing.").must(),
	)...)
	// if: and when: may stand together, and then both have to hold.
	s.Ways = []Way{{Key: "if", With: []string{"when"}}, {Key: "when"}, {Key: "else"}}
	return s
}

func arm() *Schema {
	return mapping(
		key("arm", pattern(armPattern, "plain"), "What its results are told under.").must(),
		key("weight", numberAbove(0, 1e6), "Its share, in proportion to the other arms. Left out of all: equal shares.").such(50),
		key("steps", ref("steps"), "What happens to those who take it; [] is nothing.").must(),
	)
}

func winner() *Schema {
	return mapping(
		key("metric", choice("goal"), "By what arms are compared.").byDefault("goal"),
		key("after", whole(1, 1e7), "How many people each arm needs first.").must().such(500),
		key("confidence", share("95%"), "How sure it has to be, from 50% to 99.99%.").byDefault("95%"),
	)
}

func recommend() *Schema {
	return mapping(
		key("basis", choice("trigger.products", "profile.orders.bought"), "From which products suggestions start. Left out: those of the event that entered, if it has any, else all that the person bought."),
		key("from", list(choice("bought_together", "category_popular", "store_popular")).atLeast(1).atMost(20), "Where products come from, the best source first.").must().such([]string{"bought_together", "store_popular"}),
		key("min", whole(1, 20), "With fewer it counts as nothing found.").byDefault(1),
		key("max", whole(1, 20), "How many at most.").byDefault(4),
	)
}

func blocked() *Schema {
	return mapping(
		key("defer_for_at_most", duration("2d"), "Try again when there is room, for so long; at once it is dropped or replaced where there will be none."),
		key("instead", one(message.Channels()), "Send another message in its place."),
	).atLeast(1)
}

func tags() *Schema {
	tag := pattern(tagPattern, "big-spender")
	return anyOf(tag, list(tag).atLeast(1).atMost(50))
}

// assigned is a value of set: and of emit: data.
func assigned() *Schema {
	scalar := &Schema{Types: []string{"string", "number", "boolean", "null"}}
	return anyOf(scalar, list(scalar)).called("value")
}
