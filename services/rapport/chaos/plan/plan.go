package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is what happens.
type Kind string

// The kinds of faults.
const (
	Kill    Kind = "kill -9"         // and a start after For
	Stop    Kind = "SIGSTOP"         // and SIGCONT after For
	Cut     Kind = "network cut"     // connections are reset and refused
	Hold    Kind = "network silence" // nothing passes; it arrives when it is over
	Delay   Kind = "network delay"   // Amount in each direction
	Leader  Kind = "leader loss"     // the node that leads Target (a stream) is killed
	Restart Kind = "restart"         // as an operator does it
	Full    Kind = "disk full"       // for For; then the process is started again
	Jump    Kind = "clock jump"      // the wall clock is Amount off
)

// Fault is one thing that breaks.
type Fault struct {
	At     time.Duration `json:"at"` // since the load began
	For    time.Duration `json:"for"`
	Kind   Kind          `json:"kind"`
	Target string        `json:"target"`
	Amount time.Duration `json:"amount,omitempty"`
}

// String is the fault in words.
func (f Fault) String() string {
	s := fmt.Sprintf("%s of %s for %s", f.Kind, f.Target, f.For)
	if f.Amount != 0 {
		s += fmt.Sprintf(" by %s", f.Amount)
	}
	return s
}

// Cast is who can be hit by what.
type Cast struct {
	Kill, Stop, Restart, Full, Clocks []string
	Links                             []string // groups of links that are cut, held and delayed together
	Streams                           []string // whose leader can be lost
}

// card is a fault without its time.
type card struct {
	kind   Kind
	target string
}

// Make deals faults for so long. Fewer than one for each kind that the cast allows are
// never dealt: a length that is too short is an error that names the shortest.
func Make(seed uint64, length time.Duration, cast Cast) ([]Fault, error) {
	rng := rand.New(rand.NewPCG(seed, 0x6368616f73)) //nolint:gosec // It is to be repeatable, not secret.
	var faults []Fault
	at := time.Second
	first, rest := deal(rng, cast)
	if need := time.Duration(len(first)) * maxGap; length < need {
		return nil, fmt.Errorf("%s of faults are too short for one of each kind: take at least %s", length, need)
	}
	deck := append(first, rest...)
	for len(deck) > 0 {
		for _, c := range deck {
			if at > length {
				return faults, nil
			}
			faults = append(faults, dress(rng, c, at))
			at += between(rng, minGap, maxGap)
		}
		first, rest = deal(rng, cast)
		deck = append(first, rest...)
	}
	return faults, nil
}

// How far faults begin from each other. They overlap, since each lasts longer.
const (
	minGap = 1200 * time.Millisecond
	maxGap = 3 * time.Second
)

// deal shuffles a deck and puts one card of each kind in front, and behind them those that
// kill: a death is what tells most, and a short plan has each of them.
func deal(rng *rand.Rand, cast Cast) (first, rest []card) {
	var deck []card
	add := func(k Kind, targets []string) {
		for _, t := range targets {
			deck = append(deck, card{k, t})
		}
	}
	add(Kill, cast.Kill)
	add(Stop, cast.Stop)
	add(Restart, cast.Restart)
	add(Full, cast.Full)
	add(Jump, cast.Clocks)
	add(Leader, cast.Streams)
	ways, turn := []Kind{Cut, Hold, Delay}, rng.IntN(3)
	for i, t := range cast.Links { // One way each, or links would be most of the deck.
		deck = append(deck, card{ways[(i+turn)%len(ways)], t})
	}
	rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	seen := map[Kind]bool{}
	for _, c := range deck {
		if seen[c.kind] {
			rest = append(rest, c)
		} else {
			seen[c.kind] = true
			first = append(first, c)
		}
	}
	slices.SortStableFunc(rest, func(a, b card) int { return late(a) - late(b) })
	return first, rest
}

func late(c card) int {
	if c.kind == Kill {
		return 0
	}
	return 1
}

// dress gives a card its length and amount.
func dress(rng *rand.Rand, c card, at time.Duration) Fault {
	f := Fault{At: at.Round(time.Millisecond), Kind: c.kind, Target: c.target}
	switch c.kind {
	case Kill, Leader, Restart:
		f.For = between(rng, 200*time.Millisecond, 4*time.Second)
	case Stop: // longer than a lease of 3 s and a message's 5 s, mostly
		f.For = between(rng, 3500*time.Millisecond, 9*time.Second)
	case Cut, Hold:
		f.For = between(rng, 500*time.Millisecond, 6*time.Second)
	case Delay:
		f.For, f.Amount = between(rng, 2*time.Second, 8*time.Second), between(rng, 20*time.Millisecond, 400*time.Millisecond)
	case Full:
		f.For = between(rng, 3*time.Second, 6*time.Second)
	case Jump:
		f.For = between(rng, 4*time.Second, 8*time.Second)
		// A timer that is set while the clock is ahead is due as much later, when it is right
		// again: nobody wants to wait for that.
		if f.Amount = between(rng, 2*time.Second, 20*time.Second); rng.IntN(2) == 0 {
			f.Amount = -between(rng, 2*time.Second, 10*time.Minute)
		}
	}
	return f
}

func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return (low + time.Duration(rng.Int64N(int64(high-low)))).Round(time.Millisecond)
}

// Kinds lists the kinds of a plan, in the order in which they first happen.
func Kinds(faults []Fault) []Kind {
	var kinds []Kind
	for _, f := range faults {
		if !slices.Contains(kinds, f.Kind) {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}
