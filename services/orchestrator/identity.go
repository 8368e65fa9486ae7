package orchestrator

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/store"
)

// misplaced says why an event may not have its subject or type; nil: it may. What partitions
// tell each other comes from the engine alone, and about subjects of its own nobody tells anything else.
func misplaced(e *event.Event) error {
	told := strings.HasPrefix(e.Type, event.Identity)
	switch {
	case told && e.Source != event.EngineSource:
		return &event.FieldError{Field: "type", Reason: fmt.Sprintf("%q is what the engine's partitions tell each other: choose another prefix", e.Type)}
	case identity.Reserved(e.Subject) && !told:
		return &event.FieldError{Field: "subject", Reason: fmt.Sprintf("%q is reserved for the engine: ids of people do not begin with $", e.Subject)}
	}
	return nil
}

// toAuthority reports whether an input is a statement to be decided, and about no profile.
func (in *input) toAuthority() bool { return in.event.Subject == identity.Authority }

// tell puts what one id's node, or the authority, tells another into the outbox. parts are what
// makes the message another one than others of its type; the same message has the same id.
func (b *batch) tell(to, typ string, data []byte, at time.Time, header map[string]string, parts ...string) error {
	e := event.Event{
		ID: message.Hash(append([]string{typ, to}, parts...)...), Source: event.EngineSource, Type: typ, Subject: to, Time: at, Data: data,
	}
	body, err := event.Encode(&e)
	if err != nil {
		return err
	}
	b.out.Outbox = append(b.out.Outbox, store.Outgoing{Subject: bus.EventSubject(e.Key()), ID: e.UID(), Header: header, Data: body})
	return nil
}

// tidings are what nodes and the authority tell each other.
type tidings interface {
	identity.Stated | identity.Pointing | identity.Joined | identity.Detached | identity.Forgotten | identity.Erased
}

