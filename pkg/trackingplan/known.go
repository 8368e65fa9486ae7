package trackingplan

import (
	"slices"
	"strings"
)

// KnownType is a type that Rapport knows without a declaration; ok is false for all others.
func KnownType(name string) (t Type, ok bool) {
	for _, s := range commerce {
		if s.name == name {
			return s.typ(false), true
		}
	}
	for _, s := range calls {
		if s.name == name {
			return s.typ(true), true
		}
	}
	for _, e := range own {
		if slices.Contains(strings.Fields(e.types), name) {
			return e.typ(name), true
		}
	}
	return Type{}, false
}

// KnownTypes are the names of all that Rapport knows without a declaration, sorted.
func KnownTypes() []string {
	var all []string
	for _, s := range commerce {
		all = append(all, s.name)
	}
	for _, s := range calls {
		all = append(all, s.name)
	}
	for _, e := range own {
		all = append(all, strings.Fields(e.types)...)
	}
	slices.Sort(all)
	return all
}

func properties(names string) []Property {
	var all []Property
	for _, name := range strings.Fields(names) {
		all = append(all, property(name))
	}
	return all
}

// Commerce are the types of what shops send, in the order of a visit.
func Commerce() []Type {
	all := make([]Type, len(commerce))
	for i, s := range commerce {
		all[i] = s.typ(false)
	}
	return all
}
