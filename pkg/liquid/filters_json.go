package liquid

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// filterJSON writes a value as JSON that may stand in a script element: the
// characters < > & and the line separators are escaped inside strings.
func filterJSON(c *Call, in any, _ []any) (any, error) {
	n, err := c.r.weigh(in, 0)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(2 * n); err != nil {
		return nil, err
	}
	out, err := appendJSON(nil, in, 0)
	if c.r.json {
		return Safe(out), err
	}
	return string(out), err
}

func appendJSON(dst []byte, v any, depth int) ([]byte, error) {
	if depth > maxPrintDepth {
		return nil, &hinted{"the value is nested too deep for JSON", ""}
	}
	switch t := norm(v).(type) {
	case nil, special:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, t), nil
	case int64:
		return appendInt(dst, t), nil
	case float64:
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return nil, &hinted{"a number that is not finite cannot be written as JSON", ""}
		}
		return strconv.AppendFloat(dst, t, 'g', -1, 64), nil
	case string:
		return appendJSONString(dst, t)
	case Safe:
		return appendJSONString(dst, text(t))
	case time.Time:
		return append(t.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	case []any:
		return appendJSONArray(dst, t, depth)
	case map[string]any, Keyed:
		return appendJSONObject(dst, t, depth)
	case fmt.Stringer:
		return appendJSONString(dst, t.String())
	default:
		return nil, &hinted{fmt.Sprintf("a value of Go type %T cannot be written as JSON", t), ""}
	}
}

func appendJSONString(dst []byte, s string) ([]byte, error) {
	out, err := json.Marshal(s)
	return append(dst, out...), err
}

func appendJSONArray(dst []byte, items []any, depth int) ([]byte, error) {
	var err error
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSON(dst, item, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSONObject(dst []byte, v any, depth int) ([]byte, error) {
	var err error
	dst = append(dst, '{')
	for i, k := range keysOf(v) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSONString(dst, k); err != nil {
			return nil, err
		}
		item, _ := entry(v, k)
		if dst, err = appendJSON(append(dst, ':'), item, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}
