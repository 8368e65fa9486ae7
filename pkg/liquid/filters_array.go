package liquid

import "slices"

func arrayFilters() map[string]Filter {
	return map[string]Filter{
		"first":        {Func: filterFirst},
		"last":         {Func: filterLast},
		"join":         {Min: 0, Max: 1, Func: filterJoin},
		"concat":       {Min: 1, Max: 1, Func: filterConcat},
		"compact":      {Min: 0, Max: 1, Func: filterCompact},
		"reverse":      {Func: filterReverse},
		"slice":        {Min: 1, Max: 2, Func: filterSlice},
		"sort":         {Min: 0, Max: 1, Func: sorter(byValue)},
		"sort_natural": {Min: 0, Max: 1, Func: sorter(byLetters)},
		"uniq":         {Min: 0, Max: 1, Func: filterUniq},
	}
}

// items returns in as a flat list, as Liquid's array filters see it. The
// result must not be changed: it may be the caller's data.
func (c *Call) items(in any) ([]any, error) {
	switch t := in.(type) {
	case nil:
		return nil, nil
	case []any:
		if err := c.Spend(len(t) / 2); err != nil {
			return nil, err
		}
		for _, item := range t {
			if _, nested := norm(item).([]any); nested {
				return c.flatten(nil, t, 0)
			}
		}
		return t, nil
	case interval:
		n := t.size()
		if err := c.Spend(n); err != nil {
			return nil, err
		}
		if err := c.Charge(24 * n); err != nil {
			return nil, err
		}
		out := make([]any, n)
		for i := range out {
			out[i] = t.lo + int64(i)
		}
		return out, nil
	}
	return []any{in}, nil
}

func (c *Call) flatten(dst, src []any, depth int) ([]any, error) {
	if depth > maxPrintDepth {
		return nil, &hinted{"an array contains itself, or is nested too deep", ""}
	}
	if err := c.Spend(len(src)); err != nil {
		return nil, err
	}
	if err := c.Charge(32 * len(src)); err != nil {
		return nil, err
	}
	var err error
	for _, item := range src {
		if nested, ok := norm(item).([]any); ok {
			if dst, err = c.flatten(dst, nested, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		dst = append(dst, item)
	}
	return dst, nil
}

// fresh makes room for a new array of up to n items.
func (c *Call) fresh(n int) ([]any, error) {
	if err := c.Spend(n); err != nil {
		return nil, err
	}
	if err := c.Charge(16 * n); err != nil {
		return nil, err
	}
	return make([]any, 0, n), nil
}

func filterFirst(_ *Call, in any, _ []any) (any, error) {
	v, _ := endOf(in, false)
	return v, nil
}

func filterLast(_ *Call, in any, _ []any) (any, error) {
	v, _ := endOf(in, true)
	return v, nil
}

func filterJoin(c *Call, in any, args []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	var glue any = " "
	if len(args) > 0 {
		glue = args[0]
	}
	glued := len(text(glue)) > 0
	parts, err := c.fresh(2 * len(items))
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		if i > 0 && glued {
			parts = append(parts, glue)
		}
		parts = append(parts, norm(item))
	}
	return c.join(parts...)
}

func filterConcat(c *Call, in any, args []any) (any, error) {
	switch args[0].(type) {
	case []any, interval:
	default:
		return nil, &hinted{"concat requires an array, not " + kindOf(args[0]), ""}
	}
	a, err := c.items(in)
	if err != nil {
		return nil, err
	}
	b, ok := args[0].([]any)
	if !ok {
		if b, err = c.items(args[0]); err != nil {
			return nil, err
		}
	}
	out, err := c.fresh(len(a) + len(b))
	if err != nil {
		return nil, err
	}
	return append(append(out, a...), b...), nil
}

func filterCompact(c *Call, in any, args []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	out, err := c.fresh(len(items))
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		v := norm(item)
		if len(args) > 0 {
			if v, err = c.pick(v, args[0]); err != nil {
				return nil, err
			}
		}
		if v != nil {
			out = append(out, item)
		}
	}
	return out, nil
}

func filterReverse(c *Call, in any, _ []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	out, err := c.fresh(len(items))
	if err != nil {
		return nil, err
	}
	for _, item := range slices.Backward(items) {
		out = append(out, item)
	}
	return out, nil
}

// filterSlice cuts a part out of an array or of the characters of a string.
func filterSlice(c *Call, in any, args []any) (any, error) {
	offset, err := toInteger(args[0])
	if err != nil {
		return nil, err
	}
	length := 1
	if len(args) > 1 && args[1] != nil {
		if length, err = toInteger(args[1]); err != nil {
			return nil, err
		}
	}
	if _, ok := in.(interval); ok {
		if in, err = c.items(in); err != nil {
			return nil, err
		}
	}
	if list, ok := in.([]any); ok {
		from, to := part(len(list), offset, length)
		return list[from:to:to], nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(4 * len(s)); err != nil {
		return nil, err
	}
	runes := []rune(s)
	from, to := part(len(runes), offset, length)
	return string(runes[from:to]), nil
}

// part bounds offset and length by n; a negative offset counts from the end.
func part(n, offset, length int) (from, to int) {
	if offset < 0 {
		offset += n
	}
	if offset < 0 || offset > n || length <= 0 {
		return 0, 0
	}
	return offset, offset + min(length, n-offset)
}
