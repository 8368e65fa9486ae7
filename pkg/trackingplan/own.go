package trackingplan

import (
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// What several of Rapport's own types have.
const (
	receipt = "message_id journey instance step channel template outcome reason detail provider provider_id"

	// What came of a message, and what somebody answered to one: everything is known of it only
	// where the answer led to the message.
	answer = "message_id journey instance step template channel category provider address detail reason"
	click  = answer + " url product_id link link_category link_product user_agent machine"
)

// entry declares types with the same properties: names of texts, numbers, truths, times and
// groups of anything.
type entry struct{ types, texts, numbers, truths, times, objects string }

// own are the types that Rapport itself makes, and those of surveys.
var own = []entry{
	{"profile.identified", "", "", "", "", ""},
	{"profile.updated", "", "", "", "", "traits"},
	{"profile.tagged profile.untagged", "tag", "", "", "", ""},
	{"segment.entered segment.left", "segment", "", "", "", ""},
	{"schedule.reached date.reached", "journey", "", "", "at", ""},
	{"task.created", "title note assignee journey step instance", "", "", "", ""},
	{"loyalty.points_awarded", "reason", "points balance", "", "", ""},
	{"loyalty.tier_reached", "tier previous", "from points", "", "", ""},
	{"loyalty.tier_lost", "tier previous", "points", "", "", ""},
	{"prediction.churn_risk_changed prediction.clv_changed", "", "value before", "", "", ""},
	{"survey.answered", "survey text message_id", "score", "", "", ""},

	{"message.sent message.failed message.uncertain message.suppressed", receipt, "", "resent", "at", ""},
	{"email.delivered sms.delivered whatsapp.delivered whatsapp.read", answer, "", "", "at", ""},
	{"email.deferred email.bounced sms.failed whatsapp.failed", answer + " kind code", "", "", "at", ""},
	{"email.complained", answer + " kind", "", "", "at", ""},
	{"email.opened email.prefetched", answer + " user_agent machine", "", "", "at", ""},
	{"email.clicked email.scanned", click, "", "", "at", ""},
	{"email.replied email.auto_replied", answer + " subject text", "", "", "at", ""},
	{"email.unsubscribed", answer + " kind purpose user_agent", "", "", "at", ""},
	{"sms.received whatsapp.received", answer + " text kind", "", "", "at", ""},

	{"consent.granted consent.withdrawn", "channel purpose source", "", "confirmed", "", ""},
	{"consent.confirmed", answer + " purpose source", "", "", "at", ""},
	{"preferences.changed", answer, "", "write_less", "pause_until at", ""},
	{"profile.erased", "reason source", "", "", "", ""},
}

// typ is one of the types in full.
func (e entry) typ(name string) Type {
	t := Type{Name: name, Version: 1}
	add := func(k Kind, names string) {
		for _, n := range strings.Fields(names) {
			t.Properties = append(t.Properties, Property{Name: n, Kind: k, Enum: choices(name, n)})
		}
	}
	add(Text, e.texts)
	add(Number, e.numbers)
	add(Boolean, e.truths)
	add(Time, e.times)
	add(Object, e.objects)
	return t
}

// choices are all that a text of Rapport's own may be; nil: anything.
func choices(typ, property string) []string {
	switch property {
	case "channel":
		var all []string
		for _, c := range message.Channels() {
			all = append(all, string(c))
		}
		return all
	case "kind":
		// What a mail that came back says of the address is in package bounce.
		bounces := []string{"hard", "soft", "block", "message", "other"}
		switch typ {
		case event.EmailBounced, event.EmailDeferred:
			return bounces
		case event.SMSFailed, event.WhatsAppFailed:
			return append(bounces, "opted_out")
		case event.SMSReceived, event.WhatsAppReceived:
			// What a text message asks for that Rapport itself understands; ask is perhaps a stop.
			return []string{"stop", "ask", "start", "help"}
		}
	}
	return nil
}