// told writes the data of an identity event and puts it into the outbox, see tell.
func told[T tidings](b *batch, to, typ string, v T, at time.Time, parts ...string) error {
	data, err := identity.Data(v)
	if err != nil {
		return err
	}
	return b.tell(to, typ, data, at, nil, parts...)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// state tells the authority of a statement.
func (b *batch) state(from string, st *identity.Statement) error {
	v := identity.Stated{A: st.A, B: st.B, Joined: st.Joined, At: st.At, UID: st.UID}
	return told(b, identity.Authority, identity.TypeStated, v, st.At,
		from, st.A, st.B, strconv.FormatBool(st.Joined), strconv.FormatInt(st.At.UnixNano(), 10))
}

// point tells a node where it points.
func (b *batch) point(p identity.Pointing, at time.Time) error {
	return told(b, p.ID, identity.TypePointed, p, at, decimal(p.Version))
}

// node is the person's place among the ids of a person. It may be changed.
func (p *person) node() *identity.Node {
	p.dirty = true
	if p.state.Identity == nil {
		p.state.Identity = &identity.Node{ID: p.id}
	}
	return p.state.Identity
}

// follows reports whether another id acts for the person.
func (p *person) follows() bool { return p.state != nil && p.state.Follows() }

// say passes on to the authority what an event says of ids, as far as the node has not said so
// yet.
func (b *batch) say(p *person, e *event.Event) error {
	if e.Of != "" {
		return nil // It was said where the event came in.
	}
	list := identity.StatementsOf(e)
	for i := range list {
		if p.node().Say(&list[i]) {
			if err := b.state(p.id, &list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass gives an event on to the id that acts for this one.
func (b *batch) pass(p *person, in *input, header map[string]string) error {
	if !p.follows() {
		return nil
	}
	on := *in.event
	on.Subject, on.Of, on.Past = p.state.Identity.Into, p.id, b.set.Late(in.event, in.now)
	body, err := event.Encode(&on)
	if err != nil {
		return err
	}
	b.out.Outbox = append(b.out.Outbox, store.Outgoing{
		Subject: bus.EventSubject(on.Key()), ID: message.Hash("passed", on.Subject, p.id, on.UID()), Header: header, Data: body,
	})
	return nil
}

// identity deals with what the authority or another node tells this one. Its time is that of the
// statement which led to it: what follows of a statement of before an erasure is of somebody who
// was forgotten.
func (b *batch) identity(ctx context.Context, p *person, in *input) error {
	stale := !in.event.Time.After(p.erased)
	switch typ := in.event.Type; {
	case typ == identity.TypeErased:
		return b.erase(ctx, p, in)
	case stale && typ == identity.TypeJoined:
		return reading(in, func(v *identity.Joined) error { return b.deny(p, v.Of) })
	case stale && typ == identity.TypePointed:
		return nil
	case p.state == nil && (typ == identity.TypeDetached || typ == identity.TypeStated || typ == identity.TypeForgotten):
		return nil // There is nobody whom it would tell anything.
	case p.state == nil && (typ == identity.TypePointed || typ == identity.TypeJoined):
		p.state = journey.NewState(p.id, in.event.Time)
	}
	switch in.event.Type {
	case identity.TypePointed:
		return reading(in, func(v *identity.Pointing) error { return b.pointed(ctx, p, v, in) })
	case identity.TypeJoined:
		return reading(in, func(v *identity.Joined) error { return b.takeIn(ctx, p, v, in) })
	case identity.TypeDetached:
		return reading(in, func(v *identity.Detached) error { return b.drop(ctx, p, v, in) })
	case identity.TypeStated:
		return reading(in, func(v *identity.Stated) error { return b.undone(p, v) })
	case identity.TypeForgotten:
		return reading(in, func(v *identity.Forgotten) error { return b.forgot(p, v) })
	}
	return bus.Permanent(fmt.Errorf("%s is nothing that partitions tell each other", in.event.Type))
}

// reading reads the data of an identity event. What cannot be read will not be, however often it is tried.
func reading[T tidings](in *input, then func(*T) error) error {
	v, err := identity.ReadData[T](in.event.Data)
	if err != nil {
		return bus.Permanent(err)
	}
	return then(&v)
}

// pointed turns the node.
func (b *batch) pointed(ctx context.Context, p *person, ptg *identity.Pointing, in *input) error {
	node := p.node()
	was := node.Into
	turn := node.Point(ptg)
	if turn.Leave != "" {
		if err := b.leave(p, turn.Leave, turn.Detached, in.event.Time); err != nil {
			return err
		}
	}
	var effects []journey.Effect
	if turn.Join != "" {
		var moving *journey.State
		if was == "" {
			moving, effects = b.set.Yield(p.state, in.now)
		}
		engine, err := b.packed(moving)
		if err == nil {
			err = b.sendOn(p, engine, in.event.Time)
		}
		if err != nil {
			return err
		}
	}
	for _, other := range turn.Tell {
		if err := b.point(other, in.event.Time); err != nil {
			return err
		}
	}
	if was != "" && node.Into == "" {
		effects = b.set.Resume(p.state, in.now)
	}
	return b.follow(ctx, p, effects, in)
}

// leave tells the node that this one pointed to that it no longer does.
func (b *batch) leave(p *person, to string, d identity.Detached, at time.Time) error {
	return told(b, to, identity.TypeDetached, d, at, p.id, decimal(d.Version))
}

// packed is what another node is sent of the engine's state; nothing where there is none.
func (b *batch) packed(st *journey.State) ([]byte, error) {
	if st == nil {
		return nil, nil
	}
	return b.w.o.codec.Encode(st)
}

// sendOn tells the node that this one points to what it has.
func (b *batch) sendOn(p *person, engine []byte, at time.Time) error {
	view, err := profile.Encode(&p.state.Profile)
	if err != nil {
		return err
	}
	node := p.node()
	j := node.Join(view, engine)
	return told(b, node.Into, identity.TypeJoined, j, at, p.id, decimal(j.Version), decimal(j.Seq))
}

// takeIn takes in what another id has, which points to this one.
func (b *batch) takeIn(ctx context.Context, p *person, j *identity.Joined, in *input) error {
	node := p.node()
	before := len(node.Parts) + len(node.FoldedOf)
	own := func() ([]byte, error) { return profile.Encode(&p.state.Profile) }
	counts, err := node.Take(j, own, profile.JoinStored)
	if err != nil || !counts {
		return err
	}
	var from *journey.State
	if len(j.Engine) > 0 {
		if from, err = b.w.o.codec.Decode(j.Engine); err != nil {
			return fmt.Errorf("what %s had begun: %w", j.Of, err)
		}
	}
	effects, err := b.set.Absorb(p.state, from, in.now)
	if err != nil {
		return err
	}
	if len(node.Parts)+len(node.FoldedOf) != before {
		b.noteIdentity(p, in, event.ProfileMerged, j.Of)
	}
	if node.Into != "" {
		if err := b.sendOn(p, j.Engine, in.event.Time); err != nil {
			return err
		}
	}
	return b.follow(ctx, p, effects, in)
}

// drop takes out what another id had brought in.
func (b *batch) drop(ctx context.Context, p *person, d *identity.Detached, in *input) error {
	node := p.node()
	if !node.Drop(d) {
		return nil
	}
	effects, err := b.set.View(p.state, in.now)
	if err != nil {
		return err
	}
	b.noteIdentity(p, in, event.ProfileSplit, d.Of)
	if node.Into != "" {
		if err := b.sendOn(p, nil, in.event.Time); err != nil {
			return err
		}
	}
	return b.follow(ctx, p, effects, in)
}

// undone hears that a pair is no longer one person.
func (b *batch) undone(p *person, s *identity.Stated) error {
	if p.state.Identity == nil {
		return nil // It has said nothing.
	}
	st := identity.Statement{A: s.A, B: s.B, Joined: s.Joined, At: s.At, UID: s.UID}
	again, ok := p.node().Undone(&st)
	if !ok {
		return nil
	}
	return b.state(p.id, &again)
}

// forgot hears that another id was erased.
func (b *batch) forgot(p *person, f *identity.Forgotten) error {
	if p.state.Identity != nil {
		p.node().Forgotten(f.ID)
	}
	return nil
}

// follow carries out what followed of another id's coming or going.
func (b *batch) follow(ctx context.Context, p *person, effects []journey.Effect, in *input) error {
	if err := b.effects(ctx, p, effects, in.now, cause{}); err != nil {
		return err
	}
	b.schedule(p)
	return nil
}

// noteIdentity records in the timeline that another id came to the person's, or went.
func (b *batch) noteIdentity(p *person, in *input, typ, other string) {
	p.touched = true
	b.out.Timeline = append(b.out.Timeline, store.TimelineRow{
		Profile: p.id, At: in.now, ID: "published/" + in.event.UID(), Kind: store.KindPublished, Name: typ, Data: idData(other),
	})
}
