package mailer

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

// dialFault is what a connection that could not be had means: nothing passes, whatever
// the reason. Wrong credentials are among them; the breaker says so loudly.
func dialFault(err error) error {
	return delivery.Unavailable(fmt.Errorf("connect to the mail server: %w", err))
}

// sendFault says what an error at a stage means for the message (RFC 5321, sections 4.2.1
// and 4.5.3.2; the enhanced codes are RFC 3463's).
func sendFault(at stage, err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		err = fmt.Errorf("the connection broke %s: %w", at, err)
		switch at {
		case atAnswer:
			return delivery.Unknown(err)
		case atMail:
			return delivery.Unavailable(err)
		}
		// Perhaps it broke because of this message: the others should not wait for it.
		return delivery.Transient(err)
	}
	words := fmt.Errorf("%d %s", reply.Code, reply.Msg)
	switch {
	case reply.Code == 421 || reply.Code == 530 || reply.Code == 535 || reply.Code == 538:
		return delivery.Unavailable(words) // closing, or wants credentials that we lack
	case reply.Code >= 400 && reply.Code < 500:
		return delivery.Transient(words)
	case reply.Code >= 500:
		return delivery.Permanent(refusal(at, reply), words.Error())
	case at == atAnswer:
		return delivery.Unknown(words) // neither yes nor no
	}
	return delivery.Unavailable(words)
}

// refusal tells a wrong address from other refusals. Enhanced codes 5.1.x are about the
// address and 5.2.1 is a mailbox that is closed; without them, the plain codes mean the
// address only in answer to RCPT.
func refusal(at stage, reply *textproto.Error) message.Reason {
	if at != atRecipient {
		return message.ReasonRejected
	}
	enhanced, _, _ := strings.Cut(reply.Msg, " ")
	switch {
	case enhanced == "5.1.7" || enhanced == "5.1.8": // the sender's address
		return message.ReasonRejected
	case strings.HasPrefix(enhanced, "5.1.") || enhanced == "5.2.1":
		return message.ReasonInvalidAddress
	case strings.HasPrefix(enhanced, "5.") && strings.Count(enhanced, ".") == 2:
		return message.ReasonRejected
	case reply.Code == 550 || reply.Code == 551 || reply.Code == 553 || reply.Code == 501:
		return message.ReasonInvalidAddress
	}
	return message.ReasonRejected
}

func (s stage) String() string {
	switch s {
	case atMail:
		return "at MAIL"
	case atRecipient:
		return "at RCPT"
	case atData:
		return "at DATA"
	case atBody:
		return "in the middle of the message"
	}
	return "before the message was answered"
}
