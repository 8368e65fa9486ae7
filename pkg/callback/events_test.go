package callback

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"rapport/pkg/message"
)

// told is one callback in a provider's words, and what it means. what is kind, class and status with blanks between them;
// an empty place is "-".
type told struct{ provider, body, what string }

// mailgunEventOf and others put the members that matter into what the provider wraps around them.
func mailgunEventOf(members string) string {
	return `{"event-data":{"timestamp":1777890600.5,"recipient":"a@b.example","id":"e1",` + members + `}}`
}

func mandrillEventOf(members string) string {
	return `[{"ts":1777890600,"_id":"m1","msg":{"email":"a@b.example","_id":"m1"` + members + `]`
}

func sesBounce(kind, sub, status string) string {
	return `{"eventType":"Bounce","bounce":{"bounceType":"` + kind + `","bounceSubType":"` + sub +
		`","bouncedRecipients":[{"emailAddress":"a@b.example","status":"` + status + `"}]},"mail":{"messageId":"m1"}}`
}

func sparkpostOf(family, members string) string {
	return `[{"msys":{"` + family + `":{"event_id":"1","rcpt_to":"a@b.example","timestamp":"1777890600",` + members + `}}}]`
}

var tellings = []told{
	{"sendgrid", `[{"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 no such user"}]`, "bounced hard 5.1.1"},
	{"sendgrid", `[{"event":"bounce","type":"blocked","reason":"550 5.7.1 blocked"}]`, "bounced block 5.7.1"},
	{"sendgrid", `[{"event":"bounce","bounce_classification":"Mailbox Unavailable"}]`, "bounced soft -"},
	{"sendgrid", `[{"event":"bounce","type":"bounce"}]`, "bounced hard -"},
	{"sendgrid", `[{"event":"dropped","reason":"Spam Reporting Address"}]`, "rejected complaint -"},
	{"sendgrid", `[{"event":"dropped","reason":"Bounced Address"}]`, "rejected hard -"},
	{"sendgrid", `[{"event":"dropped","reason":"Spam Content (if spam checker app enabled)"}]`, "rejected message -"},
	{"sendgrid", `[{"event":"delivered","response":"250 2.0.0 OK"}]`, "delivered - 2.0.0"},
	{"sendgrid", `[{"event":"spamreport"}]`, "complained - -"},
	{"sendgrid", `[{"event":"group_unsubscribe"}]`, "unsubscribed - -"},
	{"sendgrid", `[{"event":"group_resubscribe"}]`, "subscribed - -"},
	{"sendgrid", `[{"event":"account_status_change"}]`, "other - -"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"message":"5.1.1 unknown"}`), "bounced hard 5.1.1"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"generic","delivery-status":{"code":550,"enhanced-code":"5.7.1"}`), "bounced block 5.7.1"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"suppress-unsubscribe"`), "rejected optout -"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"suppress-complaint"`), "rejected complaint -"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"suppress-bounce"`), "rejected hard -"},
	{"mailgun", mailgunEventOf(`"event":"failed","severity":"permanent","reason":"old","delivery-status":{"code":498}`), "bounced soft -"},
	{"mailgun", mailgunEventOf(`"event":"accepted"`), "queued - -"},
	{"mailgun", mailgunEventOf(`"event":"complained"`), "complained - -"},
	{"mailgun", mailgunEventOf(`"event":"stored"`), "received - -"},
	{"postmark", `{"RecordType":"Delivery","DeliveredAt":"2026-05-04T10:30:00Z","Details":"250 ok"}`, "delivered - -"},
	{"postmark", `{"RecordType":"Bounce","Type":"SoftBounce"}`, "bounced soft -"},
	{"postmark", `{"RecordType":"Bounce","Type":"Transient"}`, "deferred soft -"},
	{"postmark", `{"RecordType":"Bounce","Type":"SpamNotification"}`, "bounced block -"},
	{"postmark", `{"RecordType":"Bounce","Type":"BadEmailAddress"}`, "rejected hard -"},
	{"postmark", `{"RecordType":"Bounce","Type":"Unknown","Details":"smtp;552 5.3.4 too big"}`, "bounced message 5.3.4"},
	{"postmark", `{"RecordType":"Click","OriginalLink":"https://shop.example/"}`, "clicked - -"},
	{"postmark", `{"RecordType":"SubscriptionChange","SuppressSending":true,"SuppressionReason":"ManualSuppression"}`, "unsubscribed - -"},
	{"postmark", `{"RecordType":"SubscriptionChange","SuppressSending":true,"SuppressionReason":"HardBounce"}`, "bounced hard -"},
	{"postmark", `{"RecordType":"SubscriptionChange","SuppressSending":true,"SuppressionReason":"SpamComplaint"}`, "complained - -"},
	{"postmark", `{"From":"c@b.example","To":"shop@b.example","MessageID":"m1","TextBody":"hello"}`, "received - -"},
	{"resend", `{"type":"email.bounced","data":{"bounce":{"type":"Permanent","subType":"General"}}}`, "bounced hard -"},
	{"resend", `{"type":"email.bounced","data":{"bounce":{"type":"Transient","subType":"MailboxFull"}}}`, "bounced soft -"},
	{"resend", `{"type":"email.bounced","data":{"bounce":{"type":"Transient","subType":"MessageTooLarge"}}}`, "bounced message -"},
	{"resend", `{"type":"email.delivered","data":{}}`, "delivered - -"},
	{"resend", `{"type":"email.complained","data":{}}`, "complained - -"},
	{"resend", `{"type":"email.failed","data":{"failed":{"reason":"reached_daily_quota"}}}`, "failed other -"},
	{"resend", `{"type":"email.received","data":{"from":"c@b.example","to":["shop@b.example"]}}`, "received - -"},
	{"resend", `{"type":"contact.created","data":{}}`, "other - -"},
	{"brevo", `{"event":"soft_bounce","reason":"452 4.2.2 mailbox full"}`, "bounced soft 4.2.2"},
	{"brevo", `{"event":"invalid_email"}`, "rejected hard -"},
	{"brevo", `{"event":"deferred"}`, "deferred soft -"},
	{"brevo", `{"event":"unsubscribed"}`, "unsubscribed - -"},
	{"brevo", `[{"event":"delivered"},{"event":"list_addition"}]`, "other - -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"delivery"`), "delivered - -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"delay","reason":"451 4.7.1 later"`), "deferred soft 4.7.1"},
	{"sparkpost", sparkpostOf("message_event", `"type":"out_of_band","bounce_class":"51"`), "bounced block -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"bounce","bounce_class":"22"`), "bounced soft -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"bounce","bounce_class":"23"`), "bounced message -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"policy_rejection","bounce_class":"90"`), "rejected optout -"},
	{"sparkpost", sparkpostOf("message_event", `"type":"spam_complaint"`), "complained - -"},
	{"sparkpost", sparkpostOf("track_event", `"type":"click","target_link_url":"https://shop.example/"`), "clicked - -"},
	{"mailjet", `[{"event":"bounce","hard_bounce":true,"error":"user unknown"}]`, "bounced hard -"},
	{"mailjet", `[{"event":"bounce","hard_bounce":false,"error":"something new"}]`, "bounced soft -"},
	{"mailjet", `[{"event":"bounce","blocked":true,"error":"preblocked"}]`, "rejected hard -"},
	{"mailjet", `[{"event":"spam"}]`, "complained - -"},
	{"mailjet", `[{"event":"click","url":"https://shop.example/"}]`, "clicked - -"},
	{"mandrill", mandrillEventOf(`,"bounce_description":"bad_mailbox"},"event":"hard_bounce"}`), "bounced hard -"},
	{"mandrill", mandrillEventOf(`,"bounce_description":"mailbox_full","diag":"smtp;452 4.2.2 full"},"event":"soft_bounce"}`), "bounced soft 4.2.2"},
	{"mandrill", mandrillEventOf(`},"event":"deferral"}`), "deferred soft -"},
	{"mandrill", mandrillEventOf(`,"reject":{"reason":"unsub"}},"event":"reject"}`), "rejected optout -"},
	{"mandrill", mandrillEventOf(`},"event":"open"}`), "opened - -"},
	{"mandrill", mandrillEventOf(`,"from_email":"c@b.example","text":"hi"},"event":"inbound"}`), "received - -"},
	{"mandrill", `[{"type":"blacklist","action":"add"}]`, "other - -"},
	{"mailersend", `{"type":"activity.soft_bounced","data":{"id":"1"}}`, "bounced soft -"},
	{"mailersend", `{"type":"activity.clicked","data":{"id":"1","morph":{"url":"https://shop.example/"}}}`, "clicked - -"},
	{"mailersend", `{"type":"activity.unsubscribed","data":{"id":"1"}}`, "unsubscribed - -"},
	{"mailersend", `{"type":"sender_identity.verified","data":{"id":"1"}}`, "other - -"},
	{"ses", sesBounce("Transient", "MailboxFull", "4.2.2"), "bounced soft 4.2.2"},
	{"ses", sesBounce("Transient", "ContentRejected", "5.6.0"), "bounced message 5.6.0"},
	{"ses", sesBounce("Permanent", "OnAccountSuppressionList", "5.1.1"), "rejected hard 5.1.1"},
	{"ses", sesBounce("Permanent", "UnsubscribedRecipient", ""), "rejected optout -"},
	{"ses", sesBounce("Undetermined", "Undetermined", ""), "bounced other -"},
	{"ses", `{"eventType":"DeliveryDelay","deliveryDelay":{"delayType":"MailboxFull","delayedRecipients":[{"emailAddress":"a@b.example","status":"4.2.2"}]}}`, "deferred soft 4.2.2"},
	{"ses", `{"notificationType":"Delivery","delivery":{"recipients":["a@b.example"],"smtpResponse":"250 2.6.0 ok"}}`, "delivered - 2.6.0"},
	{"ses", `{"eventType":"Reject","reject":{"reason":"Bad content"},"mail":{"destination":["a@b.example"]}}`, "rejected message -"},
	{"ses", `{"eventType":"Click","click":{"link":"https://shop.example/"},"mail":{"destination":["a@b.example"]}}`, "clicked - -"},
	{"ses", `{"eventType":"Subscription","subscription":{"newTopicPreferences":{"unsubscribeAll":true}}}`, "unsubscribed - -"},
	{"ses", `{"notificationType":"Complaint","complaint":{"complaintSubType":"OnAccountSuppressionList","complainedRecipients":[{"emailAddress":"a@b.example"}]}}`, "rejected complaint -"},
	{"ses", `{"notificationType":"AmazonSnsSubscriptionSucceeded"}`, "other - -"},
	{"twilio", "MessageSid=SM1&MessageStatus=queued&To=%2B447700900123", "queued - -"},
	{"twilio", "MessageSid=SM1&MessageStatus=sent&To=%2B447700900123", "sent - -"},
	{"twilio", "MessageSid=SM1&MessageStatus=delivered&To=%2B447700900123", "delivered - -"},
	{"twilio", "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003&To=%2B447700900123", "bounced soft -"},
	{"twilio", "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005&To=%2B447700900123", "bounced hard -"},
	{"twilio", "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30007&To=%2B447700900123", "bounced block -"},
	{"twilio", "MessageSid=SM1&MessageStatus=failed&ErrorCode=21610&To=%2B447700900123", "rejected optout -"},
	{"twilio", "MessageSid=SM1&MessageStatus=failed&ErrorCode=30019&To=%2B447700900123", "failed message -"},
	{"twilio", "SmsSid=SM1&SmsStatus=failed&ErrorCode=99999&To=%2B447700900123", "failed other -"},
	{"twilio", "MessageSid=SM1&MessageStatus=read&To=whatsapp%3A%2B447700900123", "opened - -"},
	{"twilio", "MessageSid=SM1&SmsStatus=received&Body=hi&From=%2B447700900123", "received - -"},
}

