package link

import (
	"errors"
	"time"

	"rapport/pkg/message"
)

// Kind is what a link is for.
type Kind string

// The kinds there are.
const (
	Click       Kind = "click"
	Open        Kind = "open"
	Unsubscribe Kind = "unsubscribe"
	Preferences Kind = "preferences"
	Confirm     Kind = "confirm"
)

// Ticket is what a token holds: whom a link belongs to, which message it was in, and what it
// leads to. It says enough for the event of a click to be made without asking anybody.
type Ticket struct {
	Kind     Kind
	Profile  string
	Ref      message.Ref
	Journey  string
	Instance string
	Step     string
	Template string
	// Channel is the message's; of a confirmation, the one that is confirmed.
	Channel  message.Channel
	Category message.Category
	// Purpose is what unsubscribing withdraws and confirming confirms; "*": all marketing.
	Purpose string

	URL          string // where a click leads: absolute, http or https
	Link         string // the link's name
	Product      string // id of the product behind it
	LinkCategory string // that product's category

	SentAt  time.Time // when the message was decided; in UTC, to the second
	Expires time.Time // likewise; zero: never
}

var (
	// ErrForged is about a token that none of the keys made, whatever is wrong with it.
	ErrForged = errors.New("not a link of ours: it was not copied whole, or was made with a secret that is no longer among the keys")
	// ErrExpired is about a token of ours that was good for less time. The ticket comes with it.
	ErrExpired = errors.New("the link has expired")
)
