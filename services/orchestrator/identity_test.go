package orchestrator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// stateOf is what the store has of an id; nil: nothing.
func (r *rig) stateOf(id string) *journey.State {
	r.t.Helper()
	row, err := r.store.Profile(r.t.Context(), r.ref(id).Partition, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	codec := must(journey.NewCodec())(r.t)
	return must(codec.Decode(row.State))(r.t)
}

// person is the state of the id that acts for a person, found by any of theirs.
func (r *rig) person(id string) *journey.State {
	r.t.Helper()
	for range 10 {
		st := r.stateOf(id)
		if st == nil || !st.Follows() {
			return st
		}
		id = st.Identity.Into
	}
	r.t.Fatalf("ids point in a circle: %s", id)
	return nil
}

// root is the id that acts for a person.
func (r *rig) root(id string) string {
	r.t.Helper()
	if st := r.person(id); st != nil {
		return st.Profile.ID
	}
	return ""
}

func (r *rig) identify(subject string, at time.Time, also ...string) event.Event {
	return r.event(event.ProfileIdentified, subject, at, map[string]any{event.ProfileProperty: map[string]any{"also": also}})
}

func (r *rig) alias(subject, previous string, at time.Time) event.Event {
	return r.event(event.ProfileAliased, subject, at, map[string]any{"previous_id": previous})
}

func (r *rig) unalias(subject, previous string, at time.Time) event.Event {
	return r.event(event.ProfileUnaliased, subject, at, map[string]any{"previous_id": previous})
}

// kinds are a profile's rows of one kind, oldest first, by what they name.
func (r *rig) kinds(id string, kind store.Kind) (list []string) {
	r.t.Helper()
	rows := must(r.store.Timeline(r.t.Context(), r.ref(id).Partition, id, 1000))(r.t)
	for _, row := range slices.Backward(rows) {
		if row.Kind == kind {
			list = append(list, row.Name)
		}
	}
	return list
}

// A visitor becomes a customer: what they did before is the customer's, what their browser does
// later acts on the customer, once, and they are found by their number there.
func TestAVisitorBecomesKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	visitor := "anonymous:v1"
	for i := range 3 {
		r.publish(r.event("product.viewed", visitor, start().Add(time.Duration(i)*time.Minute), map[string]any{"product_id": "lamp"}))
	}
	r.publish(r.event(event.ProfileIdentified, visitor, start().Add(time.Hour), map[string]any{
		event.ProfileProperty: map[string]any{"traits": map[string]any{"phone": "+447700900077", "email": "ada@example.com"}},
	}))
	r.settled(o)
	r.publish(r.identify("ada", start().Add(2*time.Hour), visitor), r.identify("ada", start().Add(3*time.Hour), visitor))
	r.settled(o)
	r.publish(r.order(visitor, start().Add(4*time.Hour), "N1", "lamp"))
	r.settled(o)

	if root := r.root(visitor); root != "ada" {
		t.Fatalf("%s leads to %q", visitor, root)
	}
	ada := r.person("ada")
	if n := ada.Profile.Orders.Count; n != 1 || ada.Profile.Trait("email") != visitor+"@example.com" || len(ada.Identity.Parts) != 2 {
		t.Errorf("%d orders, traits %v, %d parts", n, ada.Profile.Traits, len(ada.Identity.Parts))
	}
	sends := r.sends()
	if len(sends) != 1 || sends[0].Profile != "ada" || sends[0].Partition != r.ref("ada").Partition {
		t.Errorf("sent %+v, want one thank-you, to ada", sends)
	}
	if refs := must(r.store.ByPhone(t.Context(), "+447700900001"))(t); len(refs) != 1 || refs[0] != r.ref("ada") {
		t.Errorf("the number is that of %v, want ada", refs)
	}
	if got := r.kinds("ada", store.KindPassed); !slices.Equal(got, []string{event.OrderCompleted}) {
		t.Errorf("passed on %v", got)
	}
	if got := r.kinds("ada", store.KindPublished); !slices.Equal(got, []string{event.ProfileMerged}) {
		t.Errorf("recorded %v, want that the visitor came, once", got)
	}
	if n := r.counts().Events[event.OrderCompleted]; n != 1 {
		t.Errorf("%d orders are counted, want 1", n)
	}
	row := must(r.store.Profile(t.Context(), r.ref(visitor).Partition, visitor))(t)
	if row.Known || row.Orders != 0 || !row.Wake.IsZero() {
		t.Errorf("the visitor's row is %+v: that of a customer", row)
	}
}

