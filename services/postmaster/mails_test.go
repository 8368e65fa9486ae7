package postmaster_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rapport/pkg/event"
)

// crlf makes lines of a mail's.
func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// report is a mail about delivery (RFC 3464). returned is the header that comes back, in whole lines.
func report(action, status, about, returned string) string {
	return crlf(`From: MAILER-DAEMON@mx.home.example
To: someone@bounces.shop.example
Subject: Delivery Status Notification
Message-ID: <dsn-1@mx.home.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is about your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.home.example

Final-Recipient: rfc822; ` + about + `
Action: ` + action + `
Status: ` + status + `
Diagnostic-Code: smtp; 550 ` + status + ` <` + about + `> that is how it is

--b
Content-Type: text/rfc822-headers

From: shop@shop.example
To: ` + about + `
Subject: We miss you
` + returned + `
--b--
`)
}

// complaint is a feedback report (RFC 5965).
func complaint(kind, returned string) string {
	return crlf(`From: fbl@mail.example
To: fbl@bounces.shop.example
Subject: FW: We miss you
Message-ID: <arf-1@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is a complaint.

--b
Content-Type: message/feedback-report

Feedback-Type: ` + kind + `
User-Agent: Complainer/1.0
Version: 1
Original-Rcpt-To: zoe@home.example

--b
Content-Type: message/rfc822

From: shop@shop.example
To: zoe@home.example
Subject: We miss you
` + returned + `
Hello

--b--
`)
}

// letter is what a person writes.
func letter(id, subject, text string, more ...string) string {
	return crlf("From: Zoe <zoe@home.example>\nTo: shop <x@reply.shop.example>\nMessage-ID: <" + id + "@home.example>\nSubject: " + subject + "\n" +
		strings.Join(append(more, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text, ""), "\n"))
}

// answering is a header of a reply to our message.
const answering = "In-Reply-To: <" + mid + ".7@shop.example>"

// said is what tests look at of an event's data.
type said struct {
	MessageID string `json:"message_id"`
	Journey   string
	Kind      string
	Code      string
	Reason    string
	Detail    string
	Address   string
	Machine   string
	Subject   string
	Text      string
	Profile   struct{ Consent []event.ConsentUpdate } `json:"$profile"`
}

func dataOf(t testing.TB, e event.Event) said {
	t.Helper()
	var d said
	if err := json.Unmarshal(e.Data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// only is the one event there is.
func only(t testing.TB, events []event.Event) (event.Event, said) {
	t.Helper()
	if len(events) != 1 {
		t.Fatalf("%d events, want 1: %+v", len(events), events)
	}
	return events[0], dataOf(t, events[0])
}
