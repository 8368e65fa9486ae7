package ingest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
)

func TestCallsBecomeEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		path, body string
		want       event.Event
	}{
		"an order": {
			"/v1/track",
			`{"messageId":"m1","userId":"c1","event":"Order Completed","timestamp":"2026-03-01T12:30:00Z",
			  "properties":{"order_id":"o1","total":10.10,"products":[{"product_id":"p1","price":5.05,"quantity":2}]}}`,
			event.Event{
				ID: "m1", Type: "order.completed", Subject: "c1", Time: at,
				Data: []byte(`{"order_id":"o1","total":10.10,"products":[{"product_id":"p1","price":5.05,"quantity":2}]}`),
			},
		},
		"an unknown visitor": {
			"/v1/track", `{"messageId":"m1","anonymousId":"a1","event":"Product List Viewed"}`,
			event.Event{ID: "m1", Type: "product_list.viewed", Subject: "anonymous:a1", Time: received, Data: []byte(`{}`)},
		},
		"a known one wins": {
			"/v1/track", `{"messageId":"m1","anonymousId":"a1","userId":"c1","event":"product.viewed","properties":null}`,
			event.Event{ID: "m1", Type: "product.viewed", Subject: "c1", Time: received, Data: []byte(`{"$profile":{"also":["anonymous:a1"]}}`)},
		},
		"ids that are numbers": {
			"/v1/track", `{"messageId":7,"userId":12345678901234567890,"event":"Cart Viewed"}`,
			event.Event{ID: "7", Type: "cart.viewed", Subject: "12345678901234567890", Time: received, Data: []byte(`{}`)},
		},
		"the clock put right": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","timestamp":"2026-03-02T10:00:00Z","sentAt":"2026-03-02T10:00:05.5Z"}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: received.Add(-5500 * time.Millisecond), Data: []byte(`{}`)},
		},
		"originalTimestamp": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","originalTimestamp":"2026-03-01T13:30:00+01:00"}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: at, Data: []byte(`{}`)},
		},
		"a date without zone is UTC": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","timestamp":"2026-03-01T12:30:00"}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: at, Data: []byte(`{}`)},
		},
		"page": {
			"/v1/page", `{"messageId":"m1","userId":"c1","name":"Home","category":"Shop","properties":{"name":"own","url":"https://shop.example.com/"}}`,
			event.Event{ID: "m1", Type: "page.viewed", Subject: "c1", Time: received, Data: []byte(`{"name":"own","url":"https://shop.example.com/","category":"Shop"}`)},
		},
		"screen": {
			"/v1/screen", `{"messageId":"m1","userId":"c1","name":"Cart"}`,
			event.Event{ID: "m1", Type: "screen.viewed", Subject: "c1", Time: received, Data: []byte(`{"name":"Cart"}`)},
		},
		"group": {
			"/v1/group", `{"messageId":"m1","userId":"c1","groupId":"g1","traits":{"name":"Initech"}}`,
			event.Event{ID: "m1", Type: "group.joined", Subject: "c1", Time: received, Data: []byte(`{"group_id":"g1","traits":{"name":"Initech"}}`)},
		},
		"alias": {
			"/v1/alias", `{"messageId":"m1","userId":"c1","previousId":"a1"}`,
			event.Event{ID: "m1", Type: "profile.aliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"a1"}`)},
		},
		"alias of a visitor, by the call's own anonymousId": {
			"/v1/alias", `{"messageId":"m1","userId":"c1","previousId":"a1","anonymousId":"a1"}`,
			event.Event{ID: "m1", Type: "profile.aliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"anonymous:a1"}`)},
		},
		"alias of a visitor, with nothing else there": {
			"/v1/a", `{"messageId":"m1","userId":"c1","anonymousId":"a1"}`,
			event.Event{ID: "m1", Type: "profile.aliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"anonymous:a1"}`)},
		},
		"alias of a customer, sent by a visitor": {
			"/v1/alias", `{"messageId":"m1","userId":"c1","previousId":7,"anonymousId":"a1"}`,
			event.Event{ID: "m1", Type: "profile.aliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"7","$profile":{"also":["anonymous:a1"]}}`)},
		},
		"unalias": {
			"/v1/unalias", `{"messageId":"m1","userId":"c1","previousId":"anonymous:a1","anonymousId":"a2"}`,
			event.Event{ID: "m1", Type: "profile.unaliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"anonymous:a1"}`)},
		},
		"unalias by its name": {
			"/v1/t/", `{"messageId":"m1","userId":"c1","event":"Profile Unaliased","properties":{"previous_id":"c2"}}`,
			event.Event{ID: "m1", Type: "profile.unaliased", Subject: "c1", Time: received, Data: []byte(`{"previous_id":"c2"}`)},
		},
		"the future is now": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","timestamp":"2026-03-02T09:05:01Z"}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: received, Data: []byte(`{}`)},
		},
		"a clock that is a little ahead": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","timestamp":"2026-03-02T09:05:00Z"}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: received.Add(5 * time.Minute), Data: []byte(`{}`)},
		},
		"of the past": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed","context":{"historical":true}}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: received, Past: true, Data: []byte(`{}`)},
		},
		"a sender's own reserved property, and a visitor": {
			"/v1/track", `{"messageId":"m1","userId":"c1","anonymousId":"a1","event":"Cart Viewed","properties":{"$profile":{"also":["email:a@example.com"]}}}`,
			event.Event{ID: "m1", Type: "cart.viewed", Subject: "c1", Time: received, Data: []byte(`{"$profile":{"also":["email:a@example.com","anonymous:a1"]}}`)},
		},
		"an identity of the shop's is none of the engine's": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Identity Verified"}`,
			event.Event{ID: "m1", Type: "shop_identity.verified", Subject: "c1", Time: received, Data: []byte(`{}`)},
		},
		"identify keeps who it was before": {
			"/v1/identify", `{"messageId":"m1","userId":"c1","anonymousId":"a1","traits":{"plan":"gold"}}`,
			event.Event{
				ID: "m1", Type: "profile.identified", Subject: "c1", Time: received,
				Data: []byte(`{"anonymous_id":"a1","$profile":{"traits":{"plan":"gold"},"also":["anonymous:a1"]}}`),
			},
		},
		"a chat is no receipt": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Message Sent","properties":{"conversation_id":"x"}}`,
			event.Event{ID: "m1", Type: "shop_message.sent", Subject: "c1", Time: received, Data: []byte(`{"conversation_id":"x"}`)},
		},
		"an order in version 1": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Order Completed","properties":{"orderId":"o1","revenue":25.00}}`,
			event.Event{ID: "m1", Type: "order.completed", Subject: "c1", Time: received, Data: []byte(`{"order_id":"o1","revenue":25.00}`)},
		},
		"products named as analytics-go names them": {
			"/v1/track", `{"messageId":"m1","userId":"c1","event":"Order Completed","properties":{"order_id":"o1","total":19.90,"products":[{"id":"p1","sky":"s1"}]}}`,
			event.Event{
				ID: "m1", Type: "order.completed", Subject: "c1", Time: received,
				Data: []byte(`{"order_id":"o1","products":[{"product_id":"p1","sku":"s1"}],"total":19.90}`),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			a := post(t, newService(t, r, nil).Handler(), c.path, c.body)
			var got struct {
				Success bool
				ID      string
			}
			a.into(t, &got)
			if a.status != http.StatusOK || !got.Success || got.ID != c.want.ID {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			c.want.Source = "shop"
			same(t, only(t, r), c.want)
		})
	}
}