// Two customers with journeys under way turn out to be one: the older walk goes on, each is
// counted where it rests, and one win-back goes out. When that is taken back each has their own
// again, and what runs stays where it is.
func TestTwoCustomersAreOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou(), winBack())
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "N1", "lamp"), r.order("bob", start().Add(day), "N2", "rug"), r.order("bob", start().Add(2*day), "N3", "mug"))
	r.publish(r.alias("bob", "ada", start().Add(3*day)))
	r.settled(o)
	if r.root("ada") != "bob" || r.root("bob") != "bob" {
		t.Fatalf("ada leads to %q, bob to %q", r.root("ada"), r.root("bob"))
	}
	bob := r.person("bob")
	if bob.Profile.Orders.Count != 3 || len(bob.Instances) != 1 || bob.Instances[0].Trigger != "test#e1" {
		t.Errorf("%d orders, inside %+v; want 3, and ada's win-back, which is older", bob.Profile.Orders.Count, bob.Instances)
	}
	rests := must(r.store.Resting(t.Context()))(t)
	if len(rests) != 1 || rests[0].Count != 1 {
		t.Errorf("resting %+v, want one", rests)
	}
	if ada := r.stateOf("ada"); len(ada.Instances) != 0 || !ada.NextDue().IsZero() || ada.Profile.Orders.Count != 1 {
		t.Errorf("ada is left with %+v", ada)
	}
	r.runOn(start().Add(61 * day))
	r.settled(o)
	mails := r.of("win-back")
	if len(mails) != 1 || mails[0].Profile != "bob" {
		t.Fatalf("won back %+v, want bob alone", mails)
	}

	r.publish(r.unalias("bob", "ada", start().Add(62*day)))
	r.settled(o)
	r.publish(r.order("ada", start().Add(63*day), "N4", "sofa"))
	r.settled(o)
	ada, bob := r.person("ada"), r.person("bob")
	if ada.Profile.ID != "ada" || ada.Profile.Orders.Count != 2 || bob.Profile.Orders.Count != 2 || len(bob.Identity.Parts) != 0 {
		t.Errorf("ada leads to %s with %d orders, bob has %d in %d parts", ada.Profile.ID, ada.Profile.Orders.Count, bob.Profile.Orders.Count, len(bob.Identity.Parts))
	}
	if len(ada.Instances) != 1 || len(bob.Instances) != 1 {
		t.Errorf("inside are %d of ada and %d of bob, want one each: a new one and the one that goes on", len(ada.Instances), len(bob.Instances))
	}
	if got := r.kinds("bob", store.KindPublished); !slices.Equal(got, []string{event.ProfileMerged, event.ProfileSplit}) {
		t.Errorf("recorded %v", got)
	}
	ids := map[string]bool{}
	for _, c := range r.sends() {
		if ids[c.ID] {
			t.Errorf("message %s was sent twice", c.ID)
		}
		ids[c.ID] = true
	}
	if n := len(r.of("thank-you")); n != 4 {
		t.Errorf("%d thank-yous for 4 orders", n)
	}
}

// of are the commands of one template.
func (r *rig) of(template string) []message.Command {
	return slices.DeleteFunc(r.sends(), func(c message.Command) bool { return c.Template != template })
}

