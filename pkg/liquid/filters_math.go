package liquid

import (
	"math"
)

func mathFilters() map[string]Filter {
	return map[string]Filter{
		"abs":        {Func: filterAbs},
		"at_least":   {Min: 1, Max: 1, Func: bound(func(a, b float64) bool { return a < b })},
		"at_most":    {Min: 1, Max: 1, Func: bound(func(a, b float64) bool { return a > b })},
		"ceil":       {Func: rounder(math.Ceil)},
		"floor":      {Func: rounder(math.Floor)},
		"round":      {Min: 0, Max: 1, Func: filterRound},
		"plus":       {Min: 1, Max: 1, Func: arithmetic(add)},
		"minus":      {Min: 1, Max: 1, Func: arithmetic(func(a, b number) (number, error) { return add(a, b.negated()) })},
		"times":      {Min: 1, Max: 1, Func: arithmetic(multiply)},
		"divided_by": {Min: 1, Max: 1, Func: arithmetic(divide)},
		"modulo":     {Min: 1, Max: 1, Func: arithmetic(modulo)},
	}
}

func arithmetic(op func(a, b number) (number, error)) func(*Call, any, []any) (any, error) {
	return func(_ *Call, in any, args []any) (any, error) {
		n, err := op(toNumber(in), toNumber(args[0]))
		if err != nil {
			return nil, err
		}
		return n.value(), nil
	}
}

func (n number) negated() number {
	if n.decimal {
		return number{f: -n.f, decimal: true}
	}
	if n.i == math.MinInt64 {
		return number{f: -float64(n.i), decimal: true}
	}
	return number{i: -n.i}
}

func decimalNumber(f float64) number { return number{f: f, decimal: true} }

func add(a, b number) (number, error) {
	if !a.decimal && !b.decimal {
		if overflows(a.i, b.i) {
			return number{}, errOverflow
		}
		return number{i: a.i + b.i}, nil
	}
	if x, okX := a.scale(); okX {
		if y, okY := b.scale(); okY {
			if p, q, places, ok := align(x, y); ok && !overflows(p, q) {
				return decimalNumber(scaled{p + q, places}.float()), nil
			}
		}
	}
	return decimalNumber(a.float() + b.float()), nil
}

// overflows reports whether a + b leaves 64 bits.
func overflows(a, b int64) bool {
	sum := a + b
	return (a < 0) == (b < 0) && (sum < 0) != (a < 0)
}

func multiply(a, b number) (number, error) {
	if !a.decimal && !b.decimal {
		p, ok := mul64(a.i, b.i)
		if !ok {
			return number{}, errOverflow
		}
		return number{i: p}, nil
	}
	if x, okX := a.scale(); okX {
		if y, okY := b.scale(); okY && x.places+y.places <= 15 {
			if p, ok := mul64(x.digits, y.digits); ok {
				return decimalNumber(scaled{p, x.places + y.places}.float()), nil
			}
		}
	}
	return decimalNumber(a.float() * b.float()), nil
}

// divide rounds the quotient of whole numbers down, as Ruby does.
func divide(a, b number) (number, error) {
	if b.float() == 0 {
		return number{}, errZeroDivision
	}
	if !a.decimal && !b.decimal {
		if b.i == -1 {
			return a.negated(), nil
		}
		q := a.i / b.i
		if a.i%b.i != 0 && (a.i < 0) != (b.i < 0) {
			q--
		}
		return number{i: q}, nil
	}
	if x, okX := a.scale(); okX {
		if y, okY := b.scale(); okY {
			if p, q, _, ok := align(x, y); ok && inExact(p) && inExact(q) {
				return decimalNumber(float64(p) / float64(q)), nil
			}
		}
	}
	return decimalNumber(a.float() / b.float()), nil
}

// modulo has the sign of the divisor, as in Ruby.
func modulo(a, b number) (number, error) {
	if b.float() == 0 {
		return number{}, errZeroDivision
	}
	if !a.decimal && !b.decimal {
		return number{i: floorMod(a.i, b.i)}, nil
	}
	if x, okX := a.scale(); okX {
		if y, okY := b.scale(); okY {
			if p, q, places, ok := align(x, y); ok {
				return decimalNumber(scaled{floorMod(p, q), places}.float()), nil
			}
		}
	}
	m := math.Mod(a.float(), b.float())
	if m != 0 && (m < 0) != (b.float() < 0) {
		m += b.float()
	}
	return decimalNumber(m), nil
}

func floorMod(a, b int64) int64 {
	if b == -1 {
		return 0
	}
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}

func filterAbs(_ *Call, in any, _ []any) (any, error) {
	n := toNumber(in)
	if n.float() < 0 {
		n = n.negated()
	}
	return n.value(), nil
}

// bound replaces the input by the argument if beyond says so.
func bound(beyond func(a, b float64) bool) func(*Call, any, []any) (any, error) {
	return func(_ *Call, in any, args []any) (any, error) {
		a, b := toNumber(in), toNumber(args[0])
		if beyond(a.float(), b.float()) {
			return b.value(), nil
		}
		return a.value(), nil
	}
}

func rounder(f func(float64) float64) func(*Call, any, []any) (any, error) {
	return func(_ *Call, in any, _ []any) (any, error) {
		n := toNumber(in)
		if !n.decimal {
			return n.i, nil
		}
		return whole(f(n.f))
	}
}

// whole turns a rounded decimal into a whole number.
func whole(f float64) (any, error) {
	if math.IsNaN(f) || math.Abs(f) >= 1<<63 {
		return nil, errOverflow
	}
	return int64(f), nil
}

// filterRound rounds halves away from zero, on the decimal digits that
// people see: 1.005 | round: 2 is 1.01.
func filterRound(_ *Call, in any, args []any) (any, error) {
	n, places := toNumber(in), int64(0)
	if len(args) > 0 {
		places = rangeBound(args[0])
	}
	if places < -18 {
		return int64(0), nil
	}
	switch {
	case !n.decimal && places >= 0:
		return n.i, nil
	case places <= 0:
		f := n.float()
		unit := float64(pow10(int(-places)))
		if places == 0 {
			return whole(math.Round(f))
		}
		return whole(math.Round(f/unit) * unit)
	}
	s, ok := n.scale()
	if !ok || int64(s.places) <= places {
		return n.f, nil
	}
	unit := pow10(s.places - int(places))
	q, rest := s.digits/unit, s.digits%unit
	if 2*abs64(rest) >= uint64(unit) {
		if s.digits < 0 {
			q--
		} else {
			q++
		}
	}
	return scaled{q, int(places)}.float(), nil
}
