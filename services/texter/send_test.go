package texter

import (
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

// One text goes as a Texter would send it: with typography exchanged that would cost segments, to a number in E.164.
func TestSend(t *testing.T) {
	t.Parallel()
	s := startTwilio(t, nil)
	own := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(own.CloseIdleConnections)
	to := Twilio{AccountSID: account, Password: token, BaseURL: s.URL, Transport: own}
	c := command("m1")
	c.To = "07700 900123"
	long := strings.Repeat("ten signs ", 15) + "“quoted”"
	got, err := Send(t.Context(), to, "GB", c, render.SMS{From: "Bluem", Body: long})
	if err != nil {
		t.Fatal(err)
	}
	if sent := s.requests(); len(sent) != 1 || sent[0].Get("To") != "+447700900123" || sent[0].Get("From") != "Bluem" || sent[0].Get("Body") != got.Body ||
		!strings.HasSuffix(got.Body, `"quoted"`) || got.To != "+447700900123" || got.ID == "" {
		t.Errorf("sent %v, told %+v", sent, got)
	}
	c.Channel = message.WhatsApp
	if got, err = Send(t.Context(), to, "GB", c, render.SMS{From: "+447700900000", Body: long}); err != nil || got.Body != long {
		t.Errorf("by WhatsApp: %+v, %v", got, err)
	}
	if sent := s.requests(); sent[1].Get("To") != "whatsapp:+447700900123" {
		t.Errorf("by WhatsApp to %v", sent[1])
	}
	for name, x := range map[string]struct {
		account Twilio
		region  string
		text    render.SMS
		want    string
	}{
		"no account": {Twilio{}, "GB", render.SMS{From: "Bluem", Body: "x"}, "AccountSID"},
		"no country": {to, "", render.SMS{From: "Bluem", Body: "x"}, "country"},
		"no sender":  {to, "GB", render.SMS{Body: "x"}, "sender"},
	} {
		if _, err := Send(t.Context(), x.account, x.region, c, x.text); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}
