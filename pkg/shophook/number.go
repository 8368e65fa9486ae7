package shophook

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// The bounds of numbers that are computed with. They keep "1e999999999" from becoming a
// billion digits; money is far inside.
const (
	maxDigits   = 64
	maxExponent = 40
)

var errNumber = errors.New("is no amount")

// decimalOf reads a number by its digits: of JSON, or a text that is one.
func decimalOf(text string) (decimal.Decimal, error) {
	if len(text) == 0 || len(text) > maxDigits {
		return decimal.Decimal{}, errNumber
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	if scientific {
		if n, err := strconv.Atoi(exponent); err != nil || n > maxExponent || n < -maxExponent {
			return decimal.Decimal{}, errNumber
		}
	}
	if strings.Trim(mantissa, "+-.0123456789") != "" {
		return decimal.Decimal{}, errNumber
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, errNumber
	}
	return d, nil
}

// digits is a decimal as a number of JSON, with as many places as it has: 10.00 stays 10.00.
func digits(d decimal.Decimal) json.Number {
	return json.Number(d.StringFixed(max(0, -d.Exponent())))
}

// places are how many digits of a currency's amounts are minor units, where they are not two,
// as Stripe counts them (https://docs.stripe.com/currencies#minor-units): of ISK and UGX, which
// have none, it is told two.
func places(currency string) int32 {
	switch strings.ToUpper(currency) {
	case "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// number is a value as a number that keeps its digits; ok is false where there is none, and the
// error says that there is something else.
func number(v any) (d decimal.Decimal, ok bool, err error) {
	switch v := v.(type) {
	case nil:
		return d, false, nil
	case json.Number:
		d, err = decimalOf(string(v))
	case string:
		if v = strings.TrimSpace(v); v == "" {
			return d, false, nil
		}
		d, err = decimalOf(v)
	default:
		err = errNumber
	}
	return d, err == nil, err
}
