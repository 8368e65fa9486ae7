package message

import (
	"encoding/json"
	"strconv"
	"time"

	"rapport/pkg/jsontext"
)

// DecodeCommand reads a command as it travels. Its errors are those of encoding/json. The
// command shares the memory of b, which must not be changed any more.
func DecodeCommand(b []byte) (*Command, error) {
	if c, ok := readCommand(b); ok {
		return c, nil
	}
	c := &Command{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, err
	}
	return c, nil
}

// DecodeReceipt reads a receipt: the data of an event about a message, or what was recorded
// of one. Its errors are those of encoding/json.
func DecodeReceipt(b []byte) (*Receipt, error) {
	if r, ok := readReceipt(b); ok {
		return r, nil
	}
	r := &Receipt{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, err
	}
	return r, nil
}

// readCommand is json.Unmarshal into a command, for what a scanner can read. Vars shares b's
// memory, the other fields share a copy of b.
func readCommand(b []byte) (*Command, bool) {
	s, seen, c := jsontext.Scanner{Text: string(b)}, uint(0), &Command{}
	for name := range s.Members {
		switch name {
		case "id":
			readText(&s, &seen, 0, &c.ID)
		case "partition":
			s.Once(&seen, 1)
			n, err := strconv.Atoi(s.Number())
			if err != nil {
				s.GiveUp()
			}
			c.Partition = n
		case "profile":
			readText(&s, &seen, 2, &c.Profile)
		case "journey":
			readText(&s, &seen, 3, &c.Journey)
		case "version":
			readText(&s, &seen, 4, &c.Version)
		case "instance":
			readText(&s, &seen, 5, &c.Instance)
		case "step":
			readText(&s, &seen, 6, &c.Step)
		case "channel":
			readText(&s, &seen, 7, &c.Channel)
		case "category":
			readText(&s, &seen, 8, &c.Category)
		case "template":
			readText(&s, &seen, 9, &c.Template)
		case "to":
			readText(&s, &seen, 10, &c.To)
		case "locale":
			readText(&s, &seen, 11, &c.Locale)
		case "timezone":
			readText(&s, &seen, 12, &c.Timezone)
		case "decided_at":
			readTime(&s, &seen, 13, &c.DecidedAt)
		case "event_at":
			readTime(&s, &seen, 14, &c.EventAt)
		case "until":
			readTime(&s, &seen, 17, &c.Until)
		case "purpose":
			readText(&s, &seen, 16, &c.Purpose)
		case "vars":
			s.Once(&seen, 15)
			s.Peek()
			start := s.At
			if s.Raw(); !s.Lost() {
				c.Vars = b[start:s.At:s.At]
			}
		default:
			s.Skip(name, "id", "partition", "profile", "journey", "version", "instance", "step", "channel", "category",
				"purpose", "template", "to", "locale", "timezone", "decided_at", "event_at", "until", "vars")
		}
	}
	s.End()
	return c, !s.Lost()
}

// readReceipt is json.Unmarshal into a receipt, for what a scanner can read.
func readReceipt(b []byte) (*Receipt, bool) {
	s, seen, r := jsontext.Scanner{Text: string(b)}, uint(0), &Receipt{}
	for name := range s.Members {
		switch name {
		case "message_id":
			readText(&s, &seen, 0, &r.MessageID)
		case "journey":
			readText(&s, &seen, 1, &r.Journey)
		case "instance":
			readText(&s, &seen, 2, &r.Instance)
		case "step":
			readText(&s, &seen, 3, &r.Step)
		case "channel":
			readText(&s, &seen, 4, &r.Channel)
		case "template":
			readText(&s, &seen, 5, &r.Template)
		case "outcome":
			readText(&s, &seen, 6, &r.Outcome)
		case "reason":
			readText(&s, &seen, 7, &r.Reason)
		case "detail":
			readText(&s, &seen, 8, &r.Detail)
		case "provider":
			readText(&s, &seen, 9, &r.Provider)
		case "provider_id":
			readText(&s, &seen, 10, &r.ProviderID)
		case "resent":
			s.Once(&seen, 11)
			r.Resent = s.Bool()
		case "at":
			readTime(&s, &seen, 12, &r.At)
		case "kind":
			readText(&s, &seen, 13, &r.Kind)
		case "code":
			readText(&s, &seen, 14, &r.Code)
		default:
			s.Skip(name, "message_id", "journey", "instance", "step", "channel", "template", "outcome", "reason", "detail",
				"provider", "provider_id", "resent", "kind", "code", "at")
		}
	}
	s.End()
	return r, !s.Lost()
}

// readText reads the value of the name that has this number among those of its object.
func readText[T ~string](s *jsontext.Scanner, seen *uint, name int, into *T) {
	s.Once(seen, name)
	*into = T(s.Quoted())
}

func readTime(s *jsontext.Scanner, seen *uint, name int, into *time.Time) {
	s.Once(seen, name)
	*into = s.Time()
}
