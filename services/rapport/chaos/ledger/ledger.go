package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/journal"
	"rapport/services/rapport/chaos/load"
	"rapport/services/rapport/chaos/smtpsink"
	"rapport/services/rapport/chaos/twiliosink"
)

// Sources say where everything lies.
type Sources struct {
	NATS               *nats.Conn
	Postgres           string // URL
	Load, Mails, Texts string // journals
}

// Book is open on a run: it follows the streams.
type Book struct {
	from         Sources
	js           jetstream.JetStream
	events, send *Tail
}

// Open begins a book. The streams need not be there yet.
func Open(from Sources) (*Book, error) {
	js, err := jetstream.New(from.NATS)
	if err != nil {
		return nil, fmt.Errorf("open the book: %w", err)
	}
	b := &Book{from: from, js: js}
	if b.events, err = Follow(from.NATS, "EVENTS"); err != nil {
		return nil, err
	}
	b.send, err = Follow(from.NATS, "SEND")
	return b, err
}

// Follow reads along until ctx ends.
func (b *Book) Follow(ctx context.Context) {
	done := make(chan struct{})
	go func() { defer close(done); b.events.Run(ctx) }()
	b.send.Run(ctx)
	<-done
}

// Progress is what is still on its way.
type Progress struct {
	Lag    int // events not applied
	Outbox int // rows not relayed
	Open   int // messages without an outcome
	Wakes  int // profiles that wait for a timer
	Unread int // commands not acknowledged
}

// Done reports that nothing is on its way.
func (p Progress) Done() bool { return p == Progress{} }

// String says what is on its way.
func (p Progress) String() string {
	return fmt.Sprintf("%d events to apply, %d rows to relay, %d messages without an outcome, %d timers, %d commands unread", p.Lag, p.Outbox, p.Open, p.Wakes, p.Unread)
}

// Progress looks at what is still on its way. An error says that it cannot be seen now.
func (b *Book) Progress(ctx context.Context) (p Progress, err error) {
	l := &audit.Ledger{}
	if err := b.leftovers(ctx, l); err != nil {
		return p, err
	}
	for _, n := range l.Leftovers.Lag {
		p.Lag += int(n) //nolint:gosec // It fits.
	}
	for _, n := range l.Leftovers.Unread {
		p.Unread += n
	}
	p.Outbox, p.Wakes = l.Leftovers.Outbox, l.Leftovers.Wakes
	db, err := pgx.Connect(ctx, b.from.Postgres)
	if err != nil {
		return p, fmt.Errorf("connect to the database: %w", err)
	}
	defer db.Close(ctx) //nolint:errcheck // It was only read.
	p.Open, err = number(ctx, db, openSQL)
	return p, err
}

// leftovers fills in what is still on its way.
func (b *Book) leftovers(ctx context.Context, l *audit.Ledger) error {
	if err := errors.Join(b.events.CatchUp(ctx), b.send.CatchUp(ctx)); err != nil {
		return err
	}
	db, err := pgx.Connect(ctx, b.from.Postgres)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer db.Close(ctx) //nolint:errcheck // It was only read.
	at, err := positions(ctx, db)
	if err != nil {
		return err
	}
	left := &l.Leftovers
	left.Lag = map[int]uint64{}
	events := b.events.Messages()
	for i := range events {
		p, tick, err := place(events[i].Subject)
		if err != nil {
			return err
		}
		if !tick && events[i].Seq > at[p] {
			left.Lag[p]++
		}
	}
	if left.Outbox, err = number(ctx, db, outboxSQL); err != nil {
		return err
	}
	if left.Wakes, err = number(ctx, db, wakesSQL); err != nil {
		return err
	}
	left.Unread, left.DeadMails, err = leftovers(ctx, b.js)
	return err
}

// Ledger collects everything. Nothing should move any more.
func (b *Book) Ledger(ctx context.Context) (*audit.Ledger, error) {
	l := &audit.Ledger{}
	if err := b.leftovers(ctx, l); err != nil {
		return nil, fmt.Errorf("collect what is left: %w", err)
	}
	if lost := b.events.Lost() + b.send.Lost(); lost > 0 {
		return nil, fmt.Errorf("%d messages were removed from the streams before they were read: the evidence is not whole", lost)
	}
	db, err := pgx.Connect(ctx, b.from.Postgres)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer db.Close(ctx) //nolint:errcheck // It was only read.
	if err := tables(ctx, db, l); err != nil {
		return nil, fmt.Errorf("collect the tables: %w", err)
	}
	for _, m := range b.events.Messages() {
		e, ok, err := stored(&m)
		if err != nil {
			return nil, err
		}
		if ok {
			l.Events = append(l.Events, e)
		}
	}
	for _, m := range b.send.Messages() {
		c, err := command(&m)
		if err != nil {
			return nil, err
		}
		l.Commands = append(l.Commands, c)
	}
	if err := b.journals(l); err != nil {
		return nil, fmt.Errorf("collect the journals: %w", err)
	}
	return l, nil
}

// journals fills in what producers and the servers outside have written.
func (b *Book) journals(l *audit.Ledger) error {
	told, err := journal.Read[load.Entry](b.from.Load)
	if err != nil {
		return err
	}
	accepted := map[string]bool{}
	for _, t := range told {
		for _, id := range t.Accepted {
			accepted[id] = true
		}
	}
	for _, t := range told {
		for i := range t.Offered {
			e := &t.Offered[i]
			l.Offers = append(l.Offers, audit.Offer{UID: e.UID(), Profile: e.Profile, Type: e.Type, N: e.N, Accepted: accepted[e.ID]})
		}
	}
	mails, err := journal.Read[smtpsink.Record](b.from.Mails)
	if err != nil {
		return err
	}
	for _, r := range mails {
		answered := r.Mood != smtpsink.Swallow && r.Mood != smtpsink.Drop
		l.HandOvers = append(l.HandOvers, audit.HandOver{
			Message: r.Message, Worker: r.Worker, Began: r.Began, At: r.At, Accepted: r.Accepted, Answered: answered,
		})
	}
	texts, err := journal.Read[twiliosink.Record](b.from.Texts)
	if err != nil {
		return err
	}
	for _, r := range texts {
		answered := r.Mood != twiliosink.Swallow && r.Mood != twiliosink.Drop
		l.HandOvers = append(l.HandOvers, audit.HandOver{
			Message: r.Message, Worker: r.Worker, Began: r.Began, At: r.At, Accepted: r.Accepted, Answered: answered,
		})
	}
	slices.SortFunc(l.HandOvers, func(a, b audit.HandOver) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Message, b.Message)) })
	return nil
}
