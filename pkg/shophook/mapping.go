package shophook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
)

// The bounds of what one delivery becomes.
const (
	maxEvents = 250
	maxData   = 512 << 10 // bytes of an event's data
)

// read maps a verified delivery. id tells it from others as far as the signature goes.
func (d *Definition) read(head map[string][]string, body []byte, id string, now time.Time) (out Delivery, err error) {
	root, undecoded := decode(body)
	s := &scope{
		header: func(name string) string { return header(head, name) }, received: now.UTC(), let: d.Let,
		names: map[string]any{"body": root, "received": now.UTC().Format(time.RFC3339Nano)},
	}
	if out.Topic, err = s.label(d.Topic); err != nil {
		return out, err
	}
	s.names["topic"] = out.Topic
	if out.ID, err = s.label(d.Delivery); err != nil {
		return out, err
	}
	s.names["delivery"] = out.ID
	if undecoded != nil {
		return out, undecoded
	}
	if out.ID != "" && d.Delivery != nil && !d.Delivery.heads {
		id = out.ID // It stands in the body, and so it is signed.
	}
	out.Outcome = Unknown
	if d.ignores(out.Topic) {
		out.Outcome = Ignored
	}
	before := map[string]int{} // mappings of the topic, by type
	for _, m := range d.Mappings {
		if !slices.Contains(m.Topics, out.Topic) {
			continue
		}
		own := id
		if n := before[m.Type]; n > 0 {
			own = fmt.Sprintf("%s/%d", id, n)
		}
		before[m.Type]++
		if out.Outcome == Unknown {
			out.Outcome = Ignored
		}
		events, err := s.events(d, m, own)
		if err != nil {
			return out, fmt.Errorf("%s: %s of %s: %w", m.At, m.Type, quote(out.Topic), err)
		}
		out.Events = append(out.Events, events...)
		if len(out.Events) > maxEvents {
			return out, fmt.Errorf("%s: the delivery becomes more than %d events", m.At, maxEvents)
		}
	}
	if len(out.Events) > 0 {
		out.Outcome = Mapped
	}
	return out, nil
}

// label is a short text that names a delivery or its topic; "" where there is none.
func (s *scope) label(e *Expr) (string, error) {
	if e == nil {
		return "", nil
	}
	v, err := s.run(e)
	if err != nil {
		return "", err
	}
	text, err := plainText(v)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", e.at, e.text, err)
	}
	return text[:min(len(text), 200)], nil
}

func (d *Definition) ignores(topic string) bool {
	return slices.ContainsFunc(d.Ignored, func(pattern string) bool {
		start, open := strings.CutSuffix(pattern, "*")
		return pattern == topic || open && strings.HasPrefix(topic, start)
	})
}

// events are those of one mapping.
func (s *scope) events(d *Definition, m *Mapping, id string) ([]event.Event, error) {
	if m.Each == nil {
		return s.one(d, m, id)
	}
	v, err := s.run(m.Each)
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	if len(list) > maxEvents {
		return nil, fmt.Errorf("%s has more than %d elements", m.Each, maxEvents)
	}
	var out []event.Event
	for i, item := range list {
		s.names[m.As] = item
		events, err := s.one(d, m, fmt.Sprintf("%s.%d", id, i+1))
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", m.As, i+1, err)
		}
		out = append(out, events...)
	}
	delete(s.names, m.As)
	return out, nil
}

// one is the event of a mapping at hand; none where its conditions do not hold.
func (s *scope) one(d *Definition, m *Mapping, id string) ([]event.Event, error) {
	if m.When != nil {
		if yes, err := s.truth(m.When); !yes || err != nil {
			return nil, err
		}
	}
	e := event.Event{ID: m.Type + "/" + id, Source: d.Name, Type: m.Type, Time: s.received}
	if m.ID != nil {
		own, err := s.id(m.ID)
		if err != nil {
			return nil, err
		}
		if own == "" {
			return nil, fmt.Errorf("id: %s is not there: name what tells this event from others", m.ID)
		}
		e.ID = m.Type + "/" + own
	}
	if err := s.when(m.Time, &e.Time); err != nil {
		return nil, err
	}
	subject, err := s.first(m.Person.Subject)
	if err != nil {
		return nil, err
	}
	if e.Subject = subject; subject == "" {
		return nil, errors.New("subject: nobody is named: add another id, or a condition (when:) that leaves such deliveries out")
	}
	if e.Data, err = s.data(d, m, subject); err != nil {
		return nil, err
	}
	if len(e.Data) > maxData {
		return nil, fmt.Errorf("the event has more than %d bytes of data: map less of the body", maxData)
	}
	if err := e.Validate(); err != nil {
		return nil, err
	}
	return []event.Event{e}, nil
}

// id is an expression's text, trimmed.
func (s *scope) id(e *Expr) (string, error) {
	v, err := s.run(e)
	if err != nil {
		return "", err
	}
	text, err := plainText(v)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", e.at, e.text, err)
	}
	return strings.TrimSpace(text), nil
}

// first is the first id that is there.
func (s *scope) first(of []*Expr) (string, error) {
	for _, e := range of {
		if id, err := s.id(e); id != "" || err != nil {
			return id, err
		}
	}
	return "", nil
}

// when sets a time to the first that is there.
func (s *scope) when(of []*Expr, at *time.Time) error {
	for _, e := range of {
		v, err := s.run(e)
		if err != nil {
			return err
		}
		found, ok, err := timeOf(v)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", e.at, e.text, err)
		}
		if ok {
			*at = found
			return nil
		}
	}
	return nil
}
