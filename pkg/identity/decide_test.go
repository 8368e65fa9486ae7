package identity_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/identity"
)

// authority keeps rows as the store does: as bytes, with those loaded that a decision asks for.
type authority struct {
	rows   map[string][]byte
	rounds int // the most that a decision took
}

func newAuthority() *authority { return &authority{rows: map[string][]byte{}} }

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (a *authority) run(t failer, first []string, decide func(map[string]*identity.Row) identity.Decision) identity.Decision {
	t.Helper()
	loaded := map[string]*identity.Row{}
	ask := first
	for round := 1; ; round++ {
		a.rounds = max(a.rounds, round)
		for _, id := range ask {
			loaded[id] = nil
			if b, ok := a.rows[id]; ok {
				row, err := identity.DecodeRow(b)
				if err != nil {
					t.Fatalf("row of %s: %v", id, err)
				}
				loaded[id] = row
			}
		}
		before := encodeAll(t, loaded)
		d := decide(loaded)
		if d.More == nil {
			a.keep(t, loaded, before, d)
			return d
		}
		for _, id := range d.More {
			if _, ok := loaded[id]; ok {
				t.Fatalf("asked for %s again", id)
			}
		}
		if !reflect.DeepEqual(before, encodeAll(t, loaded)) {
			t.Fatalf("rows changed though more were asked for")
		}
		ask = d.More
	}
}

// keep stores what changed, and fails if something changed that was not named.
func (a *authority) keep(t failer, loaded map[string]*identity.Row, before map[string]string, d identity.Decision) {
	t.Helper()
	for id, after := range encodeAll(t, loaded) {
		switch {
		case !slices.Contains(d.Changed, id):
			if after != before[id] {
				t.Fatalf("the row of %s changed, and %v were named", id, d.Changed)
			}
		case loaded[id] == nil:
			delete(a.rows, id)
		default:
			a.rows[id] = []byte(after)
		}
	}
}

func encodeAll(t failer, rows map[string]*identity.Row) map[string]string {
	t.Helper()
	out := map[string]string{}
	for id, row := range rows {
		if row == nil {
			out[id] = ""
			continue
		}
		b, err := row.Encode()
		if err != nil {
			t.Fatalf("row of %s: %v", id, err)
		}
		out[id] = string(b)
	}
	return out
}

func (a *authority) decide(t failer, st identity.Statement) identity.Decision {
	t.Helper()
	return a.run(t, identity.Concerns(st), func(rows map[string]*identity.Row) identity.Decision { return identity.Decide(rows, st) })
}

// follow applies pointings as nodes that hear of all at once would.
func follow(into map[string]string, pointings []identity.Pointing) {
	for _, p := range pointings {
		into[p.ID] = p.To
		for _, id := range p.Tell {
			into[id] = p.ID
		}
	}
	maps.DeleteFunc(into, func(_, to string) bool { return to == "" })
}

// reference says by the written rule where each id points.
func reference(statements []identity.Statement) map[string]string {
	type edge struct{ a, b string }
	byPair := map[edge][]identity.Statement{}
	ids := map[string]bool{}
	for _, st := range statements {
		byPair[edge{min(st.A, st.B), max(st.A, st.B)}] = append(byPair[edge{min(st.A, st.B), max(st.A, st.B)}], st)
		ids[st.A], ids[st.B] = true, true
	}
	type claim struct {
		other string
		first time.Time
	}
	joined, former := map[string][]claim{}, map[string]bool{}
	for e, all := range byPair {
		last := slices.MaxFunc(all, func(x, y identity.Statement) int { return cmp.Or(x.At.Compare(y.At), boolCompare(y.Joined, x.Joined)) })
		if !last.Joined {
			continue
		}
		all = slices.DeleteFunc(all, func(st identity.Statement) bool { return !st.Joined })
		first := slices.MinFunc(all, func(x, y identity.Statement) int { return x.At.Compare(y.At) }).At
		joined[e.a], joined[e.b] = append(joined[e.a], claim{e.b, first}), append(joined[e.b], claim{e.a, first})
		for _, st := range all {
			if identity.Customer(st.B) {
				former[st.A] = true
			}
		}
	}
	earliest := func(claims []claim, want func(string) bool) string {
		claims = slices.DeleteFunc(slices.Clone(claims), func(c claim) bool { return !want(c.other) })
		slices.SortFunc(claims, func(x, y claim) int { return cmp.Or(x.first.Compare(y.first), cmp.Compare(x.other, y.other)) })
		if len(claims) == 0 {
			return ""
		}
		return claims[0].other
	}
	into := map[string]string{}
	for id := range ids {
		if identity.Handle(id) {
			into[id] = cmp.Or(earliest(joined[id], identity.Customer), earliest(joined[id], func(other string) bool { return standing(other) < standing(id) }))
			continue
		}
		members := []string{id}
		for i := 0; i < len(members); i++ {
			for _, c := range joined[members[i]] {
				if identity.Customer(c.other) && !slices.Contains(members, c.other) {
					members = append(members, c.other)
				}
			}
		}
		sinks := slices.DeleteFunc(slices.Clone(members), func(id string) bool { return former[id] })
		if len(sinks) == 0 {
			sinks = members
		}
		if root := slices.Min(sinks); root != id {
			into[id] = root
		}
	}
	maps.DeleteFunc(into, func(_, to string) bool { return to == "" })
	return into
}