// signed makes the request of a telling.
func (s *signer) signed(body string) Request {
	if s.name == "mailgun" {
		return s.request(s.mailgunSigned([]byte(body)))
	}
	return s.request([]byte(body))
}

func TestTellings(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range tellings {
		s := newSigner(c.provider)
		batch, err := s.read(s.signed(c.body))
		if err != nil {
			t.Errorf("%s: %.90s: %v", c.provider, c.body, err)
			continue
		}
		e := batch.Events[len(batch.Events)-1]
		if got := fmt.Sprint(e.Kind, " ", cmp.Or(e.Class, "-"), " ", cmp.Or(e.Status, "-")); got != c.what {
			t.Errorf("%s: %.120s: %s, want %s", c.provider, c.body, got, c.what)
		}
		if (e.Kind == Received) != (e.Inbound != nil) || e.At.IsZero() || e.Provider != c.provider || !strings.HasPrefix(e.ID, c.provider+"-") {
			t.Errorf("%s: %.120s: incomplete: %+v", c.provider, c.body, e)
		}
		seen[c.provider] = true
	}
	for _, p := range Providers() {
		if !seen[p.Name] {
			t.Errorf("no telling of %s", p.Name)
		}
	}
	t.Logf("%d tellings of %d providers", len(tellings), len(seen))
}

func TestOurIDComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []told{
		{"sendgrid", `[{"event":"open","rapport_message":"m-1","shop":"x"}]`, ""},
		{"mailgun", mailgunEventOf(`"event":"delivered","user-variables":{"rapport_message":"m-1","shop":"x"}`), ""},
		{"postmark", `{"RecordType":"Open","Metadata":{"rapport_message":"m-1","shop":"x"}}`, ""},
		{"resend", `{"type":"email.sent","data":{"tags":[{"name":"rapport_message","value":"m-1"},{"name":"shop","value":"x"}]}}`, ""},
		{"resend", `{"type":"email.sent","data":{"tags":{"shop":"x"},"headers":[{"name":"x-rapport-message","value":"m-1"}]}}`, ""},
		{"brevo", `{"event":"request","X-Mailin-custom":"{\"rapport_message\":\"m-1\",\"shop\":\"x\"}"}`, ""},
		{"sparkpost", sparkpostOf("message_event", `"type":"injection","rcpt_meta":{"rapport_message":"m-1","shop":"x"}`), ""},
		{"mailjet", `{"event":"sent","CustomID":"m-1","Payload":"{\"shop\":\"x\"}"}`, ""},
		{"mandrill", mandrillEventOf(`,"metadata":{"rapport_message":"m-1","shop":"x"}},"event":"send"}`), ""},
		{"ses", `{"eventType":"Send","mail":{"destination":["a@b.example","c@b.example"],"tags":{"rapport_message":["m-1"],"shop":["x"],"ses:caller-identity":["y"]}}}`, ""},
		{"ses", `{"eventType":"Send","mail":{"destination":["a@b.example"],"tags":{"shop":["x"]},"headers":[{"name":"X-Rapport-Message","value":"m-1"}]}}`, ""},
	} {
		s := newSigner(c.provider)
		batch, err := s.read(s.signed(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.provider, err)
			continue
		}
		for _, e := range batch.Events {
			if e.MessageID != "m-1" || len(e.Metadata) != 1 || e.Metadata["shop"] != "x" {
				t.Errorf("%s: message %q, metadata %v", c.provider, e.MessageID, e.Metadata)
			}
		}
	}
}

