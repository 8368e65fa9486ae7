package callback

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"rapport/pkg/message"
)

// sparkpost is SparkPost's webhooks (https://developers.sparkpost.com/api/webhooks/). They are not signed: basic
// authentication, a bearer token (of OAuth 2.0) or the older X-MessageSystems-Webhook-Token authenticates them.
func sparkpost() Provider {
	return Provider{
		Name: "sparkpost", Channel: message.Email,
		Needs: needsCredentials + " or X-MessageSystems-Webhook-Token",
		open:  openCredentials("X-MessageSystems-Webhook-Token"),
		read:  func(c *call) error { return each(c, c.req.Body, "body", c.sparkpostWrapped) },
	}
}

// sparkpostWrapped is an event with its family around it: message_event, track_event, unsubscribe_event and others. A
// test of the address is empty.
type sparkpostWrapped struct {
	Msys map[string]json.RawMessage
}

func (c *call) sparkpostWrapped(in sparkpostWrapped) error {
	if in.Msys == nil {
		return errors.New("member msys is missing")
	}
	for _, family := range slices.Sorted(maps.Keys(in.Msys)) {
		var e sparkpostEvent
		if err := decode(in.Msys[family], &e); err != nil {
			return err
		}
		if err := c.sparkpostEvent(e); err != nil {
			return err
		}
	}
	return nil
}

type sparkpostEvent struct {
	Type           text
	EventID        text `json:"event_id"`
	TransmissionID text `json:"transmission_id"`
	RawTo          text `json:"raw_rcpt_to"`
	To             text `json:"rcpt_to"`
	Timestamp      text
	BounceClass    text `json:"bounce_class"`
	Reason         text
	RawReason      text  `json:"raw_reason"`
	URL            text  `json:"target_link_url"`
	UserAgent      text  `json:"user_agent"`
	IP             text  `json:"ip_address"`
	Prefetched     text  `json:"is_prefetched"`
	Campaign       text  `json:"campaign_id"`
	Meta           pairs `json:"rcpt_meta"`
	Agent          struct {
		Proxy      text `json:"is_proxy"`
		Prefetched text `json:"is_prefetched"`
	} `json:"user_agent_parsed"`
}

func (c *call) sparkpostEvent(in sparkpostEvent) error {
	e := Event{
		Type: string(in.Type), EventID: string(in.EventID), ProviderID: string(in.TransmissionID),
		Recipient: cmp.Or(string(in.RawTo), string(in.To)), At: when(in.Timestamp), Code: string(in.BounceClass),
		Diagnostic: cmp.Or(string(in.RawReason), string(in.Reason)), URL: string(in.URL), UserAgent: string(in.UserAgent),
		IP: string(in.IP), Metadata: in.Meta,
		Machine: in.Prefetched.yes() || in.Agent.Proxy.yes() || in.Agent.Prefetched.yes(),
	}
	if in.Campaign != "" {
		e.Tags = []string{string(in.Campaign)}
	}
	switch in.Type {
	case "injection":
		e.Kind = Queued
	case "delivery":
		e.Kind = Delivered
	case "delay":
		e.Kind = Deferred
	case "bounce", "out_of_band":
		e.Kind, e.Class = Bounced, sparkpostClass(in.BounceClass)
	case "policy_rejection", "generation_rejection":
		e.Kind, e.Class = Rejected, sparkpostClass(in.BounceClass)
	case "generation_failure":
		e.Kind, e.Class = Failed, Content
	case "open", "amp_open":
		e.Kind = Opened
	case "click", "amp_click":
		e.Kind = Clicked
	case "spam_complaint":
		e.Kind = Complained
	case "list_unsubscribe", "link_unsubscribe":
		e.Kind = Unsubscribed
	case "":
		return errNoEvent
	default:
		// initial_open and amp_initial_open are the pixel at the head of a message, whose other pixel is an open of its own:
		// counted, they would be the same reader twice.
		e.Kind = Other
	}
	c.add(e)
	return nil
}

// sparkpostClass reads a bounce class
// (https://support.sparkpost.com/docs/deliverability/bounce-classification-codes).
func sparkpostClass(class text) Class {
	switch class {
	case "10", "30":
		return Hard
	case "20", "21", "22", "24", "40", "60", "70", "100":
		return Soft
	case "23", "52", "53":
		return Content
	case "25", "50", "51", "54":
		return Block
	case "90":
		return Optout
	}
	return ""
}
