package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"rapport/pkg/message"
)

// The errors of the port. Both are permanent for the worker that gets them: it no longer
// owns the partition, or it reads from the wrong place.
var (
	ErrFenced   = errors.New("store: another worker owns the partition")
	ErrPosition = errors.New("store: the batch does not start at the partition's position")
)

// ErrExists refuses a batch that adds a timeline row or a message under an id which is
// there already. Repeating it will not help: ids are derived, so a second row under one id
// is an event applied twice or a mistake in the derivation.
var ErrExists = errors.New("store: a row with this id exists already")

// Position is how far a partition has come: the sequence of the last event applied, and
// the highest time seen, which is the partition's clock when time is what events say.
type Position struct {
	Seq   uint64
	Clock time.Time
}

// Want asks Load for one profile, and whether events with these uids are in its timeline.
type Want struct {
	Profile string
	Events  []string
}

// Loaded answers a Want. State is nil for an unknown profile. Seen holds those of the
// asked uids that the timeline has, in the order asked.
//
// Erased is the time of the profile's last Erasure, zero when it was never erased. Events up
// to it are those of the person who asked to be forgotten, however late they come.
type Loaded struct {
	State  []byte
	Seen   []string
	Erased time.Time
}

// Wake is a profile with a timer that has come due.
type Wake struct {
	Profile string
	Due     time.Time
}

// Batch is all that one worker changes in one transaction. From and To are positions
// before and after; equal ones mean that only timers fired or people were brought under a
// workspace, which a store may let others pass.
type Batch struct {
	Partition int
	Epoch     uint64
	From, To  Position
	Profiles  []ProfileRow
	Timeline  []TimelineRow
	Messages  []MessageRow
	Outcomes  []OutcomeRow
	Outbox    []Outgoing
	Resting   []RestingDelta
	Arms      []ArmDelta

	Erasures     []Erasure
	Phones       []PhoneRow
	Releases     []Release // before Suppressions
	Suppressions []Suppression
	Identities   []IdentityRow
}

// ProfileRow is a profile as it is after the batch. State is opaque here; the other
// fields are what must be found without decoding it. A row replaces all of a former one.
type ProfileRow struct {
	ID          string
	State       []byte
	Known       bool
	Orders      int
	LastOrderAt time.Time
	UpdatedAt   time.Time
	Wake        time.Time // when its earliest timer is due; zero: never
	Snapshot    string    // workspace version that the state was last refreshed with; empty: none
}

// Kind says what a timeline row records.
type Kind string

// The kinds of timeline rows: an event that was applied, what a journey did about it, and
// what else the engine decided about the profile. Messages have rows of their own (Messages).
const (
	KindEvent    Kind = "event"
	KindEntered  Kind = "entered"
	KindLeft     Kind = "left"
	KindFinished Kind = "finished"

	KindJoined    Kind = "joined"    // became a member of a segment; Name is the segment's
	KindParted    Kind = "parted"    // stopped being one
	KindArm       Kind = "arm"       // an instance took an arm of a split
	KindConverted Kind = "converted" // an instance reached its journey's goal
	KindMoved     Kind = "moved"     // an instance goes on in another version of its journey
	// KindPassed is an event that came under another id of the person's, Detail, where it has
	// the row of KindEvent. Its ID is a PassedID.
	KindPassed Kind = "passed"
	// KindPublished is an event that the engine made; Name is its type. The row's ID is
	// derived from the event's uid and differs from it: when the event comes back from the
	// stream it is applied and gets the row of KindEvent under the uid.
	KindPublished Kind = "published"
)

// TimelineRow is one line of a profile's history. ID is unique within the profile, whatever
// the kind and time: an event's uid, or derived from instance and step. Name is the event's type or the journey.
type TimelineRow struct {
	Profile string          `json:"profile"`
	At      time.Time       `json:"at"`
	ID      string          `json:"id"`
	Kind    Kind            `json:"kind"`
	Name    string          `json:"name"`
	Detail  string          `json:"detail,omitempty"` // reason of leaving, step of a message
	Trace   string          `json:"trace,omitempty"`  // trace id, 32 hex digits
	Data    json.RawMessage `json:"data,omitempty"`
}

