package texter

import (
	"context"
	"net/http/httptest"
	"net/url"
	"testing"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/services/catcher"
)

const contentSID = "HX0123456789abcdef0123456789abcdef"

// TestContents: an approved content goes by its SID, with variables and without a body; what people
// read of it stays here.
func TestContents(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text render.SMS
		want url.Values
	}{
		"with variables": {
			render.SMS{From: "+447700900000", Body: "Hi Zoë", Content: render.Content{SID: contentSID, Variables: `{"1":"Zoë"}`}},
			url.Values{"From": {"whatsapp:+447700900000"}, "ContentSid": {contentSID}, "ContentVariables": {`{"1":"Zoë"}`}},
		},
		"without": {
			render.SMS{From: "+447700900000", Body: "Hi", Content: render.Content{SID: contentSID}},
			url.Values{"From": {"whatsapp:+447700900000"}, "ContentSid": {contentSID}},
		},
		"of our own": {
			render.SMS{From: "+447700900000", Body: "Hi"},
			url.Values{"From": {"whatsapp:+447700900000"}, "Body": {"Hi"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startTwilio(t, nil)
			x := newTexter(t, s, func(o *Options) {
				o.Channel = message.WhatsApp
				o.Render = func(context.Context, *message.Command) (render.SMS, error) { return tc.text, nil }
			})
			c := command("m1")
			c.Channel = message.WhatsApp
			if _, err := try(t, x, c); err != nil {
				t.Fatal(err)
			}
			tc.want.Set("To", "whatsapp:"+number)
			if got := s.requests(); len(got) != 1 || got[0].Encode() != tc.want.Encode() {
				t.Errorf("requests %v, want %v", got, tc.want)
			}
		})
	}
}

// TestWorkspaceService: the workspace's messaging service picks the sender, unless the configuration
// names one.
func TestWorkspaceService(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Options)
		want   url.Values
	}{
		{nil, url.Values{"MessagingServiceSid": {"MG2"}}},
		{func(o *Options) { o.Twilio.MessagingService = "MG1" }, url.Values{"MessagingServiceSid": {"MG1"}}},
		{func(o *Options) { o.Twilio.From = "+447700900000" }, url.Values{"From": {"+447700900000"}}},
	} {
		s := startTwilio(t, nil)
		x := newTexter(t, s, func(o *Options) {
			o.Render = func(context.Context, *message.Command) (render.SMS, error) {
				return render.SMS{Service: "MG2", Body: "Hi"}, nil
			}
			if c.change != nil {
				c.change(o)
			}
		})
		if _, err := try(t, x, command("m1")); err != nil {
			t.Fatal(err)
		}
		c.want.Set("To", number)
		c.want.Set("Body", "Hi")
		if got := s.requests(); got[0].Encode() != c.want.Encode() {
			t.Errorf("requests %v, want %v", got, c.want)
		}
	}
}

// TestContentsAreCaught: the catcher takes a content as Twilio does, and shows which it was.
func TestContentsAreCaught(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	c, err := catcher.New(catcher.Options{Dir: t.TempDir(), SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- c.Run(running) }()
	content := render.Content{SID: contentSID, Variables: `{"1":"Zoë"}`}
	x := newTexter(t, &twilio{Server: &httptest.Server{URL: c.URL()}}, func(o *Options) {
		o.Channel, o.Twilio.From = message.WhatsApp, "+447700900999"
		o.Render = func(_ context.Context, c *message.Command) (render.SMS, error) {
			if c.ID == "broken" {
				return render.SMS{Content: render.Content{SID: contentSID, Variables: "{"}}, nil
			}
			return render.SMS{Body: "Hi Zoë", Content: content}, nil
		}
	})
	for id, want := range map[string]error{"m1": nil, "broken": rejected} {
		cmd := command(id)
		cmd.Channel = message.WhatsApp
		if _, err := try(t, x, cmd); (want == nil) != (err == nil) || want != nil && !delivery.SameKind(err, want) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	caught, err := c.Messages(ctx, catcher.Filter{Limit: 10})
	if err != nil || len(caught) != 1 || caught[0].Channel != catcher.WhatsApp || caught[0].Subject != contentSID+` {"1":"Zoë"}` {
		t.Errorf("caught %+v, %v", caught, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
