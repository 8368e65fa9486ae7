package event

import "strings"

// The types that Rapport itself reads or writes. Unknown types are welcome:
// journeys can name them, and they are kept in the timeline.
const (
	OrderCompleted    = "order.completed"
	OrderRefunded     = "order.refunded"
	ProfileIdentified = "profile.identified"

	// What the calls of Segment's that are neither track nor identify become
	// (https://segment.com/docs/connections/spec/).
	PageViewed     = "page.viewed"
	ScreenViewed   = "screen.viewed"
	GroupJoined    = "group.joined"
	ProfileAliased = "profile.aliased"

	MessageSent      = "message.sent"
	MessageFailed    = "message.failed"
	MessageUncertain = "message.uncertain"
	// MessageSuppressed is a message that was decided and that a worker kept back at the
	// last moment.
	MessageSuppressed = "message.suppressed"

	// What providers and recipients answer. An open or a click that a machine made (a proxy
	// that fetches pictures beforehand, a scanner that follows links) has a type of its own, so
	// that journeys which ask for opens and clicks do not count it.
	EmailDelivered    = "email.delivered"
	EmailDeferred     = "email.deferred" // not yet; the provider goes on trying
	EmailBounced      = "email.bounced"
	EmailComplained   = "email.complained"
	EmailOpened       = "email.opened"
	EmailPrefetched   = "email.prefetched" // an open that a machine made, or perhaps did
	EmailClicked      = "email.clicked"
	EmailScanned      = "email.scanned" // a click that a machine made
	EmailReplied      = "email.replied"
	EmailAutoReplied  = "email.auto_replied"
	EmailUnsubscribed = "email.unsubscribed"
	SMSReceived       = "sms.received"
	SMSDelivered      = "sms.delivered"
	SMSFailed         = "sms.failed"
	WhatsAppReceived  = "whatsapp.received"
	WhatsAppDelivered = "whatsapp.delivered"
	WhatsAppRead      = "whatsapp.read"
	WhatsAppFailed    = "whatsapp.failed"

	// ConsentConfirmed is the answer to a double opt-in, PreferencesChanged what a person chose
	// in the preference centre; their consent travels in "$profile", as anybody's.
	ConsentConfirmed   = "consent.confirmed"
	PreferencesChanged = "preferences.changed"
	// ProfileErased asks for the person's data to be removed everywhere. What remains is that
	// nobody writes to their addresses.
	ProfileErased = "profile.erased"

	// ProfileUnaliased takes a profile.aliased back: {previous_id}.
	ProfileUnaliased = "profile.unaliased"
	// ProfileMerged and ProfileSplit are made by the engine in the timeline of who a person's
	// other id was joined to, or taken from: {id}.
	ProfileMerged = "profile.merged"
	ProfileSplit  = "profile.split"

	// ProductUpdated and ProductRemoved are about the shop's catalogue and no person; their
	// data is a catalogue.Product. Doors pass them on to the catalogue instead of EVENTS.
	ProductUpdated = "product.updated"
	ProductRemoved = "product.delisted"

	// ConsentGranted and ConsentWithdrawn are made by the engine where somebody's word changes
	// what holds: {channel, purpose, source, confirmed}.
	ConsentGranted   = "consent.granted"
	ConsentWithdrawn = "consent.withdrawn"

	// ClockAdvanced tells a partition that time has reached the event's time.
	// Only replays publish it, at the end of their input.
	ClockAdvanced = "clock.advanced"
)

// Identity is the prefix of types in which the engine's partitions tell each other which ids
// are one person's (package identity). No door takes them.
const Identity = "identity."

// EngineSource is the source of events that the engine itself makes. Doors never let
// anybody else use it.
const EngineSource = "rapport/engine"

// Receipt reports whether a type says what became of a message.
func Receipt(typ string) bool { return strings.HasPrefix(typ, "message.") }

// TypeFromName maps the event names of Segment's specification ("Order
// Completed", "Product List Viewed") to types ("order.completed",
// "product_list.viewed"): lower case, the last word is the verb, the words
// before it are joined by underscores. A name that already has a dot and no
// space is taken as a type.
func TypeFromName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '\t' || r == '_' || r == '-' })
	switch {
	case len(words) == 0:
		return ""
	case len(words) == 1 || (strings.Contains(name, ".") && !strings.Contains(name, " ")):
		return strings.ReplaceAll(name, " ", "")
	}
	return strings.Join(words[:len(words)-1], "_") + "." + words[len(words)-1]
}
