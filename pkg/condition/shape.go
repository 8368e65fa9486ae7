package condition

import "maps"

// kind is what sort of value something is.
type kind uint8

const (
	kindAny kind = iota // known only when it is there
	kindNil
	kindBool
	kindNumber
	kindText
	kindTime
	kindDuration
	kindList
	kindObject
	kindEvents // many, of which one may ask how many, when, and so on
)

// words names a kind to people.
func (k kind) words() string {
	return [...]string{
		"something", "nothing", "true or false", "a number", "a text", "a time", "a length of time", "a list",
		"a group of properties", "many events",
	}[k]
}

// shape is what is known about a value before there is one.
type shape struct {
	kind kind
	// elem is the shape of a list's elements.
	elem *shape
	// fields are the properties of an object; nil: it may have any.
	fields map[string]shape
	// values are all that a text may be; nil: anything.
	values []string
}

// is reports whether the value may be of the kind.
func (s shape) is(k kind) bool { return s.kind == k || s.kind == kindAny }

func (s shape) words() string { return s.kind.words() }

func list(elem shape) shape { return shape{kind: kindList, elem: &elem} }

func object(fields map[string]shape) shape { return shape{kind: kindObject, fields: fields} }

// with returns the fields of both.
func with(a, b map[string]shape) map[string]shape {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}
