package trackingplan

// shape is what an object may hold, made for looking names up: most of the time of a check
// goes into that.
type shape struct {
	fields   []field
	required uint64 // the bits of the fields that have to be there
	// table leads from a name's slot to the place of its field, plus one; a name whose slot is
	// taken has the next that is free.
	table []uint8
}

// field is one property of an object, or what an array holds.
type field struct {
	name     string
	kind     Kind
	bit      uint64 // among shape.required; zero if it need not be there
	required bool
	enum     []string
	format   Format
	object   *shape // of an object; nil: any
	elem     *field // of an array; nil: any
}

// compile makes the shape of an object's properties, of which there are at most
// maxProperties.
func compile(all []Property) *shape {
	size := 8
	for size < 3*len(all) {
		size *= 2
	}
	s := &shape{table: make([]uint8, size)}
	for i := range all {
		f := compileProperty(&all[i])
		if f.required {
			f.bit = (s.required + 1) &^ s.required // the lowest that is free
			s.required |= f.bit
		}
		s.fields = append(s.fields, *f)
		at := s.slot(f.name)
		for s.table[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		s.table[at] = uint8(len(s.fields))
	}
	return s
}

func compileProperty(p *Property) *field {
	f := &field{name: p.Name, kind: p.Kind, required: p.Required, enum: p.Enum, format: p.Format}
	if p.Kind == Object && p.Properties != nil {
		f.object = compile(p.Properties)
	}
	if p.Kind == Array && p.Of != nil {
		f.elem = compileProperty(p.Of)
	}
	return f
}

// slot is where to look for a name first. Names of properties differ in their lengths and
// their ends.
func (s *shape) slot(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (n + 5*int(name[0]) + 3*int(name[n-1]) + 11*int(name[n/2])) & (len(s.table) - 1)
}

// field is the one of a name; nil if there is none.
func (s *shape) field(name string) *field {
	for at := s.slot(name); ; at = (at + 1) & (len(s.table) - 1) {
		i := s.table[at]
		if i == 0 {
			return nil
		}
		if f := &s.fields[i-1]; f.name == name {
			return f
		}
	}
}
