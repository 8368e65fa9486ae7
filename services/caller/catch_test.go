package caller

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

// TestCaught: a call comes to the catcher whole, and with the names of its secrets instead
// of them, also when nobody has set them.
func TestCaught(t *testing.T) {
	t.Parallel()
	var call *http.Request
	var about http.Header
	var body []byte
	s, count := serve(t, func(w http.ResponseWriter, r *http.Request) {
		about = r.Header
		var err error
		if call, err = http.ReadRequest(bufio.NewReader(r.Body)); err != nil {
			t.Error(err)
			return
		}
		if body, err = io.ReadAll(call.Body); err != nil {
			t.Error(err)
		}
	})
	hook := webhook("https://crm.invalid/notes?key=${NEVER_SET}")
	hook.AllowPrivate = false
	c := newCaller(t, hook, func(o *Options) { o.Catcher, o.Signing = s.URL+"/webhooks", []string{key} })
	if err := try(t, c, command("m1")); err != nil || count() != 1 {
		t.Fatalf("%v after %d calls", err, count())
	}
	if call.RequestURI != "https://crm.invalid/notes?key=${NEVER_SET}" || call.Method != "POST" || string(body) != string(hook.Body) {
		t.Errorf("%s %s with %s", call.Method, call.RequestURI, body)
	}
	if got := call.Header.Get("Authorization"); got != "Bearer ${CRM_TOKEN}" {
		t.Errorf("Authorization: %s", got)
	}
	if call.Header.Get("Idempotency-Key") != "m1" || !strings.Contains(call.Header.Get(signatureHeader), "v1=") {
		t.Errorf("headers %v", call.Header)
	}
	if about.Get("Content-Type") != "message/http" || about.Get("X-Rapport-Message") != "m1" || about.Get("X-Rapport-Journey") != "win-back" {
		t.Errorf("the envelope has %v", about)
	}
}

// TestAllowPrivateTakesTwo: the file and who runs the process.
func TestAllowPrivateTakesTwo(t *testing.T) {
	t.Parallel()
	s, count := serve(t, nil)
	c := newCaller(t, webhook(s.URL), func(o *Options) { o.AllowPrivate = false })
	err := try(t, c, command("m1"))
	if !delivery.SameKind(err, delivery.Permanent(message.ReasonRejected, "")) || !strings.Contains(err.Error(), "who runs the caller has to allow that too") || count() != 0 {
		t.Errorf("%v after %d calls, want a refusal that names the remedy", err, count())
	}
}
