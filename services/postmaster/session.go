package postmaster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"rapport/pkg/intake"
	"rapport/pkg/message"
	"rapport/pkg/verp"
)

// recipient is one that was accepted.
type recipient struct {
	asked string      // as the sender wrote it
	ref   message.Ref // of the message whose address it is; zero: a plain address
}

// session is one connection. The server calls its methods one after the other, except Data of a mail in chunks, beside
// which the connection may be reset and end.
type session struct {
	service *Service
	ctx     context.Context // the library passes none; this one ends with the service
	conn    net.Conn

	mu   sync.Mutex
	to   []recipient
	hand *hand
}

// Mail takes any sender: reports have none, and who answers may be anybody.
func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.service.work.ending() {
		return answer(holding)
	}
	return nil
}

// Rcpt accepts a message's own addresses and the plain ones of our domains.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ref, what := s.service.address(to)
	if what == known && !s.service.often.allows(ref) {
		what = tooOften
	}
	count(s.ctx, s.service.metrics.recipients, what)
	if err := answer(what); err != nil {
		s.service.told.warn(s.ctx, what, nil)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, recipient{asked: to, ref: ref})
	return nil
}

// plainNames are where people and providers write that know no message's address: RFC 5321, section 4.5.1, and RFC 2142
// want the first two; feedback loops are subscribed with one fixed address.
var plainNames = []string{"postmaster", "abuse", "fbl"}

// address says whose an address is.
func (s *Service) address(to string) (message.Ref, outcome) {
	at := strings.LastIndexByte(to, '@')
	if at < 0 || !slices.Contains(s.o.Domains, strings.ToLower(strings.TrimSuffix(to[at+1:], "."))) {
		return message.Ref{}, relay
	}
	if slices.Contains(plainNames, strings.ToLower(to[:at])) {
		return message.Ref{}, plain
	}
	ref, _, err := s.o.Keys.Parse(to)
	switch {
	case errors.Is(err, verp.ErrForged):
		return message.Ref{}, forged
	case err != nil:
		return message.Ref{}, nobody
	}
	return ref, known
}

// Data takes a mail over SMTP: there is one answer for all recipients.
func (s *session) Data(r io.Reader) error {
	_, said, err := s.take(r)
	if err != nil {
		return err
	}
	return answer(worst(said))
}

// LMTPData takes a mail over LMTP: each recipient has an answer.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	to, said, err := s.take(r)
	if err != nil {
		return err
	}
	for i := range to {
		status.SetStatus(to[i].asked, answer(said[i]))
	}
	return nil
}

// take receives a mail and does what it asks for. err is the answer when it was not received.
func (s *session) take(r io.Reader) (to []recipient, said []outcome, err error) {
	h := s.service.work.begin()
	if h == nil {
		return nil, nil, answer(holding)
	}
	defer h.release()
	s.mu.Lock()
	s.hand, to = h, s.to
	s.mu.Unlock()
	in := s.service.budget.Count(r)
	defer in.Release()
	var mail bytes.Buffer
	if _, err := mail.ReadFrom(in); err != nil {
		what := refusalOf(err)
		s.service.metrics.mail(s.ctx, "", what, 0)
		s.service.told.warn(s.ctx, what, nil)
		return nil, nil, answer(what)
	}
	return to, s.service.take(s.ctx, mail.Bytes(), to), nil
}

// refusalOf is why a mail could not be read to its end.
func refusalOf(err error) outcome {
	switch {
	case errors.Is(err, smtp.ErrDataTooLarge), errors.Is(err, smtp.ErrTooLongLine):
		return tooLarge
	case errors.Is(err, intake.ErrSpent):
		return busy
	}
	return brokenOff
}

// Reset is called when the answer to a mail has been written, among other times.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
	s.hand.release()
	s.hand = nil
}

// Logout is called when the connection ends.
func (s *session) Logout() error {
	s.Reset()
	return nil
}
