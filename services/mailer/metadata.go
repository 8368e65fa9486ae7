package mailer

import (
	"maps"
	"slices"
	"strings"

	"rapport/pkg/message"
)

// messageKey is the name by which providers give our message back; pkg/callback looks for it.
const messageKey = "rapport_message"

// ses is Amazon's Simple Email Service.
const ses = "ses"

// metadata is how each provider that mail goes through over SMTP is told what to give back in
// callbacks: header fields, of the message's reference. The others know our message by the
// headers X-Rapport-Ref and Message-ID, which they give back (Resend), or which are those of
// the mail (the shop's own server). References are digits, letters and a dot, and need no
// escaping anywhere.
func metadata() map[string]func(ref string) string {
	return map[string]func(ref string) string{
		// Tags may have letters, digits, '-' and '_' only, so '_' stands for the dot. SES
		// publishes events of mails that name a configuration set
		// (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html). It also
		// sets Date and Message-ID anew, and so breaks signatures that cover them: SES has
		// to sign for the shop's domain (https://docs.aws.amazon.com/ses/latest/dg/header-fields.html).
		ses: func(ref string) string {
			return "X-SES-MESSAGE-TAGS: " + messageKey + "=" + strings.Replace(ref, ".", "_", 1) + "\r\n"
		},
		// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments
		"sendgrid": func(ref string) string { return "X-SMTPAPI: {\"unique_args\": " + pair(ref) + "}\r\n" },
		// https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-attachments (attaching metadata)
		"mailgun": func(ref string) string { return "X-Mailgun-Variables: " + pair(ref) + "\r\n" },
		// https://postmarkapp.com/support/article/1125-custom-metadata-faq; without the second
		// header Postmark gives the mail a Message-ID of its own.
		"postmark": func(ref string) string {
			return "X-PM-Metadata-" + messageKey + ": " + ref + "\r\nX-PM-KeepID: true\r\n"
		},
		// https://developers.brevo.com/docs/transactional-webhooks
		"brevo": func(ref string) string { return "X-Mailin-custom: " + pair(ref) + "\r\n" },
		// https://developers.sparkpost.com/api/smtp/
		"sparkpost": func(ref string) string { return "X-MSYS-API: {\"metadata\": " + pair(ref) + "}\r\n" },
		// https://mailchimp.com/developer/transactional/docs/smtp-integration/
		"mandrill": func(ref string) string { return "X-MC-Metadata: " + pair(ref) + "\r\n" },
		// https://dev.mailjet.com/email/guides/webhooks/
		"mailjet": func(ref string) string { return "X-MJ-EventPayload: " + pair(ref) + "\r\n" },
		"resend":  func(string) string { return "" },
	}
}

// pair is a JSON object of the one thing there is to say.
func pair(ref string) string { return `{"` + messageKey + `": "` + ref + `"}` }

// Providers are the names that Identity.Metadata takes.
func Providers() []string { return slices.Sorted(maps.Keys(metadata())) }

// metadataHeaders are the fields that a provider reads, each ended by CRLF; none of one that
// is not known.
func metadataHeaders(provider, configurationSet string, ref message.Ref) []byte {
	fields, known := metadata()[provider]
	if !known {
		return nil
	}
	text := fields(oneLine(ref.String()))
	if provider == ses && configurationSet != "" {
		text = "X-SES-CONFIGURATION-SET: " + configurationSet + "\r\n" + text
	}
	return []byte(text)
}

// isToken reports whether s has letters, digits, '-' and '_' only.
func isToken(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}
