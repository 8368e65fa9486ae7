package plan

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"rapport/services/rapport/chaos/smtpsink"
	"rapport/services/rapport/chaos/twiliosink"
)

// Mail is how the mail server misbehaves.
type Mail struct{ Seed uint64 }

// tries is after how many attempts a server takes a message without fuss, so that every
// message gets through in a bounded time.
const tries = 3

// Connection turns one connection in fifty away.
func (m Mail) Connection(n int) smtpsink.Decision {
	if roll(m.Seed, "connection", n)%50 == 7 {
		return smtpsink.Decision{Mood: smtpsink.TurnOff}
	}
	return smtpsink.Decision{Mood: smtpsink.Accept}
}

// refused reports whether a server wants a message at no attempt: what is refused for good is
// refused whoever asks again.
func refused(seed uint64, id string) bool { return roll(seed, id, -1)%100 == 0 }

// Message puts off, refuses, drops or swallows every tenth message, and is slow with others.
func (m Mail) Message(id string, n int) smtpsink.Decision {
	switch {
	case refused(m.Seed, id):
		return smtpsink.Decision{Mood: smtpsink.Refuse}
	case n >= tries:
		return smtpsink.Decision{Mood: smtpsink.Accept}
	}
	r := roll(m.Seed, id, n)
	d := smtpsink.Decision{Mood: smtpsink.Accept, After: slowness(r)}
	switch p := r % 100; {
	case p < 4:
		d.Mood = smtpsink.PutOff
	case p < 6:
		d.Mood = smtpsink.Drop
	case p < 8:
		d.Mood = smtpsink.Swallow
	}
	return d
}

// Text is how the text message server misbehaves.
func Text(seed uint64) twiliosink.Plan {
	return func(id string, n int) twiliosink.Decision {
		switch {
		case refused(seed, id):
			return twiliosink.Decision{Mood: twiliosink.Refuse}
		case n >= tries:
			return twiliosink.Decision{Mood: twiliosink.Accept}
		}
		r := roll(seed, id, n)
		d := twiliosink.Decision{Mood: twiliosink.Accept, After: slowness(r)}
		switch p := r % 100; {
		case p < 2:
			d.Mood = twiliosink.TooMany
		case p < 4:
			d.Mood = twiliosink.Broken
		case p < 6:
			d.Mood = twiliosink.Drop
		case p < 8:
			d.Mood = twiliosink.Swallow
		}
		return d
	}
}

// slowness is how long an answer takes: mostly nothing, at times up to a second.
func slowness(r uint64) time.Duration {
	if r>>8%12 != 0 {
		return 0
	}
	return time.Duration(r>>16%1000) * time.Millisecond
}

// roll is a number that depends on its arguments alone.
func roll(seed uint64, id string, n int) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], seed)
	binary.LittleEndian.PutUint64(b[8:], uint64(n)) //nolint:gosec // Any bits will do.
	_, _ = h.Write(b[:])                            // It never fails (hash.Hash).
	_, _ = h.Write([]byte(id))
	// FNV's low bits depend on the low bits of what was written last; mix them (the finalizer of MurmurHash3).
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}
