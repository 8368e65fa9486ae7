package policy_test

import (
	"math"
	"strconv"
	"testing"

	"rapport/pkg/policy"
)

func TestControlGroup(t *testing.T) {
	t.Parallel()
	const people = 100_000
	for _, share := range []float64{0.01, 0.05, 0.1, 0.5} {
		p := &policy.Policy{Holdout: share, HoldoutSalt: "2026"}
		grown := &policy.Policy{Holdout: share * 1.5, HoldoutSalt: p.HoldoutSalt}
		other := &policy.Policy{Holdout: share, HoldoutSalt: "2027"}
		in, both := 0, 0
		for i := range people {
			id := "customer-" + strconv.Itoa(i)
			if !p.HeldOut(id) {
				continue
			}
			in++
			if !grown.HeldOut(id) {
				t.Fatalf("%s leaves the group of %g when it grows", id, share)
			}
			if other.HeldOut(id) {
				both++
			}
		}
		if got := float64(in) / people; math.Abs(got-share) > 0.01*math.Max(share, 0.5) {
			t.Errorf("%.4f of all are in the group of %g", got, share)
		}
		if got := float64(both) / float64(in); math.Abs(got-share) > 0.04 {
			t.Errorf("with another salt, %.3f of the group of %g stay in it", got, share)
		}
	}
}

func TestControlGroupIsFixedForever(t *testing.T) {
	t.Parallel()
	// Measurements of past months rest on who was in the group then.
	p := &policy.Policy{Holdout: 0.3, HoldoutSalt: "s"}
	got := ""
	for i := range 20 {
		if p.HeldOut(strconv.Itoa(i)) {
			got += " " + strconv.Itoa(i)
		}
	}
	if want := " 1 2 4 10 12 13 16 17 19"; got != want {
		t.Errorf("held out:%s, want:%s", got, want)
	}
	for _, nobody := range []*policy.Policy{nil, {}, {HoldoutSalt: "s"}} {
		if nobody.HeldOut("ada") {
			t.Errorf("%+v holds somebody out", nobody)
		}
	}
	if !(&policy.Policy{Holdout: 1}).HeldOut("ada") {
		t.Error("all is not everybody")
	}
}
