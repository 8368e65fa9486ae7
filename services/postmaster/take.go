package postmaster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bounce"
	"rapport/pkg/bus"
)

// maxHops is how many Received fields a mail may have. What has come this far has arrived, and passes few servers more.
const maxHops = 50

// letter is a mail as it was read.
type letter struct {
	raw    []byte
	id     string // the same for the same mail
	report bounce.Report
	person bool   // somebody wrote it
	wish   string // the words that ask for no more mail
}

// share is what a mail says to one recipient.
type share struct {
	said  outcome
	heard []heard
}

// take does all that a mail asks for, and says for each recipient what became of it.
func (s *Service) take(ctx context.Context, raw []byte, to []recipient) []outcome {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.o.AnswerWithin)
	defer cancel()
	ctx, span := s.tracer.Start(ctx, "receive mail", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.Int("rapport.mail.size", len(raw)), attribute.Int("rapport.mail.recipients", len(to))))
	defer span.End()
	l := letter{raw: raw}
	shares := make([]share, len(to))
	select {
	case s.slots <- struct{}{}:
		s.open(ctx, &l, to, shares)
		<-s.slots
	case <-ctx.Done():
		all(shares, busy)
	}
	said := make([]outcome, len(to))
	for i := range shares {
		said[i] = shares[i].said
	}
	what := worst(said)
	span.SetAttributes(attribute.String("rapport.mail.kind", string(l.report.Kind)), attribute.String("rapport.outcome", string(what)))
	if answer(what) != nil {
		span.SetStatus(codes.Error, string(what))
		s.told.warn(ctx, what, nil)
	}
	s.metrics.mail(ctx, string(l.report.Kind), what, time.Since(began))
	return said
}

// all says one thing of all shares that are accepted so far.
func all(shares []share, what outcome) {
	for i := range shares {
		if answer(shares[i].said) == nil {
			shares[i].said = what
		}
	}
}

// open reads a mail and works it off. Events are stored before anything is passed on: when that fails, and the sender
// comes again, to store them again changes nothing.
func (s *Service) open(ctx context.Context, l *letter, to []recipient, shares []share) {
	if hops(l.raw) > maxHops {
		all(shares, looping)
		return
	}
	if err := l.read(); err != nil {
		all(shares, unreadable)
		s.leave(ctx, l)
		return
	}
	matched := false
	for i := range shares {
		shares[i] = s.hear(ctx, l, to[i])
		matched = matched || shares[i].said != unmatched
	}
	s.publish(ctx, shares)
	if s.forward(ctx, l, shares) {
		return
	}
	if !matched {
		s.leave(ctx, l)
	}
}

// leave is done with a mail of which nothing came.
func (s *Service) leave(ctx context.Context, l *letter) {
	s.told.warn(ctx, unmatched, nil)
	if s.o.Unmatched == nil {
		return
	}
	if err := s.o.Unmatched(ctx, l.raw); err != nil {
		s.o.Logger.WarnContext(ctx, "a mail that belongs to no message could not be kept", "error", err)
	}
}

// read says what a mail is.
func (l *letter) read() error {
	var err error
	if l.report, err = bounce.Read(l.raw); err != nil {
		return err
	}
	switch l.report.Kind {
	case bounce.Reply, bounce.Mail:
		l.person = true
		l.wish = wish(&l.report)
	case bounce.AutoReply:
		l.wish = wish(&l.report)
	}
	l.id = identity(l.raw)
	return nil
}

// identity tells a mail from all others: its Message-ID, or a digest of one that has none.
func identity(raw []byte) string {
	for name, value := range fields(raw) {
		if bytes.EqualFold(name, []byte("message-id")) {
			if id := bytes.TrimSpace(value); len(id) > 0 {
				return string(id)
			}
		}
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// hops counts the servers that a mail has passed.
func hops(raw []byte) (n int) {
	for name := range fields(raw) {
		if bytes.EqualFold(name, []byte("received")) {
			n++
		}
	}
	return n
}

// fields are the first lines of a header's fields.
func fields(raw []byte) func(yield func(name, value []byte) bool) {
	return func(yield func(name, value []byte) bool) {
		for line := range bytes.Lines(raw) {
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 {
				return
			}
			name, value, ok := bytes.Cut(line, []byte(":"))
			if !ok || line[0] == ' ' || line[0] == '\t' {
				continue
			}
			if !yield(bytes.TrimSpace(name), value) {
				return
			}
		}
	}
}

// publish stores what was heard. Who has a part in what could not be stored has to come again.
func (s *Service) publish(ctx context.Context, shares []share) {
	var heard []heard
	for i := range shares {
		heard = append(heard, shares[i].heard...)
	}
	if len(heard) == 0 {
		return
	}
	err := s.store(ctx, heard)
	if err == nil {
		return
	}
	s.told.warn(ctx, brokerGone, err)
	for i := range shares {
		if len(shares[i].heard) == 0 {
			continue
		}
		if shares[i].said = brokerGone; bus.IsFull(err) {
			shares[i].said = brokerFull
		}
	}
}
