package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

const messageColumns = `id, profile, journey, version, instance, step, channel, category, template, decided_at,
	outcome, reason, detail, provider, provider_id, outcome_at, resent, trace`

// scanMessage reads one row of messageColumns.
func scanMessage(rows pgx.Rows) (store.MessageRow, error) {
	var m store.MessageRow
	var decided, outcome pgtype.Int8
	err := rows.Scan(&m.ID, &m.Profile, &m.Journey, &m.Version, &m.Instance, &m.Step, &m.Channel, &m.Category,
		&m.Template, &decided, &m.Outcome, &m.Reason, &m.Detail, &m.Provider, &m.ProviderID, &outcome,
		&m.Resent, &m.Trace)
	m.DecidedAt, m.OutcomeAt = moment(decided), moment(outcome)
	return m, err
}

// Message implements store.Reading.
func (s *Store) Message(ctx context.Context, partition int, id string) (store.MessageRow, error) {
	messages, err := s.queryMessages(ctx, `SELECT `+messageColumns+` FROM message WHERE bucket = $1 AND id = $2`, partition, id)
	if err == nil && len(messages) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.MessageRow{}, fmt.Errorf("read message %s of partition %d: %w", id, partition, err)
	}
	return messages[0], nil
}

// Messages implements store.Reading.
func (s *Store) Messages(ctx context.Context, f store.MessageFilter) ([]store.MessageRow, error) {
	sql, args := messagesQuery(&f)
	messages, err := s.queryMessages(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return messages, nil
}

func (s *Store) queryMessages(ctx context.Context, sql string, args ...any) (messages []store.MessageRow, err error) {
	err = s.query(ctx, func(rows pgx.Rows) error {
		m, err := scanMessage(rows)
		messages = append(messages, m)
		return err
	}, sql, args...)
	return messages, err
}

// messagesQuery writes the query of a filter. Both orders, over everything and within a
// profile, are those of an index, so a page costs what it shows and no sort.
func messagesQuery(f *store.MessageFilter) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where = append(where, condition)
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
	sql := "SELECT " + messageColumns + " FROM message"
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	sql += " ORDER BY decided_at, id"
	if f.Limit > 0 {
		args = append(args, f.Limit)
		sql += " LIMIT $" + strconv.Itoa(len(args))
	}
	return sql, args
}
