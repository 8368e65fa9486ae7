package liquid

import (
	"math"
	"math/big"
	"strconv"
	"testing"
	"testing/quick"
)

// money is a random amount with up to two places, as shops have them.
func money(cents int32) (number, *big.Rat) {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(cents)/100, 'f', 2, 64), 64)
	return decimalNumber(f), big.NewRat(int64(cents), 100)
}

func near(f float64, exact *big.Rat) bool {
	want, _ := exact.Float64()
	return f == want
}

// TestDecimalArithmetic compares with exact fractions: the result has to be
// the decimal nearest to the true one.
func TestDecimalArithmetic(t *testing.T) {
	t.Parallel()
	check := func(name string, op func(a, b number) (number, error), exact func(z, a, b *big.Rat) *big.Rat) {
		err := quick.Check(func(x, y int32) bool {
			a, ra := money(x)
			b, rb := money(y)
			if ra.Sign() == 0 || rb.Sign() == 0 {
				return true
			}
			got, err := op(a, b)
			return err == nil && near(got.f, exact(new(big.Rat), ra, rb))
		}, &quick.Config{MaxCount: 5000})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	check("add", add, (*big.Rat).Add)
	check("multiply", multiply, (*big.Rat).Mul)
	check("divide", divide, (*big.Rat).Quo)
}

func TestWholeArithmetic(t *testing.T) {
	t.Parallel()
	err := quick.Check(func(x, y int64) bool {
		a, b := number{i: x}, number{i: y}
		for _, c := range []struct {
			op    func(a, b number) (number, error)
			exact *big.Int
		}{
			{add, new(big.Int).Add(big.NewInt(x), big.NewInt(y))},
			{multiply, new(big.Int).Mul(big.NewInt(x), big.NewInt(y))},
		} {
			got, err := c.op(a, b)
			if c.exact.IsInt64() != (err == nil) || err == nil && got.i != c.exact.Int64() {
				return false
			}
		}
		return true
	}, &quick.Config{MaxCount: 5000})
	if err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ a, b, quotient, rest int64 }{
		{7, 2, 3, 1}, {-7, 2, -4, 1}, {7, -2, -4, -1}, {-7, -2, 3, -1}, {math.MaxInt64, -1, -math.MaxInt64, 0}, {6, 3, 2, 0},
	} {
		q, _ := divide(number{i: c.a}, number{i: c.b})
		m, _ := modulo(number{i: c.a}, number{i: c.b})
		if q.i != c.quotient || m.i != c.rest {
			t.Errorf("%d / %d gives %d rest %d", c.a, c.b, q.i, m.i)
		}
	}
}

func TestPrintedFloatsReadBack(t *testing.T) {
	t.Parallel()
	err := quick.Check(func(f float64) bool {
		back, err := strconv.ParseFloat(string(appendFloat(nil, f)), 64)
		return err == nil && back == f
	}, &quick.Config{MaxCount: 5000})
	if err != nil {
		t.Error(err)
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]any{
		"": int64(0), "12": int64(12), "-12": int64(-12), "+5": int64(5), " 7 ": int64(7), "12abc": int64(12), "abc": int64(0),
		"1.50": 1.5, "-0.5": -0.5, "1.": int64(1), ".5": int64(0), "1.5x": int64(1), "1e3": int64(1), "--1": int64(0), "1.2.3": int64(1),
		"99999999999999999999": 1e20, "-": int64(0),
	} {
		if got := parseNumber(s).value(); got != want {
			t.Errorf("%q reads as %v, want %v", s, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"name", "nme", 1}, {"email", "eamil", 1}, {"kitten", "sitting", 3}, {"Name", "name", 0}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
