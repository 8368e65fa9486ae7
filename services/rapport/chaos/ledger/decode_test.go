package ledger

import (
	"testing"
	"time"

	"rapport/services/rapport/chaos/audit"
)

func TestStored(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		subject, data string
		want          audit.Stored
		ok, broken    bool
	}{
		"an order": {
			"evp.3.0123456789abcdef", `{"specversion":"1.0","id":"a/1","source":"shop","type":"order.completed","subject":"ada","time":"2026-03-02T09:00:00Z","data":{"order_id":"o1","total":1}}`,
			audit.Stored{Seq: 7, Told: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Partition: 3, UID: "shop#a/1", Profile: "ada", Type: "order.completed", Order: "o1"},
			true, false,
		},
		"a receipt": {
			"evp.12.receipt.0123456789abcdef", `{"id":"m1/sent","source":"rapport/mailer","type":"message.sent","subject":"ada","data":{"message_id":"m1","outcome":"sent"}}`,
			audit.Stored{Seq: 7, Partition: 12, UID: "rapport/mailer#m1/sent", Profile: "ada", Type: "message.sent", MessageID: "m1", Outcome: "sent"},
			true, false,
		},
		"what a worker tells beside a receipt": {
			"evp.12.0123456789abcdef", `{"id":"m1/bounced","source":"rapport/mailer","type":"email.bounced","subject":"ada","data":{"message_id":"m1","kind":"hard"}}`,
			audit.Stored{Seq: 7, Partition: 12, UID: "rapport/mailer#m1/bounced", Profile: "ada", Type: "email.bounced", About: "m1"},
			true, false,
		},
		"a tick":            {"evp.3.clock.tick", `{}`, audit.Stored{}, false, false},
		"another subject":   {"other.3.x", `{}`, audit.Stored{}, false, true},
		"no partition":      {"evp.x.y", `{"data":{}}`, audit.Stored{}, false, true},
		"not JSON":          {"evp.3.x", `nothing`, audit.Stored{}, false, true},
		"data that is none": {"evp.3.x", `{"id":"1","data":7}`, audit.Stored{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := stored(&Message{Seq: 7, Subject: c.subject, Data: []byte(c.data)})
			if ok != c.ok || (err != nil) != c.broken || ok && got != c.want {
				t.Errorf("%+v, %v, %v", got, ok, err)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	got, err := command(&Message{Seq: 2, Data: []byte(
		`{"id":"m1","partition":1,"profile":"ada","journey":"picks","channel":"sms","vars":{"profile":{"id":"ada"},"trigger":{"view_id":"v1"}}}`)})
	want := audit.Command{Seq: 2, ID: "m1", Profile: "ada", Journey: "picks", Order: "v1", Worker: "texter"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := command(&Message{Data: []byte(`{"id":"m1","channel":"webhook"}`)}); err == nil {
		t.Errorf("a channel that no journey uses: %+v", got)
	}
}
