package stored

// Form is the stored form at hand, being written or read. Its zero value is ready; it may be
// used again, by one at a time.
type Form struct {
	reading bool
	// bad: it cannot be written or read here.
	bad bool

	out  []byte // what has been written
	head int    // where in out the number of entries stands of the map or tuple at hand

	in   []byte
	text string // all of in; the texts that are read are parts of it
	at   int    // how far in has been read
	left int    // how many entries of the map or tuple at hand are still to be read

	names []string // the names of open maps that are being written
}

// When says whether a field is written that is empty.
type When bool

// Always is a field that is written in any case, and Filled one that is left out when it is
// empty, as with the tags omitempty and omitzero.
const (
	Always When = false
	Filled When = true
)

// Next is the key of the fields of tuples, which go by their order alone.
const Next = 0

// Append appends the stored form of a struct to b, by the list of its fields. With false, it
// has none here; what is returned with it is of no use.
func Append[T any](f *Form, b []byte, v *T, fields func(*T, *Form)) ([]byte, bool) {
	*f = Form{out: b, names: f.names}
	nest(f, cborMap, v, fields)
	b, f.out = f.out, nil
	return b, !f.bad
}

// Read reads a struct, which is empty, from all of b, and keeps nothing of b itself. With
// false, it could not, and has filled v in part.
func Read[T any](f *Form, b []byte, v *T, fields func(*T, *Form)) bool {
	*f = Form{reading: true, in: b, text: string(b), names: f.names}
	nest(f, cborMap, v, fields)
	whole := f.at == len(f.in)
	f.in, f.text = nil, ""
	return whole && !f.bad
}

// nest writes or reads a map or a tuple. Both have less than 24 entries when they are written,
// so that their number stands in the first byte, where the fields count it.
func nest[T any](f *Form, kind byte, v *T, fields func(*T, *Form)) {
	head, left := f.head, f.left
	if f.reading {
		f.left = f.length(kind)
	} else {
		f.head = len(f.out)
		f.out = append(f.out, kind)
	}
	fields(v, f)
	if f.reading && f.left > 0 {
		f.bad = true // There is a field that is not known, or not at its place.
	}
	f.head, f.left = head, left
}

// field begins a field, and reports whether its value is to be written or read.
func (f *Form) field(key int, when When, empty bool) bool {
	if !f.reading {
		if when == Filled && empty {
			return false
		}
		f.out[f.head]++
		if key != Next {
			f.out = append(f.out, byte(key))
		}
		return true
	}
	if key == Next {
		f.bad = f.bad || f.left == 0
	} else if f.left == 0 || f.at >= len(f.in) || f.in[f.at] != byte(key) {
		return false
	}
	if f.bad {
		return false
	}
	if key != Next {
		f.at++
	}
	f.left--
	return true
}

// Map is a field that is a struct.
func Map[T any](f *Form, key int, v *T, fields func(*T, *Form)) {
	if f.field(key, Always, false) {
		nest(f, cborMap, v, fields)
	}
}

// FilledMap is a field that is a struct, left out when that is zero.
func FilledMap[T comparable](f *Form, key int, v *T, fields func(*T, *Form)) {
	var zero T
	if f.field(key, Filled, *v == zero) {
		nest(f, cborMap, v, fields)
	}
}

// Tuple is a field that points to a struct that is stored as an array; left out when nil.
func Tuple[T any](f *Form, key int, v **T, fields func(*T, *Form)) {
	if f.field(key, Filled, *v == nil) {
		if f.reading {
			*v = new(T)
		}
		nest(f, cborArray, *v, fields)
	}
}

// Other is a field that a caller writes and reads, left out when it is empty: what hardly any
// state has need not be listed twice. Write appends it to b; read returns what follows it.
func (f *Form) Other(key int, empty bool, write func(b []byte) ([]byte, error), read func(b []byte) ([]byte, error)) {
	if !f.field(key, Filled, empty) {
		return
	}
	var err error
	if f.reading {
		var rest []byte
		rest, err = read(f.in[f.at:])
		f.at = len(f.in) - len(rest)
	} else {
		f.out, err = write(f.out)
	}
	f.bad = f.bad || err != nil
}

// Maps is a field that is a list of structs.
func Maps[T any](f *Form, key int, when When, list *[]T, fields func(*T, *Form)) {
	each(f, key, when, list, func(f *Form, v *T) { nest(f, cborMap, v, fields) })
}

// Tuples is a field that is a list of structs that are stored as arrays.
func Tuples[T any](f *Form, key int, when When, list *[]T, fields func(*T, *Form)) {
	each(f, key, when, list, func(f *Form, v *T) { nest(f, cborArray, v, fields) })
}

// Texts is a field that is a list of texts.
func (f *Form) Texts(key int, when When, list *[]string) { each(f, key, when, list, (*Form).string) }

// Int64s is a field that is a list of numbers.
func (f *Form) Int64s(key int, when When, list *[]int64) { each(f, key, when, list, (*Form).int) }

// Uint64s is a field that is a list of numbers that are not negative.
func (f *Form) Uint64s(key int, when When, list *[]uint64) { each(f, key, when, list, (*Form).uint) }

// each writes or reads a list. Of those that are always written, nil is another than empty.
func each[T any](f *Form, key int, when When, list *[]T, item func(*Form, *T)) {
	if !f.field(key, when, len(*list) == 0) {
		return
	}
	if f.reading {
		if when == Always && f.null() {
			return
		}
		n := f.length(cborArray)
		if f.bad = f.bad || (n == 0 && when == Filled); f.bad {
			return // Nobody has written an empty one.
		}
		*list = make([]T, n)
	} else if *list == nil {
		f.out = append(f.out, cborNull)
		return
	} else {
		f.put(cborArray, uint64(len(*list)))
	}
	for i := range *list {
		if item(f, &(*list)[i]); f.bad {
			return
		}
	}
}
