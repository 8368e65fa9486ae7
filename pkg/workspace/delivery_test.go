package workspace

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/routing"
)

// TestDelivery reads a delivery.yaml with everything in it.
func TestDelivery(t *testing.T) {
	t.Parallel()
	files := large()
	files["delivery.yaml"] = `providers:
  - name: main
    smtp: smtp.provider.example:587
    tls: mandatory
    username: ${MAIN_USER}
    password: ${MAIN_PASS}
    hello: mail.shop.example
    connections: 4
    messages_per_connection: 100
    rate: {at_most: 50, per: 1s}
    pass_metadata: postmark
    warm_up: {from: 2026-12-01, per_day: [10, 20], domains: {googlemail.com: careful, web.de: [5]}}
  - {name: spare, smtp: "[2001:db8::1]:25"}
routes:
  - match: {category: transactional, journey: hello, domain: gmail, share: 10%}
    to: [spare, main]
  - to: [{provider: main, weight: 80}, {provider: spare, weight: 20}]
domains:
  - {domain: gmail, connections: 2, warm_up_share: 40%}
  - {domain: [gmx.de, web.de], rate: {at_most: 5, per: 1m}}
`
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	want := &routing.Config{
		Providers: []routing.Provider{
			{
				Name: "main", Addr: "smtp.provider.example:587", TLS: "mandatory", Username: "${MAIN_USER}", Password: "${MAIN_PASS}",
				Hello: "mail.shop.example", Connections: 4, MessagesEach: 100, Rate: routing.Rate{AtMost: 50, Per: time.Second}, PassMetadata: "postmark",
				WarmUp: &routing.WarmUp{
					From: time.Date(2026, 12, 1, 0, 0, 0, 0, london), Ramp: routing.Ramp{10, 20},
					Parts: map[string]routing.Ramp{"gmail": routing.NamedRamp("careful"), "gmx.de": {5}},
				},
			},
			{Name: "spare", Addr: "[2001:db8::1]:25", TLS: "opportunistic"},
		},
		Routes: []routing.Rule{
			{Match: routing.Match{Category: message.Transactional, Journey: "hello", Domain: "gmail", Share: 0.1}, To: []routing.Target{{Provider: "spare"}, {Provider: "main"}}},
			{To: []routing.Target{{Provider: "main", Weight: 80}, {Provider: "spare", Weight: 20}}},
		},
		Domains: []routing.Domain{
			{Name: "gmail", Connections: 2, WarmShare: 0.4},
			{Name: "gmx.de", Domains: []string{"gmx.de", "web.de"}, Rate: routing.Rate{AtMost: 5, Per: time.Minute}},
		},
	}
	if got := s.Delivery(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if s, err := load(large()); err != nil || s.Delivery() != nil {
		t.Errorf("without the file: %+v, %v", s.Delivery(), err)
	}
	// A throttle may name a provider, and one that is none bounds nothing.
	files["policy.yaml"] += "throttles:\n  - {provider: spare, at_most: 1, per: 1s}\n  - {provider: smtp, at_most: 1, per: 1s}\n"
	s, err = load(files)
	if err != nil {
		t.Fatal(err)
	}
	if said := s.Warnings().Error(); !strings.Contains(said, "through smtp") || strings.Contains(said, "through spare") {
		t.Errorf("warnings: %s", said)
	}
}

// TestDeliveryMistakes: each is told at its line, with what to do.
func TestDeliveryMistakes(t *testing.T) {
	t.Parallel()
	const main = "providers: [{name: main, smtp: \"mx.test:25\"}]\n"
	for text, want := range map[string]struct {
		line       int
		says, hint string
	}{
		"providers: []\n":                                                                                                                {1, "no providers", "--smtp"},
		"providers:\n  - {smtp: \"mx.test:25\"}\n":                                                                                       {2, "name: is missing", "name: main"},
		"providers:\n  - {name: Main, smtp: \"mx.test:25\"}\n":                                                                           {2, "Main cannot be the name", "small letters"},
		"providers:\n  - name: main\n    smtp: mx.test\n":                                                                                {3, "not the address of a mail server", "587"},
		"providers:\n  - name: main\n    smtp: mx.test:70000\n":                                                                          {3, "not the address of a mail server", "587"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    username: me\n    password: x\n":                                             {4, "must name a variable", "${SMTP_USERNAME}"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    username: ${ME}\n":                                                           {4, "no password", "password:"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    tls: always\n":                                                               {4, "tls cannot be always", "mandatory"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    hello: my host\n":                                                            {4, "not the name of a host", "mail.shop.example"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    warm_up: {from: soon, per_day: steady}\n":                                    {4, "must be a day", "2026-12-01"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    warm_up: {from: 2026-12-01, per_day: slow}\n":                                {4, "per_day cannot be slow", "careful"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    warm_up: {from: 2026-12-01, per_day: [9, 5]}\n":                              {4, "does not go back", "sort"},
		"providers:\n  - name: a\n    smtp: mx.test:25\n    warm_up: {from: 2026-12-01, per_day: [9], domains: {hotmale: [1]}}\n":        {4, "hotmale is no domain", "microsoft"},
		main + "routes: [{to: [mian]}]\n":                                                                                                {2, "no provider mian", "main"},
		main + "routes: [{to: [main, main]}]\n":                                                                                          {2, "here twice", "once"},
		main + "routes: [{to: []}]\n":                                                                                                    {2, "no provider to go by", "main"},
		main + "routes: [{match: {domain: g mail}, to: [main]}]\n":                                                                       {2, "is no domain", "gmail"},
		"routes: [{to: [main]}]\n":                                                                                                       {1, "no providers to go by", "providers:"},
		main + "domains: [{domain: gmail}, {domain: gmail}]\n":                                                                           {2, "already", "one of them"},
		main + "domains: [{domain: [web.de]}, {domain: [gmx.de, web.de]}]\n":                                                             {2, "stands in another rule", "one of them"},
		main + "domains: [{domain: Web.de}]\n":                                                                                           {2, "is no domain", "small letters"},
		main + "domains: [{domain: gmail, warm_up_share: 60%}, {domain: web.de, warm_up_share: 40%}]\n":                                  {2, "leave nothing", "less than 100%"},
		"providers: [{name: a, smtp: \"mx.test:25\"}, {name: b, smtp: \"mx.test:25\"}]\nroutes: [{to: [{provider: a, weight: 3}, b]}]\n": {2, "some have none", "each a weight"},
	} {
		files := large()
		files["delivery.yaml"] = text
		_, err := load(files)
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s gives %v", text, err)
			continue
		}
		p := problems.Errors()[0]
		if p.File != "delivery.yaml" || p.Line != want.line || !strings.Contains(p.Message, want.says) || !strings.Contains(p.Hint, want.hint) {
			t.Errorf("%s gives %s (%s)", text, p, p.Hint)
		}
	}
}
