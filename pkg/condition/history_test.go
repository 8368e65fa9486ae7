package condition

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// past is one event of a history, so many days before noon.
type past struct {
	ago  float64
	typ  string
	data string
}

// lived is a person to whom things happened.
func lived(things ...past) *profile.Profile {
	p := profile.New("ada", noon.AddDate(-2, 0, 0))
	for i, t := range things {
		at := noon.Add(-time.Duration(t.ago * float64(24*time.Hour)))
		p.Apply(&event.Event{ID: fmt.Sprint(i), Source: "test", Type: t.typ, Subject: "ada", Time: at, Data: json.RawMessage(t.data)})
	}
	return p
}

func anOrder(id string, total float64, category string) string {
	return fmt.Sprintf(`{"order_id": %q, "total": %v, "products": [{"product_id": "p-%s", "category": %q}, {"product_id": "bulb", "category": "light"}]}`, id, total, id, category)
}

// ada is a customer with a past.
func ada() *profile.Profile {
	p := lived(
		past{200, event.OrderCompleted, anOrder("A1", 10.1, "garden")},
		past{80, event.OrderCompleted, anOrder("A2", 20.2, "lamps")},
		past{10, event.OrderCompleted, anOrder("A3", 45.5, "lamps")},
		past{9, event.OrderRefunded, anOrder("A3", 45.5, "lamps")},
		past{6, "product.viewed", `{"product_id": "lamp", "category": "lamps", "price": 30, "value": "29.5"}`},
		past{5, "product.viewed", `{"product_id": "mug", "category": "mugs", "price": 8}`},
		past{1, "product.viewed", `{"product_id": "lamp", "category": "lamps", "price": 31}`},
		past{8, event.MessageSent, `{"message_id": "m1", "channel": "email", "journey": "welcome", "template": "hello"}`},
		past{3, event.MessageSent, `{"message_id": "m2", "channel": "email", "journey": "win-back", "template": "miss-you"}`},
		past{2, event.MessageSent, `{"message_id": "m3", "channel": "sms", "journey": "win-back"}`},
		past{2.5, "email.opened", `{"message_id": "m2"}`},
		past{2, "email.clicked", `{"message_id": "m2", "link_category": "lamps"}`},
		past{4, "survey.answered", `{"survey": "nps", "score": 9, "text": "fine"}`},
		past{4, "machine.reported", `{"watts": 40, "room": "hall"}`},
		past{3, "machine.reported", `{"watts": 60, "room": "hall"}`},
		past{3, profile.Tagged, `{"tag": "gardener"}`},
		past{3, profile.PointsAwarded, `{"points": 120}`},
		past{3, profile.TierReached, `{"tier": "gold"}`},
		past{3, "prediction.churn_risk_changed", `{"value": 0.7}`},
		past{3, "prediction.clv_changed", `{"value": 250}`},
		past{30, event.ProfileIdentified, `{"$profile": {"traits": {"birthday": "1990-03-02", "timezone": "Europe/Berlin", "country": "DE"},
			"consent": [{"channel": "whatsapp", "purpose": "marketing", "granted": true, "source": "form"}]}}`},
	)
	p.Segments = []profile.Membership{{Name: "regulars", Since: noon.AddDate(0, -1, 0)}, {Name: "vip", Since: noon.AddDate(0, 0, -3)}}
	return p
}

func TestHistoryHolds(t *testing.T) {
	t.Parallel()
	sent := []journey.SentRef{{Step: "offer", ID: "m2", At: noon.AddDate(0, 0, -3)}}
	trigger := &journey.Trigger{UID: "shop#e0", Type: event.OrderCompleted, At: noon.AddDate(0, 0, -10), Data: []byte(anOrder("A3", 45.5, "lamps"))}
	env := Env{Trigger: event.OrderCompleted, Sends: []string{"offer"}, Segments: []string{"vip", "vip-care", "regulars"}}
	for src, want := range holding() {
		c, err := Compile(src, env)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Eval(journey.NewScope(noon, ada(), nil, trigger, sent)); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", src, got, err, want)
		}
	}
}

