package cloudevent_test

import (
	"strings"
	"testing"

	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

func TestSentBy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"shop", "shop", "shop"},
		{"shop", "shop/eu", "shop/eu"},
		{"shop", "shop:eu", "shop:eu"},
		{"shop", "shopping", "shop/shopping"},
		{"shop", "till", "shop/till"},
		{"shop", "https://till.example", "shop/https://till.example"},
		{"rapport", "mailer", ""},
		{"rapport", "rapport/mailer", ""},
		{"shop", strings.Repeat("x", 255), ""},
	} {
		e := event.Event{ID: "1", Source: c.source, Type: "a.b", Subject: "ada", Time: arrival}
		err := cloudevent.SentBy(c.name, &e)
		if c.want == "" {
			if err == nil || field(t, err) != "source" {
				t.Errorf("%s as %s: %v", c.source, c.name, err)
			}
			continue
		}
		if err != nil || e.Source != c.want {
			t.Errorf("%s as %s: %q, %v; want %q", c.source, c.name, e.Source, err, c.want)
		}
	}
}
