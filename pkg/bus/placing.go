package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Placing is where in EVENTS what concerns a profile lies: on the partition of its key, and there
// in one of 64 slots. The broker keeps an index of subjects in memory, 150 to 250 bytes for each
// in each stream. With a subject for each profile, as in earlier versions, that is what a million
// people cost it, and what the garbage collector goes through again and again; with slots there
// are a thousand subjects, however many people come.
type Placing struct {
	// Partitions is the number of partitions.
	Partitions int
	// Named is true for a stream of an earlier version, where the profile's token stands
	// in place of the slot.
	Named bool
}

// slotsPerPartition makes the slots that are looked through when a profile is forgotten short, and
// the subjects few. The number of slots is a multiple of the number of partitions, so that a slot
// lies on one partition.
const slotsPerPartition = 64

// PlacingOf is how EVENTS places profiles.
func PlacingOf(ctx context.Context, js jetstream.JetStream) (Placing, error) {
	s, err := lookUp(ctx, js, StreamEvents)
	if err != nil {
		return Placing{}, err
	}
	return placingOf(s.CachedInfo().Config)
}

func placingOf(cfg jetstream.StreamConfig) (Placing, error) {
	if cfg.SubjectTransform == nil {
		return Placing{}, fmt.Errorf("stream %s has no subject transform; it was not made by Provision: remove or rename it", cfg.Name)
	}
	to := cfg.SubjectTransform.Destination
	var n int
	if _, err := fmt.Sscanf(to, "evp.{{partition(%d,1)}}.", &n); err == nil {
		for _, p := range []Placing{{Partitions: n}, {Partitions: n, Named: true}} {
			if to == p.transform() {
				return p, nil
			}
		}
	}
	return Placing{}, fmt.Errorf("stream %s is transformed to %q; it was not made by Provision: remove or rename it", cfg.Name, to)
}

// transform is what the broker makes of `events.<token>`.
func (p Placing) transform() string {
	last := fmt.Sprintf("{{partition(%d,1)}}", p.slots())
	if p.Named {
		last = "{{wildcard(1)}}"
	}
	return fmt.Sprintf("evp.{{partition(%d,1)}}.%s", p.Partitions, last)
}

func (p Placing) slots() int { return p.Partitions * slotsPerPartition }

// Receipt is where workers publish what became of a profile's message: the same place in the
// order of its events, under a subject of its own, so that a worker's key to the broker need
// not open the door that events of the shop come through.
func (p Placing) Receipt(key string) string {
	token := Token(key)
	last := token
	if !p.Named {
		last = p.slot(token)
	}
	return p.partition(token) + receiptToken + last
}

// Holds reports whether a stored subject is one where what concerns a profile may lie. Both kinds
// will do, because a stream that was given slots keeps what it has.
func (p Placing) Holds(subject, key string) bool {
	token := Token(key)
	last, ok := strings.CutPrefix(subject, p.partition(token)+".")
	if !ok {
		return false
	}
	last = strings.TrimPrefix(last, receiptToken[1:])
	return last == token || last == p.slot(token)
}

// filters are the subjects where what concerns a profile may lie: those that are its own, and those
// that it shares with others.
func (p Placing) filters(token string) (own, shared []string) {
	at := p.partition(token)
	own = []string{at + "." + token, at + receiptToken + token}
	if !p.Named {
		shared = []string{at + "." + p.slot(token), at + receiptToken + p.slot(token)}
	}
	return own, shared
}

func (p Placing) partition(token string) string {
	return "evp." + strconv.Itoa(tokenPartition(token, p.Partitions))
}

func (p Placing) slot(token string) string { return strconv.Itoa(tokenPartition(token, p.slots())) }
