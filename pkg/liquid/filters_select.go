package liquid

import (
	"errors"
	"strconv"
	"strings"
)

func selectFilters() map[string]Filter {
	return map[string]Filter{
		"map":        {Min: 1, Max: 1, Func: filterMap},
		"where":      {Min: 1, Max: 2, Func: choose(true)},
		"reject":     {Min: 1, Max: 2, Func: choose(false)},
		"find":       {Min: 1, Max: 2, Func: filterFind},
		"find_index": {Min: 1, Max: 2, Func: filterFindIndex},
		"has":        {Min: 1, Max: 2, Func: filterHas},
		"sum":        {Min: 0, Max: 1, Func: filterSum},
	}
}

// errNoProperties is what reading a property of nil or of true gives. Ruby
// leaves the whole filter with nil then.
var errNoProperties = errors.New("has no properties")

// pick reads a property of an item, as Ruby's item[property] does: a string
// has those it contains, a number has none.
func (c *Call) pick(item, prop any) (any, error) {
	switch t := item.(type) {
	case map[string]any, Drop:
		name, ok := prop.(string)
		if !ok {
			return nil, nil
		}
		v, _ := entry(t, name)
		return norm(v), nil
	case string, Safe:
		part, ok := prop.(string)
		if ok && strings.Contains(text(t), part) {
			return part, nil
		}
		return nil, nil
	case int64:
		if _, ok := prop.(int64); ok {
			return nil, nil
		}
		return nil, cannotSelect(prop)
	case nil, bool, float64:
		return nil, errNoProperties
	}
	return nil, cannotSelect(prop)
}

func cannotSelect(prop any) error {
	return &hinted{"cannot select the property " + strconv.Quote(clip(text(prop), 40)) + " of items that are no objects", ""}
}

// match walks over the items and calls found for those that have the
// property args[0], or have it with the value args[1]. ended is true when an
// item has no properties at all.
func (c *Call) match(items []any, args []any, found func(i int, item any, ok bool) (stop bool)) (ended bool, err error) {
	for i, item := range items {
		if err := c.Spend(1); err != nil {
			return false, err
		}
		v, err := c.pick(norm(item), args[0])
		if errors.Is(err, errNoProperties) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		ok := truthy(v)
		if len(args) > 1 && args[1] != nil {
			if err := c.Spend(min(cost(v), cost(args[1]))); err != nil {
				return false, err
			}
			if ok, err = c.r.equal(v, args[1], 0); err != nil {
				return false, err
			}
		}
		if found(i, item, ok) {
			return false, nil
		}
	}
	return false, nil
}

// choose makes where (keep true) and reject (keep false).
func choose(keep bool) func(*Call, any, []any) (any, error) {
	return func(c *Call, in any, args []any) (any, error) {
		items, err := c.items(in)
		if err != nil {
			return nil, err
		}
		out, err := c.fresh(len(items))
		if err != nil {
			return nil, err
		}
		ended, err := c.match(items, args, func(_ int, item any, ok bool) bool {
			if ok == keep {
				out = append(out, item)
			}
			return false
		})
		if err != nil || ended {
			return nil, err
		}
		return out, nil
	}
}

func filterFind(c *Call, in any, args []any) (any, error) {
	return c.search(in, args, nil, func(_ int, item any) any { return item })
}

func filterFindIndex(c *Call, in any, args []any) (any, error) {
	return c.search(in, args, nil, func(i int, _ any) any { return int64(i) })
}

func filterHas(c *Call, in any, args []any) (any, error) {
	return c.search(in, args, false, func(int, any) any { return true })
}

// search returns what result makes of the first match, or none.
func (c *Call) search(in any, args []any, none any, result func(i int, item any) any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	out := none
	ended, err := c.match(items, args, func(i int, item any, ok bool) bool {
		if ok {
			out = result(i, item)
		}
		return ok
	})
	if err != nil || ended {
		return nil, err
	}
	return out, nil
}

func filterMap(c *Call, in any, args []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	out, err := c.fresh(len(items))
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		v, err := c.pick(norm(item), args[0])
		if err != nil && !errors.Is(err, errNoProperties) {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// filterSum adds up numbers, exactly to the digits that people see.
func filterSum(c *Call, in any, args []any) (any, error) {
	items, err := c.items(in)
	if err != nil {
		return nil, err
	}
	if err := c.Spend(len(items)); err != nil {
		return nil, err
	}
	var total number
	for _, item := range items {
		v := norm(item)
		if len(args) > 0 && args[0] != nil {
			if v, err = c.pick(v, args[0]); err != nil && !errors.Is(err, errNoProperties) {
				return nil, err
			}
		}
		if total, err = add(total, toNumber(v)); err != nil {
			return nil, err
		}
	}
	return total.value(), nil
}
