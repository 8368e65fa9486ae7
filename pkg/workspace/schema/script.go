package schema

import "rapport/pkg/message"

// Test is the form of tests/NAME.test.yaml: one test, or a list of them under tests:, beside
// which stands what holds for all.
func Test() *Schema {
	each := testKeys()
	for i := range each {
		each[i].Required = each[i].Name == "test"
	}
	keys := testKeys()
	var needs []string
	for i := range keys {
		if keys[i].Required && keys[i].Name != "test" {
			needs = append(needs, keys[i].Name)
		}
		keys[i].Required = false
	}
	s := mapping(append(keys, key("tests", list(mapping(each...)).atLeast(1), "Several tests. What stands beside this list holds for each of them that does not say it itself."))...)
	s.Ways = []Way{{Key: "test", Needs: needs}, {Key: "tests"}}
	s.Defs = []Def{{"person", person()}, {"consent", consent()}, {"given", given()}, {"expectation", expectation()}, {"event", event()}}
	return file(s, "test", "Tests of journeys", "What is to happen to a person whom events happen to, in virtual time. rapport test runs it.")
}

func testKeys() []Key {
	return []Key{
		key("test", text(), "What the test shows, in a sentence.").must().such("a second buyer is offered companions, and leaves when they buy"),
		key("journey", text(), "The journey that it is about.").must(),
		key("with", anyOf(text(), list(text())), "Other journeys that run beside it: their names, or all.").such("all"),
		key("profile", ref("person"), "Who it is about.").must(),
		key("now", moment("2026-03-02T09:00:00+01:00", "2026-03-02 09:00"), "When it begins. Other times count from it: +3d2h.").must(),
		key("before", list(ref("given")), "What happened to the person before now."),
		key("events", list(ref("given")), "What happens, in the order of time."),
		key("suggest", list(anyOf(text(), mapping(
			key("id", text(), "The product's id."),
			key("name", text(), "Its name."),
			key("category", text(), "Its category."),
			key("url", text(), "Its page."),
			key("image_url", text(), "Its picture."),
		))), "What is recommended, in place of what has been learnt from the orders of the test.").such([]string{"lamp", "bulb"}),
		key("changes", list(mapping(
			key("at", moment("+1d"), "When the files change.").must(),
			key("files", open("", &Schema{Types: []string{"string", "null"}}), "Files by their names, with their new text; nothing for a file that goes.").must(),
		)), "How the workspace changes on the way."),
		key("arms", open("", text()), "Which arm of which split everybody takes.").such(map[string]string{"version": "plain"}),
		key("winners", open("", text()), "Which arm of which split has won already: who comes now takes it.").such(map[string]string{"version": "story"}),
		key("holdout", anyOf(truth(), choice("drawn")), "Everybody is in the holdout; or, drawn: those who are in it live. Left out: nobody is.").byDefault(false),
		key("deliver", list(mapping(
			key("step", text(), "The step whose messages are meant. Left out: all."),
			key("outcome", choice("sent", "failed", "uncertain", "none"), "What becomes of them.").byDefault("sent"),
			key("reason", text(), "Why they failed.").such("rejected"),
			key("after", duration("10m"), "How long it takes."),
		)), "What becomes of messages. Left out: they are sent at once."),
		key("until", moment("+30d"), "How long time runs. Left out: until nothing is left to happen."),
		key("expect", list(ref("expectation")), "What is to happen. A message that is not expected fails the test; of other things only those are looked at that are named.").must(),
	}
}

// moment is a time of a test.
func moment(examples ...any) *Schema {
	s := text()
	s.Doc = `A time: +3d2h after now, 2026-03-05T10:00:00+01:00, or "2026-03-05 10:00" in the person's own zone.`
	s.Examples = examples
	return s
}

// data is a mapping with anything in it: an event's properties are the shop's own.
func data() *Schema { return open("", &Schema{}) }

func texts() *Schema { return anyOf(text(), list(text())) }

func person() *Schema {
	return mapping(
		key("id", text(), "Who it is.").must().such("ada"),
		key("since", moment("-90d"), "Since when the shop knows them."),
		key("traits", data(), "What is known about them.").such(map[string]string{"first_name": "Ada", "timezone": "Europe/Berlin"}),
		key("consent", ref("consent"), "What they agreed to."),
		key("suppressed", suppressed(), "Channels that they must not be reached by, and why.").such(map[string]string{"email": "bounced"}),
		key("paused_until", moment("+30d"), "Until when they asked not to be written to."),
		key("write_less", truth(), "Whether they asked for fewer messages."),
		key("segments", texts(), "Segments that they are in, whatever their conditions say.").such([]string{"vip"}),
		key("tags", texts(), "Tags that they have."),
		key("loyalty", mapping(
			key("points", whole(-1e9, 1e9), "Their points."),
			key("tier", text(), "Their tier."),
		), "Where they stand in the loyalty programme."),
		key("predictions", open("", number()), "What models say about them.").such(map[string]float64{"churn_risk": 0.7}),
		key("orders", list(mapping(
			key("at", moment("-10d"), "When it was.").must(),
			key("order_id", text(), "Its id."),
			key("total", &Schema{Types: []string{"number", "string"}}, "What it came to.").such(45.0),
			key("currency", text(), "Its currency."),
			key("products", list(&Schema{Types: []string{"string", "object"}}), "What was bought: ids, or products as events have them."),
		)), "What they ordered before now."),
	)
}

