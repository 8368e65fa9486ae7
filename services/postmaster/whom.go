package postmaster

import (
	"context"
	"strings"

	"rapport/pkg/bounce"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
)

// heard is one thing that was said, and whom it is about.
type heard struct {
	notice feedback.Notice
	origin feedback.Origin
}

// hear finds out what a mail says to one recipient, and about whom.
func (s *Service) hear(ctx context.Context, l *letter, to recipient) share {
	ref, proven := to.ref, true
	if ref.IsZero() {
		ref, proven = s.named(&l.report)
	}
	notices := feedback.FromReport(l.report, feedback.Arrival{ID: ref.String() + " " + l.id, At: s.o.Now(), Ref: ref})
	got := share{said: taken}
	if len(notices) == 0 {
		s.metrics.event(ctx, "", "", needless)
	}
	lost := 0
	for _, n := range notices {
		if l.wish != "" {
			n = n.Unsubscription("mail to the unsubscribe address: " + l.wish)
		}
		one, why, err := s.whom(ctx, n, proven)
		if err != nil {
			s.told.warn(ctx, storeGone, err)
			return share{said: storeGone}
		}
		if why != "" {
			lost++
			s.metrics.event(ctx, n.Type, n.Kind, why)
			continue
		}
		got.heard = append(got.heard, one)
	}
	if lost > 0 && len(got.heard) == 0 {
		got.said = unmatched
	}
	return got
}

// whom finds the person of a notice; why says that there is none, or that it is not believed.
func (s *Service) whom(ctx context.Context, n feedback.Notice, proven bool) (h heard, why outcome, err error) {
	if n.Ref.IsZero() {
		return h, unnamed, nil
	}
	if !proven && needsProof(n.Type) {
		return h, unproven, nil
	}
	origin, err := s.o.Find(ctx, n.Ref)
	if err != nil {
		return h, "", err
	}
	if origin.Profile == "" {
		return h, foreign, nil
	}
	n, err = s.ownAddress(ctx, n, origin)
	return heard{n, origin}, "", err
}

// needsProof reports whether an event says what servers know and nobody else: it may take an address away.
func needsProof(typ string) bool {
	return typ == event.EmailBounced || typ == event.EmailDeferred || typ == event.EmailDelivered
}

// ownAddress leaves an address in a notice only when it is the person's. Suppression goes by the address that an event
// names, and a report may name any: who has one mail of ours could otherwise have all others' addresses suppressed by it.
// Without an address, an event counts for the one that its person has.
//
// A failure for good at another address is one of an address that the person had before, or of one to which their mail is
// passed on. The one that they have is kept.
func (s *Service) ownAddress(ctx context.Context, n feedback.Notice, o feedback.Origin) (feedback.Notice, error) {
	if n.Address == "" || n.Type != event.EmailBounced && n.Type != event.EmailComplained {
		return n, nil
	}
	named := n.Address
	n.Address = ""
	if s.o.Address == nil {
		return n, nil
	}
	own, err := s.o.Address(ctx, o.Profile)
	switch {
	case err != nil:
		return n, err
	case strings.EqualFold(own, named):
		n.Address = own
	case n.Type == event.EmailBounced && n.Kind == string(bounce.Hard):
		n.Kind, n.Reason = string(bounce.Other), "not the address that the person has: "+n.Reason
	}
	return n, nil
}

// named finds the message of a mail that came to a plain address. It is proven by an address of the message's own in the
// header that is returned; a reference alone is none, since it can be computed by who knows what it is made of.
func (s *Service) named(r *bounce.Report) (ref message.Ref, proven bool) {
	for _, field := range []string{"Return-Path", "Reply-To", "List-Unsubscribe"} {
		for _, word := range strings.FieldsFunc(r.Original(field), func(c rune) bool { return strings.ContainsRune("<>,:;?\" \t", c) }) {
			if ref, _, err := s.o.Keys.Parse(word); err == nil {
				return ref, true
			}
		}
	}
	if ref, err := message.ParseRef(strings.TrimSpace(r.Original("X-Rapport-Ref"))); err == nil {
		return ref, false
	}
	return message.Ref{}, false // Package feedback looks at what else there is.
}
