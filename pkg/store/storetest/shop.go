package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Order is the data of an event of a Shop.
const Order = `{"order_id":"536365","total":"139.12","currency":"GBP","products":[` +
	`{"product_id":"85123A","name":"WHITE HANGING HEART T-LIGHT HOLDER","price":"2.55","quantity":6}]}`

// Shop makes batches for benchmarks, as the orchestrator would: each event changes one
// profile's state and its timer, and adds two timeline rows, one message and its command.
type Shop struct {
	At    time.Time // of the last event
	State []byte    // of every profile
	// Profiles is how many a partition has.
	Profiles int

	rnd *rand.Rand
}

// NewShop returns a shop whose states have a size in bytes, of noise, so that nothing can
// make them smaller. The same seed makes the same batches.
func NewShop(seed uint64, at time.Time, size, profiles int) *Shop {
	s := &Shop{At: at, State: make([]byte, size), Profiles: profiles, rnd: rand.New(rand.NewPCG(seed, 1))}
	for i := range s.State {
		s.State[i] = byte(s.rnd.Uint32())
	}
	return s
}

// ID returns an id that no other row has.
func (s *Shop) ID() string { return fmt.Sprintf("%016x%016x", s.rnd.Uint64(), s.rnd.Uint64()) }

// Batch returns a batch of n events, from a position on.
func (s *Shop) Batch(partition int, from store.Position, n int) *store.Batch {
	order := []byte(Order)
	b := &store.Batch{Partition: partition, Epoch: 1, From: from}
	for range n {
		s.At = s.At.Add(time.Duration(s.rnd.IntN(60_000)) * time.Millisecond)
		profile, id, trace := fmt.Sprintf("customer-%d", s.rnd.IntN(s.Profiles)), s.ID(), s.ID()
		b.Profiles = append(b.Profiles, store.ProfileRow{
			ID: profile, State: s.State, Known: true, Orders: 3,
			LastOrderAt: s.At, UpdatedAt: s.At, Wake: s.At.Add(72 * time.Hour),
		})
		b.Timeline = append(b.Timeline,
			store.TimelineRow{Profile: profile, At: s.At, ID: s.ID(), Kind: store.KindEvent, Name: "order.completed", Trace: trace, Data: order},
			store.TimelineRow{Profile: profile, At: s.At, ID: s.ID(), Kind: store.KindConverted, Name: "thank-you", Detail: "mail", Trace: trace})
		b.Messages = append(b.Messages, store.MessageRow{
			ID: id, Profile: profile, Journey: "thank-you", Version: "5f2b9c1d", Instance: s.ID(), Step: "mail",
			Channel: message.Email, Category: message.Transactional, Template: "thank-you", DecidedAt: s.At, Trace: trace,
		})
		b.Outbox = append(b.Outbox, store.Outgoing{Subject: "send.email", ID: id, Data: bytes.Repeat(order, 3)})
	}
	b.To = store.Position{Seq: from.Seq + uint64(n), Clock: s.At}
	return b
}
