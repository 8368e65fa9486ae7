package message_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// usualCommand is a mail with three recommendations, as the orchestrator decides it.
func usualCommand() message.Command {
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)
	product := `{"product_id":"85123A","name":"WHITE HANGING HEART T-LIGHT HOLDER","price":2.55,"category":"Lanterns",` +
		`"url":"https://shop.example/p/85123A?from=mail\u0026x=1","image_url":"https://shop.example/i/85123A.jpg"}`
	return message.Command{
		ID: message.ID("instance", "step", 0), Partition: 17, Profile: "17850", Journey: "thank-you", Version: message.Hash("version"),
		Instance: message.Hash("instance"), Step: "mail", Channel: message.Email, Category: message.Marketing, Template: "thank-you",
		To: "jane.doe@example.com", Locale: "en-GB", Timezone: "Europe/London", DecidedAt: at, EventAt: at.Add(-time.Millisecond),
		Vars: json.RawMessage(`{"profile":{"id":"17850","email":"jane.doe@example.com","first_name":"Jane"},"trigger":{"order_id":"536365",` +
			`"total":139.12,"currency":"GBP","products":[` + product + strings.Repeat(","+product, 5) + `]},"recommendations":[` +
			product + strings.Repeat(","+product, 2) + `]}`),
	}
}

func usualReceipt() message.Receipt {
	c := usualCommand()
	r := message.ReceiptFor(&c, message.Sent, "", c.DecidedAt.Add(time.Second))
	r.Provider, r.ProviderID = "smtp", "2.0.0 OK 1772442001 a640c23a62f3a-b7f0ccd1c3fsi1234567"
	return r
}

// compare measures the library's way and that of this package.
func compare(b *testing.B, size int, library, byHand func() error) {
	for _, way := range []struct {
		name string
		run  func() error
	}{{"encoding-json", library}, {"by-hand", byHand}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				if err := way.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeCommand(b *testing.B) {
	c := usualCommand()
	raw, err := c.Encode()
	if err != nil {
		b.Fatal(err)
	}
	compare(b, len(raw), func() error { return json.Unmarshal(raw, new(message.Command)) }, func() error {
		_, err := message.DecodeCommand(raw)
		return err
	})
}

func BenchmarkEncodeReceipt(b *testing.B) {
	r := usualReceipt()
	raw, err := r.Encode()
	if err != nil {
		b.Fatal(err)
	}
	compare(b, len(raw), func() error {
		_, err := json.Marshal(&r)
		return err
	}, func() error {
		_, err := r.Encode()
		return err
	})
}

// BenchmarkReceiptEvent is from a receipt that has been recorded to what is published of it.
func BenchmarkReceiptEvent(b *testing.B) {
	r := usualReceipt()
	raw, err := r.Encode()
	if err != nil {
		b.Fatal(err)
	}
	tell := func(data json.RawMessage) error {
		e, err := r.EventOf(data, "rapport/mailer", "17850")
		if err != nil {
			return err
		}
		_, err = event.Encode(&e)
		return err
	}
	compare(b, len(raw), func() error {
		data, err := json.Marshal(&r)
		if err != nil {
			return err
		}
		return tell(data)
	}, func() error { return tell(raw) })
}

// BenchmarkReadReceipt is from what was published to the receipt that it says.
func BenchmarkReadReceipt(b *testing.B) {
	r := usualReceipt()
	e, err := r.Event("rapport/mailer", "17850")
	if err != nil {
		b.Fatal(err)
	}
	raw, err := event.Encode(&e)
	if err != nil {
		b.Fatal(err)
	}
	compare(b, len(raw), func() error {
		e, err := event.Decode(raw)
		if err != nil {
			return err
		}
		return json.Unmarshal(e.Data, new(message.Receipt))
	}, func() error {
		e, err := event.Decode(raw)
		if err != nil {
			return err
		}
		_, err = message.DecodeReceipt(e.Data)
		return err
	})
}
