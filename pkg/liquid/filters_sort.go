package liquid

import (
	"slices"
	"strings"
)

// sorter makes a filter that sorts by less; items without the property come
// last.
func sorter(cmp func(a, b any) (int, error)) func(*Call, any, []any) (any, error) {
	return func(c *Call, in any, args []any) (any, error) {
		items, err := c.items(in)
		if err != nil || len(items) == 0 {
			return []any{}, err
		}
		type keyed struct{ key, item any }
		// n log n comparisons, and room for keys and items.
		n := len(items)
		logN := 1
		for 1<<logN < n {
			logN++
		}
		if err := c.Spend(n * logN); err != nil {
			return nil, err
		}
		if err := c.Charge(48 * n); err != nil {
			return nil, err
		}
		list := make([]keyed, n)
		for i, item := range items {
			v := norm(item)
			list[i] = keyed{v, item}
			if len(args) > 0 && args[0] != nil {
				if list[i].key, err = c.pick(v, args[0]); err != nil {
					return nil, err
				}
			}
			if err := c.Spend(cost(list[i].key) * logN); err != nil {
				return nil, err
			}
		}
		slices.SortStableFunc(list, func(a, b keyed) int {
			r, e := cmp(a.key, b.key)
			if e != nil && err == nil {
				err = e
			}
			return r
		})
		if err != nil {
			return nil, err
		}
		out := make([]any, n)
		for i, k := range list {
			out[i] = k.item
		}
		return out, nil
	}
}

// nilLast orders a nil behind everything else.
func nilLast(a, b any) (cmp int, done bool) {
	switch {
	case a == nil && b == nil:
		return 0, true
	case a == nil:
		return 1, true
	case b == nil:
		return -1, true
	}
	return 0, false
}

func byValue(a, b any) (int, error) {
	if r, done := nilLast(a, b); done {
		return r, nil
	}
	r, ok := compare(a, b)
	if !ok {
		return 0, &hinted{"cannot sort " + kindOf(a) + " with " + kindOf(b), ""}
	}
	return r, nil
}

// byLetters orders by the printed text, without regard to case.
func byLetters(a, b any) (int, error) {
	if r, done := nilLast(a, b); done {
		return r, nil
	}
	return strings.Compare(strings.ToLower(text(a)), strings.ToLower(text(b))), nil
}

// filterUniq keeps the first of equal items, or of items with an equal
// property.
func filterUniq(c *Call, in any, args []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	out, err := c.fresh(len(items))
	if err != nil {
		return nil, err
	}
	seen := make(map[any]bool, len(items))
	var odd []any // values that cannot be map keys
	for _, item := range items {
		v := norm(item)
		if len(args) > 0 {
			if v, err = c.pick(v, args[0]); err != nil {
				return nil, err
			}
		}
		switch v.(type) {
		case nil, string, Safe, int64, float64, bool:
			if !seen[v] {
				seen[v] = true
				out = append(out, item)
			}
			continue
		}
		known := false
		for _, o := range odd {
			if known, err = c.r.equal(v, o, 0); known || err != nil {
				break
			}
			if err = c.Spend(1); err != nil {
				break
			}
		}
		if err != nil {
			return nil, err
		}
		if !known {
			odd = append(odd, v)
			out = append(out, item)
		}
	}
	return out, nil
}
