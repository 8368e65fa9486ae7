package liquid

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"
)

// Drop is an object whose properties are computed when a template asks for
// them. Property reports false for a name it does not know. A Drop that also
// has a method Keys() []string can be looped over, compared with empty, and
// offers its names in "did you mean"; one with String() string can be
// printed.
type Drop interface {
	Property(name string) (value any, ok bool)
}

// Keyed is a Drop that knows its property names, in the order in which a
// loop shows them.
type Keyed interface {
	Drop
	Keys() []string
}

// Safe is text that already is HTML and must not be escaped again. Filters
// return it, captures in HTML mode are it, and a caller may pass one as a
// variable when it vouches for it.
type Safe string

// special is the type of the words empty and blank, which compare with
// several kinds of values.
type special string

const (
	emptyWord special = "empty"
	blankWord special = "blank"
)

// interval is the value of (lo..hi), never stored as an array until a filter
// needs one.
type interval struct{ lo, hi int64 }

func (iv interval) size() int {
	if iv.hi < iv.lo {
		return 0
	}
	n := uint64(iv.hi-iv.lo) + 1
	if n > 1<<40 {
		return 1 << 40 // Far beyond any limit; keeps int arithmetic sound.
	}
	return int(n)
}

// norm brings a value from outside to one of the kinds the engine works
// with: nil, bool, int64, float64, string, Safe, time.Time, []any,
// map[string]any, Drop, interval or special.
func norm(v any) any {
	switch t := v.(type) {
	case nil, string, bool, int64, float64, map[string]any, []any, Safe, time.Time, interval, special:
		return v
	case Drop:
		return v
	case int:
		return int64(t)
	case int32:
		return int64(t)
	case json.Number:
		return fromJSONNumber(t)
	}
	return normRare(v)
}

func normRare(v any) any {
	switch t := v.(type) {
	case int8:
		return int64(t)
	case int16:
		return int64(t)
	case uint8:
		return int64(t)
	case uint16:
		return int64(t)
	case uint32:
		return int64(t)
	case uint64:
		if t > 1<<63-1 {
			return float64(t)
		}
		return int64(t)
	case uint:
		return norm(uint64(t))
	case float32:
		return float64(t)
	case *time.Time:
		if t == nil {
			return nil
		}
		return *t
	case []string:
		return anySlice(t)
	case []int:
		return anySlice(t)
	case []map[string]any:
		return anySlice(t)
	case map[string]string:
		m := make(map[string]any, len(t))
		for k, s := range t {
			m[k] = s
		}
		return m
	case fmt.Stringer:
		return t.String()
	}
	return unsupported(fmt.Sprintf("%T", v))
}

// unsupported names the Go type of a value that templates cannot use, such
// as a struct; touching one is an error.
type unsupported string

func anySlice[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

// truthy follows Liquid: only nil and false are false.
func truthy(v any) bool {
	switch t := v.(type) {
	case nil:
		return false
	case bool:
		return t
	}
	return true
}

// text is what a filter that works on strings sees. The text of HTML without
// tags is what a reader would see, so that cutting or comparing a captured
// "Fish &amp; Chips" works on "Fish & Chips".
func text(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case nil:
		return ""
	case Safe:
		if strings.IndexByte(string(t), '&') >= 0 && strings.IndexByte(string(t), '<') < 0 {
			return html.UnescapeString(string(t))
		}
		return string(t)
	}
	return string(appendText(nil, v, 0))
}

// maxPrintDepth stops the printing of values that contain themselves.
const maxPrintDepth = 16

// appendText prints v as Liquid does: arrays run together, objects in Ruby's
// notation, decimals with a point.
func appendText(dst []byte, v any, depth int) []byte {
	switch t := norm(v).(type) {
	case nil, special, unsupported:
		return dst
	case string:
		return append(dst, t...)
	case Safe:
		return append(dst, t...)
	case int64:
		return appendInt(dst, t)
	case float64:
		return appendFloat(dst, t)
	case bool:
		if t {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case time.Time:
		return t.AppendFormat(dst, "2006-01-02 15:04:05 -0700")
	case interval:
		dst = appendInt(dst, t.lo)
		dst = append(dst, ".."...)
		return appendInt(dst, t.hi)
	case []any:
		if depth < maxPrintDepth {
			for _, item := range t {
				dst = appendText(dst, item, depth+1)
			}
		}
		return dst
	case fmt.Stringer:
		return append(dst, t.String()...)
	default:
		return appendInspect(dst, t, depth)
	}
}

// appendInspect prints v as Ruby's inspect does; only objects inside output
// need it.
func appendInspect(dst []byte, v any, depth int) []byte {
	if depth >= maxPrintDepth {
		return append(dst, "..."...)
	}
	switch t := norm(v).(type) {
	case nil:
		return append(dst, "nil"...)
	case string:
		return fmt.Appendf(dst, "%q", t)
	case Safe:
		return fmt.Appendf(dst, "%q", string(t))
	case []any:
		dst = append(dst, '[')
		for i, item := range t {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendInspect(dst, item, depth+1)
		}
		return append(dst, ']')
	case map[string]any, Keyed:
		dst = append(dst, '{')
		for i, k := range keysOf(t) {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = fmt.Appendf(dst, "%q=>", k)
			item, _ := entry(t, k)
			dst = appendInspect(dst, item, depth+1)
		}
		return append(dst, '}')
	case Drop:
		return dst
	default:
		return appendText(dst, t, depth+1)
	}
}

// weigh returns about how many bytes printing v takes, spending a step for
// every item looked at, so that the cost of nested data is known before it is
// paid.
func (m *meter) weigh(v any, depth int) (int, error) {
	if err := m.step(1); err != nil || depth >= maxPrintDepth {
		return 0, err
	}
	n := 8
	switch t := v.(type) {
	case string:
		n = len(t)
	case Safe:
		n = len(t)
	case []any:
		for _, item := range t {
			w, err := m.weigh(item, depth+1)
			if err != nil {
				return 0, err
			}
			n += w
		}
	case map[string]any, Keyed:
		for _, k := range keysOf(t) {
			item, _ := entry(t, k)
			w, err := m.weigh(item, depth+1)
			if err != nil {
				return 0, err
			}
			n += len(k) + 8 + w
		}
	}
	return n, nil
}

// cost is how many steps looking at all of v takes.
func cost(v any) int {
	switch t := v.(type) {
	case string:
		return len(t) / 64
	case Safe:
		return len(t) / 16
	case []any:
		return len(t) / 8
	case map[string]any:
		return len(t)
	case Keyed:
		return len(t.Keys())
	}
	return 0
}