// What becomes of a message that was decided under one id is recorded where the message is, and
// told to the id that acts for it now; an address that it closes is the person's.
func TestReceiptsOfAnotherID(t *testing.T) {
	t.Parallel()
	d := thankYou()
	d.Leave = []journey.LeaveRule{{On: event.MessageFailed, As: "failed"}}
	d.Steps = append(d.Steps, journey.Step{ID: "rest", Wait: winBack().Steps[0].Wait})
	r := newRig(t, d)
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "N1", "lamp"))
	r.settled(o)
	sent := r.sends()[0]
	r.publish(r.alias("bob", "ada", start().Add(time.Hour)))
	r.settled(o)
	receipt := r.event(event.MessageFailed, "ada", start().Add(2*time.Hour), map[string]any{
		"message_id": sent.ID, "journey": sent.Journey, "instance": sent.Instance, "step": sent.Step, "channel": "email", "outcome": "failed", "reason": "rejected",
	})
	r.raw(bus.Placing{Partitions: partitions}.Receipt(receipt.Key()), must(event.Encode(&receipt))(t))
	r.publish(r.event(event.EmailBounced, "ada", start().Add(3*time.Hour), map[string]any{"kind": "hard"}))
	r.settled(o)
	if m := must(r.store.Message(t.Context(), sent.Partition, sent.ID))(t); m.Outcome != message.Failed || m.Profile != "ada" {
		t.Errorf("the message is %+v", m)
	}
	if bob := r.person("ada"); bob.Profile.ID != "bob" || len(bob.Instances) != 0 {
		t.Errorf("%s is inside %+v, want that the failure was heard", bob.Profile.ID, bob.Instances)
	}
	if got := r.suppressed(message.Email, "ada@example.com"); got != store.Bounced {
		t.Errorf("the address is listed as %q", got)
	}
}

// Whoever asks to be forgotten is, under all their ids: at the id that acts for them, at one that
// follows, and at one that follows through another. Nothing late brings them back; and one who
// comes back anew is alone.
func TestErasureOfSeveralIDs(t *testing.T) {
	t.Parallel()
	ids := []string{"ada", "bob", "anonymous:v1", "email:ada@example.com"}
	for _, asked := range ids {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, thankYou())
			o, _ := r.run(nil)
			r.publish(r.order("ada", start(), "N1", "lamp"), r.order("bob", start(), "N2", "rug"), r.order("cy", start(), "N3", "rug"))
			r.publish(r.identify(ids[3], start().Add(time.Minute), ids[2]), r.identify("ada", start().Add(2*time.Minute), ids[3]))
			r.settled(o)
			r.publish(r.alias("bob", "ada", start().Add(time.Hour)))
			r.settled(o)
			for _, id := range ids {
				if r.root(id) != "bob" {
					t.Fatalf("%s leads to %q", id, r.root(id))
				}
			}
			r.publish(r.event(event.ProfileErased, asked, start().Add(day), map[string]any{}))
			r.settled(o)
			late := func(id string, at time.Time) event.Event { return r.order(id, at, "late-"+id, "lamp") }
			for _, id := range ids {
				r.publish(late(id, start().Add(day-time.Minute)), r.identify(id, start().Add(day-time.Hour), "cy"))
			}
			r.settled(o)
			r.gone(ids...)
			if cy := r.person("cy"); cy.Profile.ID != "cy" || cy.Profile.Orders.Count != 1 || len(cy.Identity.Profiles()) != 0 {
				t.Errorf("cy is %+v", cy.Profile)
			}
			r.publish(late(asked, start().Add(2*day)))
			r.settled(o)
			if st := r.person(asked); st == nil || st.Profile.ID != asked || st.Profile.Orders.Count != 1 {
				t.Errorf("who comes back as %s is %+v", asked, st)
			}
			if n := len(r.letters()); n != 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	}
}

