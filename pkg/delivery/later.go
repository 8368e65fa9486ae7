package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/message"
)

// later is what a message waits for that a full mailbox or a greylist has put off: not for the
// provider, so it holds neither a lane nor a claim meanwhile, and a process that dies leaves
// nothing in doubt.
//
// Why here, and not by a receipt and another decision of the engine: the engine decides a
// message once, by what held then, and would have to keep a second clock for it. Why not by a
// negative acknowledgement: the broker counts what it delivers again, and such a message stays
// in the broker's window all the same. The price is memory for each, so they are bounded
// (Options.PutOff); one too many fails at once.
//
// How often a message was put off is remembered here only. After a restart it begins anew, but
// never goes beyond its lateness.
func (p *Pipeline) later(ctx context.Context, a *attempt, f *Fault) error {
	if a.resent || a.putOffs >= len(f.later) || !p.putOff(+1) {
		p.decide(a, message.Failed, f.reason, f)
		return nil
	}
	defer p.putOff(-1)
	wait := f.later[a.putOffs]
	if wait >= p.left(a) {
		p.decide(a, message.Failed, f.reason, f)
		return nil
	}
	a.putOffs++
	p.giveUp(ctx, a)
	a.claim = nil
	bus.Yield(ctx)
	if err := p.pause(ctx, wait); err != nil {
		return fmt.Errorf("wait for another attempt: %w", err)
	}
	a.way.tried = a.way.tried[:0]
	return p.claim(ctx, a)
}

// putOff counts messages that wait for hours. It reports false when there are too many.
func (p *Pipeline) putOff(n int64) bool {
	if p.puttingOff.Add(n) <= int64(p.o.PutOff) || n < 0 {
		return true
	}
	p.puttingOff.Add(-n)
	return false
}

// Later says that a message was certainly not handed over, and when it may be tried again:
// after each of the pauses, hours perhaps. Unlike Transient it holds up nobody meanwhile. When
// the last attempt fails like the first, the message has failed.
func Later(err error, pauses ...time.Duration) error {
	return &Fault{class: later, reason: message.ReasonUnavailable, err: err, later: pauses}
}

// Blocked says that the recipient's mailbox provider refuses what comes from this sender,
// whoever it is for, and that the message was certainly not handed over. Another provider may
// have it; when there is none it has failed, and after a few of them others for that mailbox
// provider wait.
func Blocked(detail string) error {
	return &Fault{class: blocked, reason: message.ReasonRejected, err: errors.New(detail)}
}

// Slowed is the fault of a mailbox provider that wants fewer messages: others for it go slowly
// for a while.
func Slowed(err error) error {
	f := *faultOf(err)
	f.slow = true
	return &f
}

// Bounced is the fault with what a mail server said about an e-mail, or who sends text messages
// about a number: whose fault it was, as kind is in email.bounced, sms.failed and whatsapp.failed,
// and the code. If the message fails by it, that event is told beside its receipt.
func Bounced(err error, kind, code string) error {
	f := *faultOf(err)
	f.kind, f.code = kind, code
	return &f
}
