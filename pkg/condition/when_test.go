package condition

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"rapport/pkg/event"
)

// when reads the structured form from YAML. A key stands in the line of its number, from
// the first key on, and its value at column 30.
func when(t testing.TB, src string) When {
	t.Helper()
	var tree any
	if err := yaml.UnmarshalWithOptions([]byte(src), &tree, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	line := 0
	return node(tree, &line)
}

func node(v any, line *int) When {
	w := When{Value: v, At: Place{*line, 30, 4}}
	switch v := v.(type) {
	case yaml.MapSlice:
		pairs := make([]Pair, len(v))
		for i, item := range v {
			*line++
			pairs[i] = Pair{Key: fmt.Sprint(item.Key), At: Place{*line, 3, len(fmt.Sprint(item.Key))}}
			pairs[i].Value = node(item.Value, line)
		}
		w.Value = pairs
	case []any:
		items := make([]When, len(v))
		for i, item := range v {
			items[i] = node(item, line)
		}
		w.Value = items
	}
	return w
}

func TestWhen(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]struct {
		text  string
		holds bool
	}{
		`profile.country: [DE, AT]`:                                                    {`profile.country in ["DE", "AT"]`, true},
		`profile.country: DE`:                                                          {`profile.country == "DE"`, true},
		`event.total: {gte: 20, lt: 45.5}`:                                             {`event.total >= 20 and event.total < 45.5`, false},
		`{event.total: {gt: 20}, profile.vip: true}`:                                   {`event.total > 20 and profile.vip == true`, true},
		`profile.tags: {not_contains: vip}`:                                            {`"vip" not in profile.tags`, true},
		`profile.tags: garden`:                                                         {`"garden" in profile.tags`, true},
		`profile.tags: [garden, roof]`:                                                 {`any(profile.tags, # in ["garden", "roof"])`, true},
		`profile.tags: {not_in: [garden, roof]}`:                                       {`none(profile.tags, # in ["garden", "roof"])`, false},
		`profile.consent.email.marketing: true`:                                        {`profile.consent.email.marketing`, true},
		`profile.consent.sms.marketing: false`:                                         {`profile.consent.sms.marketing == false`, true},
		`orders.count(last = 90d): {gte: 1}`:                                           {`orders.count(last = 90d) >= 1`, false},
		`profile.orders.last_at: {within: 60d}`:                                        {`since(profile.orders.last_at) <= 60d`, true},
		`since(profile.orders.last_at): {gt: 6w}`:                                      {`since(profile.orders.last_at) > 6w`, false},
		`profile.orders.last_at: {lt: 2026-03-01}`:                                     {`profile.orders.last_at < "2026-03-01"`, true},
		`event.coupon: {exists: false}`:                                                {`event.coupon == nil`, true},
		`event.coupon: null`:                                                           {`event.coupon == nil`, true},
		`event.currency: {starts_with: G, ends_with: P, contains: B}`:                  {`event.currency startsWith "G" and event.currency endsWith "P" and event.currency contains "B"`, true},
		`event.currency: {not: EUR, not_in: [CHF], not_contains: "$"}`:                 {`event.currency != "EUR" and event.currency not in ["CHF"] and event.currency not contains "$"`, true},
		`event.order_id: {in: ["A1", "A \"2\""]}`:                                      {`event.order_id in ["A1", "A \"2\""]`, true},
		`any_of: [{event.total: {gt: 100}}, {profile.country: DE, profile.vip: true}]`: {`event.total > 100 or (profile.country == "DE" and profile.vip == true)`, true},
		`{any_of: {event.total: {gt: 100}, profile.country: DE}, profile.vip: true}`:   {`(event.total > 100 or profile.country == "DE") and profile.vip == true`, true},
		`not: {profile.country: DE}`:                                                   {`not (profile.country == "DE")`, false},
		`not: [{profile.country: FR}, {event.total: 3}]`:                               {`not (profile.country == "FR" or event.total == 3)`, true},
		`all_of: [{profile.country: DE}, {not: {event.total: 3}}]`:                     {`profile.country == "DE" and not (event.total == 3)`, true},
		`event.total - event.revenue: {gt: 5}`:                                         {`(event.total - event.revenue) > 5`, true},
	} {
		c, err := CompileWhen(when(t, src), inside)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got, err := c.Eval(scope(event.OrderCompleted, lampOrder))
		if c.String() != want.text || got != want.holds || err != nil {
			t.Errorf("%s\nis   %s (%v, %v)\nwant %s (%v)", src, c, got, err, want.text, want.holds)
		}
	}
}