// standing orders handles: addresses and numbers first.
func standing(id string) string {
	if strings.HasPrefix(id, "anonymous:") {
		return "1" + id
	}
	return "0" + id
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func someID() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"c1", "c2", "c3", "c4", "c5", "anonymous:a", "anonymous:b", "anonymous:c", "email:x", "email:y", "phone:1"})
}

func someStatement() *rapid.Generator[identity.Statement] {
	return rapid.Custom(func(t *rapid.T) identity.Statement {
		a := someID().Draw(t, "a")
		b := someID().Filter(func(b string) bool { return b != a }).Draw(t, "b")
		return identity.Statement{
			A: a, B: b, Joined: rapid.IntRange(0, 3).Draw(t, "joined") > 0,
			At: noon.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "minute")) * time.Minute), UID: "shop#1",
		}
	})
}

func TestAnyOrderOfStatementsDecidesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		statements := rapid.SliceOfN(someStatement(), 1, 25).Draw(t, "statements")
		order := rapid.Permutation(append(slices.Clone(statements), statements[:len(statements)/3]...)).Draw(t, "order")
		a, into := newAuthority(), map[string]string{}
		for _, st := range order {
			d := a.decide(t, st)
			if d.Refused != "" {
				t.Fatalf("refused: %s", d.Refused)
			}
			follow(into, d.Pointings)
			if d.Undone.Joined || (d.Echo != nil) != !d.Undone.At.IsZero() {
				t.Fatalf("sent back: %+v to %v", d.Undone, d.Echo)
			}
		}
		if want := reference(statements); !maps.Equal(into, want) {
			t.Fatalf("ids point to %v, by the rule they point to %v", into, want)
		}
		for id, b := range a.rows {
			row, err := identity.DecodeRow(b)
			if err != nil || row.Into != into[id] {
				t.Fatalf("row of %s: %+v, %v; it points to %q", id, row, err, into[id])
			}
		}
	})
}

func TestRule(t *testing.T) {
	t.Parallel()
	at := func(minute int, a, b string) identity.Statement {
		return identity.Statement{A: a, B: b, Joined: true, At: noon.Add(time.Duration(minute) * time.Minute)}
	}
	not := func(minute int, a, b string) identity.Statement {
		st := at(minute, a, b)
		st.Joined = false
		return st
	}
	for _, tt := range []struct {
		name       string
		statements []identity.Statement
		want       map[string]string
	}{
		{"a visitor logs in", []identity.Statement{at(1, "anonymous:a", "c1")}, map[string]string{"anonymous:a": "c1"}},
		{
			"two share a computer",
			[]identity.Statement{at(2, "anonymous:a", "c2"), at(1, "anonymous:a", "c1"), at(3, "anonymous:a", "c1")},
			map[string]string{"anonymous:a": "c1"},
		},
		{
			"the first takes the computer back",
			[]identity.Statement{at(1, "anonymous:a", "c1"), at(2, "anonymous:a", "c2"), not(3, "anonymous:a", "c1")},
			map[string]string{"anonymous:a": "c2"},
		},
		{"the new name is the root", []identity.Statement{at(1, "c1", "c2")}, map[string]string{"c1": "c2"}},
		{"two old names", []identity.Statement{at(1, "c9", "c2"), at(1, "c1", "c2")}, map[string]string{"c1": "c2", "c9": "c2"}},
		{"two new names", []identity.Statement{at(1, "c9", "c2"), at(1, "c9", "c1")}, map[string]string{"c2": "c1", "c9": "c1"}},
		{"a circle", []identity.Statement{at(1, "c3", "c2"), at(2, "c2", "c3")}, map[string]string{"c3": "c2"}},
		{"undone at the same time", []identity.Statement{not(1, "c1", "c2"), at(1, "c1", "c2")}, map[string]string{}},
		{"undone before", []identity.Statement{not(1, "c1", "c2"), at(2, "c1", "c2")}, map[string]string{"c1": "c2"}},
		{
			"a guest",
			[]identity.Statement{at(1, "anonymous:b", "email:x"), at(1, "phone:1", "email:x"), at(2, "email:x", "c1")},
			map[string]string{"anonymous:b": "email:x", "phone:1": "email:x", "email:x": "c1"},
		},
		{
			"a guest at a customer's computer",
			[]identity.Statement{at(1, "anonymous:b", "c1"), at(2, "anonymous:b", "email:x")},
			map[string]string{"anonymous:b": "c1"},
		},
		{"two visitors", []identity.Statement{at(1, "anonymous:a", "anonymous:b")}, map[string]string{"anonymous:b": "anonymous:a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, into := newAuthority(), map[string]string{}
			for _, st := range tt.statements {
				follow(into, a.decide(t, st).Pointings)
			}
			if !maps.Equal(into, tt.want) {
				t.Errorf("ids point to %v, wanted %v", into, tt.want)
			}
			if ref := reference(tt.statements); !maps.Equal(ref, tt.want) {
				t.Errorf("the reference says %v, wanted %v", ref, tt.want)
			}
		})
	}
}

