package postgres

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// columns are a batch ready to be sent: an array for each column of each table, in the
// order of keys. They are made before a connection is taken, since whoever holds a
// bucket's row holds up its successor.
type columns struct {
	from, to pgtype.Int8 // clocks

	profiles []any // one array a column
	nearest  int64 // the earliest wake; none: the largest number
	timeline []any
	messages []any
	open     int           // messages without an outcome
	outcomes [][]any       // of rounds: no message is in one twice
	outbox   *bytes.Buffer // nil: nothing goes out
	resting  []any
	arms     []any

	erasures       *erasures // nil: nobody
	phones, hungUp []any
	suppressions   []any

	identities, strangers []any // ids that something is known of from now on, and those of which nothing is
}

// column collects one column of rows.
func column[R, C any](rows []R, of func(*R) C) []C {
	list := make([]C, len(rows))
	for i := range rows {
		list[i] = of(&rows[i])
	}
	return list
}

// times is column for times, whose first error it keeps.
func times[R any, C any](failed *error, rows []R, of func(*R) (C, error)) []C {
	return column(rows, func(r *R) C {
		c, err := of(r)
		if err != nil && *failed == nil {
			*failed = err
		}
		return c
	})
}

// encode checks a batch and turns it into columns. packed is a buffer for the outbox.
func encode(b *store.Batch, packed *bytes.Buffer, salt store.Salt) (*columns, error) {
	c := &columns{nearest: math.MaxInt64}
	var errs [3]error
	c.from, errs[0] = stamp("From.Clock", b.From.Clock)
	c.to, errs[1] = stamp("To.Clock", b.To.Clock)
	if b.To.Seq < b.From.Seq {
		errs[2] = errors.New("the batch ends before it starts")
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if len(b.Outbox) > 0 {
		c.outbox = packed
		if err := form.PackOutbox(packed, b.Outbox); err != nil {
			return nil, err
		}
	}
	c.addTallies(b)
	c.addPhones(b.Phones, salt)
	c.addIdentities(b.Identities)
	if err := cmp.Or(c.addErasures(b.Erasures, salt), c.addSuppressions(b.Suppressions, salt)); err != nil {
		return nil, err
	}
	return c, cmp.Or(c.addProfiles(b.Profiles), c.addTimeline(b.Timeline), c.addMessages(b.Messages), c.addOutcomes(b.Outcomes))
}

// addProfiles keeps the last row of each profile.
func (c *columns) addProfiles(all []store.ProfileRow) (err error) {
	rows := slices.Clone(all)
	slices.SortStableFunc(rows, func(a, b store.ProfileRow) int { return strings.Compare(a.ID, b.ID) })
	last := rows[:0]
	for i := range rows {
		if i+1 == len(rows) || rows[i+1].ID != rows[i].ID {
			last = append(last, rows[i])
		}
	}
	if rows = last; len(rows) == 0 {
		return nil
	}
	type row = store.ProfileRow
	named := func(r *row, err error) error {
		if err != nil {
			return fmt.Errorf("profile %s: %w", r.ID, err)
		}
		return nil
	}
	wakes := times(&err, rows, func(r *row) (pgtype.Int8, error) {
		ns, err := stamp("Wake", r.Wake)
		if ns.Valid {
			c.nearest = min(c.nearest, ns.Int64)
		}
		return ns, named(r, err)
	})
	c.profiles = []any{
		column(rows, func(r *row) string { return r.ID }),
		column(rows, func(r *row) []byte { return orEmpty(r.State) }),
		column(rows, func(r *row) bool { return r.Known }),
		column(rows, func(r *row) int64 { return int64(r.Orders) }),
		times(&err, rows, func(r *row) (pgtype.Int8, error) {
			ns, err := stamp("LastOrderAt", r.LastOrderAt)
			return ns, named(r, err)
		}),
		times(&err, rows, func(r *row) (pgtype.Int8, error) {
			ns, err := stamp("UpdatedAt", r.UpdatedAt)
			return ns, named(r, err)
		}),
		wakes,
		column(rows, func(r *row) string { return r.Snapshot }),
	}
	return err
}

// orEmpty is b, or no bytes where it is nil: NULL stands for neither here.
func orEmpty[T ~[]byte](b T) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (c *columns) addTimeline(all []store.TimelineRow) (err error) {
	if len(all) == 0 {
		return nil
	}
	type row struct {
		*store.TimelineRow
		n int64 // its place in the batch
	}
	rows := make([]row, len(all))
	for i := range all {
		rows[i] = row{&all[i], int64(i)}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Profile, b.Profile), strings.Compare(a.ID, b.ID), cmp.Compare(a.n, b.n))
	})
	c.timeline = []any{
		times(&err, rows, func(r *row) (int64, error) {
			ns, err := form.Time("At", r.At)
			if err != nil {
				err = fmt.Errorf("timeline row %s: %w", r.ID, err)
			}
			return ns, err
		}),
		column(rows, func(r *row) int64 { return r.n }),
		column(rows, func(r *row) string { return r.Profile }),
		column(rows, func(r *row) string { return r.ID }),
		column(rows, func(r *row) string { return string(r.Kind) }),
		column(rows, func(r *row) string { return r.Name }),
		column(rows, func(r *row) string { return r.Detail }),
		column(rows, func(r *row) string { return r.Trace }),
		column(rows, func(r *row) []byte { return orEmpty(r.Data) }),
	}
	return err
}