// MessageRow is a decided message. Outcome is empty while a worker has it, or Suppressed
// with a reason when policy kept it back.
type MessageRow struct {
	ID         string           `json:"id"`
	Profile    string           `json:"profile"`
	Journey    string           `json:"journey"`
	Version    string           `json:"version"`
	Instance   string           `json:"instance"`
	Step       string           `json:"step"`
	Channel    message.Channel  `json:"channel"`
	Category   message.Category `json:"category"`
	Template   string           `json:"template"`
	DecidedAt  time.Time        `json:"decided_at"`
	Outcome    message.Outcome  `json:"outcome,omitempty"`
	Reason     message.Reason   `json:"reason,omitempty"`
	Detail     string           `json:"detail,omitempty"`
	Provider   string           `json:"provider,omitempty"`
	ProviderID string           `json:"provider_id,omitempty"`
	OutcomeAt  time.Time        `json:"outcome_at,omitzero"`
	Resent     bool             `json:"resent,omitempty"`
	Trace      string           `json:"trace,omitempty"`
}

// OutcomeRow sets a message's outcome from a receipt. A first outcome stays, except that
// Sent and Failed replace Uncertain. An outcome of a message that the store does not have
// changes nothing: receipts may outlive the store that decided.
type OutcomeRow struct {
	MessageID  string
	Outcome    message.Outcome
	Reason     message.Reason
	Detail     string
	Provider   string
	ProviderID string
	Resent     bool
	At         time.Time
}

// Outgoing is one message that the relay publishes after the commit, with ID as its
// deduplication id.
type Outgoing struct {
	Subject string            `json:"s"`
	ID      string            `json:"i"`
	Header  map[string]string `json:"h,omitempty"` // trace context
	Data    []byte            `json:"d"`
}

// OutboxBatch is the outgoing messages of one commit, in order. Seq orders batches within
// a partition; it is no stream sequence, and grows for ever, also past batches that are done.
type OutboxBatch struct {
	Partition int
	Seq       uint64
	Messages  []Outgoing
}

// Applying is what the orchestrator needs of a store. Implementations may combine
// concurrent commits of several partitions into one physical transaction.
type Applying interface {
	// Acquire makes epoch the partition's owner and returns its position (zero for a new
	// one). It fails with ErrFenced when the stored epoch is higher.
	Acquire(ctx context.Context, partition int, epoch uint64) (Position, error)
	// Load returns one Loaded for each Want, in order.
	Load(ctx context.Context, partition int, wants []Want) ([]Loaded, error)
	// Due returns profiles whose Wake lies strictly before the given time, earliest first,
	// then by profile id, at most limit.
	Due(ctx context.Context, partition int, before time.Time, limit int) ([]Wake, error)
	// NextDue returns the earliest Wake of a partition; ok is false when there is none.
	NextDue(ctx context.Context, partition int) (at time.Time, ok bool, err error)
	// Commit applies a batch: erasures, then profiles, timeline and messages, then outcomes. It
	// compares epoch, then From (sequence and clock), and refuses ids that are there already
	// with ErrExists. Resting and Arms are added to what is there, whatever the order. When it fails otherwise, only Acquire or a later Commit tells whether
	// the batch is there; it is whole, or not at all.
	Commit(ctx context.Context, b *Batch) error
	// Outbox returns up to limit batches of a partition with a Seq above after, oldest first.
	Outbox(ctx context.Context, partition int, after uint64, limit int) ([]OutboxBatch, error)
	// OutboxDone removes a partition's batches up to and including seq.
	OutboxDone(ctx context.Context, partition int, seq uint64) error
}

// Claim is a worker's word that it is about to hand a message to a provider.
type Claim struct {
	Partition int
	MessageID string
	Worker    string // who claims: unique to a process's life
	At        time.Time
}