func same(t *testing.T, got, want event.Event) {
	t.Helper()
	if got.UID() != want.UID() || got.Type != want.Type || got.Subject != want.Subject || !got.Time.Equal(want.Time) {
		t.Errorf("got %s %s of %s at %s, want %s %s of %s at %s",
			got.UID(), got.Type, got.Subject, got.Time, want.UID(), want.Type, want.Subject, want.Time)
	}
	if got.Past != want.Past {
		t.Errorf("past is %v, want %v", got.Past, want.Past)
	}
	if string(got.Data) != string(want.Data) {
		t.Errorf("the data is\n%s, want\n%s", got.Data, want.Data)
	}
}

func TestPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, body, want string }{
		"traits under our names": {
			"/v1/identify", `"traits":{"firstName":"Ada","lastName":"L","email":" ada@example.com ","age":36.50,"address":{"city":"London","country":"gb"},"vip":null}`,
			`{"traits":{"address":{"city":"London","country":"gb"},"age":36.50,"country":"GB","email":"ada@example.com","first_name":"Ada","last_name":"L","vip":null}}`,
		},
		"our own name wins over Segment's": {
			"/v1/identify", `"traits":{"firstName":"A","first_name":"Ada"}`, `{"traits":{"first_name":"Ada"}}`,
		},
		"the context of an order": {
			"/v1/track", `"context":{"traits":{"email":"ada@example.com"},"timezone":"Europe/London","locale":"en-GB","ip":"192.0.2.1"}`,
			`{"traits":{"email":"ada@example.com","locale":"en-GB","timezone":"Europe/London"}}`,
		},
		"identify's traits over its context's": {
			"/v1/identify", `"traits":{"plan":"gold","timezone":"Asia/Tokyo"},"context":{"traits":{"plan":"tin","city":"x"},"timezone":"Europe/London"}`,
			`{"traits":{"city":"x","plan":"gold","timezone":"Asia/Tokyo"}}`,
		},
		"null removes": {"/v1/identify", `"traits":{"phone":null}`, `{"traits":{"phone":null}}`},
		"phone, international": {
			"/v1/identify", `"traits":{"phone":"+44 (0)7700 900123"}`, `{"traits":{"phone":"+447700900123"}}`,
		},
		"phone, national by country": {
			"/v1/identify", `"traits":{"phone":"07700 900123","address":{"country":"GB"}}`,
			`{"traits":{"address":{"country":"GB"},"country":"GB","phone":"+447700900123"}}`,
		},
		"phone, national by locale": {
			"/v1/identify", `"traits":{"phone":"(415) 555-0199"},"context":{"locale":"en_US"}`,
			`{"traits":{"locale":"en_US","phone":"+14155550199"}}`,
		},
		"phone that cannot be read": {"/v1/identify", `"traits":{"phone":"07700 900123"}`, `{"traits":{"phone":"07700 900123"}}`},
		"consent, ours": {
			"/v1/track", `"context":{"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"checkout","at":"2026-01-01T00:00:00Z"},
			  {"channel":"sms","purpose":"marketing","granted":false}]}`,
			`{"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"checkout","at":"2026-01-01T00:00:00Z"},` +
				`{"channel":"sms","purpose":"marketing","granted":false,"source":"shop","at":"2026-03-02T09:00:00Z"}]}`,
		},
		"consent with proof, cut at a character": {
			"/v1/track", `"context":{"consent":[{"channel":"whatsapp","purpose":"marketing","granted":true,"confirmed":true,"proof":"` + strings.Repeat("é", 251) + `"}]}`,
			`{"consent":[{"channel":"whatsapp","purpose":"marketing","granted":true,"source":"shop","at":"2026-03-02T09:00:00Z","proof":"` +
				strings.Repeat("é", 250) + `","confirmed":true}]}`,
		},
		"all consent withdrawn": {
			"/v1/track", `"context":{"consent":[{"channel":"*","purpose":"*","granted":false}]}`,
			`{"consent":[{"channel":"*","purpose":"*","granted":false,"source":"shop","at":"2026-03-02T09:00:00Z"}]}`,
		},
		"consent, Segment's": {
			"/v1/track", `"context":{"consent":{"categoryPreferences":{"marketing":true}}}`,
			`{"consent":[{"channel":"email","purpose":"marketing","granted":true,"source":"shop","at":"2026-03-02T09:00:00Z"},` +
				`{"channel":"sms","purpose":"marketing","granted":true,"source":"shop","at":"2026-03-02T09:00:00Z"}]}`,
		},
		"consent, Segment's, refused": {
			"/v1/track", `"context":{"consent":{"categoryPreferences":{"marketing":false}}}`,
			`{"consent":[{"channel":"email","purpose":"marketing","granted":false,"source":"shop","at":"2026-03-02T09:00:00Z"},` +
				`{"channel":"sms","purpose":"marketing","granted":false,"source":"shop","at":"2026-03-02T09:00:00Z"},` +
				`{"channel":"whatsapp","purpose":"marketing","granted":false,"source":"shop","at":"2026-03-02T09:00:00Z"}]}`,
		},
		"the reserved property itself": {
			"/v1/track", `"properties":{"$profile":{"traits":{"email":"ada@example.com"}}}`, `{"traits":{"email":"ada@example.com"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			body := `{"messageId":"m1","userId":"c1","event":"Cart Viewed",` + c.body + `}`
			if a := post(t, newService(t, r, nil).Handler(), c.path, body); a.status != http.StatusOK {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
			if got, want := string(only(t, r).Data), `{"$profile":`+c.want+`}`; got != want {
				t.Errorf("the data is\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestAnIDIsAssignedAndTold(t *testing.T) {
	t.Parallel()
	r := &recording{}
	h := newService(t, r, nil).Handler()
	a := post(t, h, "/v1/batch", `{"batch":[{"type":"track","userId":"c1","event":"Cart Viewed","messageId":"mine"},
		{"type":"track","userId":"c1","event":"Cart Viewed"}],"context":{"timezone":"Europe/London"},"sentAt":"2026-03-02T09:00:00Z"}`)
	var got struct {
		Accepted int
		Results  []struct {
			Index      int
			ID, Status string
		}
	}
	a.into(t, &got)
	events := r.Events(t)
	if got.Accepted != 2 || len(events) != 2 || len(got.Results) != 2 || got.Results[1].Index != 1 || got.Results[1].Status != "stored" {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	if id := got.Results[1].ID; id != events[1].ID || len(id) != 36 || id[14] != '7' {
		t.Errorf("the id told is %q, the event has %q; want one UUIDv7", id, events[1].ID)
	}
	for _, e := range events {
		if want := `{"$profile":{"traits":{"timezone":"Europe/London"}}}`; string(e.Data) != want {
			t.Errorf("the batch's context gave %s, want %s", e.Data, want)
		}
	}
}

func TestWaysToSendTheKeyAndTheBody(t *testing.T) {
	t.Parallel()
	const plain = `{"messageId":"m1","userId":"c1","event":"Cart Viewed"}`
	const keyed = `{"messageId":"m1","userId":"c1","event":"Cart Viewed","writeKey":"secret"}`
	for name, c := range map[string]struct {
		body    []byte
		headers map[string]string
	}{
		"Basic":          {[]byte(plain), map[string]string{"Authorization": "Basic c2VjcmV0Og==", "Content-Type": "application/json; charset=UTF-8"}},
		"Bearer":         {[]byte(plain), map[string]string{"Authorization": "bearer secret"}},
		"in the body":    {[]byte(keyed), nil},
		"gzip":           {zipped(t, []byte(keyed)), map[string]string{"Content-Encoding": "gzip", "Content-Type": "application/json"}},
		"white space":    {[]byte("\n  " + keyed + "\r\n"), nil},
		"header is used": {[]byte(`{"messageId":"m1","userId":"c1","event":"Cart Viewed","writeKey":"wrong"}`), map[string]string{"Authorization": "Bearer secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			a := send(t, newService(t, r, nil).Handler(), http.MethodPost, "/v1/track", c.body, c.headers)
			if a.status != http.StatusOK || only(t, r).Source != "shop" {
				t.Errorf("answered %d %s", a.status, a.body)
			}
		})
	}
}
