package texter

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/twilio/twilio-go/client"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
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

// codeFault maps Twilio's error codes (https://www.twilio.com/docs/api/errors). An error
// with a code is Twilio's own word that it did not take the message. Codes that would meet
// every message are Unavailable: they open the breaker, and nothing is lost until somebody
// has looked.
func codeFault(e *client.TwilioRestError) error {
	words := fmt.Sprintf("%d %s", e.Code, e.Message)
	switch e.Code {
	case 21211, // To is not a valid number
		21614,        // To is not a mobile number
		63003, 63024: // WhatsApp does not know the number
		return delivery.Permanent(message.ReasonInvalidAddress, words)
	case 21610: // the recipient has replied STOP
		return delivery.Permanent(message.ReasonRejected, "opted_out: "+words)
	case 20003, 20005, 30002, // credentials, inactive or suspended account
		21603, 21703, 21704, // no sender configured
		21910,                             // the sender is not of the recipient's channel
		63001, 63002, 63007, 63008, 63020, // WhatsApp does not know the sender or the account
		63051: // the WhatsApp account is locked
		return delivery.Unavailable(fmt.Errorf("check the configuration of the Twilio account: %s", words))
	case 20429, 14107, 63017, 63018, 63038, // too many requests, rate and daily limit
		63009, 63010, 63012, // WhatsApp, or the way to it, is broken
		21611, // the sender's queue is full
		21730: // maintenance
		return delivery.Unavailable(errors.New(words))
	}
	if e.Status == http.StatusTooManyRequests || e.Status >= 500 {
		return delivery.Unavailable(errors.New(words))
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
