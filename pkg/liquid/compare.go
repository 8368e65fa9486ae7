package liquid

import (
	"fmt"
	"strings"
	"time"
)

// equal compares as Ruby does: numbers by value, arrays and objects item by
// item, everything else only within its kind.
func (r *renderer) equal(a, b any, depth int) (bool, error) {
	if s, ok := a.(special); ok {
		a, b = b, s
	}
	if s, ok := b.(special); ok {
		return isSpecial(a, s), nil
	}
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case string, Safe:
		switch b.(type) {
		case string, Safe:
			return text(x) == text(b), nil
		}
		return false, nil
	case int64:
		switch y := b.(type) {
		case int64:
			return x == y, nil
		case float64:
			return float64(x) == y, nil
		}
		return false, nil
	case float64:
		switch y := b.(type) {
		case int64:
			return x == float64(y), nil
		case float64:
			return x == y, nil
		}
		return false, nil
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y), nil
	case interval:
		y, ok := b.(interval)
		return ok && x == y, nil
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		return r.equalItems(x, y, depth)
	}
	if isObject(a) && isObject(b) {
		return r.equalObjects(a, b, depth)
	}
	return false, nil
}

func (r *renderer) equalItems(x, y []any, depth int) (bool, error) {
	for i := range x {
		if err := r.deeper(depth); err != nil {
			return false, err
		}
		ok, err := r.equal(norm(x[i]), norm(y[i]), depth+1)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *renderer) equalObjects(a, b any, depth int) (bool, error) {
	if err := r.step(cost(a) + cost(b)); err != nil {
		return false, err
	}
	keys := keysOf(a)
	if len(keys) != len(keysOf(b)) {
		return false, nil
	}
	for _, k := range keys {
		if err := r.deeper(depth); err != nil {
			return false, err
		}
		x, _ := entry(a, k)
		y, found := entry(b, k)
		if !found {
			return false, nil
		}
		ok, err := r.equal(norm(x), norm(y), depth+1)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// deeper spends a step on an item of nested data.
func (r *renderer) deeper(depth int) error {
	if depth > r.limits.BlockDepth {
		return &limitError{"BlockDepth", r.limits.BlockDepth}
	}
	return r.step(1)
}

// isSpecial compares with the words empty and blank.
func isSpecial(v any, word special) bool {
	switch t := v.(type) {
	case string:
		return t == "" || word == blankWord && strings.TrimSpace(t) == ""
	case Safe:
		return t == "" || word == blankWord && strings.TrimSpace(string(t)) == ""
	case []any:
		return len(t) == 0
	case map[string]any:
		return len(t) == 0
	case Keyed:
		return len(t.Keys()) == 0
	case interval:
		return t.size() == 0
	case nil:
		return word == blankWord
	case bool:
		return word == blankWord && !t
	}
	return false
}

// contains tests for a part of a string, an item of an array or a key of an
// object.
func (r *renderer) contains(a, b any) (bool, error) {
	if b == nil {
		return false, nil
	}
	switch t := a.(type) {
	case string, Safe:
		return strings.Contains(text(t), text(b)), nil
	case []any:
		for _, item := range t {
			if err := r.step(1); err != nil {
				return false, err
			}
			if ok, err := r.equal(norm(item), b, 0); ok || err != nil {
				return ok, err
			}
		}
	case interval:
		n, ok := b.(int64)
		return ok && n >= t.lo && n <= t.hi, nil
	case map[string]any, Drop:
		_, ok := entry(t, text(b))
		return ok, nil
	}
	return false, nil
}

// order answers < > <= >=. A comparison with nil is false; one of different
// kinds is an error, since it is a mistake in the template.
func order(op string, a, b any) (bool, error) {
	cmp, ok := compare(a, b)
	if !ok {
		_, specialA := a.(special)
		_, specialB := b.(special)
		if a == nil || b == nil || specialA || specialB {
			return false, nil
		}
		return false, &hinted{fmt.Sprintf("cannot compare %s with %s", kindOf(a), kindOf(b)), "a string becomes a number with | plus: 0"}
	}
	switch op {
	case "<":
		return cmp < 0, nil
	case ">":
		return cmp > 0, nil
	case "<=":
		return cmp <= 0, nil
	}
	return cmp >= 0, nil
}

// compare orders two numbers, strings or times; ok is false for others.
func compare(a, b any) (cmp int, ok bool) {
	switch x := a.(type) {
	case int64:
		switch y := b.(type) {
		case int64:
			return cmpOf(x, y), true
		case float64:
			return cmpOf(float64(x), y), true
		}
	case float64:
		switch y := b.(type) {
		case int64:
			return cmpOf(x, float64(y)), true
		case float64:
			return cmpOf(x, y), true
		}
	case string, Safe:
		switch b.(type) {
		case string, Safe:
			return strings.Compare(text(a), text(b)), true
		}
	case time.Time:
		if y, is := b.(time.Time); is {
			return x.Compare(y), true
		}
	}
	return 0, false
}

func cmpOf[T int64 | float64](x, y T) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// kindOf names a value's kind for error messages.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case string, Safe:
		return "a string"
	case int64, float64:
		return "a number"
	case bool:
		return "true or false"
	case []any, interval:
		return "an array"
	case time.Time:
		return "a time"
	}
	return "an object"
}
