package condition

import (
	"reflect"
	"strings"
	"testing"

	"rapport/pkg/event"
	"rapport/pkg/profile"
	"rapport/pkg/trackingplan"
)

func TestDepsOf(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]Deps{
		`event.total > 1 and event.total == trigger.total`:             {Event: true, Trigger: true},
		`sent.first.at < now`:                                          {Sent: true, Time: true},
		`orders.count(last = 90d) == 0 and orders.refunds > 0`:         {Events: []string{event.OrderCompleted, event.OrderRefunded}, Time: true},
		`orders.count > 3 or profile.orders.total > 100`:               {Events: []string{event.OrderCompleted}},
		`events("product.viewed").where(price > 3).count > 1`:          {Events: []string{"product.viewed"}},
		`messages.clicked.count > 0 and messages.count > 0`:            {Events: []string{"email.clicked", event.MessageSent}},
		`profile.country == "DE" and profile.traits.shoe > 40`:         {Traits: []string{"country", "shoe"}},
		`profile.consent.email.marketing or profile.consent.sms.other`: {Consent: []string{"email.marketing", "sms.other"}},
		`profile.segment("vip") and profile.loyalty.points > 3`:        {Segments: []string{"vip"}, Loyalty: true},
		`profile.segments.exists(s, s == "vip")`:                       {AllSegments: true},
		`"a" in profile.tags`:                                          {Tags: true, Traits: []string{"tags"}},
		`profile.predicted.clv > 2`:                                    {Predictions: []string{"clv"}},
		`hour > 3`:                                                     {Time: true, Traits: []string{"country", "phone", "timezone"}},
		`profile.known`:                                                {Profile: true},
		`1 == 1`:                                                       {},
	} {
		c, err := Compile(src, inside)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := DepsOf(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%s depends on %+v, want %+v", src, got, want)
		}
	}
	a, _ := Compile(`profile.country == "DE"`, inside)
	b, _ := Compile(`profile.city == "Ulm" and event.total > 1`, inside)
	if got, want := DepsOf(All(a, b)), (Deps{Traits: []string{"city", "country"}, Event: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("both depend on %+v, want %+v", got, want)
	}
}

// Whatever an event changes in a profile, the conditions that see it are asked.
func TestChanged(t *testing.T) {
	t.Parallel()
	update := func(data string) *event.Event {
		return &event.Event{ID: "1", Source: "s", Type: event.ProfileIdentified, Subject: "ada", Time: noon, Data: []byte(`{"$profile": ` + data + `}`)}
	}
	of := func(typ string) *event.Event {
		return &event.Event{ID: "1", Source: "s", Type: typ, Subject: "ada", Time: noon, Data: []byte(`{"order_id": "A", "total": 1}`)}
	}
	for _, c := range []struct {
		src     string
		changed *event.Event
		not     *event.Event
	}{
		{`profile.country == "DE"`, update(`{"traits": {"country": null}}`), update(`{"traits": {"city": "Ulm"}}`)},
		{`profile.consent.email.marketing`, update(`{"consent": [{"channel": "email", "purpose": "marketing", "granted": true}]}`), update(`{"consent": [{"channel": "sms", "purpose": "marketing", "granted": true}]}`)},
		{`orders.count(last = 9d) > 1`, of(event.OrderCompleted), of(event.OrderRefunded)},
		{`orders.refunds > 1`, of(event.OrderRefunded), of("product.viewed")},
		{`"a" in profile.tags`, of(profile.Tagged), of(profile.TierReached)},
		{`profile.loyalty.points > 3`, of(profile.PointsAwarded), of(profile.Untagged)},
		{`profile.predicted.churn_risk > 0.5`, of("prediction.churn_risk_changed"), of("prediction.clv_changed")},
		{`since(orders.last) > 3d`, of(event.OrderCompleted), of("product.viewed")},
	} {
		cond, err := Compile(c.src, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if d := DepsOf(cond); !d.Changed(c.changed) || d.Changed(c.not) {
			t.Errorf("%s: changed %v by %s, %v by %s", c.src, d.Changed(c.changed), c.changed.Type, d.Changed(c.not), c.not.Type)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`1 == 1 and profile.known`: `1:3: this is always true: both sides are written out`,
		`profile.known`:            ``,
	} {
		c, err := Compile(src, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Warnings(All(c)); (len(got) > 0) != (want != "") || (want != "" && got.Error() != want) {
			t.Errorf("%s: %v, want %s", src, got, want)
		}
	}
}

// TestCatalogue: what a workspace declares is known like what is built in.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	catalogue := Builtin().With(map[string]Properties{
		"plant.watered":  {"litres": {Kind: Number}, "with": {Kind: Text, Values: []string{"can", "hose"}}, "pots": {Kind: List, Of: Properties{"size": {Kind: Number}}}},
		"product.viewed": {"soil": {Kind: Text}},
	}).WithTraits(Properties{"garden_size": {Kind: Number}, "moved_in": {Kind: Time}})
	for src, want := range map[string]string{
		`event.litres > 3 and event.with == "can" and any(event.pots, .size > 3)`: ``,
		`event.litre > 3`:            `1:7: plant.watered has no property litre (did you mean litres?)`,
		`event.with == "cann"`:       `1:15: event.with is never "cann" (did you mean can?)`,
		`event.litres == "3"`:        `1:14: event.litres (a number) and the text "3"`,
		`any(event.pots, .sise > 3)`: `1:18: an element of the list has no property sise (did you mean size?)`,
		`events("plant.watered").count(with = "hose", last = 7d) > 2 and events("product.viewed").count(soil = "wet", category = "x") > 0`: ``,
		`events("plant.waterd").count > 2`:                   `1:8: there are no events of type plant.waterd (did you mean plant.watered?)`,
		`profile.garden_size > 3 and profile.moved_in < now`: ``,
		`profile.garden_size == "big"`:                       `1:21: profile.garden_size (a number) and the text "big"`,
		`profile.gardensize > 3`:                             `1:9: profile has no property gardensize (did you mean garden_size?`,
	} {
		_, err := Compile(src, Env{Event: "plant.watered", Catalogue: catalogue})
		if (err == nil) != (want == "") || (err != nil && !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s\n got %v\nwant %v", src, err, want)
		}
	}
	if p, ok := Builtin().Properties("plant.watered"); ok {
		t.Errorf("the built-in catalogue learnt %v", p)
	}
}