// TestReferenceFromSES: a message's reference comes whole from a tag, where '_' stands for its dot, and from its header.
func TestReferenceFromSES(t *testing.T) {
	t.Parallel()
	const ref = "0123456789abcdef0123456789abcdef.7"
	for _, mail := range []string{
		`"tags":{"rapport_message":["` + strings.Replace(ref, ".", "_", 1) + `"]}`,
		`"headers":[{"name":"X-Rapport-Message","value":"0123456789abcdef0123456789abcdef"},{"name":"X-Rapport-Ref","value":"` + ref + `"}]`,
	} {
		s := newSigner("ses")
		batch, err := s.read(s.signed(`{"eventType":"Send","mail":{"destination":["a@b.example"],` + mail + `}}`))
		if err != nil || len(batch.Events) != 1 || batch.Events[0].MessageID != ref {
			t.Errorf("%s: %+v, %v", mail, batch.Events, err)
		}
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	for _, c := range []told{
		{"sendgrid", `[{"event":"open","sg_machine_open":false},{"event":"open","sg_machine_open":true}]`, ""},
		{"brevo", `[{"event":"opened"},{"event":"proxy_open"}]`, ""},
		{"sparkpost", `[{"msys":{"track_event":{"type":"open","is_prefetched":false}}},{"msys":{"track_event":{"type":"open","user_agent_parsed":{"is_proxy":true}}}}]`, ""},
	} {
		s := newSigner(c.provider)
		batch, err := s.read(s.signed(c.body))
		if err != nil || len(batch.Events) != 2 || batch.Events[0].Machine || !batch.Events[1].Machine {
			t.Errorf("%s: %+v, %v", c.provider, batch.Events, err)
		}
	}
	s := newSigner("mailgun")
	batch, err := s.read(s.signed(mailgunEventOf(`"event":"opened","client-info":{"bot":"apple","user-agent":"Mozilla"}`)))
	if err != nil || !batch.Events[0].Machine || batch.Events[0].UserAgent != "Mozilla" {
		t.Errorf("mailgun: %+v, %v", batch.Events, err)
	}
}

func TestTwilioInbound(t *testing.T) {
	t.Parallel()
	s := newSigner("twilio")
	batch, err := s.read(s.signed("MessageSid=MM1&SmsStatus=received&From=whatsapp%3A%2B447700900123&To=whatsapp%3A%2B447700900999" +
		"&Body=+stop+&NumMedia=2&MediaUrl0=https%3A%2F%2Fmedia.example%2F1&MediaContentType0=image%2Fpng&MediaUrl1=&NumSegments=1"))
	if err != nil {
		t.Fatal(err)
	}
	e := batch.Events[0]
	if e.Kind != Received || e.Channel != message.WhatsApp || e.Recipient != "+447700900999" || e.Inbound.From != "+447700900123" ||
		e.Inbound.Keyword != Stop || len(e.Inbound.Media) != 1 || e.Inbound.Media[0] != (Media{"https://media.example/1", "image/png"}) {
		t.Errorf("%+v, %+v", e, e.Inbound)
	}
	for body, want := range map[string]Keyword{
		"Body=I+cannot+stop+laughing": "", "Body=please": "", "Body=x&OptOutType=HELP": Help, "Body=Yes": Start, "Body=stop&OptOutType=START": Start,
	} {
		batch, err := s.read(s.signed("MessageSid=SM1&SmsStatus=received&From=%2B1&" + body))
		if err != nil || batch.Events[0].Inbound.Keyword != want {
			t.Errorf("%s: %+v, %v; want %q", body, batch.Events, err, want)
		}
	}
}
