package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// scanMessage reads one row of messageColumns.
func scanMessage(scan func(...any) error) (store.MessageRow, error) {
	var m store.MessageRow
	var decided, outcome sql.NullInt64
	err := scan(&m.ID, &m.Profile, &m.Journey, &m.Version, &m.Instance, &m.Step, &m.Channel, &m.Category,
		&m.Template, &decided, &m.Outcome, &m.Reason, &m.Detail, &m.Provider, &m.ProviderID, &outcome,
		&m.Resent, &m.Trace)
	m.DecidedAt, m.OutcomeAt = moment(decided), moment(outcome)
	return m, err
}

// Message implements store.Reading.
func (s *Store) Message(ctx context.Context, partition int, id string) (store.MessageRow, error) {
	m, err := scanMessage(s.reads.message.QueryRowContext(ctx, partition, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.MessageRow{}, fmt.Errorf("read message %s of partition %d: %w", id, partition, s.explain(err))
	}
	return m, nil
}

// Messages implements store.Reading.
func (s *Store) Messages(ctx context.Context, f store.MessageFilter) ([]store.MessageRow, error) {
	query, args := messagesQuery(&f)
	messages, err := s.queryMessages(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", s.explain(err))
	}
	return messages, nil
}

func (s *Store) queryMessages(ctx context.Context, query string, args []any) (messages []store.MessageRow, err error) {
	rows, err := s.reads.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		m, err := scanMessage(rows.Scan)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, rows.Err()
}

// messagesQuery writes the query of a filter. Both orders, over everything and within a
// profile, are those of an index, so a page costs what it shows and no sort.
func messagesQuery(f *store.MessageFilter) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.Profile != "" {
		add("profile = ?", f.Profile)
	}
	if f.Journey != "" {
		add("journey = ?", f.Journey)
	}
	if f.Outcome != "" {
		add("outcome = ?", string(f.Outcome))
	}
	if !f.From.IsZero() {
		add("decided_at >= ?", form.Bound(f.From))
	}
	if !f.To.IsZero() {
		add("decided_at < ?", form.Bound(f.To))
	}
	if !f.AfterTime.IsZero() || f.AfterID != "" {
		add("(decided_at, id) > (?, ?)", form.Bound(f.AfterTime), f.AfterID)
	}
	query := "SELECT " + messageColumns + " FROM message"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY decided_at, id"
	if f.Limit > 0 {
		query += " LIMIT +?"
		args = append(args, f.Limit)
	}
	return query, args
}
