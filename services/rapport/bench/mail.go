package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/store"
)

// spent is what a round of mails took.
type spent struct {
	rates, cpus []float64 // mails/s, CPU seconds per 1,000
}

func (s *spent) note(n int, took, cpu time.Duration) {
	s.rates = append(s.rates, per(n, took))
	s.cpus = append(s.cpus, cpu.Seconds()*1000/float64(n))
}

// mail measures the whole way of a mail, beside two programs that only send.
func (b *bench) mail(ctx context.Context, row *Row) (err error) {
	limited := b.likeUp()
	defer limited()
	m, err := startSink(ctx, &b.o)
	if err != nil {
		return err
	}
	defer m.stop()
	p, release, err := b.seeded(ctx, b.o.Profiles)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	s, err := b.openShop(ctx, p, m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	letter, err := b.letter(ctx)
	if err != nil {
		return err
	}
	var ours, gomail, afternoon spent
	n := b.o.pick(10_000, 200)
	var cpuErr error
	for i := range b.o.repeat(3) + 1 {
		counted := i > 0 || b.o.Quick // The first round warms everything up.
		took, cpu, err := s.round(ctx, n)
		cpuErr = errors.Join(cpuErr, cpu.err)
		if err != nil {
			return err
		}
		if counted {
			ours.note(n, took, cpu.used)
		}
		for _, program := range []struct {
			into *spent
			send program
		}{{&gomail, letter.fixed}, {&afternoon, letter.afternoon}} {
			var took, cpu time.Duration
			err := ceiling(ctx, func(ctx context.Context) (err error) {
				took, cpu, err = b.sendAll(ctx, m, n, program.send)
				return err
			})
			if err != nil {
				return err
			}
			if counted {
				program.into.note(n, took, cpu)
			}
		}
		if i > 0 && b.o.Quick {
			break
		}
	}
	sent, err := s.audit(ctx)
	if err != nil {
		return err
	}
	rate := median(ours.rates)
	row.Figures = append(row.Figures,
		figure("event to mail accepted and recorded", rate, "mails/s").against("go-mail, fixed body", median(gomail.rates)).ratioAtLeast(0.6),
		figure("the same", rate, "mails/s").against("afternoon program", median(afternoon.rates)).ratioAtLeast(1))
	if cpuErr == nil {
		row.Figures = append(row.Figures, figure("processor time, broker and store included", median(ours.cpus), "CPU s per 1,000").atMost(0.5))
	} else {
		row.Notes = append(row.Notes, "processor time: "+cpuErr.Error())
	}
	row.Notes = append(row.Notes,
		fmt.Sprintf("go-mail alone %s, the afternoon program %s CPU s per 1,000", number(median(gomail.cpus)), number(median(afternoon.cpus))),
		fmt.Sprintf("rounds of %d orders of different customers among %s, posted in batches of 100 by %d clients, until the last outcome is in the store; "+
			"%d mails were recorded as sent in all, none twice; the recommender runs along", n, count(b.o.Profiles), mailClients, sent),
		fmt.Sprintf("the mail server is another process and not counted; the clients are in this one and are; both programs send as large a mail (%d bytes) over %d kept connections, as the mailer does: the first with the commands of the mailer's pool, the second by go-mail's Client.Send", letter.size, connections))
	return nil
}

const mailClients = 2

// used is processor time, unless it cannot be told.
type used struct {
	used time.Duration
	err  error
}

// round posts n orders and waits until the last mail's outcome is recorded.
func (s *shop) round(ctx context.Context, n int) (time.Duration, used, error) {
	bodies, err := s.b.bodies(s.b.o.Profiles, n)
	if err != nil {
		return 0, used{}, err
	}
	before, _ := s.mails.count()
	cpu, cpuErr := s.b.cpu()
	began := time.Now()
	if err := s.b.post(ctx, s.url(), bodies, mailClients); err != nil {
		return 0, used{}, err
	}
	if err := s.mails.await(ctx, before+n); err != nil {
		return 0, used{}, err
	}
	if err := s.finished(ctx); err != nil {
		return 0, used{}, err
	}
	took := time.Since(began)
	after, err := s.b.cpu()
	return took, used{after - cpu, errors.Join(cpuErr, err)}, nil
}

// audit holds what is recorded against what was accepted, and returns how many were sent.
func (s *shop) audit(ctx context.Context) (sent int, err error) {
	counts, err := s.st.Store.Counts(ctx)
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	for _, c := range counts.Messages {
		if c.Channel != message.Email {
			continue
		}
		if c.Outcome != message.Sent {
			return 0, fmt.Errorf("%d mails of %s are %q because of %q", c.Count, c.Journey, c.Outcome, c.Reason)
		}
		sent += c.Count
	}
	if _, twice := s.mails.count(); twice > 0 {
		return 0, fmt.Errorf("%d mails were accepted twice", twice)
	}
	u, err := s.st.Store.Unfinished(ctx)
	if err != nil || u != (store.Unfinished{}) {
		return 0, errors.Join(err, fmt.Errorf("unfinished: %+v", u))
	}
	return sent, nil
}
