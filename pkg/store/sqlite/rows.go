package sqlite

import (
	"fmt"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// stamps collects the first error of several stamps, so that a row reads as a list.
type stamps struct{ err error }

func (e *stamps) keep(v any, err error) any {
	if e.err == nil {
		e.err = err
	}
	return v
}

func (b *batch) add(s statement, what, id string, e *stamps, args ...any) error {
	if e.err != nil {
		return fmt.Errorf("%s %s: %w", what, id, e.err)
	}
	first := len(b.args)
	b.args = append(b.args, args...)
	b.rows = append(b.rows, batchRow{statement: s, what: what, id: id, args: b.args[first:len(b.args):len(b.args)]})
	return nil
}

// How many arguments the rows have of which there are many.
const profileArgs, timelineArgs, messageArgs = 10, 10, 19

func (b *batch) addProfiles() error {
	for i := range b.Profiles {
		p, e := &b.Profiles[i], stamps{}
		state := p.State
		if state == nil {
			state = []byte{} // a known profile with an empty state is not an unknown one
		}
		state, way := b.packer.Pack(state)
		wake := e.keep(stamp("Wake", p.Wake))
		err := b.add(keepProfile, "profile", p.ID, &e, int64(b.Partition), p.ID, state, flag(p.Known), int64(p.Orders),
			e.keep(stamp("LastOrderAt", p.LastOrderAt)),
			e.keep(stamp("UpdatedAt", p.UpdatedAt)),
			wake, p.Snapshot, way)
		if at, ok := b.fired[p.ID]; ok && err == nil && wake != any(at) {
			err = b.add(dropFired, "fired timer of", p.ID, &e, int64(b.Partition), at, p.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addTimeline() error {
	for i := range b.Timeline {
		t, e := &b.Timeline[i], stamps{}
		data, way := b.packer.Pack(t.Data)
		err := b.add(addTimeline, "timeline row", t.ID, &e, int64(b.Partition), t.Profile, t.ID,
			e.keep(mustStamp("At", t.At)),
			string(t.Kind), t.Name, text(t.Detail), text(t.Trace), blob(data), way)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addMessages() error {
	for i := range b.Messages {
		m, e := &b.Messages[i], stamps{}
		err := b.add(addMessage, "message", m.ID, &e, int64(b.Partition), m.ID, m.Profile, m.Journey,
			text(m.Version), text(m.Instance), text(m.Step), string(m.Channel), text(m.Category), m.Template,
			e.keep(mustStamp("DecidedAt", m.DecidedAt)),
			text(m.Outcome), text(m.Reason), text(m.Detail), text(m.Provider), text(m.ProviderID),
			e.keep(stamp("OutcomeAt", m.OutcomeAt)),
			flag(m.Resent), text(m.Trace))
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addOutcomes() error {
	for i := range b.Outcomes {
		o, e := &b.Outcomes[i], stamps{}
		if o.Outcome == "" {
			return fmt.Errorf("outcome of message %s is empty", o.MessageID)
		}
		err := b.add(setOutcome, "outcome of message", o.MessageID, &e, string(o.Outcome), text(o.Reason),
			text(o.Detail), text(o.Provider), text(o.ProviderID),
			e.keep(stamp("At", o.At)),
			flag(o.Resent), int64(b.Partition), o.MessageID)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addOutbox() error {
	if len(b.Outbox) == 0 {
		return nil
	}
	return form.PackOutbox(b.outbox, b.Batch.Outbox)
}

var _ store.Store = (*Store)(nil)
