package texter

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/twilio/twilio-go/client"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/sms"
)

// fault says what an exchange that did not end well means for the message.
func (x *exchange) fault(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err // without the URL, which names the account
	}
	var twilio *client.TwilioRestError
	switch {
	case errors.As(err, &twilio) && twilio.Code != 0:
		return codeFault(twilio)
	case x.status != 0:
		return statusFault(x.status)
	case x.away.Load():
		return delivery.Unknown(fmt.Errorf("no answer to a request that was sent: %w", err))
	}
	return delivery.Unavailable(fmt.Errorf("connect to Twilio: %w", err))
}

// The kinds of sms.failed and whatsapp.failed after which a number gets nothing more. An answer of
// the API has them as a status callback does, see package feedback.
const (
	optedOut = "opted_out"
	hard     = "hard"
)

// codeFault maps Twilio's error codes. An error with a code is Twilio's own word that it did
// not take the message. Codes that would meet every message are Unavailable: they open the
// breaker, and nothing is lost until somebody has looked.
func codeFault(e *client.TwilioRestError) error {
	f, _ := sms.Twilio(e.Code)
	words := fmt.Sprintf("%d %s (%s)", e.Code, e.Message, f.Reason)
	code := strconv.Itoa(e.Code)
	switch {
	case f.Class == sms.OptedOut:
		return delivery.Bounced(delivery.Permanent(message.ReasonRejected, "opted_out: "+words), optedOut, code)
	case f.Class == sms.BadNumber:
		return delivery.Bounced(delivery.Permanent(message.ReasonInvalidAddress, words), hard, code)
	case f.Suppress:
		return delivery.Bounced(delivery.Permanent(message.ReasonRejected, words), hard, code)
	case f.Class == sms.Account:
		return delivery.Unavailable(fmt.Errorf("check the configuration of the Twilio account: %s", words))
	case !f.Usable() || e.Status == http.StatusTooManyRequests || e.Status >= 500:
		return delivery.Unavailable(errors.New(words))
	case f.Retry:
		return delivery.Transient(errors.New(words))
	}
	return delivery.Permanent(message.ReasonRejected, words)
}

// statusFault is for answers that are not Twilio's JSON: something stands in between.
func statusFault(status int) error {
	err := fmt.Errorf("HTTP status %d without Twilio's error code", status)
	switch {
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		return delivery.Unknown(err) // the gateway lost the answer, Twilio may have the message
	case status == http.StatusTooManyRequests || status >= 500:
		return delivery.Unavailable(err)
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status < 400:
		return delivery.Unavailable(fmt.Errorf("check the address and the credentials of the Twilio account: %w", err))
	}
	return delivery.Permanent(message.ReasonRejected, err.Error())
}
