package liquid

import (
	"math"
	"slices"
	"sort"
	"unicode/utf8"
)

// keysOf lists the names in an object: sorted for a Go map, so that the same
// data always renders the same text, in its own order for a Keyed.
func keysOf(v any) []string {
	switch t := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(t))
		for k := range t {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		return keys
	case Keyed:
		return t.Keys()
	}
	return nil
}

// entry reads one name of an object.
func entry(v any, name string) (any, bool) {
	switch t := v.(type) {
	case map[string]any:
		item, ok := t[name]
		return item, ok
	case Drop:
		return t.Property(name)
	}
	return nil, false
}

// isObject reports whether v has named entries that can be counted.
func isObject(v any) bool {
	switch v.(type) {
	case map[string]any, Keyed:
		return true
	}
	return false
}

// property reads v.name, with the names first, last and size that every
// collection has.
func property(v any, name string) (any, bool) {
	switch t := v.(type) {
	case map[string]any:
		if item, ok := t[name]; ok {
			return norm(item), true
		}
	case Drop:
		if item, ok := t.Property(name); ok {
			return norm(item), true
		}
	}
	switch name {
	case "size":
		return sizeOf(v)
	case "first":
		return endOf(v, false)
	case "last":
		return endOf(v, true)
	}
	return nil, false
}

// sizeOf counts items, entries or characters.
func sizeOf(v any) (any, bool) {
	switch t := v.(type) {
	case string:
		return int64(utf8.RuneCountInString(t)), true
	case Safe:
		return int64(utf8.RuneCountInString(text(t))), true
	case []any:
		return int64(len(t)), true
	case interval:
		return int64(t.size()), true
	case map[string]any:
		return int64(len(t)), true
	case Keyed:
		return int64(len(t.Keys())), true
	}
	return nil, false
}

// endOf returns the first or last item of a collection. An object has a
// first entry, but no last one, as in Ruby.
func endOf(v any, last bool) (any, bool) {
	switch t := v.(type) {
	case []any:
		if len(t) == 0 {
			return nil, true
		}
		if last {
			return norm(t[len(t)-1]), true
		}
		return norm(t[0]), true
	case interval:
		if t.size() == 0 {
			return nil, true
		}
		if last {
			return t.hi, true
		}
		return t.lo, true
	case map[string]any, Keyed:
		keys := keysOf(t)
		if last || len(keys) == 0 {
			return nil, !last
		}
		item, _ := entry(t, keys[0])
		return []any{keys[0], norm(item)}, true
	}
	return nil, false
}

// index reads v[key].
func index(v, key any) (any, bool) {
	switch k := key.(type) {
	case string:
		return property(v, k)
	case Safe:
		return property(v, text(k))
	case int64:
		return at(v, k)
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < maxExact {
			return at(v, int64(k))
		}
	}
	return nil, false
}

func at(v any, i int64) (any, bool) {
	switch t := v.(type) {
	case []any:
		if i < 0 {
			i += int64(len(t))
		}
		if i >= 0 && i < int64(len(t)) {
			return norm(t[i]), true
		}
	case interval:
		n := int64(t.size())
		if i < 0 {
			i += n
		}
		if i >= 0 && i < n {
			return t.lo + i, true
		}
	}
	return nil, false
}

// namesIn lists what could have been meant instead of a missing property.
func namesIn(v any) []string {
	switch t := v.(type) {
	case map[string]any, Keyed:
		return keysOf(t)
	case []any, interval:
		return []string{"first", "last", "size"}
	case string, Safe:
		return []string{"size"}
	}
	return nil
}

// didYouMean returns a hint, or "" when nothing is near enough.
func didYouMean(got string, among []string) string {
	const maxNames, maxLen = 500, 40
	if len(got) > maxLen || got == "" {
		return ""
	}
	best, bestCost := "", 1+max(1, len(got)/3)
	for _, name := range among[:min(len(among), maxNames)] {
		if len(name) > maxLen || name == "" {
			continue
		}
		if c := editDistance(got, name); c < bestCost && c < len(got) {
			best, bestCost = name, c
		}
	}
	if best == "" {
		return ""
	}
	return `did you mean "` + best + `"?`
}

// editDistance counts insertions, deletions, substitutions and swaps of
// neighbors (the optimal string alignment distance), without regard to case. Package spelling has the same,
// and this one needs nothing of ours, so that it can be published by itself.
func editDistance(a, b string) int {
	x, y := []byte(lower(a)), []byte(lower(b))
	prev2, prev, cur := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(y)]
}

// sortedKeys returns the keys of any map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
