package orchestrator

import (
	"cmp"
	"slices"

	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// place is where an instance rests. Step is empty for a goal that is pursued after the
// instance's end: its version is still needed.
type place struct{ journey, version, step string }

// places lists where a profile's instances rest.
func places(st *journey.State) []place {
	list := make([]place, 0, len(st.Instances)+len(st.Goals))
	for i := range st.Instances {
		in := &st.Instances[i]
		list = append(list, place{in.Journey, in.Version, in.Step})
	}
	for i := range st.Goals {
		g := &st.Goals[i]
		if !slices.ContainsFunc(st.Instances, func(in journey.Instance) bool { return in.ID == g.Instance }) {
			list = append(list, place{g.Journey, g.Version, ""})
		}
	}
	return list
}

// moves sums up who came and who went, by place.
type moves map[place]int

func (m moves) add(list []place, n int) {
	for _, p := range list {
		m[p] += n
	}
}

// deltas are sorted, so that transactions touch rows in one order.
func (m moves) deltas() []store.RestingDelta {
	var list []store.RestingDelta
	for p, n := range m {
		if n != 0 {
			list = append(list, store.RestingDelta{Journey: p.journey, Version: p.version, Step: p.step, Delta: n})
		}
	}
	slices.SortFunc(list, func(a, b store.RestingDelta) int {
		return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Step, b.Step))
	})
	return list
}

// arms sums up what experiments measured, by what identifies an arm.
type arms map[store.ArmDelta]*store.ArmDelta

func (a arms) add(d store.ArmDelta) {
	key := store.ArmDelta{Journey: d.Journey, Version: d.Version, Step: d.Step, Arm: d.Arm, Ghost: d.Ghost}
	sum := a[key]
	if sum == nil {
		k := key
		sum = &k
		a[key] = sum
	}
	sum.Entered += d.Entered
	sum.Converted += d.Converted
	sum.Value += d.Value
}

func (a arms) deltas() []store.ArmDelta {
	var list []store.ArmDelta
	for _, d := range a {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b store.ArmDelta) int {
		return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Step, b.Step),
			cmp.Compare(a.Arm, b.Arm))
	})
	return list
}

// whole names the arms of a journey as a whole: those who get its messages, and those who
// are held out.
func whole(ghost bool) string {
	if ghost {
		return "held out"
	}
	return "sent"
}
