package liquid

// parentLoop finds the loop around the current one, not looking out of a
// partial.
func (r *renderer) parentLoop() *forloop {
	for i := len(r.frames) - 1; i >= r.floor; i-- {
		if l, ok := r.frames[i].value.(*forloop); ok && r.frames[i].name == "forloop" {
			if l.partial {
				return nil
			}
			return l
		}
	}
	return nil
}

// forloop is the variable of that name inside a loop.
type forloop struct {
	name    string
	i       int
	length  int
	parent  *forloop
	partial bool // belongs to {% render for %}
}

// Property returns the loop's state, under the names Shopify documents.
func (l *forloop) Property(name string) (any, bool) {
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "rindex":
		return int64(l.length - l.i), true
	case "rindex0":
		return int64(l.length - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == l.length-1, true
	case "length":
		return int64(l.length), true
	case "name":
		return l.name, true
	case "parentloop":
		if l.parent == nil {
			return nil, true
		}
		return l.parent, true
	}
	return nil, false
}

// Keys lists the properties.
func (l *forloop) Keys() []string {
	return []string{"index", "index0", "rindex", "rindex0", "first", "last", "length", "name", "parentloop"}
}
