package callback

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRepeatsHaveOneID reads every telling again, signed anew at another time, and wants the same ids.
func TestRepeatsHaveOneID(t *testing.T) {
	t.Parallel()
	for _, c := range tellings {
		s := newSigner(c.provider)
		before, err := s.read(s.signed(c.body))
		if err != nil {
			t.Fatal(err)
		}
		s.now = moment.Add(17 * time.Hour)
		if c.provider == "ses" {
			s.snsTime = moment.Format(time.RFC3339) // SNS repeats the message as it is.
		}
		after, err := s.read(s.signed(c.body))
		if err != nil {
			t.Fatal(err)
		}
		for i := range before.Events {
			if id := before.Events[i].ID; id != after.Events[i].ID {
				t.Errorf("%s: %.90s: %s and %s", c.provider, c.body, id, after.Events[i].ID)
			}
		}
	}
}

// TestIdentity draws events that differ in one part of what identifies them.
func TestIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 5, -1)
		a := Event{
			Provider: "p", Kind: Opened, Type: text.Draw(t, "type"), Recipient: text.Draw(t, "recipient"), ProviderID: text.Draw(t, "id"),
			MessageID: text.Draw(t, "message"), URL: text.Draw(t, "url"), UserAgent: text.Draw(t, "agent"), IP: text.Draw(t, "ip"),
		}
		b := a
		parts := []*string{&b.Type, &b.Recipient, &b.ProviderID, &b.MessageID, &b.URL, &b.UserAgent, &b.IP, &b.EventID}
		if a.identity() != b.identity() {
			t.Fatal("two ids for one event")
		}
		*parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")] += "x"
		if a.identity() == b.identity() {
			t.Fatalf("one id for %+v and %+v", a, b)
		}
		// What one part loses to the next is another event.
		c := a
		c.URL, c.UserAgent = a.URL+"y", strings.TrimPrefix(a.UserAgent, "y")
		if c.identity() == a.identity() {
			t.Fatalf("one id for %+v and %+v", a, c)
		}
	})
}

func TestSizes(t *testing.T) {
	t.Parallel()
	one := `{"event":"open","email":"a@b.example","sg_event_id":"e%d","timestamp":1777890600,"useragent":"Mozilla","ip":"192.0.2.1"}`
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, ","+one, i)
	}
	s := newSigner("sendgrid")
	batch, err := s.read(s.signed("[" + b.String()[1:] + "]"))
	ids := map[string]bool{}
	for _, e := range batch.Events {
		ids[e.ID] = true
	}
	if err != nil || len(ids) != 10_000 {
		t.Errorf("10,000 events: %d ids, %v", len(ids), err)
	}
	for what, body := range map[string]string{
		"too many":      "[" + strings.Repeat("{},", maxEvents) + "{}]",
		"arrays":        strings.Repeat("[", 100_000),
		"objects":       strings.Repeat(`{"a":`, 100_000),
		"deep member":   `[{"event":"open","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}]`,
		"cut off":       `[{"event":"open"`,
		"no JSON":       "event=open",
		"empty":         "",
		"a text":        `"event"`,
		"wrong type":    `[{"event":{"a":1}}]`,
		"null":          `[null]`,
		"trailing":      `[] []`,
		"all wrong":     `[1,"x",[]]`,
		"too long":      `["` + strings.Repeat("x", maxBody) + `"]`,
		"wrong bracket": `[{"event":"open"]}`,
	} {
		_, err := s.read(s.signed(body))
		var e *Error
		if !errors.Is(err, ErrUnreadable) || !errors.As(err, &e) || e.Part == "" || e.Check == "" {
			t.Errorf("%s: %v, want ErrUnreadable", what, err)
		}
		if strings.Contains(fmt.Sprint(err), "xxx") || len(fmt.Sprint(err)) > 400 {
			t.Errorf("%s: the error repeats the body: %.200v", what, err)
		}
	}
	recipients := strings.Repeat(`{"emailAddress":"a@b.example"},`, maxEvents) + `{}`
	s = newSigner("ses")
	batch, err = s.read(s.signed(`{"notificationType":"Bounce","bounce":{"bouncedRecipients":[` + recipients + `]}}`))
	if err != nil || len(batch.Events) != maxEvents || len(batch.Unread) != 1 {
		t.Errorf("more recipients than events are allowed: %d events, %v, %v", len(batch.Events), batch.Unread, err)
	}
	for name, nested := range map[string]string{"mandrill": strings.Repeat("[", 1000), "ses": `{"a":` + strings.Repeat("[", 1000)} {
		s := newSigner(name)
		if _, err := s.read(s.signed(nested)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v, want ErrUnreadable", name, err)
		}
	}
}

