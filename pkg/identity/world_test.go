package identity_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"rapport/pkg/identity"
)

// facts stand for a profile: how often each event was applied. Joining adds, so that what is
// joined twice shows.
type facts map[string]int

func (f facts) stored() []byte {
	var b strings.Builder
	for _, e := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&b, "%s %d\n", e, f[e])
	}
	return []byte(b.String())
}

func readFacts(b []byte) facts {
	f := facts{}
	for line := range strings.Lines(string(b)) {
		var e string
		var n int
		if _, err := fmt.Sscanf(line, "%s %d", &e, &n); err != nil {
			panic(err)
		}
		f[e] += n
	}
	return f
}

func join(all ...[]byte) facts {
	sum := facts{}
	for _, b := range all {
		for e, n := range readFacts(b) {
			sum[e] += n
		}
	}
	return sum
}

func fold(a, b []byte) ([]byte, error) { return join(a, b).stored(), nil }

// happening is an event as it goes from node to node; a statement may come with it.
type happening struct {
	name string
	says *identity.Statement
	of   string
}

// letter is what is on its way.
type letter struct {
	from, to, kind string
	data           json.RawMessage
	event          happening
}

type message interface {
	identity.Stated | identity.Pointing | identity.Joined | identity.Detached | identity.Forgotten | identity.Erased
}

const kindEvent = "event"

// place is one id's state in its partition.
type place struct {
	node   []byte // as stored
	view   facts
	engine []string // what the engine keeps; each place begins with one of its own name
}

// world has an id's state at each place, and channels that keep order from each to each.
type world struct {
	t         *rapid.T
	authority *authority
	places    map[string]*place
	channels  map[string][]letter
	delivered []letter // of the protocol: they may come again
	evaluated facts
	turns     int
}

func newWorld(t *rapid.T) *world {
	return &world{t: t, authority: newAuthority(), places: map[string]*place{}, channels: map[string][]letter{}, evaluated: facts{}}
}

func (w *world) send(l letter) {
	key := l.from + ">" + l.to
	w.channels[key] = append(w.channels[key], l)
}

func post[T message](w *world, from, to, kind string, v T) {
	data, err := identity.Data(v)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	w.send(letter{from: from, to: to, kind: kind, data: data})
}

func read[T message](w *world, l letter) T {
	v, err := identity.ReadData[T](l.data)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return v
}

func (w *world) waiting() []string {
	keys := slices.Sorted(maps.Keys(w.channels))
	return slices.DeleteFunc(keys, func(k string) bool { return len(w.channels[k]) == 0 })
}

// deliver hands over the first letter of a channel.
func (w *world) deliver(channel string) {
	l := w.channels[channel][0]
	w.channels[channel] = w.channels[channel][1:]
	if l.kind != kindEvent && l.kind != identity.TypeErased {
		w.delivered = append(w.delivered, l)
	}
	w.handle(l)
}

func (w *world) handle(l letter) {
	if l.to == identity.Authority {
		w.decide(l)
		return
	}
	p := w.places[l.to]
	if p == nil {
		p = &place{view: facts{}, engine: []string{l.to}}
		w.places[l.to] = p
	}
	n := &identity.Node{ID: l.to}
	if p.node != nil {
		if err := cbor.Unmarshal(p.node, n); err != nil {
			w.t.Fatalf("node of %s: %v", l.to, err)
		}
	}
	w.turn(p, n, l)
	var err error
	if p.node, err = cbor.Marshal(n); err != nil {
		w.t.Fatalf("node of %s: %v", l.to, err)
	}
	w.noCircles()
}

func (w *world) decide(l letter) {
	var d identity.Decision
	switch l.kind {
	case identity.TypeStated:
		d = w.authority.decide(w.t, identity.Statement(read[identity.Stated](w, l)))
	case identity.TypeForgotten:
		f := read[identity.Forgotten](w, l)
		d = w.authority.run(w.t, append([]string{identity.Authority, f.ID}, f.Also...), func(rows map[string]*identity.Row) identity.Decision {
			return identity.Forget(rows, f.ID, f.Also)
		})
	}
	if d.Refused != "" {
		w.t.Fatalf("refused: %s", d.Refused)
	}
	for _, p := range d.Pointings {
		post(w, identity.Authority, p.ID, identity.TypePointed, p)
	}
	for _, id := range d.Echo {
		if l.kind == identity.TypeStated {
			post(w, identity.Authority, id, l.kind, identity.Stated(d.Undone))
		} else {
			w.send(letter{from: identity.Authority, to: id, kind: l.kind, data: l.data})
		}
	}
}

