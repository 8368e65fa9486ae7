package callback

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rapport/pkg/callback/signature"
)

// trusting reads requests of a provider without verifying them, so that a fuzzer gets at the decoders.
func trusting(p Provider) *Reader {
	return &Reader{
		provider: p, cfg: Config{MessageKey: defaultMessageKey},
		verify: func(c *call) error {
			c.sns = &signature.SNS{Type: "Notification", MessageID: "1", Message: string(c.req.Body), Timestamp: "2026-05-04T10:30:00Z"}
			return nil
		},
	}
}

// FuzzDecoders hands any body to the decoder of any provider. Whatever it is, it ends in complete events or in an *Error,
// and read a second time, later, it gives the same ids.
func FuzzDecoders(f *testing.F) {
	all := Providers()
	for i, p := range all {
		for _, c := range tellings {
			if c.provider == p.Name {
				f.Add(uint8(i), p.Name == twilioName, []byte(c.body))
			}
		}
		f.Add(uint8(i), true, []byte("event=clicked&message-headers=[[\"X-Mailgun-Variables\",\"{}\"]]&mandrill_events=[{}]&timestamp=1e300"))
	}
	f.Fuzz(func(t *testing.T, which uint8, form bool, body []byte) {
		p := all[int(which)%len(all)]
		r := Request{Method: "POST", URL: hookURL, Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}}
		if form || p.Name == "mandrill" {
			r.Header["Content-Type"][0] = "application/x-www-form-urlencoded"
		}
		reader := trusting(p)
		batch, err := reader.Read(r, moment)
		var own *Error
		if err != nil && !errors.As(err, &own) {
			t.Fatalf("%s: %T: %v", p.Name, err, err)
		}
		again, _ := reader.Read(r, moment.Add(time.Hour))
		if len(batch.Events) != len(again.Events) {
			t.Fatalf("%s: %d events, then %d", p.Name, len(batch.Events), len(again.Events))
		}
		ids := map[string]bool{}
		for _, e := range batch.Events {
			ids[e.ID] = true
			if e.Kind == "" || e.Provider != p.Name || e.Channel == "" || e.At.Year() < 1970 || e.At.Year() > 9999 || e.At.Location() != time.UTC ||
				(e.Kind == Received) != (e.Inbound != nil) {
				t.Fatalf("%s: incomplete: %+v", p.Name, e)
			}
			if failure := e.Kind == Bounced || e.Kind == Rejected || e.Kind == Failed || e.Kind == Deferred; failure != (e.Class != "") {
				t.Fatalf("%s: the class of %s is %q", p.Name, e.Kind, e.Class)
			}
			if e.Status != "" && strings.Count(e.Status, ".") != 2 {
				t.Fatalf("%s: the status %q is none", p.Name, e.Status)
			}
		}
		for _, e := range again.Events {
			if !ids[e.ID] {
				t.Fatalf("%s: a repeat has another id: %+v", p.Name, e)
			}
		}
	})
}

// FuzzVerifiers hands any body and any header to the real readers. Nobody signed it, so nobody may take it.
func FuzzVerifiers(f *testing.F) {
	all := Providers()
	readers := make([]*Reader, len(all))
	for i, p := range all {
		s, r := good(p.Name)
		var err error
		if readers[i], err = p.Open(s.cfg); err != nil {
			f.Fatal(err)
		}
		value := ""
		if headers := signatureHeaders[p.Name]; headers != nil {
			value = r.Header[headers[0]][0]
		}
		f.Add(uint8(i), value[:len(value)/2], append(r.Body, ' ', '1')) // Whole, it could be guessed back.
	}
	f.Fuzz(func(t *testing.T, which uint8, value string, body []byte) {
		i := int(which) % len(all)
		r := Request{Method: "POST", URL: hookURL, Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}}
		for _, name := range signatureHeaders[all[i].Name] {
			r.Header[name] = []string{value}
		}
		var own *Error
		if _, err := readers[i].Read(r, moment); !errors.As(err, &own) {
			t.Fatalf("%s took what nobody signed: %q, %q: %v", all[i].Name, value, body, err)
		}
	})
}