func TestOneOddElementLosesNoOther(t *testing.T) {
	t.Parallel()
	for provider, body := range map[string]string{
		"sendgrid":  `[{"event":"open"},{"event":["x"]},{"event":"click"}]`,
		"brevo":     `[{"event":"opened"},{},{"event":"click"}]`,
		"mailjet":   `[{"event":"open"},7,{"event":"click"}]`,
		"mandrill":  `[{"event":"open","msg":{}},{"event":"open"},{"event":"click","msg":{}}]`,
		"sparkpost": `[{"msys":{"a":{"type":"open"}}},{"msys":{"a":[]}},{"msys":{"a":{"type":"click"}}},{"msys":{}}]`,
		"ses":       `{"Records":[{"ses":{"mail":{"destination":["a@b.example"]}}},{},{"ses":{"mail":{"destination":["a@b.example"]}}}]}`,
	} {
		s := newSigner(provider)
		batch, err := s.read(s.signed(body))
		if err != nil || len(batch.Events) != 2 || len(batch.Unread) != 1 || !errors.Is(batch.Unread[0], ErrUnreadable) || !strings.Contains(batch.Unread[0].Error(), " 1") {
			t.Errorf("%s: %d events, %v, %v", provider, len(batch.Events), batch.Unread, err)
		}
	}
	s := newSigner("sparkpost")
	if batch, err := s.read(s.signed(`[{"msys":{}}]`)); err != nil || len(batch.Events) != 0 || len(batch.Unread) != 0 {
		t.Errorf("SparkPost's test of an address: %+v, %v", batch, err)
	}
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	for provider, body := range map[string]string{
		"twilio": "CallSid=CA1&CallStatus=completed", "postmark": `{"hello":"world"}`, "ses": `{"hello":"world"}`,
	} {
		s := newSigner(provider)
		if _, err := s.read(s.signed(body)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", provider, err)
		}
	}
	for _, p := range Providers() {
		s, r := good(p.Name)
		r.Method = "HEAD"
		if _, err := s.read(r); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: HEAD: %v, want ErrUnsupported", p.Name, err)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	topics := []string{topicARN}
	for what, c := range map[string]struct {
		provider string
		cfg      Config
	}{
		"no key":           {"sendgrid", Config{}},
		"no EC key":        {"sendgrid", Config{Secrets: []string{"x"}}},
		"no base64":        {"resend", Config{Secrets: []string{"whsec_%"}}},
		"no topics":        {"ses", Config{Certificates: certificates{}}},
		"empty topic":      {"ses", Config{Certificates: certificates{}, Topics: []string{""}}},
		"no certificates":  {"ses", Config{Topics: topics}},
		"tolerance":        {"ses", Config{Certificates: certificates{}, Topics: topics, Tolerance: -1}},
		"unknown provider": {"x", Config{}},
	} {
		p, _ := ByName(c.provider)
		if _, err := p.Open(c.cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", what, err)
		}
	}
	for _, p := range Providers() {
		for _, secrets := range [][]string{nil, {""}, {"good", ""}} {
			if _, err := p.Open(Config{Secrets: secrets}); !errors.Is(err, ErrConfig) {
				t.Errorf("%s opened with the secrets %q: %v", p.Name, secrets, err)
			}
		}
		if _, ok := ByName(p.Name); !ok || p.Needs == "" || p.Channel == "" {
			t.Errorf("%s is not complete", p.Name)
		}
	}
}
