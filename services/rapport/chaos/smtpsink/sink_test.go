package smtpsink_test

import (
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"net/textproto"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/chaos/journal"
	"rapport/services/rapport/chaos/smtpsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// byID is a plan in which a message's id is its mood at the first attempt.
type byID struct{}

func (byID) Connection(n int) smtpsink.Decision {
	if n == 0 {
		return smtpsink.Decision{Mood: smtpsink.TurnOff}
	}
	return smtpsink.Decision{Mood: smtpsink.Accept}
}

func (byID) Message(id string, n int) smtpsink.Decision {
	if n == 0 {
		return smtpsink.Decision{Mood: smtpsink.Mood(id), After: time.Millisecond}
	}
	return smtpsink.Decision{Mood: smtpsink.Accept}
}

// hand hands one message over, as a client does.
func hand(door, id, to string) error {
	c, err := smtp.Dial(door)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // It may be closed from the other side.
	if err := errors.Join(c.Mail("shop@example.com"), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "Message-ID: <%s@example.com>\r\nX-Rapport-Message: %s\r\n\r\n.hello\r\n", id, id); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func code(err error) int {
	var reply *textproto.Error
	switch {
	case err == nil:
		return 250
	case errors.As(err, &reply):
		return reply.Code
	case errors.Is(err, io.EOF):
		return 0
	}
	return -1
}

func TestMoods(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "smtp.jsonl")
	s, err := smtpsink.New(path, byID{})
	if err != nil {
		t.Fatal(err)
	}
	door, err := s.Door("mailer-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := code(hand(door, "first", "ada@example.com")); got != 421 {
		t.Errorf("the first connection got %d", got)
	}
	want := []struct {
		mood     smtpsink.Mood
		code     int
		accepted bool
	}{
		{smtpsink.Accept, 250, true},
		{smtpsink.PutOff, 451, false},
		{smtpsink.Refuse, 554, false},
		{smtpsink.Swallow, 0, true},
		{smtpsink.Drop, 0, false},
	}
	for _, w := range want {
		if got := code(hand(door, string(w.mood), "ada@example.com")); got != w.code {
			t.Errorf("%s: answered %d, want %d", w.mood, got, w.code)
		}
	}
	if got := code(hand(door, "x", "nobody-7@example.com")); got != 550 {
		t.Errorf("an address without a mailbox got %d", got)
	}
	if got := code(hand(door, string(smtpsink.Swallow), "ada@example.com")); got != 250 {
		t.Errorf("the second attempt got %d", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	records, err := journal.Read[smtpsink.Record](path)
	if err != nil || len(records) != len(want)+1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, w := range want {
		r := records[i]
		if r.Mood != w.mood || r.Accepted != w.accepted || r.Worker != "mailer-1" || r.To != "ada@example.com" ||
			r.ID != "<"+string(w.mood)+"@example.com>" || r.Message != string(w.mood) || r.Began.IsZero() || r.At.Before(r.Began) {
			t.Errorf("%s: recorded %+v", w.mood, r)
		}
	}
}
