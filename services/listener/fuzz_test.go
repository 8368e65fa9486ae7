package listener_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rapport/pkg/callback"
	"rapport/services/listener"
)

// FuzzCallbacks posts anything. Nobody gets an event in without a secret, nothing breaks, and with all parts well there is
// no reason to tell a stranger to come again, except for a certificate that is not there.
func FuzzCallbacks(f *testing.F) {
	r := &recording{}
	o := listener.Options{
		Providers: map[string]callback.Config{}, PublicURL: publicURL, Publisher: r, Find: findOne, FindByNumber: numbers,
		Nonces: &noncesInMemory{}, Amazon: &fakeAmazon{}, Now: func() time.Time { return moment },
	}
	for i, p := range callback.Providers() {
		o.Providers[p.Name] = newSigner(p.Name).cfg
		c := signed(p.Name, func(s *signer) { s.secret = "a guess" })
		body := bytes.Replace(c.body, []byte("zoe@"), []byte("max@"), 1) // Amazon's keys are a pair that the tests have.
		f.Add(uint8(i), "POST", c.header["Content-Type"], "Bearer x", "a=b", body)
	}
	f.Add(uint8(10), "GET", "", "", "MessageSid=SM1&Body=STOP&From=%2B1", []byte(nil))
	f.Add(uint8(8), "POST", "application/json", "", "", newSigner("ses").sns(`{}`)[:100])
	service, err := listener.New(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, method, contentType, authorization, query string, body []byte) {
		all := callback.Providers()
		name := all[int(which)%len(all)].Name
		req, err := http.NewRequestWithContext(t.Context(), method, "http://x.invalid/callbacks/"+name, bytes.NewReader(body))
		if err != nil {
			return
		}
		req.URL.RawQuery = query
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Authorization", authorization)
		req.Header.Set("X-Twilio-Signature", authorization)
		req.Header.Set("X-Mandrill-Signature", authorization)
		w := httptest.NewRecorder()
		service.Handler().ServeHTTP(w, req)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable || w.Code == http.StatusServiceUnavailable && name != "ses" {
			t.Errorf("%s: answered %d", name, w.Code)
		}
		if n := len(r.Events(t)); n != 0 {
			t.Fatalf("%s: %d events without a secret", name, n)
		}
	})
}
