package callback

import (
	"cmp"
	"maps"
	"strings"
)

// sesNotice is what SES says: a notification
// (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html), an event of a configuration set
// (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html), which names its type
// otherwise, or received mail (https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html), also
// as the records that Lambda functions get.
type sesNotice struct {
	NotificationType text
	EventType        text
	Mail             struct {
		Timestamp, MessageID text
		Source               text
		Destination          texts
		Headers              nameValues
		Common               struct{ MessageID, Subject text } `json:"commonHeaders"`
		Tags                 map[string]texts
	}
	Bounce struct {
		Type       text `json:"bounceType"`
		SubType    text `json:"bounceSubType"`
		FeedbackID text
		Timestamp  text
		Recipients []sesRecipient `json:"bouncedRecipients"`
	}
	Complaint struct {
		Feedback   text `json:"complaintFeedbackType"`
		SubType    text `json:"complaintSubType"`
		UserAgent  text
		FeedbackID text
		Timestamp  text
		Recipients []sesRecipient `json:"complainedRecipients"`
	}
	Delivery struct {
		Timestamp, SMTPResponse text
		Recipients              texts
	}
	Delay struct {
		Type       text `json:"delayType"`
		Timestamp  text
		Recipients []sesRecipient `json:"delayedRecipients"`
	} `json:"deliveryDelay"`
	Reject       struct{ Reason text }
	Open         struct{ IPAddress, Timestamp, UserAgent text }
	Click        struct{ IPAddress, Timestamp, UserAgent, Link text }
	Failure      struct{ ErrorMessage text }
	Subscription struct {
		Timestamp text
		Now       struct{ UnsubscribeAll text } `json:"newTopicPreferences"`
	}
	Receipt struct {
		Timestamp  text
		Recipients texts
	}
	Records []struct {
		SES *sesNotice
	}
}

type sesRecipient struct {
	Email      text `json:"emailAddress"`
	Status     text
	Diagnostic text `json:"diagnosticCode"`
}

// sesNotice adds an event for each recipient that the notice is about.
func (c *call) sesNotice(in *sesNotice) error {
	kind := cmp.Or(in.NotificationType, in.EventType)
	e := Event{Type: string(kind), EventID: c.sns.MessageID, ProviderID: string(in.Mail.MessageID), MailID: string(in.Mail.Common.MessageID)}
	tags := map[string]string{}
	for name, values := range in.Mail.Tags {
		if len(values) > 0 && !strings.HasPrefix(name, "ses:") { // Those are Amazon's own.
			tags[name] = values[0]
		}
	}
	if id, partition, ok := strings.Cut(tags[c.cfg.MessageKey], "_"); ok { // Tags cannot have the dot of a reference.
		tags[c.cfg.MessageKey] = id + "." + partition
	}
	e.carried(in.Mail.Headers, tags)
	switch kind {
	case "Bounce", "Complaint", "Delivery", "DeliveryDelay":
		c.sesPerRecipient(in, e, string(kind))
	case "Received":
		c.sesReceived(in, e)
	case "":
		return c.unsupported("Message", "it is no event of Amazon SES: give other messages a topic of their own")
	default:
		c.sesOther(in, e, string(kind))
	}
	return nil
}