func suppressed() *Schema {
	var keys []Key
	for _, c := range channelNames(message.Channels()...) {
		keys = append(keys, key(c, choice("bounced", "complained", "opted_out", "erased"), "Why nothing goes out on this channel; erased closes every channel."))
	}
	return mapping(keys...)
}

func consent() *Schema {
	var keys []Key
	for _, c := range channelNames(message.Channels()...) {
		keys = append(keys, key(c, anyOf(text(), list(text()), open("", anyOf(truth(), choice("confirmed")))), "Purposes that they agreed to on this channel: names, or {marketing: true, surveys: false, loyalty: confirmed}, which is a double opt-in; \"*\": false withdraws all.").such([]string{"marketing"}))
	}
	return mapping(keys...)
}

// given is an event of a test.
func given() *Schema {
	return mapping(
		key("at", moment("+4d", "-10d"), "When it happens."),
		key("happened", moment("+1d"), "When it happened, if it is heard of only at the time of at."),
		key("past", truth(), "Whether it is told as of the past, as an import of former years is: it begins nothing.").byDefault(false),
		key("type", ref("event"), "What happens.").must(),
		key("data", data(), "Its properties."),
		key("profile", text(), "Whom it happens to. Left out: the person of the test."),
		key("id", text(), "Its id. Left out: one of its own."),
		key("source", text(), "Where it comes from."),
		key("traits", data(), "What it says about the person."),
		key("consent", ref("consent"), "What the person agreed to with it."),
		key("of", text(), "The step whose latest message it is about: its data gets message_id.").such("offer"),
	)
}

// expectation is one line of expect.
func expectation() *Schema {
	yes := &Schema{Enum: []any{true}}
	message := func(more ...Key) *Schema {
		return mapping(append(append(channels(message.Channels()...), key("step", text(), "The step that decided it.")), more...)...)
	}
	named := text()
	kinds := []Key{
		key("sent", message(
			key("subject", text(), "Its subject."),
			key("contains", texts(), "What it says."),
			key("lacks", texts(), "What it must not say."),
		), "A message goes out.").such(map[string]string{"email": "welcome"}),
		key("blocked", anyOf(yes, text()), "A message is kept back, for this reason, or true for any.").such("no_consent", "capped", true),
		key("failed", anyOf(yes, text()), "A message fails, for this reason, or true for any.").such("rejected", true),
		key("entered", anyOf(yes, text()), "The person enters this journey."),
		key("left", anyOf(truth(), text()), "The person leaves, for this reason, or true for any.").such("converted", true),
		key("finished", yes, "The person comes to the end of the journey."),
		key("moved", named, "The person goes on at this step of a new version."),
		key("set", data(), "Traits that are set; nothing for one that is taken away."),
		key("tagged", named, "A tag is put on."),
		key("untagged", named, "A tag is taken off."),
		key("emitted", anyOf(text(), mapping(
			key("type", text(), "Its type."),
			key("data", data(), "Properties that it has."),
		)), "An event is published."),
		key("task", named, "A task with this title is asked for."),
		key("awarded", number(), "So many loyalty points are given."),
		key("joined", named, "The person becomes a member of this segment."),
		key("left_segment", named, "The person stops being a member of this segment."),
		key("arm", mapping(
			key("split", text(), "The split's id.").must(),
			key("is", text(), "The arm.").must(),
		), "The person takes this arm of a split."),
		key("converted", anyOf(yes, number(), mapping(key("value", number(), "What it is worth."))), "The goal is reached."),
		key("nothing_after", moment("+4d"), "After this time no message goes out, nobody enters, and no points, tasks and events follow."),
		key("nothing", yes, "No message goes out at all, nobody enters, and no points, tasks and events follow."),
	}
	s := mapping(append([]Key{key("at", moment("+4d"), "When. Left out: any time after the expectation above.")}, append(kinds,
		key("profile", text(), "To whom. Left out: the person of the test."),
		key("journey", text(), "In which journey. Left out: any."),
		key("of", message(), "Which message is meant.").with("blocked", "failed"),
	)...)...)
	for _, k := range kinds {
		s.Ways = append(s.Ways, Way{Key: k.Name})
	}
	return s
}
