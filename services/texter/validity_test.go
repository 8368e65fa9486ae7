package texter

import (
	"testing"
	"time"

	"rapport/pkg/message"
)

// TestValidity: Twilio keeps a message until quiet hours begin or it is too late, and no longer.
func TestValidity(t *testing.T) {
	t.Parallel()
	decided := command("m1").DecidedAt
	for name, tc := range map[string]struct {
		until, lateness, since time.Duration
		replay                 bool
		want                   string
	}{
		"nothing is said":             {want: ""},
		"until the evening":           {until: 3 * time.Hour, want: "10800"},
		"an hour later":               {until: 3 * time.Hour, since: time.Hour, want: "7200"},
		"longer than Twilio keeps it": {until: 11 * time.Hour, want: ""},
		"just as long":                {until: 10 * time.Hour, want: ""},
		"a second less":               {until: 10*time.Hour - time.Second, want: "35999"},
		"the evening has begun":       {until: time.Hour, since: time.Hour, want: "1"},
		"late soon":                   {until: 3 * time.Hour, lateness: 2 * time.Hour, since: time.Hour, want: "3600"},
		"late within a day":           {since: 23 * time.Hour, want: "3600"},
		"too late":                    {lateness: time.Hour, since: 2 * time.Hour, want: ""},
		"a replay":                    {until: time.Hour, replay: true, want: ""},
	} {
		for _, channel := range []message.Channel{message.SMS, message.WhatsApp} {
			s := startTwilio(t, nil)
			x := newTexter(t, s, func(o *Options) {
				o.Channel = channel
				o.Delivery.EventTime = tc.replay
				o.Delivery.Now = func() time.Time { return decided.Add(tc.since) }
				if tc.lateness > 0 {
					o.Delivery.Lateness = func(*message.Command) time.Duration { return tc.lateness }
				}
			})
			c := command("m1")
			c.Channel = channel
			if tc.until > 0 {
				c.Until = decided.Add(tc.until)
			}
			if _, err := try(t, x, c); err != nil {
				t.Fatal(err)
			}
			if got := s.requests()[0].Get("ValidityPeriod"); got != tc.want {
				t.Errorf("%s by %s: validity %q, want %q", name, channel, got, tc.want)
			}
		}
	}
}