func holding() map[string]bool {
	return map[string]bool{
		// orders
		`orders.count == 3 and orders.count() == 3 and profile.orders.count <= 3`: true,
		`orders.count(last = 90d) == 2`:                                           true,
		`profile.orders.count(last=10d) == 0`:                                     true, // what is ten days old has left
		`orders.count(last = 1w3d1s) == 1`:                                        true,
		`orders.count(since = trigger.time) == 0`:                                 true,
		`orders.sum(total) == 75.8`:                                               true,
		`orders.sum(total, last = 90d) == 65.7`:                                   true,
		`orders.avg(total, last = 90d) == 32.85`:                                  true,
		`orders.avg(total) > 25 and orders.max(total) == 45.5`:                    true,
		`orders.min(total, last = 90d) == 20.2`:                                   true,
		`orders.avg(total, last = 1d) > 0`:                                        false, // missing
		`orders.sum(total, last = 1d) == 0`:                                       true,
		`orders.distinct(category) == 3`:                                          true,
		`orders.distinct(category, last = 90d) == 2`:                              true,
		`orders.distinct(product_id) == 4`:                                        true,
		`orders.where(any(products, .category == "garden")).count == 1`:           true,
		`orders.where(total > 15).sum(total, last = 90d) == 65.7`:                 true,
		`orders.last.total == 45.5 and orders.last.order_id == trigger.order_id`:  true,
		`since(orders.last) > 9d and since(orders.first) > 199d12h`:               true,
		`orders.refunds == 1 and orders.refunded == 45.5`:                         true,
		`events("order.refunded").count(last = 30d) == 1`:                         true,
		`events("order.completed").count(last = 90d) == orders.count(last=90d)`:   true,
		// other events
		`events("product.viewed").count(last = 7d) == 3`:                                          true,
		`events("product.viewed").count(category == "lamps", last = 7d) == 2`:                     true,
		`events("product.viewed").count(category = "lamps") == 2`:                                 true,
		`events("product.viewed").where(category == "lamps" and price > 30).count(last = 7d) > 0`: true,
		`events("product.viewed").where(since(time) < 2d).count == 1`:                             true,
		`events("product.viewed").where(category == profile.traits.likes).count > 0`:              false,
		`events("product.viewed").sum(price) == 69`:                                               true,
		`events("product.viewed").sum(value) == 29.5`:                                             true,
		`events("product.viewed").max(price, last = 7d) == 31`:                                    true,
		`events("product.viewed").distinct(product_id) == 2`:                                      true,
		`events("product.viewed").last.category == "lamps"`:                                       true,
		`events("product.viewed").where(price < 10).last < now - 4d`:                              true,
		`events("product.viewed").where(price < 5).last == nil`:                                   true,
		`events("product.viewed").first > orders.last`:                                            true,
		`events("survey.answered").last.score >= 9`:                                               true,
		`events("cart.viewed").count == 0 and events("cart.viewed").last == nil`:                  true,
		`events("machine.reported").where(room == "hall").avg(watts) == 50`:                       true,
		// messages and what came of them
		`messages.count == 3 and messages.count(last = 7d) == 2`:                  true,
		`messages.count(last = 7d, channel = "email", journey = "win-back") == 1`: true,
		`messages.count(channel = "sms") == 1`:                                    true,
		`since(messages.last) == 2d and messages.last.channel == "sms"`:           true,
		`messages.opened.count(last = 7d) == 1 and messages.bounced.count == 0`:   true,
		`events("email.opened").where(message_id == sent.offer.id).count > 0`:     true,
		`messages.clicked.last.link_category == "lamps"`:                          true,
		// standing
		`profile.segments.exists(s, s == "vip") and "vip" in profile.segments`:   true,
		`profile.segment("vip") and not profile.segment("vip-care")`:             true,
		`profile.segments.exists(s, s == "vip-care")`:                            false,
		`"gardener" in profile.tags and "vip" not in profile.tags`:               true,
		`profile.loyalty.points >= 100 and profile.loyalty.tier == "gold"`:       true,
		`profile.predicted.churn_risk > 0.6 and profile.predicted.clv > 200.0`:   true,
		`profile.predicted.mood > 0 or profile.predicted.mood <= 0`:              false,
		`profile.consent.whatsapp.marketing and not profile.consent.webhook.any`: true,
		// time
		`since(profile.birthday) > 365d and age(profile.birthday) == 36`: true,
		`until("2026-03-03") == 12h and days(until("2026-03-05")) == 2`:  true,
		`days(since(orders.last)) == 10 and hours(1d12h) == 36`:          true,
		`hour == 13 and weekday == "mon" and month == 3`:                 true, // in Berlin
		`weekday in ["sat", "sun"]`:                                      false,
		`today < now and since(today) == 13h`:                            true,
		`now + 12h > "2026-03-02" and 90m < 2h and 1w == 7d`:             true,
		// missing values
		`profile.nothing not in ["a"]`:                                         false,
		`not (profile.nothing in ["a"])`:                                       true,
		`profile.nothing not contains "a"`:                                     false,
		`profile.country not in ["FR"] and profile.country not startsWith "F"`: true,
	}
}

