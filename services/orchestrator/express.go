package orchestrator

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
)

// express is what the relay knows of the urgent family of subjects: whether there is anybody
// to take what is published there.
type express struct {
	served bus.Served
	until  time.Time // when to look again
}

const (
	// expressLook is how often the relay looks who is there, while it has something urgent.
	expressLook = 3 * time.Second
	// expressRest is how long it leaves the urgent subjects alone after they took nothing.
	expressRest = time.Minute
	// expressWithin bounds a look, for which urgent messages wait.
	expressWithin = time.Second
	// expressTry bounds an attempt: a broker that does not allow it does not answer.
	expressTry = 6 * time.Second
)

// hurry publishes commands that somebody waits for: by the urgent subjects where somebody
// serves them, else, or when that fails, by the ordinary ones. The ids are the same, so
// that what the stream has by the one it does not store by the other.
func (l *load) hurry(ctx context.Context) error {
	if len(l.urgent) == 0 {
		return nil
	}
	served := l.r.serving(ctx)
	list, changed := make([]*nats.Msg, len(l.urgent)), false
	for i, m := range l.urgent {
		m.Header.Del(bus.HeaderUrgent)
		list[i] = m
		if subject := served.Subject(m.Subject); subject != m.Subject {
			list[i], changed = &nats.Msg{Subject: subject, Header: m.Header, Data: m.Data}, true
		}
	}
	if !changed {
		return l.store(ctx, list)
	}
	trying, cancel := context.WithTimeout(ctx, expressTry)
	defer cancel()
	err := l.store(trying, list)
	if err == nil || bus.IsFull(err) || ctx.Err() != nil {
		return err
	}
	l.r.log.WarnContext(ctx, "urgent messages go in line with all others for now", "messages", len(list), "for", expressRest, "error", err)
	l.r.express = express{until: time.Now().Add(expressRest)}
	return l.store(ctx, l.urgent)
}

// serving looks now and then who takes urgent messages. When that cannot be said nobody does.
func (r *Relay) serving(ctx context.Context) bus.Served {
	if time.Now().After(r.express.until) {
		looking, cancel := context.WithTimeout(ctx, expressWithin)
		defer cancel()
		served, err := bus.UrgentlyServed(looking, r.js)
		if err != nil {
			r.log.DebugContext(ctx, "who takes urgent messages is not known", "error", err)
		}
		r.express = express{served: served, until: time.Now().Add(expressLook)}
	}
	return r.express.served
}
