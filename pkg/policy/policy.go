package policy

import (
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// Request is one message that a journey wants to send.
type Request struct {
	Profile  *profile.Profile
	Channel  message.Channel
	Category message.Category
	// Purpose is what the person must have agreed to; empty: the category's own name.
	Purpose string
}

// check returns a reason to keep the message back, or nothing.
type check func(Request) message.Reason

// checks in the order in which they are asked: what protects the person first.
var checks = [...]check{suppressed, consent, address}

// Decide returns the first reason against the message; empty means that it goes.
func Decide(r Request) message.Reason {
	for _, c := range checks {
		if reason := c(r); reason != "" {
			return reason
		}
	}
	return ""
}

// suppressed holds for every category: a dead address stays dead for receipts too.
func suppressed(r Request) message.Reason {
	if r.Profile.BlockedOn(r.Channel) {
		return message.ReasonSuppressed
	}
	return ""
}

// consent is not asked of transactional messages, which answer what the person did.
func consent(r Request) message.Reason {
	if r.Category == message.Transactional {
		return ""
	}
	purpose := r.Purpose
	if purpose == "" {
		purpose = string(r.Category)
	}
	if !r.Profile.Consents(r.Channel, purpose) {
		return message.ReasonNoConsent
	}
	return ""
}

func address(r Request) message.Reason {
	if r.Profile.Address(r.Channel) == "" {
		return message.ReasonNoAddress
	}
	return ""
}