// gone checks that nothing is left of ids, not even what the authority knew of them.
func (r *rig) gone(ids ...string) {
	r.t.Helper()
	for _, id := range ids {
		ref := r.ref(id)
		if rows := must(r.store.Timeline(r.t.Context(), ref.Partition, id, 10))(r.t); r.known(id) || len(rows) > 0 {
			r.t.Errorf("%s is still there, with %v", id, rows)
		}
	}
	rows := must(r.store.Identities(r.t.Context(), r.ref(identity.Authority).Partition, ids))(r.t)
	for i, row := range rows {
		if row != nil {
			r.t.Errorf("the authority knows of %s: %x", ids[i], row)
		}
	}
}

// What nobody may say is a dead letter, and holds up nobody: types and subjects of the engine
// from others, what cannot be read, and what is too much to decide.
func TestIdentityEventsThatCannotBeApplied(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	o, _ := r.run(nil)
	told := func(typ, subject, source, data string) event.Event {
		r.n++
		return event.Event{ID: fmt.Sprintf("e%d", r.n), Source: source, Type: typ, Subject: subject, Time: start(), Data: json.RawMessage(data)}
	}
	bad := []event.Event{
		told(identity.TypePointed, "ada", "shop", `{"id":"ada","to":"bob","version":1}`),
		told("order.noted", identity.Authority, "shop", `{}`),
		told(event.OrderCompleted, "$more", event.EngineSource, `{"order_id":"1","total":1}`),
		told(identity.TypeJoined, "ada", event.EngineSource, `{"of":7}`),
		told(identity.TypeJoined, "ada", event.EngineSource, `{"of":"bob","version":1,"seq":1,"profile":"AAAA"}`),
		told(identity.TypeStated, identity.Authority, event.EngineSource, `{"former":7}`),
		told(identity.TypeStated, identity.Authority, event.EngineSource, `{"former":"ada","id":"ada","joined":true,"at":"2026-03-02T09:00:00Z"}`),
		told(identity.TypePointed, identity.Authority, event.EngineSource, `{}`),
		told("identity.unheard", "ada", event.EngineSource, `{}`),
	}
	for i := range bad {
		body := must(json.Marshal(map[string]any{
			"specversion": "1.0", "id": bad[i].ID, "source": bad[i].Source, "type": bad[i].Type, "subject": bad[i].Subject, "time": bad[i].Time, "data": bad[i].Data,
		}))(t)
		r.raw(bus.EventSubject(bad[i].Key()), body)
	}
	r.publish(r.order("ada", start(), "N1", "lamp"), r.identify("ada", start(), "anonymous:v1", "$identity", "ada", ""))
	r.settled(o)
	if n := len(r.letters()); n != len(bad) {
		t.Errorf("%d dead letters, want %d: %v", n, len(bad), r.letters())
	}
	if n := len(r.sends()); n != 1 || r.root("anonymous:v1") != "ada" {
		t.Errorf("%d thank-yous, and the visitor leads to %q", n, r.root("anonymous:v1"))
	}
}

// Whoever follows another id is brought under a new workspace with that one, and is no longer
// waited for.
func TestFollowersNeedNoRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	changed := make(chan struct{})
	o, stop := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
	r.publish(r.order("ada", start(), "N1", "lamp"), r.identify("ada", start(), "anonymous:v1"))
	r.settled(o)
	stop()
	r.set = must(journey.NewSet(journey.Config{Version: "w2", Journeys: []*journey.Definition{thankYou()}, Policy: patient()}))(t)
	o, _ = r.run(func(o *orchestrator.Options) {
		o.Clock, o.Changed = orchestrator.WallClock, func() <-chan struct{} { return changed }
	})
	r.until(o, func() bool { return must(r.store.StaleCount(t.Context(), "w2"))(t) == 0 })
	if st := r.stateOf("anonymous:v1"); !st.Follows() {
		t.Errorf("the visitor is %+v", st)
	}
}
