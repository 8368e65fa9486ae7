package portal

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/link"
	"rapport/pkg/message"
)

// nowhereAtAll is a publisher that nothing may reach.
type nowhereAtAll struct{ t testing.TB }

func (n nowhereAtAll) PublishBatch(_ context.Context, msgs []*nats.Msg) error {
	n.t.Errorf("a forged link published %s", msgs[0].Data)
	return nil
}

// FuzzForgedLinks asks for whatever path there is with whatever form: without a token of ours, nothing is redirected,
// published or out of order.
func FuzzForgedLinks(f *testing.F) {
	keys, err := link.NewKeys("a secret of thirty-two bytes, or more")
	if err != nil {
		f.Fatal(err)
	}
	good := keys.Seal(link.Ticket{
		Kind: link.Click, Profile: "ada", Ref: message.Ref{ID: strings.Repeat("0a", 16)}, URL: "https://shop.example/", Expires: time.Now().Add(time.Hour),
	})
	s, err := New(Options{Publisher: nowhereAtAll{f}, Tickets: keys, Shop: func() Shop { return Shop{Name: "Linden", URL: "https://shop.example/"} }})
	if err != nil {
		f.Fatal(err)
	}
	for _, kind := range []string{"c", "o", "u", "p", "k"} {
		f.Add(kind, good[:len(good)-1], "")
		f.Add(kind, strings.ToUpper(good)+".gif", "List-Unsubscribe=One-Click")
		f.Add(kind, "../../c/"+good[1:], "action=undo&purpose=*")
		f.Add(kind, "https:%2f%2fevil.example", "%zz")
	}
	h := s.routes()
	f.Fuzz(func(t *testing.T, kind, token, form string) {
		if strings.Contains(token, good) {
			t.Skip("ours")
		}
		for _, body := range []io.Reader{nil, strings.NewReader(form)} {
			method := http.MethodGet
			if body != nil {
				method = http.MethodPost
			}
			r := httptest.NewRequestWithContext(t.Context(), method, "/", body)
			r.URL.Path = "/" + kind + "/" + token
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			to := w.Header().Get("Location")
			// The mux itself tidies paths up ("//", ".."), and stays on this server.
			if w.Code >= http.StatusInternalServerError || to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || w.Code == http.StatusFound) {
				t.Fatalf("%s %s answered %d, to %q", method, r.URL.Path, w.Code, to)
			}
		}
		if len(s.outbox.waiting) != 0 || len(s.hold.waiting) != 0 {
			t.Fatal("something waits to be published")
		}
	})
}