func TestHistoryMistakes(t *testing.T) {
	t.Parallel()
	env := Env{Event: event.OrderCompleted, Segments: []string{"vip", "lapsed"}, Purposes: []string{"marketing"}}
	for src, want := range map[string]string{
		`orders.count(last = 90) > 1`:                           `1:21: this is a number, but last needs a length of time (such as last = 30d)`,
		`orders.count(last = 401d) > 1`:                         `1:21: days are kept for 400d (leave last out to ask about all there ever was)`,
		`orders.count(lst = 90d) > 1`:                           `1:14: orders has nothing called lst (did you mean last?)`,
		`orders.sum(totl) > 1`:                                  `1:12: order.completed has no property totl (did you mean total?)`,
		`orders.sum > 1`:                                        `1:8: orders.sum needs the name of a property (such as orders.sum(total))`,
		`orders.sum(currency) > 1`:                              `1:12: currency is a text, and sum needs numbers`,
		`orders > 1`:                                            `1:1: orders are many events, not a value (ask for one: orders.count, or orders.last)`,
		`orders.where(category == "lamps").count > 1`:           `1:14: an order has several products, each with its category (ask whether any has it: where(any(products, .category == "...")))`,
		`orders.where(any(products, .price > 3)).count > 1`:     `1:29: an element of the list has no property price (use one of category, product_id)`,
		`orders.where(email == "x").count > 1`:                  `1:14: email is not kept of past events (use one of affiliation, coupon, currency, discount, order_id, product_count, revenue, shipping, subtotal, tax, total, value)`,
		`orders.where(orders.count > 1).count > 1`:              `1:14: where() looks at one event, and cannot count others (join two questions with and)`,
		`orders.where(total = 3).count > 1`:                     `1:8: where needs one condition`,
		`orders.where(total > 15, last = 90d).count > 1`:        `1:8: where needs one condition`,
		`orders.last(last = 3d) > now`:                          `1:8: last takes no window (ask how long ago it was: since(orders.last) < 30d)`,
		`orders.freq > 1`:                                       `1:8: orders has no property freq`,
		`orders.total() > 1`:                                    `1:8: orders.total cannot be called (leave the brackets out)`,
		`event.total() > 1`:                                     `1:7: event.total cannot be called (leave the brackets out)`,
		`events("product.view").count > 1`:                      `1:8: there are no events of type product.view (did you mean product.viewed?)`,
		`events(product.viewed).count > 1`:                      `1:8: unknown word product`,
		`events("product.viewed").count(categry = "lamps") > 1`: `1:32: events("product.viewed") has nothing called categry (did you mean category?)`,
		`events("product.viewed").count(category = 3) > 1`:      `1:43: category is a text, and cannot be the number 3`,
		`events("product.viewed").where(pric > 3).count > 1`:    `1:32: product.viewed has no property pric (did you mean price?)`,
		`messages.count(channel = "emial") > 1`:                 `1:26: channel is never "emial" (did you mean email?)`,
		`messages.count(last = 7d, since = now) > 1`:            `1:27: one window is enough`,
		`any(event.products, price = 3)`:                        `1:21: any takes no named values (two values are compared with ==)`,
		`profile.segment("vp")`:                                 `1:17: the name of a segment is never "vp" (did you mean vip?)`,
		`"lapse" in profile.segments`:                           `1:1: profile.segments is never "lapse" (did you mean lapsed?)`,
		`profile.segments.exist(s, s == "vip")`:                 `1:18: there is no function exist of lists (did you mean exists?)`,
		`profile.segments.exists("vip")`:                        `1:18: exists needs a name for an element, and what to ask of it`,
		`profile.consent.email.marketng`:                        `1:23: nobody is asked to consent to marketng (did you mean marketing?)`,
		`profile.predicted.churn_rsk > 1`:                       `1:19: nobody predicts churn_rsk (did you mean churn_risk?)`,
		`customer.country == "DE"`:                              `1:1: unknown word customer (did you mean profile?)`,
		`weekday == "monday"`:                                   `1:12: weekday is never "monday" (`,
		`event.total > 1.5d`:                                    `1:15: 1.5d is not a length of time (write whole numbers with w, d, h, m or s: 36h, 30d or 1d12h)`,
		`since(orders.last) > 3 d`:                              `1:24: did not expect d here`,
		`event.currency == 90d`:                                 `1:16: event.currency (a text) and the length of time 90d cannot be compared with ==`,
		`now in [now]`:                                          `1:1: this changes with the clock, and can only be compared here`,
		`profile.country in ["DE", 3]`:                          `1:27: the list mixes a text and a number`,
		`event.currency matches "(a{900}){900}"`:                `1:24: the pattern cannot be read: `,
	} {
		_, err := Compile(src, env)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %v", src, err, want)
		}
	}
}