func TestWhenMistakes(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"profile.country: DE\nevent.totl: 3":                      `2:9: order.completed has no property totl (did you mean total?)`,
		"any_of:\n - event.total: {gt: 3}\n - profil.country: DE": `4:3: unknown word profil (did you mean profile?)`,
		"event.total: {gte: lots}":                                `2:30: event.total (a number) and the text "lots" cannot be compared with >=`,
		"event.total: {gteq: 3}":                                  `2:3: nothing can be asked with gteq (did you mean gte?)`,
		"event.total: {gte: [1, 2]}":                              `2:30: gte needs one value, not a list`,
		"event.currency: {in: EUR}":                               `2:30: in needs a list (such as in: [DE, AT])`,
		"event.currency: {exists: maybe}":                         `2:30: exists needs true or false, not "maybe"`,
		"event.time: {within: soon}":                              `2:30: within needs a length of time, not "soon" (such as within: 30d)`,
		"event.total: {within: 30d}":                              `2:30: event.total is a number, but a time is needed here`,
		"event.total: {}":                                         `1:30: nothing is asked of event.total (use one of eq,`,
		"event.currency: [EUR, 3]":                                `1:30: the list mixes a text and a number`,
		"event.currency: [[EUR]]":                                 `1:30: a value is needed here, not a list`,
		"event.total: {gt: {lt: 3}}":                              `2:30: gt needs a value, not a group`,
		"event.total >: 3":                                        `1:15: the expression ends too early`,
		"3: 3":                                                    `1:3: this is written out, and nothing can be asked of it`,
		"profile.consent.email.marketing: 3":                      `1:30: profile.consent.email.marketing (true or false) and the number 3 cannot`,
		"any_of: []":                                              `1:30: there is no question here`,
		"yes":                                                     `0:30: a condition is a list of questions, not "yes"`,
		"profile.segment(\"vp\"): true":                           `1:19: the name of a segment is never "vp" (did you mean vip?)`,
		strings.Repeat("{not: ", 30) + "x" + strings.Repeat("}", 30):  `11:30: the condition is nested too deeply`,
		"profile.name: [" + strings.Repeat("abcdefghij, ", 200) + "]": `1:30: the expression has `,
	} {
		env := inside
		env.Segments = []string{"vip"}
		_, err := CompileWhen(when(t, src), env)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80s\n got %v\nwant %v", src, err, want)
		}
	}
}

func TestEnglish(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`event.total >= 20.0 && profile.orders.count <= 3`:                                `The event's total is at least 20 and the number of orders is at most 3.`,
		`orders.count(last = 90d) == 0 or since(orders.last) > 30d`:                       `The number of orders in the last 90 days is 0 or the last order was more than 30 days ago.`,
		`profile.country in ["DE", "AT", "CH"]`:                                           `The person's country is "DE", "AT" or "CH".`,
		`profile.country not in ["DE", "AT"]`:                                             `The person's country is neither "DE" nor "AT".`,
		`profile.segments.exists(s, s == "vip") and "x" not in profile.tags`:              `The person is in the segment "vip" and the person is not tagged "x".`,
		`not profile.segment("vip") and not profile.consent.sms.marketing`:                `The person is not in the segment "vip" and the person has not agreed to marketing by sms.`,
		`profile.vip and (event.total > 1 or event.coupon != nil)`:                        `The person's vip is true and either the event's total is more than 1 or the event's coupon is known.`,
		`events("product.viewed").count(category == "lamps", last = 1d12h) > 2`:           `The number of "product.viewed" events where category is "lamps" in the last 36 hours is more than 2.`,
		`orders.where(total > 50).avg(total) < 70`:                                        `The average total of orders where total is more than 50 is less than 70.`,
		`messages.opened.count(last = 7d) == 0 and messages.count(channel = "email") > 1`: `The number of messages opened in the last 7 days is 0 and the number of messages sent with channel "email" is more than 1.`,
		`events("survey.answered").last.score >= 9`:                                       `The score of the last "survey.answered" event is at least 9.`,
		`event.order_id == trigger.order_id`:                                              `The event's order id is the order id of the event that entered.`,
		`events("email.clicked").where(message_id == sent.first.id).count > 0`:            `The number of "email.clicked" events where message id is the id of the message of step first is more than 0.`,
		`any(event.products, .price > 20 and .category == "light")`:                       `For any of the event's products, both its price is more than 20 and its category is "light".`,
		`profile.predicted.clv > 200 and profile.loyalty.tier == "gold"`:                  `The predicted clv is more than 200 and the person's loyalty tier is "gold".`,
		`event.total * 2 > 100`:                                                           "`event.total * 2` is more than 100.",
		`profile.email not contains "@example.com"`:                                       `The person's email does not contain "@example.com".`,
		`until(profile.birthday) < 3d`:                                                    `The person's birthday is less than 3 days away.`,
	} {
		c, err := Compile(src, Env{Sends: []string{"first"}})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := English(c); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
	a, _ := Compile(`profile.known`, Env{})
	b, _ := Compile(`event.total > 1`, Env{})
	if got, want := English(All(a, b)), `The person is a known customer, and the event's total is more than 1.`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