// Prior says what a Claim found.
type Prior struct {
	// State is Fresh when the claim is new and now ours; Open when somebody claimed it and
	// never recorded a result (it is now ours); Done when a result is recorded (Receipt has
	// it, nothing changed).
	State   ClaimState
	Worker  string // of the former claim
	Receipt json.RawMessage
}

// ClaimState is what became of a former claim on a message.
type ClaimState int

// The states of a claim.
const (
	Fresh ClaimState = iota + 1
	Open
	Done
)

// Result closes a claim: the receipt as it is (or will be) published, byte for byte. The
// first result of a message stays, whoever holds the claim: a worker that was thought dead
// knows better than its successor. Worker is then the one that Prior names.
type Result struct {
	Partition int
	MessageID string
	Worker    string
	Receipt   json.RawMessage
}

// Claiming is what the workers need of a store. Claim and Record are durable when they
// return; concurrent calls may be combined.
type Claiming interface {
	Claim(ctx context.Context, claims []Claim) ([]Prior, error)
	// Claimed says what a claim would find now, and changes nothing.
	Claimed(ctx context.Context, partition int, messageID string) (Prior, error)
	// Record keeps all results or none: it fails with ErrNotFound when one of the messages
	// was never claimed.
	Record(ctx context.Context, results []Result) error
}

// Counts is the arithmetic of a whole store, from the rows themselves.
type Counts struct {
	// Events applied, by type.
	Events map[string]int `json:"events"`
	// Journeys by name.
	Journeys map[string]JourneyCounts `json:"journeys"`
	Messages []MessageCount           `json:"messages"`
	// Open is how many decided messages have no outcome yet.
	Open int `json:"open"`
	// Pending is how many outbox messages have not been relayed.
	Pending int `json:"pending"`
}

// JourneyCounts is how many instances entered, left by a rule, and ran to the end.
type JourneyCounts struct {
	Entered  int `json:"entered"`
	Left     int `json:"left"`
	Finished int `json:"finished"`
}

// MessageCount is how many messages share an outcome.
type MessageCount struct {
	Journey  string          `json:"journey"`
	Channel  message.Channel `json:"channel"`
	Template string          `json:"template"`
	Outcome  message.Outcome `json:"outcome"` // empty while open
	Reason   message.Reason  `json:"reason,omitempty"`
	Count    int             `json:"count"`
}

// Unfinished is what is still on its way through the store. It is cheap to ask.
type Unfinished struct {
	Messages int // decided, without an outcome
	Outbox   int // messages not relayed
}

// Reading is what people and tools need: what happened. Replaying has the states' bytes.
type Reading interface {
	Counts(ctx context.Context) (Counts, error)
	Unfinished(ctx context.Context) (Unfinished, error)
	// Timeline returns the newest rows of a profile, newest first; rows of one time by
	// descending id.
	Timeline(ctx context.Context, partition int, profile string, limit int) ([]TimelineRow, error)
	Message(ctx context.Context, partition int, id string) (MessageRow, error) // ErrNotFound
	Messages(ctx context.Context, f MessageFilter) ([]MessageRow, error)
	// Positions returns how far every partition has come that was ever acquired.
	Positions(ctx context.Context) (map[int]Position, error)
}

// MessageFilter selects messages; empty fields select all. Results are ordered by
// DecidedAt, then ID, starting after the row (AfterTime, AfterID). Limit zero is no limit.
// From and To bound DecidedAt: not before From, and before To.
type MessageFilter struct {
	Profile, Journey string
	Outcome          message.Outcome
	From, To         time.Time
	AfterTime        time.Time
	AfterID          string
	Limit            int
}

// ErrNotFound says that a row does not exist.
var ErrNotFound = errors.New("store: not found")

// Store is the whole port, as an implementation offers it.
type Store interface {
	Applying
	Claiming
	Reading
	Tallying
	Standing
	Refreshing
	Versioning
	Replaying
	Suppressing
	Calling
	Identifying
	// Ping reports whether the database answers and can be written to.
	Ping(ctx context.Context) error
	Close() error
}