// sesPerRecipient maps the notices that name recipients.
func (c *call) sesPerRecipient(in *sesNotice, e Event, kind string) {
	var recipients []sesRecipient
	switch kind {
	case "Bounce":
		recipients = in.Bounce.Recipients
		e.Kind, e.Class = Bounced, sesClass(string(in.Bounce.Type), string(in.Bounce.SubType))
		e.EventID = cmp.Or(string(in.Bounce.FeedbackID), e.EventID)
		e.Reason = strings.Trim(string(in.Bounce.Type)+": "+string(in.Bounce.SubType), ": ")
		e.At = when(in.Bounce.Timestamp)
		switch in.Bounce.SubType {
		case "Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient":
			e.Kind = Rejected // Nothing was handed on.
		}
	case "Complaint":
		recipients = in.Complaint.Recipients
		e.Kind, e.Reason, e.UserAgent = Complained, string(cmp.Or(in.Complaint.Feedback, in.Complaint.SubType)), string(in.Complaint.UserAgent)
		e.EventID = cmp.Or(string(in.Complaint.FeedbackID), e.EventID)
		e.At = when(in.Complaint.Timestamp)
		if in.Complaint.SubType == "OnAccountSuppressionList" {
			e.Kind, e.Class = Rejected, Spam
		}
	case "Delivery":
		e.Kind, e.Diagnostic, e.At = Delivered, string(in.Delivery.SMTPResponse), when(in.Delivery.Timestamp)
		for _, one := range in.Delivery.Recipients {
			recipients = append(recipients, sesRecipient{Email: text(one)})
		}
	case "DeliveryDelay":
		recipients = in.Delay.Recipients
		e.Kind, e.Reason, e.At = Deferred, string(in.Delay.Type), when(in.Delay.Timestamp)
	}
	if len(recipients) == 0 {
		recipients = []sesRecipient{{}}
	}
	for _, one := range recipients {
		each := e
		each.Recipient, each.Status = string(one.Email), statusIn(string(one.Status))
		each.Diagnostic = cmp.Or(string(one.Diagnostic), e.Diagnostic)
		c.addSES(each)
	}
}

// sesOther maps the notices that are about the message. Who of several recipients opened it, SES does not say, and so
// nobody is named.
func (c *call) sesOther(in *sesNotice, e Event, kind string) {
	alone := len(in.Mail.Destination) == 1
	if alone {
		e.Recipient = in.Mail.Destination[0]
	}
	switch kind {
	case "Send":
		e.Kind = Sent
	case "Reject":
		e.Kind, e.Reason, e.Class = Rejected, string(in.Reject.Reason), Content
	case "Rendering Failure":
		e.Kind, e.Reason, e.Class = Failed, string(in.Failure.ErrorMessage), Content
	case "Open":
		e.Kind, e.IP, e.UserAgent, e.At = Opened, string(in.Open.IPAddress), string(in.Open.UserAgent), when(in.Open.Timestamp)
	case "Click":
		e.Kind, e.IP, e.UserAgent, e.At = Clicked, string(in.Click.IPAddress), string(in.Click.UserAgent), when(in.Click.Timestamp)
		e.URL = string(in.Click.Link)
	case "Subscription":
		e.Kind, e.At = Subscribed, when(in.Subscription.Timestamp)
		if in.Subscription.Now.UnsubscribeAll.yes() {
			e.Kind = Unsubscribed
		}
	default:
		e.Kind = Other
	}
	if alone || e.Kind != Sent && e.Kind != Rejected && e.Kind != Failed {
		c.addSES(e)
		return
	}
	for _, one := range in.Mail.Destination {
		each := e
		each.Recipient = one
		c.addSES(each)
	}
}

// sesReceived maps mail that came in.
func (c *call) sesReceived(in *sesNotice, e Event) {
	e.Kind, e.At = Received, when(cmp.Or(in.Receipt.Timestamp, in.Mail.Timestamp))
	from := string(in.Mail.Source)
	if named := in.Mail.Headers.get("From"); len(named) > 0 {
		from = address(named[0]) // Source is the envelope's, which forwarding rewrites.
	}
	recipients := in.Receipt.Recipients
	if len(recipients) == 0 {
		recipients = in.Mail.Destination
	}
	for _, one := range recipients {
		each := e
		each.Recipient = one
		each.Inbound = &Inbound{From: from, To: one, Subject: string(in.Mail.Common.Subject)}
		c.addSES(each)
	}
}

// addSES takes the time of the SNS message where SES says none. Recipients get metadata of their own, since add takes our
// id out of it.
func (c *call) addSES(e Event) {
	if e.At.IsZero() {
		e.At = when(text(c.sns.Timestamp))
	}
	e.Metadata = maps.Clone(e.Metadata)
	c.add(e)
}

// sesClass reads the types of bounces
// (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types).
func sesClass(kind, sub string) Class {
	switch sub {
	case "MessageTooLarge", "ContentRejected", "AttachmentRejected":
		return Content
	case "UnsubscribedRecipient":
		return Optout
	}
	switch kind {
	case "Permanent":
		return Hard
	case "Transient":
		return Soft
	}
	return Unspecified
}
