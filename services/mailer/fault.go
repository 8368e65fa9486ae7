package mailer

import (
	"cmp"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/bounce"
	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

// dialFault is what a connection that could not be had means: nothing passes, whatever
// the reason. Wrong credentials and certificates are among them; the breaker says so loudly.
func dialFault(err error) error {
	return delivery.Unavailable(fmt.Errorf("connect to the mail server: %w", err))
}

// When messages come again that the recipient's side has put off. A full mailbox gets three
// more attempts within 24 hours; greylists let pass after 5 to 15 minutes, and who asked for
// less mail is given longer.
func fullMailbox() []time.Duration {
	return []time.Duration{time.Hour, 6 * time.Hour, 16 * time.Hour}
}

func greylist() []time.Duration {
	return []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}
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
	class, reason, status := bounce.Answer(reply.Code, reply.Msg)
	a := answer{at: at, code: reply.Code, class: class, reason: reason, status: status, words: words}
	switch {
	case reply.Code == 530 || reply.Code == 535 || reply.Code == 538:
		return delivery.Unavailable(words) // it wants credentials that we lack
	case reply.Code == 421 && !a.slow():
		return delivery.Unavailable(words) // it is closing
	case reply.Code >= 400 && reply.Code < 500:
		return delivery.Bounced(a.putOff(), string(bounce.Soft), a.named())
	case reply.Code >= 500:
		return a.refused()
	case at == atAnswer:
		return delivery.Unknown(words) // neither yes nor no
	}
	return delivery.Unavailable(words)
}

// answer is what a server said to a message.
type answer struct {
	at             stage
	code           int
	class          bounce.Class
	reason, status string
	words          error
}

// named is the enhanced code, or else the reply code.
func (a *answer) named() string { return cmp.Or(a.status, strconv.Itoa(a.code)) }

// slow reports whether the recipient's side wants less mail from us, or sees us for the first
// time. Before there is a recipient it is the provider that speaks of itself.
func (a *answer) slow() bool {
	if a.at == atMail {
		return false
	}
	return a.status == "4.2.1" || strings.HasPrefix(a.status, "4.7.") || a.reason == "greylisted" || a.reason == "too much at once"
}

// putOff is an answer of class 4.
func (a *answer) putOff() error {
	switch {
	case a.slow():
		return delivery.Slowed(delivery.Later(a.words, greylist()...))
	case a.at != atMail && a.reason == "mailbox full":
		return delivery.Later(a.words, fullMailbox()...)
	}
	return delivery.Transient(a.words)
}

// refused is an answer of class 5. The classes are those of reports that come by mail; where
// nothing tells one, plain codes mean the address only in answer to RCPT.
func (a *answer) refused() error {
	if strings.HasPrefix(a.status, "5.6.") {
		a.class = bounce.Message // It says that it is this mail's content, whatever it calls it.
	}
	kind := string(a.class)
	switch a.class {
	case bounce.Hard:
		if a.at == atMail { // It cannot mean a recipient that it was not told.
			return a.final(message.ReasonRejected, string(bounce.Block))
		}
		return a.final(message.ReasonInvalidAddress, kind)
	case bounce.Block:
		return delivery.Bounced(delivery.Blocked(a.words.Error()), kind, a.named())
	case bounce.Soft:
		switch {
		case a.slow():
			return delivery.Bounced(delivery.Slowed(delivery.Later(a.words, greylist()...)), kind, a.named())
		case a.reason == "mailbox full" && a.at != atMail:
			return delivery.Bounced(delivery.Later(a.words, fullMailbox()...), kind, a.named())
		}
	case bounce.Other:
		if a.at == atRecipient && a.status == "" && (a.code == 550 || a.code == 551 || a.code == 553 || a.code == 501) {
			return a.final(message.ReasonInvalidAddress, kind)
		}
	}
	return a.final(message.ReasonRejected, kind)
}

func (a *answer) final(reason message.Reason, kind string) error {
	return delivery.Bounced(delivery.Permanent(reason, a.words.Error()), kind, a.named())
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
