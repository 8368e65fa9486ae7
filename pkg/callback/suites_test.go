package callback

import (
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
)

// TestTwilioCodes reads every error code that is published for messages. What a carrier reports about a message that was
// on its way (30003 to 30450) has to be known; everything else at least has a class.
func TestTwilioCodes(t *testing.T) {
	t.Parallel()
	var codes []struct {
		Code    int
		LogType string `json:"log_type"`
		Message string
	}
	corpus(t, &codes, "twilio", "messaging_error_codes.json")
	published, known, carrier := map[string]bool{}, 0, 0
	s := newSigner("twilio")
	for _, c := range codes {
		code := strconv.Itoa(c.Code)
		published[code] = true
		batch, err := s.read(s.signed("MessageSid=SM1&MessageStatus=undelivered&To=%2B1&ErrorCode=" + code))
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		e := batch.Events[0]
		if e.Class == "" || e.Code != code || e.Reason == "" {
			t.Errorf("%s (%s): %+v", code, c.Message, e)
		}
		_, fallback := twilioClass("0")
		listed := e.Reason != fallback
		if listed {
			known++
		}
		if c.LogType == "CARRIER" && c.Code >= 30003 && c.Code <= 30450 {
			carrier++
			if !listed {
				t.Errorf("%s (%s) comes from carriers and is not known", code, c.Message)
			}
		}
	}
	for code := 10000; code < 100000; code++ {
		if class, _ := twilioClass(strconv.Itoa(code)); class != Unspecified && !published[strconv.Itoa(code)] {
			t.Errorf("%d has the class %q and is no published code", code, class)
		}
	}
	t.Logf("%d of %d codes have a class; %d by name, all %d of carriers among them", len(codes), len(codes), known, carrier)
}

func TestTwilioKeywords(t *testing.T) {
	t.Parallel()
	var words struct {
		Stop  []string `json:"opt_out"`
		Start []string `json:"opt_in_commonly"`
		Help  []string `json:"help_commonly"`
	}
	corpus(t, &words, "twilio", "opt_keywords.json")
	s, n := newSigner("twilio"), 0
	for want, list := range map[Keyword][]string{Stop: words.Stop, Start: words.Start, Help: words.Help} {
		for _, word := range list {
			n++
			batch, err := s.read(s.signed("MessageSid=SM1&SmsStatus=received&From=%2B1&Body=" + url.QueryEscape(word)))
			if err != nil || batch.Events[0].Inbound.Keyword != want {
				t.Errorf("%s: %+v, %v; want %s", word, batch.Events, err, want)
			}
		}
	}
	t.Logf("%d of %d keywords", n, n)
}

func TestReceivedBySES(t *testing.T) {
	t.Parallel()
	for file, from := range map[string]string{
		"ses-lambda-event.json": "aws@amazon.com", "ses-s3-event.json": "sender@example.com", "ses-sns-event.json": "sender@example.com",
	} {
		var raw json.RawMessage
		corpus(t, &raw, "shop-webhooks", "aws-ses", file)
		s := newSigner("ses")
		batch, err := s.read(s.request(raw))
		if err != nil || len(batch.Events) != 1 {
			t.Errorf("%s: %d events, %v", file, len(batch.Events), err)
			continue
		}
		e := batch.Events[0]
		if e.Kind != Received || e.Inbound.From != from || e.Inbound.To != e.Recipient || e.Recipient == "" || e.Inbound.Subject == "" ||
			e.MailID == "" || e.MailID[0] == '<' || e.ProviderID == "" || e.At.Year() == moment.Year() {
			t.Errorf("%s: %+v, %+v", file, e, e.Inbound)
		}
	}
}
