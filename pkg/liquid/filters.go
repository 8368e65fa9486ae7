package liquid

import "maps"

// builtins returns the filters every Engine has.
func builtins() map[string]Filter {
	all := make(map[string]Filter, 80)
	for _, group := range []map[string]Filter{
		stringFilters(), htmlFilters(), encodingFilters(), mathFilters(), arrayFilters(), selectFilters(), valueFilters(),
	} {
		maps.Copy(all, group)
	}
	return all
}

// valueFilters are those that fit nowhere else.
func valueFilters() map[string]Filter {
	return map[string]Filter{
		"default": {Min: 0, Max: 1, Named: []string{"allow_false"}, Func: filterDefault},
		"size":    {Func: filterSize},
		"date":    {Min: 1, Max: 1, Func: filterDate},
		"json":    {Func: filterJSON},
	}
}

// filterDefault replaces nil, false and what is empty.
func filterDefault(c *Call, in any, args []any) (any, error) {
	keep := in != nil && in != false && !isSpecial(in, emptyWord) && in != emptyWord
	if in == false {
		allow, _ := c.Named("allow_false")
		keep = truthy(allow)
	}
	if keep {
		return in, nil
	}
	if len(args) == 0 {
		return nil, nil
	}
	return args[0], nil
}

func filterSize(_ *Call, in any, _ []any) (any, error) {
	n, ok := sizeOf(in)
	if !ok {
		return int64(0), nil
	}
	return n, nil
}
