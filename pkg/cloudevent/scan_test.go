package cloudevent_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/cloudevent"
)

// members are what events may say: usual, unusual and wrong.
var members = []string{
	`"specversion":"1.0"`, `"specversion":"1.0"`, `"specversion":"1.0"`, `"specversion":"0.3"`, `"id":"A-1"`, `"id":"A-1"`, `"id":"\u0041\ud800"`, `"id":"a\nb"`, `"id":""`, `"id":7`,
	`"source":"shop"`, `"source":"shop"`, `"source":"rapport/engine"`, `"type":"cart.viewed"`, `"type":"cart.viewed"`, `"type":"product.updated"`, `"type":"order.completed"`, `"type":"message.sent"`,
	`"subject":"ada"`, `"subject":"\u00fc/€"`, `"subject":"a` + "\u0085" + `"`, `"subject":null`, `"time":"2026-03-02T09:00:00.5+01:00"`, `"time":"yesterday"`, `"time":null`, `"time":""`,
	`"datacontenttype":"application/json"`, `"datacontenttype":"application/vnd.shop+json; charset=utf-8"`, `"datacontenttype":"text/plain"`, `"data_base64":"e30="`,
	`"data":{}`, `"data": {"order_id":"1","total":1.50,"products":[{"product_id":"p"}]}`, `"data":{"$profile":{"traits":{"email":"a@example.com","points":1e3}}}`, `"data":{"$profile":7}`,
	`"data":{"a":"\x"}`, `"data":{"a":1,"a":2}`, `"data":null`, `"data":[1]`, `"data":"text"`, `"rapportpast":true`, `"rapportpast":"TRUE"`, `"rapportpast":"maybe"`, `"rapportof":"eve"`,
	`"traceparent":"00-01000000000000000000000000000000-0200000000000000-01"`, `"tracestate":"a=b"`, `"zone":"eu"`, `"ID":"A-2"`, `"x":{"y":[1,2]}`,
}

// The scanner and encoding/json read the same of any batch.
func TestScannedAsByTheSlowWay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			more := rapid.SliceOfN(rapid.SampledFrom(members), 0, 4).Draw(t, "members")
			switch rapid.IntRange(0, 9).Draw(t, "shape") {
			case 0:
				return "{" + strings.Join(more, ", ") + "}"
			case 1:
				return rapid.SampledFrom([]string{`7`, `null`, `[]`, `{`, `{"id":1,}`, ` {} `}).Draw(t, "no event")
			}
			return minimal(strings.Join(more, ","))
		}), 0, 5).Draw(t, "events")
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
		sameBatch(t, []byte("["+space+strings.Join(parts, space+","+space)+space+"]"))
		for _, part := range parts {
			sameOne(t, []byte(part))
		}
	})
}

// fataler is what tests of all kinds have.
type fataler interface{ Fatalf(string, ...any) }

func sameBatch(t fataler, body []byte) {
	want, wantErr := cloudevent.SlowBatch(body, arrival)
	got, _, err := cloudevent.FromHTTP(http.Header{"Content-Type": {cloudevent.Batched}}, body, arrival)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || len(got) != len(want) {
		t.Fatalf("%s: %d items (%v), want %d (%v)", body, len(got), err, len(want), wantErr)
	}
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("%s: item %d is %+v with %s, want %+v with %s", body, i, got[i], got[i].Event.Data, want[i], want[i].Event.Data)
		}
	}
}

func same(a, b cloudevent.Item) bool {
	return fmt.Sprint(a.Err) == fmt.Sprint(b.Err) && a.ID == b.ID && a.Trace == b.Trace && a.TraceState == b.TraceState && reflect.DeepEqual(a.Event, b.Event)
}

func sameOne(t fataler, body []byte) {
	want := cloudevent.SlowOne(body, arrival)
	got, err := cloudevent.FromNATS(nil, body, arrival)
	if !reflect.DeepEqual(got, want.Event) || fmt.Sprint(err) != fmt.Sprint(want.Err) {
		t.Fatalf("%s: %+v with %s (%v), want %+v with %s", body, got, got.Data, err, want, want.Event.Data)
	}
	items, _, err := cloudevent.FromHTTP(structured(), body, arrival)
	if err == nil && !same(items[0], want) || err != nil && fmt.Sprint(err) != fmt.Sprint(want.Err) {
		t.Fatalf("%s: %+v (%v), want %+v", body, items, err, want)
	}
}

// BenchmarkBatched reads batches of 500 events of customers, and of orders.
func BenchmarkBatched(b *testing.B) {
	for name, data := range map[string]string{
		"profiles": `{"$profile":{"traits":{"city":"Berlin","country":"DE","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace","points":7}}}`,
		"orders":   `{"order_id":"1001","total":39.80,"currency":"EUR","products":[{"product_id":"p-1","name":"Lamp, large","price":19.90,"quantity":2}]}`,
	} {
		b.Run(name, func(b *testing.B) {
			typ := map[string]string{"profiles": "profile.identified", "orders": "order.completed"}[name]
			events := make([]string, 500)
			for i := range events {
				events[i] = fmt.Sprintf(`{"specversion":"1.0","id":"%s:%d","source":"import","type":%q,"subject":"c-%d","time":"2025-03-01T10:11:12Z","rapportpast":true,"datacontenttype":"application/json","data":%s}`, name, i, typ, i, data)
			}
			body := []byte("[" + strings.Join(events, ",") + "]")
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if items, _, err := cloudevent.FromHTTP(http.Header{"Content-Type": {cloudevent.Batched}}, body, arrival); err != nil || items[499].Err != nil {
					b.Fatal(err, items[499].Err)
				}
			}
			b.ReportMetric(float64(len(events)*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