// TestDesign compiles every expression of the language's design as it is written there.
func TestDesign(t *testing.T) {
	t.Parallel()
	for src, env := range map[string]Env{
		`event.total >= 20.0 && profile.orders.count <= 3`:               {Event: event.OrderCompleted, NoTrigger: true},
		`event.order_id == trigger.order_id`:                             {Event: event.OrderRefunded, Trigger: event.OrderCompleted},
		`profile.segments.exists(s, s == "vip-care")`:                    {Trigger: event.OrderCompleted},
		`event.message_id == sent.offer.id`:                              {Event: "email.clicked", Trigger: event.OrderCompleted, Sends: []string{"offer"}},
		`profile.consent.sms.marketing && profile.predicted.clv > 200.0`: {NoEvent: true, Trigger: event.OrderCompleted},
		`orders.count(last = 90d) == 0`:                                  {Segment: true},
		`orders.sum(total) > 500 and events("product.viewed").count > 3`: {Segment: true},
	} {
		if _, err := Compile(src, env); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
	for src, env := range map[string]Env{
		`event.order_id`:      {Event: event.OrderCompleted, NoTrigger: true},
		`event.total`:         {Event: event.OrderCompleted},
		`event.link_category`: {Event: "email.clicked"},
	} {
		if _, err := CompileValue(src, env); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestSegmentsAskAtAnyTime: nothing of a journey is there where nobody is in one.
func TestSegmentsAskAtAnyTime(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`event.total > 1`:               `1:1: event is not there: who is in a segment is asked at any time, not when something happens (ask what happened: events("product.viewed").count(last = 30d))`,
		`trigger.total > 1`:             `1:1: trigger is not there before somebody has entered, and who is in a segment is asked at any time`,
		`sent.first != nil`:             `1:1: sent is not there before somebody has entered, and who is in a segment is asked at any time`,
		`orders.count(last = 90d) == 0`: "",
	} {
		_, err := Compile(src, Env{Segment: true})
		if (err == nil) != (want == "") || (err != nil && !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s\n got %v\nwant %v", src, err, want)
		}
	}
}
