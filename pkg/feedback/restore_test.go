package feedback_test

import (
	"strings"
	"testing"
	"time"

	"rapport/pkg/callback"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// ledger reads words: channel:purpose, + or -, and @source.
func ledger(words string) *profile.Profile {
	p := &profile.Profile{}
	for i, w := range strings.Fields(words) {
		w, source, _ := strings.Cut(w, "@")
		channel, purpose, _ := strings.Cut(w[:len(w)-1], ":")
		p.Ledger = append(p.Ledger, profile.Statement{
			Channel: channel, Purpose: purpose, Granted: w[len(w)-1] == '+', Source: source, At: moment.Add(time.Duration(i) * time.Hour),
		})
	}
	return p
}

func TestRestorable(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"":                                 "",
		"sms:marketing+@form":              "",
		"sms:*-@reply":                     "",
		"sms:marketing+@form sms:*-@reply": "marketing",
		"sms:news+@form sms:marketing+@form sms:*-@reply":                    "marketing news",
		"sms:marketing+@form sms:*-@reply sms:*-@reply":                      "marketing",
		"sms:marketing+@form sms:*-@reply sms:marketing+@reply":              "",
		"sms:marketing+@form sms:*-@reply sms:marketing+@reply sms:*-@reply": "marketing",
		"sms:marketing+@form sms:marketing-@form sms:*-@reply":               "",
		"sms:marketing+@form sms:*-@reply sms:marketing-@form":               "",
		"sms:marketing+@form sms:*-@portal":                                  "",
		"sms:marketing+@form sms:*-@reply *:*-@portal":                       "",
		"sms:marketing+@form *:*-@portal sms:*-@reply":                       "",
		"email:marketing+@form sms:*-@reply":                                 "",
		"sms:marketing+@form whatsapp:*-@reply":                              "",
		"*:marketing+@form sms:*-@reply":                                     "marketing",
	} {
		if got := strings.Join(feedback.Restorable(ledger(words), message.SMS), " "); got != want {
			t.Errorf("%s: START gives back %q, want %q", words, got, want)
		}
	}
}

// TestStopAndStart is the way of a consent through a profile.
func TestStopAndStart(t *testing.T) {
	t.Parallel()
	for _, agreed := range []bool{true, false} {
		p := profile.New("customer-17", moment)
		if agreed {
			p.Apply(&event.Event{
				ID: "1", Source: "shop", Type: "newsletter.joined", Subject: "customer-17", Time: moment,
				Data: []byte(`{"$profile":{"consent":[{"channel":"sms","purpose":"marketing","granted":true,"confirmed":true,"source":"form"}]}}`),
			})
		}
		hear := func(words string, after time.Duration) {
			n, _ := feedback.FromCallback(callback.Event{
				ID: words, Kind: callback.Received, Channel: message.SMS, Provider: "twilio", At: moment.Add(after),
				Inbound: &callback.Inbound{From: "+447700900123", Body: words},
			})
			e, err := n.Event("rapport/listener", feedback.Origin{Profile: "customer-17", Restore: feedback.Restorable(p, message.SMS)})
			if err != nil {
				t.Fatal(err)
			}
			p.Apply(&e)
		}
		hear("STOP", time.Hour)
		if p.Consents(message.SMS, "marketing") {
			t.Error("there is consent after STOP")
		}
		hear("START", 2*time.Hour)
		if p.Consents(message.SMS, "marketing") != agreed || p.Confirms(message.SMS, "marketing") != agreed {
			t.Errorf("agreed %v, and after START there is consent: %v", agreed, !agreed)
		}
	}
}