func (c *columns) addMessages(all []store.MessageRow) (err error) {
	if len(all) == 0 {
		return nil
	}
	type row = *store.MessageRow
	rows := column(all, func(r *store.MessageRow) row { return r })
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.ID, b.ID) })
	for _, r := range rows {
		if r.Outcome == "" {
			c.open++
		}
	}
	text := func(of func(row) string) []string { return column(rows, func(r *row) string { return of(*r) }) }
	named := func(r row, err error) error {
		if err != nil {
			return fmt.Errorf("message %s: %w", r.ID, err)
		}
		return nil
	}
	c.messages = []any{
		text(func(r row) string { return r.ID }), text(func(r row) string { return r.Profile }),
		text(func(r row) string { return r.Journey }), text(func(r row) string { return r.Version }),
		text(func(r row) string { return r.Instance }), text(func(r row) string { return r.Step }),
		text(func(r row) string { return string(r.Channel) }), text(func(r row) string { return string(r.Category) }),
		text(func(r row) string { return r.Template }),
		times(&err, rows, func(r *row) (int64, error) {
			ns, err := form.Time("DecidedAt", (*r).DecidedAt)
			return ns, named(*r, err)
		}),
		text(func(r row) string { return string(r.Outcome) }), text(func(r row) string { return string(r.Reason) }),
		text(func(r row) string { return r.Detail }), text(func(r row) string { return r.Provider }),
		text(func(r row) string { return r.ProviderID }),
		times(&err, rows, func(r *row) (pgtype.Int8, error) {
			ns, err := stamp("OutcomeAt", (*r).OutcomeAt)
			return ns, named(*r, err)
		}),
		column(rows, func(r *row) bool { return (*r).Resent }),
		text(func(r row) string { return r.Trace }),
	}
	return err
}

// addOutcomes cuts outcomes into rounds, in which no message has two: what the first one
// leaves behind decides about the next.
func (c *columns) addOutcomes(all []store.OutcomeRow) (err error) {
	turn := map[string]int{}
	var rounds [][]store.OutcomeRow
	for _, o := range all {
		if o.Outcome == "" {
			return fmt.Errorf("outcome of message %s is empty", o.MessageID)
		}
		n := turn[o.MessageID]
		turn[o.MessageID]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], o)
	}
	type row = store.OutcomeRow
	for _, rows := range rounds {
		slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.MessageID, b.MessageID) })
		c.outcomes = append(c.outcomes, []any{
			column(rows, func(r *row) string { return r.MessageID }),
			column(rows, func(r *row) string { return string(r.Outcome) }),
			column(rows, func(r *row) string { return string(r.Reason) }),
			column(rows, func(r *row) string { return r.Detail }),
			column(rows, func(r *row) string { return r.Provider }),
			column(rows, func(r *row) string { return r.ProviderID }),
			times(&err, rows, func(r *row) (pgtype.Int8, error) {
				ns, err := stamp("At", r.At)
				if err != nil {
					err = fmt.Errorf("outcome of message %s: %w", r.MessageID, err)
				}
				return ns, err
			}),
			column(rows, func(r *row) bool { return r.Resent }),
			column(rows, func(r *row) bool { return r.Outcome == message.Sent || r.Outcome == message.Failed }),
		})
	}
	return err
}
