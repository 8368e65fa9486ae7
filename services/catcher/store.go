package catcher

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // The driver "sqlite".
)

// schema keeps contents apart from what lists show, so that a list reads a few pages and not every message.
const schema = `
CREATE TABLE IF NOT EXISTS messages (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	channel     TEXT NOT NULL,
	received_at INTEGER NOT NULL, -- Unix milliseconds
	sender      TEXT NOT NULL,
	recipients  TEXT NOT NULL,    -- separated by line feeds
	subject     TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	message_id  TEXT NOT NULL,
	journey     TEXT NOT NULL,
	size        INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_provider ON messages (provider_id);
CREATE INDEX IF NOT EXISTS messages_by_message ON messages (message_id) WHERE message_id <> '';
CREATE INDEX IF NOT EXISTS messages_by_journey ON messages (channel, journey);
CREATE TABLE IF NOT EXISTS contents (
	id  INTEGER PRIMARY KEY,
	raw BLOB NOT NULL
);`

// store is the SQLite file. Everything that changes it goes through its writer; reading has connections of its own.
type store struct {
	write         *sql.DB // one connection
	read          *sql.DB
	insertRow     *sql.Stmt // of write
	insertContent *sql.Stmt
}

// openStore opens or makes the file. WAL with synchronous NORMAL survives the death of the process at any moment; a
// power cut may cost the last messages, which is good enough for what is caught in development.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("catcher: make the data directory: %w", err)
	}
	file := filepath.Join(dir, "catcher.db")
	open := func(pragmas ...string) (*sql.DB, error) {
		q := url.Values{"_pragma": pragmas}
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
		if err != nil {
			return nil, fmt.Errorf("catcher: open %s: %w", file, err)
		}
		return db, nil
	}
	write, err := open("busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "wal_autocheckpoint(4000)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	s := &store{write: write}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("catcher: prepare %s: %w", file, err), write.Close())
	}
	read, err := open("busy_timeout(5000)", "query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	s.read = read
	return s, nil
}

func (s *store) prepare() (err error) {
	if _, err = s.write.Exec(schema); err != nil {
		return err
	}
	s.insertRow, err = s.write.Prepare("INSERT INTO messages (channel, received_at, sender, recipients, subject, provider_id, " +
		"message_id, journey, size) VALUES (?,?,?,?,?,?,?,?,?)")
	if err != nil {
		return err
	}
	s.insertContent, err = s.write.Prepare("INSERT INTO contents (id, raw) VALUES (?,?)")
	return err
}

func (s *store) close() error {
	return errors.Join(s.read.Close(), s.insertRow.Close(), s.insertContent.Close(), s.write.Close())
}

const columns = "id, channel, received_at, sender, recipients, subject, provider_id, message_id, journey, size"

// list returns the messages of a filter, newest first, or oldest first when it says After.
func (s *store) list(ctx context.Context, f Filter) (found []Message, err error) {
	where, args := f.where()
	order := "DESC"
	if f.After != 0 {
		order = "ASC"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+columns+" FROM messages"+where+" ORDER BY id "+order+" LIMIT ? OFFSET ?",
		append(args, min(limit, 1000), max(f.Offset, 0))...)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found = []Message{}
	for rows.Next() {
		m, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list messages: %w", err)
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// count returns how many messages a filter selects, whatever its Limit and Offset.
func (s *store) count(ctx context.Context, f Filter) (n int, err error) {
	where, args := f.where()
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM messages"+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return n, nil
}

func (f *Filter) where() (string, []any) {
	var terms []string
	var args []any
	add := func(term string, values ...any) {
		terms = append(terms, term)
		args = append(args, values...)
	}
	if f.Channel != "" {
		add("channel = ?", f.Channel)
	}
	if f.Journey != "" {
		add("journey = ?", f.Journey)
	}
	if f.MessageID != "" {
		add("message_id = ? AND message_id <> ''", f.MessageID)
	}
	if f.To != "" {
		add(`recipients LIKE ? ESCAPE '\'`, containing(f.To))
	}
	if f.Query != "" {
		add(`(recipients LIKE ? ESCAPE '\' OR subject LIKE ? ESCAPE '\')`, containing(f.Query), containing(f.Query))
	}
	if f.After != 0 {
		add("id > ?", f.After)
	}
	if len(terms) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args
}

// containing is the LIKE pattern for a part of a text.
func containing(part string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(part) + "%"
}

// get returns one message and its raw contents.
func (s *store) get(ctx context.Context, id int64) (Message, []byte, error) {
	return s.getWhere(ctx, "id = ?", id)
}

// bySID returns the SMS or the WhatsApp message of a sid.
func (s *store) bySID(ctx context.Context, sid string) (Message, []byte, error) {
	return s.getWhere(ctx, "provider_id = ? AND channel IN ('sms', 'whatsapp')", sid)
}

func (s *store) getWhere(ctx context.Context, where string, args ...any) (Message, []byte, error) {
	var raw []byte
	row := s.read.QueryRowContext(ctx, "SELECT "+columns+", (SELECT raw FROM contents c WHERE c.id = messages.id) FROM messages WHERE "+where, args...)
	m, err := scan(func(dest ...any) error { return row.Scan(append(dest, &raw)...) })
	if errors.Is(err, sql.ErrNoRows) {
		return Message{}, nil, ErrNotFound
	}
	if err != nil {
		return Message{}, nil, fmt.Errorf("read a message: %w", err)
	}
	return m, raw, nil
}

func scan(into func(...any) error) (Message, error) {
	var m Message
	var at int64
	var to string
	err := into(&m.ID, &m.Channel, &at, &m.From, &to, &m.Subject, &m.ProviderID, &m.MessageID, &m.Journey, &m.Size)
	m.ReceivedAt = time.UnixMilli(at)
	m.To = strings.Split(to, "\n")
	return m, err
}

// counts counts the messages by channel and journey, from the index alone.
func (s *store) counts(ctx context.Context) (c Counts, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT channel, journey, count(*) FROM messages GROUP BY channel, journey")
	if err != nil {
		return c, fmt.Errorf("count messages: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	c.Journeys = make(map[string]int)
	for rows.Next() {
		var channel, journey string
		var n int
		if err := rows.Scan(&channel, &journey, &n); err != nil {
			return c, fmt.Errorf("count messages: %w", err)
		}
		c.Total += n
		c.Journeys[journey] += n
		switch channel {
		case SMS:
			c.SMS += n
		case WhatsApp:
			c.WhatsApp += n
		case Webhook:
			c.Webhook += n
		default:
			c.Email += n
		}
	}
	return c, rows.Err()
}

// neighbours returns the ids of the next newer and the next older message, 0 where there is none.
func (s *store) neighbours(ctx context.Context, id int64) (newer, older int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce((SELECT min(id) FROM messages WHERE id > ?), 0),
		coalesce((SELECT max(id) FROM messages WHERE id < ?), 0)`, id, id).Scan(&newer, &older)
	if err != nil {
		err = fmt.Errorf("find the neighbours of a message: %w", err)
	}
	return newer, older, err
}
