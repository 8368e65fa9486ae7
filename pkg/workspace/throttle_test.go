package workspace

import (
	"strings"
	"testing"
)

// TestThrottlesThatBoundNothing: a throttle under which no message falls is legal, and
// warned of at its place.
func TestThrottlesThatBoundNothing(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"provider: ses":                       "policy.yaml:2:16: warning: no message goes through ses, so this bounds nothing",
		"provider: twillio":                   "did you mean twilio?",
		"provider: smtp, channel: sms":        "smtp carries no messages of the channel sms",
		"provider: twilio, channel: webhook":  "twilio carries no messages of the channel webhook",
		"channel: sms, domain: gmail.com":     "telephone numbers have no domain",
		"channel: whatsapp, domain: a.com":    "telephone numbers have no domain",
		"provider: twilio, domain: a.com":     "telephone numbers have no domain",
		"provider: twilio, channel: whatsapp": "",
		"provider: smtp, domain: gmail.com":   "",
		"provider: webhook, domain: crm.com":  "",
		"channel: webhook, domain: crm.com":   "",
		"channel: any, domain: gmail.com":     "",
		"channel: sms":                        "",
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			files := large()
			files["policy.yaml"] = "throttles:\n  - {" + rule + ", at_most: 10, per: 1m}\n"
			s, err := load(files)
			if err != nil {
				t.Fatal(err)
			}
			var about []string
			for _, w := range s.Warnings() {
				if w.File == "policy.yaml" {
					about = append(about, Problems{w}.Error())
				}
			}
			said := strings.Join(about, "\n")
			if !strings.Contains(said, want) || want == "" && said != "" || len(about) > 1 {
				t.Errorf("warnings %q, want %q", said, want)
			}
		})
	}
}