// What a plan declares is asked for like what is built in: with its properties and no others.
func TestCatalogueOfAPlan(t *testing.T) {
	t.Parallel()
	plan, err := trackingplan.Known().With(trackingplan.Modes{},
		trackingplan.Type{Name: "subscription.paused", Properties: []trackingplan.Property{
			{Name: "plan", Kind: trackingplan.Text, Enum: []string{"monthly", "yearly"}},
			{Name: "price", Kind: trackingplan.Money},
			{Name: "gift", Kind: trackingplan.Boolean},
			{Name: "until", Kind: trackingplan.Date},
			{Name: "any", Kind: trackingplan.Any},
			{Name: "id", Kind: trackingplan.Number},
			{Name: "tags", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Text}},
			{Name: "sizes", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Integer}},
			{Name: "items", Kind: trackingplan.Array, Of: &trackingplan.Property{Kind: trackingplan.Object, Properties: []trackingplan.Property{{Name: "sku", Kind: trackingplan.Text}}}},
			{Name: "address", Kind: trackingplan.Object, Properties: []trackingplan.Property{{Name: "city", Kind: trackingplan.Text}}},
		}},
		trackingplan.Type{Name: "product.viewed", Properties: []trackingplan.Property{{Name: "soil", Kind: trackingplan.Text}}},
		trackingplan.Type{Name: "page.viewed", Properties: []trackingplan.Property{{Name: "section", Kind: trackingplan.Text}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ typ, src, want string }{
		{"subscription.paused", `event.plan == "yearly" and event.price > 9 and event.gift and event.until < now and event.any == 7`, ``},
		{"subscription.paused", `"a" in event.tags and any(event.items, .sku == "x") and event.address.city == "Bath" and sum(event.sizes) > 3`, ``},
		{"subscription.paused", `event.plann == "yearly"`, `did you mean plan?`},
		{"subscription.paused", `event.plan == "weekly"`, `event.plan is never "weekly"`},
		{"subscription.paused", `event.price == "9"`, `(a number)`},
		{"subscription.paused", `event.address.town == "Bath"`, `no property town`},
		{"subscription.paused", `any(event.items, .skuu == "x")`, `did you mean sku?`},
		{"subscription.paused", `event.id == "E1"`, ``},
		{"product.viewed", `event.soil == "wet" and event.price > 3`, ``},
		{"product.viewed", `event.soul == "wet"`, `did you mean soil?`},
		{"page.viewed", `event.section == "lamps" and event.whatever == 3`, ``},
		{"", `events("subscription.pausd").count > 0`, `did you mean subscription.paused?`},
		{"", `events("subscription.paused").sum(price, last = 30d) > 9`, ``},
	} {
		_, err := Compile(c.src, Env{Event: c.typ, Catalogue: Of(plan)})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %v", c.src, err, c.want)
		}
	}
	if _, ok := Of(nil).Properties("order.completed"); !ok {
		t.Error("without a plan the catalogue is the built-in one")
	}
}
