package identity_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/identity"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct{ handle, customer, reserved bool }{
		"anonymous:a":      {handle: true},
		"email:ann@x.com":  {handle: true},
		"phone:+49301234":  {handle: true},
		"c1":               {customer: true},
		"shopify:123":      {customer: true},
		"Email:x":          {customer: true},
		"":                 {},
		identity.Authority: {reserved: true},
	} {
		if h, c, r := identity.Handle(id), identity.Customer(id), identity.Reserved(id); h != want.handle || c != want.customer || r != want.reserved {
			t.Errorf("%q: handle %v, customer %v, reserved %v; wanted %+v", id, h, c, r, want)
		}
	}
}

func TestWhatIsSaidOnceIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	n := &identity.Node{ID: "c1"}
	at := func(minute int, joined bool) *identity.Statement {
		return &identity.Statement{A: "anonymous:a", B: "c1", Joined: joined, At: noon.Add(time.Duration(minute) * time.Minute)}
	}
	for i, step := range []struct {
		st   *identity.Statement
		want bool
	}{
		{at(5, true), true},
		{at(6, true), false},
		{at(5, true), false},
		{at(4, true), true},   // Since when, is new.
		{at(5, false), false}, // They were joined again after it.
		{at(7, false), true},
		{at(8, false), true}, // Another node may have heard that they were joined between the two.
		{at(7, true), false},
		{at(9, true), true},
		{&identity.Statement{A: "c1", B: "anonymous:a", Joined: true, At: noon.Add(10 * time.Minute)}, true}, // The former is another.
		{&identity.Statement{A: "c2", B: "anonymous:a", Joined: true, At: noon}, false},                      // It is not about this node.
		{&identity.Statement{A: "c1", B: "c1", Joined: true, At: noon}, false},
		{&identity.Statement{A: "", B: "c1", Joined: true, At: noon}, false},
	} {
		if got := n.Say(step.st); got != step.want {
			t.Errorf("step %d, %+v: %v", i, step.st, got)
		}
	}
	for i := range 2 * identity.MaxSaid {
		n.Say(&identity.Statement{A: fmt.Sprintf("anonymous:%d", i), B: "c1", Joined: true, At: noon.Add(time.Hour)})
	}
	if len(n.Said) != identity.MaxSaid {
		t.Errorf("it remembers %d pairs", len(n.Said))
	}
	if !n.Say(at(10, true)) {
		t.Errorf("what was forgotten is not said again")
	}
}

func TestTimesFarAwayKeepTheirOrder(t *testing.T) {
	t.Parallel()
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, order := range [][2]time.Time{
		{year(1), year(1970)}, {year(1969), time.Unix(0, 0)}, {time.Unix(0, 0), year(1971)}, {year(2026), year(9999)}, {{}, year(2026)},
	} {
		a, into := newAuthority(), map[string]string{}
		for i, at := range order {
			st := identity.Statement{A: "c1", B: "c2", Joined: i == 1, At: at}
			follow(into, a.decide(t, st).Pointings)
		}
		if into["c1"] != "c2" {
			t.Errorf("joined at %v, told apart at %v: %v", order[1], order[0], into)
		}
	}
}

func TestMoreHandlesThanAreKeptApart(t *testing.T) {
	t.Parallel()
	n := &identity.Node{ID: "c1"}
	own := func() ([]byte, error) { return facts{"own": 1}.stored(), nil }
	const handles = 300
	want := facts{"own": 1}
	for i := range handles {
		id := fmt.Sprintf("anonymous:%03d", i)
		if i == 0 {
			id = "email:x"
		}
		want[id] = 2
		j := identity.Joined{Of: id, Version: uint64(i + 1), Seq: 1, Profile: facts{id: 1}.stored()}
		for again := range 2 {
			if news, err := n.Take(&j, own, fold); err != nil || news != (again == 0) {
				t.Fatalf("%s: %v, %v", id, news, err)
			}
		}
	}
	if len(n.Parts) != identity.MaxParts+1 || len(n.FoldedOf) != handles-identity.MaxParts {
		t.Fatalf("%d parts are apart and %d are not", len(n.Parts), len(n.FoldedOf))
	}
	if !slices.ContainsFunc(n.Parts, func(p identity.Part) bool { return p.ID == "email:x" }) {
		t.Errorf("an address was folded before anonymous ids")
	}
	for id := range want {
		if id == "own" {
			continue
		}
		p, ok := n.Profile(id)
		if !ok || p == nil {
			t.Fatalf("an event of %s is applied to nothing", id)
		}
		f := readFacts(*p)
		f[id]++
		*p = f.stored()
	}
	if got := join(n.Profiles()...); !maps.Equal(got, want) {
		t.Errorf("the view is %v", got)
	}
	if n.Drop(&identity.Detached{Of: "anonymous:001", Version: 1000}) || !n.Drop(&identity.Detached{Of: "anonymous:299", Version: 1000}) {
		t.Errorf("what was folded was taken out, or what was not was not")
	}
	delete(want, "anonymous:299")
	if got := join(n.Profiles()...); !maps.Equal(got, want) {
		t.Errorf("without one handle the view is %v", got)
	}
	if x := n.Erase(identity.Erased{Origin: "c1"}); len(x.To) != handles-1 || !x.Here {
		t.Errorf("the erasure goes to %d", len(x.To))
	}
}

func TestWhoseFoldedPartsWereIsForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	n := &identity.Node{ID: "c1"}
	own := func() ([]byte, error) { return []byte("o"), nil }
	first := func(a, _ []byte) ([]byte, error) { return a, nil }
	for i := range 5000 {
		if _, err := n.Take(&identity.Joined{Of: fmt.Sprintf("anonymous:%d", i), Version: 1, Seq: 1, Profile: []byte("p")}, own, first); err != nil {
			t.Fatal(err)
		}
	}
	if len(n.FoldedOf) != 4096 {
		t.Errorf("%d are remembered", len(n.FoldedOf))
	}
	if p, ok := n.Profile("anonymous:0"); !ok || p != &n.Folded {
		t.Errorf("an event of one that was folded long ago is applied to nothing")
	}
	if _, ok := n.Profile("c2"); ok {
		t.Errorf("an event of a customer who is no part is applied")
	}
}

func TestLargePartsAreFolded(t *testing.T) {
	t.Parallel()
	n := &identity.Node{ID: "c1"}
	own := func() ([]byte, error) { return []byte("o"), nil }
	var folds int
	count := func(a, b []byte) ([]byte, error) { folds++; return a, nil }
	for i := range 4 {
		for _, id := range []string{"c", "anonymous:"} {
			j := identity.Joined{Of: fmt.Sprintf("%s%d", id, i+2), Version: 1, Seq: 1, Profile: make([]byte, 100<<10)}
			if _, err := n.Take(&j, own, count); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(n.Parts) != 1+4+2 || len(n.FoldedOf) != 2 || folds != 1 {
		t.Errorf("%d parts, %d folded, by %d folds", len(n.Parts), len(n.FoldedOf), folds)
	}
}

func TestWhatCannotBeStoredIsSaid(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	n := &identity.Node{ID: "c1"}
	_, err := n.Take(&identity.Joined{Of: "c2", Version: 1, Seq: 1}, func() ([]byte, error) { return nil, broken }, fold)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "c1") || len(n.Parts) > 0 {
		t.Errorf("%v, %+v", err, n)
	}
}

func TestNobodySpokeOfIt(t *testing.T) {
	t.Parallel()
	var n *identity.Node
	if p, ok := n.Profile(""); p != nil || !ok {
		t.Errorf("an own event is applied to %v, %v", p, ok)
	}
	if _, ok := n.Profile("anonymous:a"); ok {
		t.Errorf("an event of a node that is no part is applied")
	}
	n.Forgotten("c2")
	if _, again := n.Undone(&identity.Statement{A: "c1", B: "c2"}); again || n.Profiles() != nil || !n.Alone() {
		t.Errorf("a node of which nobody spoke has something to say")
	}
}

func TestStatesThatMoveFitIntoAMessage(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 100, 40 << 10, 2 << 20} {
		state := bytes.Repeat([]byte("an order of 2026-03-01; "), size/24)
		j := identity.Joined{Of: "anonymous:a", Version: 3, Seq: 4, Profile: state, Engine: state[:len(state)/2]}
		data, err := identity.Data(j)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 200<<10 {
			t.Errorf("a state of %d bytes takes %d", size, len(data))
		}
		got, err := identity.ReadData[identity.Joined](data)
		if err != nil || got.Of != j.Of || got.Version != 3 || got.Seq != 4 || !bytes.Equal(got.Profile, j.Profile) || !bytes.Equal(got.Engine, j.Engine) {
			t.Errorf("%d bytes: read %d and %d, %v", size, len(got.Profile), len(got.Engine), err)
		}
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	t.Parallel()
	data, err := identity.Data(identity.Joined{Of: "a", Profile: make([]byte, 17<<20)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.ReadData[identity.Joined](data); err == nil || !strings.Contains(err.Error(), "more than 16777216 bytes") {
		t.Errorf("17 MiB in %d bytes: %v", len(data), err)
	}
}
