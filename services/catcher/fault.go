package catcher

import (
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// fault is a failure that the local part of a mail's recipient asks for, also with a plus: bounce@example.com and
// bounce+42@example.com. See the package's description for the list.
type fault string

const (
	none       fault = ""
	bounce     fault = "bounce"
	deferral   fault = "defer"
	slowAnswer fault = "slow"
	cutOff     fault = "cut"
)

func faultOf(recipient string) fault {
	local, _, _ := strings.Cut(recipient, "@")
	local, _, _ = strings.Cut(strings.ToLower(local), "+")
	switch f := fault(local); f {
	case bounce, deferral, slowAnswer, cutOff:
		return f
	}
	return none
}

// refusal is the answer to RCPT.
func (f fault) refusal() error {
	switch f {
	case bounce:
		return smtpError(550, smtp.EnhancedCode{5, 1, 1}, "No such mailbox: the catcher refuses bounce@ on purpose")
	case deferral:
		return smtpError(451, smtp.EnhancedCode{4, 7, 1}, "Try again later: the catcher defers defer@ on purpose")
	}
	return nil
}

// afterwards does what is asked for after the mail was stored, and returns the answer to DATA.
func (f fault) afterwards(s *session) error {
	switch f {
	case slowAnswer:
		timer := time.NewTimer(s.server.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.server.stopping:
		}
	case cutOff:
		_ = s.conn.Close() // The answer that follows goes nowhere: that is the point.
	}
	return nil
}
