package condition_test

import (
	"strings"
	"testing"

	"rapport/pkg/condition"
)

// Shops send what Segment's calls are called, and events of their own: only a slip in a type
// of the catalogue is pointed out.
func TestTypesOfEventsThatAreFine(t *testing.T) {
	t.Parallel()
	var c *condition.Catalogue
	for _, typ := range []string{
		"page.viewed", "screen.viewed", "group.joined", "user.signed_up", "trial.ended", "application.opened", "application.installed",
		"cart.abandoned", "checkout.completed", "product_list.viewed", "products.searched", "order.created", "sms.clicked", "video.played",
	} {
		if hint, ok := c.Check(typ); !ok {
			t.Errorf("%s is refused: %s", typ, hint)
		}
	}
	for typ, want := range map[string]string{
		"order.completd": "did you mean order.completed?", "product.view": "did you mean product.viewed?", "products_list.viewed": "did you mean product_list.viewed?",
		"email.cliked": "did you mean email.clicked?", "preferences.change": "did you mean preferences.changed?", "consent.granted_": "did you mean consent.granted?",
		"card.viewed": "did you mean cart.viewed?", "prodcut.viewed": "did you mean product.viewed?",
	} {
		if hint, ok := c.Check(typ); ok || hint != want {
			t.Errorf("%s: %q, want %q", typ, hint, want)
		}
	}
}

// What the engine makes is in the catalogue as it makes it.
func TestEventsOfTheEngine(t *testing.T) {
	t.Parallel()
	for typ, source := range map[string]string{
		"loyalty.points_awarded": `event.points > 0 and event.balance > 100 and event.reason == "birthday"`,
		"loyalty.tier_reached":   `event.tier == "gold" and event.previous == "silver" and event.from >= 100 and event.points >= 100`,
		"schedule.reached":       `event.journey == "news" and hours(since(event.at)) < 3`,
		"date.reached":           `event.journey == "birthday" and hours(since(event.at)) < 3`,
		"segment.entered":        `event.segment == "vip"`,
		"segment.left":           `event.segment == "vip"`,
		"task.created":           `event.title contains "call" and event.note != nil and event.assignee == "bob" and event.journey == "j" and event.step == "s" and event.instance != nil`,
		"profile.updated":        `event.traits.plan == "gold" and event.traits.seats > 3`,
	} {
		if _, err := condition.Compile(source, condition.Env{Event: typ, NoTrigger: true}); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

// Conditions on what comes back are checked like those on any event.
func TestAnswersInTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, source, mistake string }{
		{"email.clicked", `event.link_category == "lamps" and event.product_id != nil and event.machine == nil and event.url contains "sale"`, ""},
		{"email.scanned", `event.machine contains "instant"`, ""},
		{"email.bounced", `event.kind == "hard" and event.code startsWith "5.1" and event.address != nil`, ""},
		{"email.bounced", `event.kind == "hart"`, "hard"},
		{"email.replied", `event.subject contains "Re:" and event.text != nil`, ""},
		{"email.replied", `event.subjekt == "x"`, "subject"},
		{"sms.received", `event.kind == "stop" or event.text == "YES"`, ""},
		{"sms.failed", `event.kind == "opted_out"`, ""},
		{"sms.failed", `event.kind == "opted-out"`, "opted_out"},
		{"whatsapp.read", `event.step == "offer"`, ""},
		{"consent.granted", `event.channel == "email" and event.purpose == "marketing" and not event.confirmed`, ""},
		{"consent.granted", `event.chanel == "email"`, "channel"},
		{"consent.withdrawn", `event.source == "complaint"`, ""},
		{"preferences.changed", `event.write_less and event.pause_until > now + 7d`, ""},
		{"preferences.changed", `event.write_less == "yes"`, "text"},
		{"profile.erased", `event.source != nil`, ""},
		{"order.completed", `profile.double_opt_in.email.marketing and not profile.write_less and profile.paused_until < now`, ""},
		{"order.completed", `profile.double_opt_in.mail.marketing`, "email"},
	} {
		_, err := condition.Compile(c.source, condition.Env{Event: c.typ, NoTrigger: true})
		switch {
		case c.mistake == "" && err != nil:
			t.Errorf("%s: %s: %v", c.typ, c.source, err)
		case c.mistake != "" && (err == nil || !strings.Contains(err.Error(), c.mistake)):
			t.Errorf("%s: %s: %v, which does not speak of %s", c.typ, c.source, err, c.mistake)
		}
	}
}
