package condition

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/journey"
	"rapport/pkg/profile"
)

// maxSteps bounds an evaluation: one step for each element that a list function looks at,
// and one for each 64 bytes of text that a text function handles. At some 100 ns a step
// the worst evaluation takes 10 ms.
const maxSteps = 100_000

// frame is one evaluation.
type frame struct {
	scope *journey.Scope
	items []any         // the elements that the list functions around this place look at
	entry profile.Entry // the past event that where() looks at
	steps int
	// slope is how the moving value that was computed last follows the clock: 1 when it
	// grows with it, -1 when it shrinks, 0 when it stands still.
	slope int
}

// spend counts steps and reports whether the evaluation may go on.
func (f *frame) spend(n int) bool {
	f.steps += n
	return f.steps <= maxSteps
}

func (f *frame) spendText(s string) bool { return f.spend(1 + len(s)/64) }

// eval computes a value: nil (missing), bool, float64, string, time.Time, time.Duration,
// []any or map[string]any.
type eval func(*frame) any

func missing(*frame) any { return nil }

func constant(v any) eval { return func(*frame) any { return v } }

// truth reads a missing value, and anything that is no truth, as false.
func truth(v any) bool {
	b, _ := v.(bool)
	return b
}

// normal turns what decoders leave behind (JSON, CBOR) into the values of eval.
func normal(v any) any {
	switch x := v.(type) {
	case nil, bool, float64, string, time.Time, time.Duration, []any, map[string]any:
		return v
	case json.Number:
		return number(string(x))
	case decimal.Decimal:
		return x.InexactFloat64()
	case map[any]any:
		m := make(map[string]any, len(x))
		for k, e := range x {
			if name, ok := k.(string); ok {
				m[name] = e
			}
		}
		return m
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return float64(r.Int())
	case r.CanUint():
		return float64(r.Uint())
	case r.CanFloat():
		return r.Float()
	}
	return nil
}

// number reads a text as a number; missing when it is none.
func number(s string) any {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return nil
	}
	return n
}

// as reads a value as the kind that the catalogue promises; missing when it cannot be.
// Shops send amounts as texts ("12.50") and ids as numbers, whatever the catalogue says.
func as(k kind, v any) any {
	v = normal(v)
	switch k {
	case kindNumber:
		switch x := v.(type) {
		case float64:
			return x
		case string:
			return number(x)
		}
		return nil
	case kindText:
		switch x := v.(type) {
		case string:
			return x
		case float64:
			return strconv.FormatFloat(x, 'f', -1, 64)
		}
		return nil
	case kindTime:
		switch x := v.(type) {
		case time.Time:
			return x
		case string:
			return instant(x)
		}
		return nil
	case kindBool:
		return only[bool](v)
	case kindList:
		return only[[]any](v)
	case kindObject:
		return only[map[string]any](v)
	}
	return v
}

func only[T any](v any) any {
	if _, ok := v.(T); ok {
		return v
	}
	return nil
}

// instant reads a text as a time: RFC 3339, or a date, which begins at midnight UTC.
func instant(s string) any {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return nil
}
