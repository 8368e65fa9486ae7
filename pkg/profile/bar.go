package profile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Trouble is an e-mail address of which more of the same will mean something. The address is
// given up, or paused, by what is remembered here and by when anything last went well, so that
// the order in which events arrive does not matter.
type Trouble struct {
	_       struct{} `cbor:",toarray"`
	Kind    byte
	Address string
	At      []int64 // the latest times, at most setbacks, oldest first: Unix time in nanoseconds
}

// The kinds of trouble: a full mailbox, and one that says it is disabled, which a second time
// is believed.
const (
	troubleFull     = 'f'
	troubleDisabled = 'd'
)

// Bounds of trouble, after what mailbox hosts and the large senders do: three bounces of a
// full mailbox in a row pause it for a month, and a second "disabled" closes it.
const (
	setbacks      = 3
	disabledAfter = 2
	maxTroubles   = 8
	fullPause     = 30 * 24 * time.Hour
)

// mailboxFull is why a bar holds that is no block.
const mailboxFull = "mailbox full"

// trouble notes setbacks of an address, of which there is one at least.
func (p *Profile) trouble(t Trouble, times ...int64) {
	i := slices.IndexFunc(p.Troubles, func(old Trouble) bool { return old.Kind == t.Kind && old.Address == t.Address })
	if i < 0 {
		p.Troubles = append(p.Troubles, t)
		i = len(p.Troubles) - 1
	}
	all := &p.Troubles[i].At
	for _, at := range times {
		place, _ := slices.BinarySearch(*all, at)
		*all = slices.Insert(*all, place, at)
	}
	if extra := len(*all) - setbacks; extra > 0 {
		*all = slices.Delete(*all, 0, extra)
	}
	slices.SortFunc(p.Troubles, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Address, b.Address))
	})
	if len(p.Troubles) > maxTroubles {
		p.forgetTrouble()
	}
}

// forgetTrouble drops the one of which there was nothing new for the longest time.
func (p *Profile) forgetTrouble() {
	oldest := 0
	for i := range p.Troubles {
		if t, o := &p.Troubles[i], &p.Troubles[oldest]; t.At[len(t.At)-1] < o.At[len(o.At)-1] {
			oldest = i
		}
	}
	p.Troubles = slices.Delete(p.Troubles, oldest, oldest+1)
}

// reached is when mail last reached the person, as far as they or their host said so.
func (p *Profile) reached() int64 {
	last := int64(0)
	for _, typ := range [...]string{event.EmailDelivered, event.EmailOpened, event.EmailClicked, event.EmailReplied, event.ConsentConfirmed} {
		if r := p.History.Of(typ); r != nil {
			last = max(last, r.Last)
		}
	}
	return last
}

// Bar is why a channel is closed to a message.
type Bar struct {
	Why   string // as that of a block, or "mailbox full"
	At    time.Time
	Until time.Time // when it ends by itself; zero: it does not
}

// Barred is what closes a channel to messages of a category now; ok is false when it is open.
// Blocks close it to every message: a dead address is dead for receipts too, and who called a
// mail spam gets no other, because mailbox hosts and providers count complaints without asking
// what sort of message it was. A full mailbox is only spared what can wait.
func (p *Profile) Barred(c message.Channel, cat message.Category, now time.Time) (b Bar, ok bool) {
	for i := range p.Blocked {
		if k := &p.Blocked[i]; p.holds(k, c) {
			return Bar{Why: k.Why, At: k.At}, true
		}
	}
	if len(p.Troubles) == 0 || c != message.Email {
		return Bar{}, false
	}
	reached := p.reached()
	for i := range p.Troubles {
		t := &p.Troubles[i]
		if !p.has(c, t.Address) {
			continue
		}
		since, _ := slices.BinarySearch(t.At, reached+1)
		inRow := t.At[since:]
		switch {
		case t.Kind == troubleDisabled && len(inRow) >= disabledAfter:
			return Bar{Why: bounced, At: moment(inRow[disabledAfter-1])}, true
		case t.Kind == troubleFull && len(inRow) >= setbacks && cat != message.Transactional:
			at := moment(inRow[len(inRow)-1])
			if until := at.Add(fullPause); now.Before(until) {
				b, ok = Bar{Why: mailboxFull, At: at, Until: until}, true
			}
		}
	}
	return b, ok
}

func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// BlockedOn reports whether the channel is suppressed for the person, for messages of every
// category.
func (p *Profile) BlockedOn(c message.Channel) bool {
	_, ok := p.Barred(c, message.Transactional, time.Time{})
	return ok
}

// holds reports whether a block closes a channel to the address that the person has now.
func (p *Profile) holds(b *Block, c message.Channel) bool {
	if b.Channel != c && b.Channel != "" && b.Why != erased {
		return false
	}
	return !b.Lifted.After(b.At) && p.has(c, b.Address)
}

// has reports whether an address is the person's now; no address is any.
func (p *Profile) has(c message.Channel, address string) bool {
	return address == "" || sameAddress(c, address, p.Address(c))
}

// sameAddress compares two addresses as far as providers do. Numbers are often written
// without a country's code: of two that end alike, one may be the other, and it is better to
// say nothing to the wrong person than something to who asked not to hear it.
func sameAddress(c message.Channel, a, b string) bool {
	if c == message.Email {
		return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
	}
	const local = 7 // digits of a number that tell it from others of its area
	a, b = digits(a), digits(b)
	return a == b || min(len(a), len(b)) >= local && (strings.HasSuffix(a, b) || strings.HasSuffix(b, a))
}

// digits are those of a number, without zeros at its beginning, which stand for a code.
func digits(s string) string {
	all := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	return strings.TrimLeft(all, "0")
}
