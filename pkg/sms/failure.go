package sms

import "slices"

// Class is what kind of trouble an error of a provider is.
type Class uint8

// The classes. Who or what the trouble lies with says what to do.
const (
	Other       Class = iota // nothing is known about it
	BadNumber                // no telephone that takes messages has the number
	OptedOut                 // the recipient does not want them
	Unreachable              // the telephone is off, abroad, full
	Blocked                  // the recipient's side does not let the message or the sender through
	Filtered                 // a carrier or the provider took it for spam
	Congested                // a queue is full, now
	RateLimited              // more than the account, sender or campaign may send in the time
	Account                  // credentials, balance, permission, set-up: meets every message
	Sender                   // the sender cannot write to this recipient in this way
	Region                   // the account may not send to the country
	Content                  // the text, media or template is not taken
	Request                  // a parameter is wrong: a mistake in the program
	Outage                   // the provider or a carrier is broken
	Setup                    // of registering, shortening links, callbacks, and not of a message
)

var classNames = [...]string{
	"other", "bad number", "opted out", "unreachable", "blocked", "filtered", "congested", "rate limited", "account", "sender", "region", "content",
	"request", "outage", "setup",
}

// String is the class in words.
func (c Class) String() string { return classNames[min(int(c), len(classNames)-1)] }

// Failure is what an error code means for the number and the message.
type Failure struct {
	Code  int
	Class Class
	// Suppress: send this number nothing any more. Of a code of WhatsApp or another channel it
	// is meant for that channel.
	Suppress bool
	// Retry: the same message may pass later, without anybody changing anything.
	Retry  bool
	Reason string // one clause, for people
}

// Twilio is the meaning of one of Twilio's codes (https://www.twilio.com/docs/api/errors), from
// an answer of the API or in a status callback. A code that is not known is Other, and is
// neither suppressed nor tried again.
func Twilio(code int) (f Failure, known bool) {
	for _, row := range twilioCodes {
		if slices.Contains(row.codes, code) {
			return Failure{Code: code, Class: row.class, Suppress: row.then&suppress != 0, Retry: row.then&retry != 0, Reason: row.reason}, true
		}
	}
	return Failure{Code: code, Reason: "an error that is not in the table"}, false
}

// Usable reports whether other messages may pass while this one did not: false for what meets
// all of them until it is over or somebody has seen to it.
func (f Failure) Usable() bool {
	switch f.Class {
	case Account, RateLimited, Congested, Outage:
		return false
	}
	return true
}

// What to do about a code.
const (
	suppress = 1 << iota
	retry
)

type failureRow struct {
	class  Class
	then   int
	reason string
	codes  []int
}