func TestBoundsAreKeptAndSaid(t *testing.T) {
	t.Parallel()
	a := newAuthority()
	st := identity.Statement{B: "c000", Joined: true, At: noon}
	for i := 1; i < identity.MaxCustomers; i++ {
		st.A = fmt.Sprintf("c%03d", i)
		if d := a.decide(t, st); d.Refused != "" {
			t.Fatalf("customer %d: %s", i, d.Refused)
		}
	}
	st.A = "one more"
	d := a.decide(t, st)
	if !strings.Contains(d.Refused, "profile.unaliased") || d.Changed != nil || d.Pointings != nil {
		t.Errorf("the customer too many: %+v", d)
	}
	st.A = "anonymous:a"
	for i := range 2 * identity.MaxClaims {
		st.B, st.At = fmt.Sprintf("d%03d", i), noon.Add(-time.Duration(i)*time.Minute)
		if d := a.decide(t, st); d.Refused != "" {
			t.Fatalf("earlier customer %d: %s", i, d.Refused)
		}
	}
	st.B, st.At = "late", noon
	if d := a.decide(t, st); d.Refused == "" || d.Changed != nil {
		t.Errorf("a handle's later customer when its row is full: %+v", d)
	}
}

func TestWhatNamesNobodyIsRefused(t *testing.T) {
	t.Parallel()
	for _, st := range []identity.Statement{
		{A: "", B: "c1"}, {A: "c1", B: ""}, {A: "c1", B: "c1"}, {A: identity.Authority, B: "c1"}, {A: "anonymous:a", B: "$other"},
	} {
		if d := identity.Decide(map[string]*identity.Row{}, st); d.Refused == "" || d.More != nil {
			t.Errorf("%+v: %+v", st, d)
		}
	}
}

func TestWhoIsForgottenIsInNoRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		statements := rapid.SliceOfN(someStatement(), 1, 25).Draw(t, "statements")
		id := someID().Draw(t, "id")
		a, into := newAuthority(), map[string]string{}
		also := map[string]bool{}
		for _, st := range statements {
			follow(into, a.decide(t, st).Pointings)
			if st.A == id || st.B == id {
				also[st.A], also[st.B] = true, true
			}
		}
		delete(also, id)
		with := slices.Sorted(maps.Keys(also))
		d := a.run(t, append([]string{identity.Authority, id}, with...), func(rows map[string]*identity.Row) identity.Decision {
			return identity.Forget(rows, id, with)
		})
		if !slices.Equal(d.Echo, with) {
			t.Fatalf("to hear of it: %v, wanted %v", d.Echo, with)
		}
		follow(into, d.Pointings)
		left := slices.DeleteFunc(statements, func(st identity.Statement) bool { return st.A == id || st.B == id })
		if want := reference(left); !maps.Equal(into, want) {
			t.Fatalf("without %s ids point to %v, by the rule to %v", id, into, want)
		}
		for key, b := range a.rows {
			if key == id || strings.Contains(string(b), id) {
				t.Fatalf("the row of %s still has %s: %q", key, id, b)
			}
		}
	})
}

func TestWhoIsOverruledSaysSoAgain(t *testing.T) {
	t.Parallel()
	at := func(minute int, joined bool) identity.Statement {
		return identity.Statement{A: "c1", B: "c2", Joined: joined, At: noon.Add(time.Duration(minute) * time.Minute), UID: fmt.Sprintf("shop#%d", minute)}
	}
	a, n := newAuthority(), &identity.Node{ID: "c2"}
	a.decide(t, at(5, false)) // The other node says so.
	early, late := at(2, true), at(6, true)
	if !n.Say(&early) || n.Say(&late) {
		t.Fatal("the node does not say it once")
	}
	for range 2 { // However often it was told.
		d := a.decide(t, early)
		if want := at(5, false); d.Undone != want || !slices.Equal(d.Echo, []string{"c1", "c2"}) {
			t.Fatalf("%+v is sent back to %v", d.Undone, d.Echo)
		}
		again, ok := n.Undone(&d.Undone)
		if !ok || !again.Joined || !again.At.Equal(late.At) || again.A != "c1" || again.B != "c2" {
			t.Fatalf("the node answers %+v, %v", again, ok)
		}
	}
	if d := a.decide(t, late); len(d.Pointings) != 1 || d.Echo != nil {
		t.Errorf("joined at last: %+v", d)
	}
}