// turn is what the orchestrator does with each kind of message.
func (w *world) turn(p *place, n *identity.Node, l letter) {
	switch l.kind {
	case kindEvent:
		w.happen(p, n, l.event)
	case identity.TypeStated:
		st := identity.Statement(read[identity.Stated](w, l))
		if again, ok := n.Undone(&st); ok {
			post(w, n.ID, identity.Authority, identity.TypeStated, identity.Stated(again))
		}
	case identity.TypeForgotten:
		n.Forgotten(read[identity.Forgotten](w, l).ID)
	case identity.TypePointed:
		pointing := read[identity.Pointing](w, l)
		w.carryOut(p, n, n.Point(&pointing))
	case identity.TypeJoined:
		j := read[identity.Joined](w, l)
		news, err := n.Take(&j, func() ([]byte, error) { return p.view.stored(), nil }, fold)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		if news {
			if len(j.Engine) > 0 {
				p.engine = append(p.engine, strings.Split(string(j.Engine), " ")...)
			}
			w.look(p, n)
		}
	case identity.TypeDetached:
		d := read[identity.Detached](w, l)
		if n.Drop(&d) {
			w.look(p, n)
		}
	case identity.TypeErased:
		w.erase(p, n, read[identity.Erased](w, l))
	}
}

func (w *world) erase(p *place, n *identity.Node, e identity.Erased) {
	x := n.Erase(e)
	for _, id := range x.To {
		post(w, n.ID, id, identity.TypeErased, x.Erased)
	}
	if !x.Here {
		return
	}
	p.view, p.engine = facts{}, nil
	if x.Leave != "" {
		post(w, n.ID, x.Leave, identity.TypeDetached, x.Detached)
	}
	post(w, n.ID, identity.Authority, identity.TypeForgotten, x.Forgotten)
}

func (w *world) happen(p *place, n *identity.Node, e happening) {
	if e.of == "" && e.says != nil && n.Say(e.says) {
		post(w, n.ID, identity.Authority, identity.TypeStated, identity.Stated(*e.says))
	}
	part, ok := n.Profile(e.of)
	if !ok {
		w.t.Fatalf("%s hears of %s from %s, which is none of its parts", n.ID, e.name, e.of)
	}
	p.view[e.name]++
	if part != nil {
		f := readFacts(*part)
		f[e.name]++
		*part = f.stored()
	}
	if n.Into == "" {
		w.evaluated[e.name]++
		return
	}
	e.of = n.ID
	w.send(letter{from: n.ID, to: n.Into, kind: kindEvent, event: e})
}

func (w *world) carryOut(p *place, n *identity.Node, t identity.Turn) {
	if t.Leave != "" {
		post(w, n.ID, t.Leave, identity.TypeDetached, t.Detached)
	}
	if t.Join != "" {
		w.sendOn(p, n)
	}
	for _, tell := range t.Tell {
		post(w, n.ID, tell.ID, identity.TypePointed, tell)
	}
}

func (w *world) look(p *place, n *identity.Node) {
	p.view = join(n.Profiles()...)
	n.Alone()
	if n.Into != "" {
		w.sendOn(p, n)
	}
}

func (w *world) sendOn(p *place, n *identity.Node) {
	post(w, n.ID, n.Into, identity.TypeJoined, n.Join(p.view.stored(), []byte(strings.Join(p.engine, " "))))
	p.engine = nil
}

func (w *world) node(id string) *identity.Node {
	n := &identity.Node{ID: id}
	if p := w.places[id]; p != nil && p.node != nil {
		if err := cbor.Unmarshal(p.node, n); err != nil {
			w.t.Fatalf("node of %s: %v", id, err)
		}
	}
	return n
}

func (w *world) root(id string) string {
	for range len(w.places) + 1 {
		n := w.node(id)
		if n.Into == "" {
			return id
		}
		id = n.Into
	}
	w.t.Fatalf("the way from %s does not end", id)
	return ""
}

func (w *world) noCircles() {
	for id := range w.places {
		w.root(id)
	}
}

// settle delivers all, in an order that is drawn, until nothing is on its way.
func (w *world) settle() {
	for range 20_000 {
		keys := w.waiting()
		if len(keys) == 0 {
			return
		}
		w.turns++
		if w.turns < 400 {
			w.deliver(rapid.SampledFrom(keys).Draw(w.t, "next"))
		} else {
			w.deliver(keys[w.turns%len(keys)])
		}
	}
	w.t.Fatalf("the ids do not come to rest")
}
