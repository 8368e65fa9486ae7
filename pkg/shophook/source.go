package shophook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
)

// The errors of Receive, told apart with errors.Is. None holds a secret, a signature that would
// have been right, or a value of the body.
var (
	// ErrSignature says that no secret of ours made the signature: 401.
	ErrSignature = errors.New("the delivery is not signed by this source")
	// ErrStale says that the signed time is too far from now: an old delivery sent again, or a
	// wrong clock. Providers sign every retry anew: 400.
	ErrStale = errors.New("the delivery was signed too long ago")
	// ErrMapping says that the delivery is genuine and cannot be mapped. It becomes a dead letter
	// with its raw bytes, and is answered with 202: shops stop sending after failures.
	ErrMapping = errors.New("the delivery cannot be mapped")
	// ErrClosed says that there is no secret in the environment: 503.
	ErrClosed = errors.New("the source has no secret")
)

// Outcome says what became of a delivery that is no error.
type Outcome string

// The outcomes of deliveries, each a label of a metric.
const (
	Mapped  Outcome = "mapped"
	Ignored Outcome = "ignored" // the file says so, or the conditions of no mapping hold
	Unknown Outcome = "unknown" // the file has nothing about the topic
	Ping    Outcome = "ping"    // the shop only tries whether somebody answers
)

// Delivery is one webhook that was received.
type Delivery struct {
	ID      string // what the shop calls the delivery; may be empty, and is mostly not signed
	Topic   string // what it is about, in the shop's words; set too where mapping failed
	Outcome Outcome
	Events  []event.Event // valid, each with the source's name as its Source
}

// Source receives the webhooks of one shop. It is immutable.
type Source struct {
	definition *Definition
	secrets    []string
}

// Sources are the sources of a workspace, by name. They are immutable.
type Sources struct{ byName map[string]*Source }

// SecretPrefix begins the names of all variables of the environment that files may name: a file
// cannot ask for any other.
const SecretPrefix = "RAPPORT_SECRET_"

// Open gives definitions their secrets, which getenv finds by the names of their variables, such
// as os.Getenv. A source of which none is set is there, and answers ErrClosed.
func Open(definitions []*Definition, getenv func(string) string) *Sources {
	out := &Sources{byName: make(map[string]*Source, len(definitions))}
	for _, d := range definitions {
		src := &Source{definition: d}
		for _, name := range d.Secrets {
			if secret := strings.TrimSpace(getenv(SecretPrefix + name)); secret != "" {
				src.secrets = append(src.secrets, secret)
			}
		}
		out.byName[d.Name] = src
	}
	return out
}

// Get is the source of a name; nil when there is none.
func (s *Sources) Get(name string) *Source { return s.byName[name] }

// Names are the names of all sources, sorted.
func (s *Sources) Names() []string {
	names := make([]string, 0, len(s.byName))
	for name := range s.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Name is the source's name, which is also the Source of its events.
func (src *Source) Name() string { return src.definition.Name }

// Open reports whether there is a secret to verify with.
func (src *Source) Open() bool { return len(src.secrets) > 0 }

// Receive verifies a delivery and maps it. The body is as it came, before anything decoded it;
// header is the request's http.Header. Topic and ID are set as far as they are known, also
// beside ErrMapping, with which there are no events at all: a delivery becomes all of its events
// or none.
func (src *Source) Receive(header map[string][]string, body []byte, now time.Time) (Delivery, error) {
	d := src.definition
	if !src.Open() {
		return Delivery{}, fmt.Errorf("%w: set %s in the environment to what the shop signs webhooks of %s with", ErrClosed, SecretPrefix+strings.Join(d.Secrets, " or "+SecretPrefix), d.Name)
	}
	if d.Verify.ping(header, body) {
		return Delivery{Topic: "ping", Outcome: Ping}, nil
	}
	if err := d.Verify.check(src.secrets, header, body, now); err != nil {
		return Delivery{}, err
	}
	return src.Again(header, body, now)
}

// Again maps a delivery that Receive has verified before and could not map: a dead letter, once
// the file was mended. received is when it came.
func (src *Source) Again(header map[string][]string, body []byte, received time.Time) (Delivery, error) {
	d := src.definition
	out, err := d.read(header, body, d.Verify.id(header, body), received)
	if err != nil {
		out.Events, out.Outcome = nil, ""
		return out, fmt.Errorf("%w: %w", ErrMapping, err)
	}
	return out, nil
}
