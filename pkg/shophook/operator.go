package shophook

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// same compares texts, truths, and numbers by their value: 10.00 == 10. Lists and mappings are
// only the same as nothing: they are not.
func (s *scope) same(a, b any) (bool, error) {
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case string:
		y, ok := b.(string)
		return ok && x == y, s.spend(len(x) / 256)
	case json.Number:
		y, ok := b.(json.Number)
		return ok && compare(x, y) == 0, nil
	}
	return false, nil
}

// compare is -1, 0 or 1, and 2 where one of the numbers is beyond all bounds.
func compare(a, b json.Number) int {
	if a == b {
		return 0
	}
	x, wrong := decimalOf(string(a))
	y, alsoWrong := decimalOf(string(b))
	if wrong != nil || alsoWrong != nil {
		return 2
	}
	return x.Cmp(y)
}

func (s *scope) within(list, v any) (bool, error) {
	if text, ok := list.(string); ok {
		return s.texts(text, v, strings.Contains)
	}
	items, _ := list.([]any)
	for _, item := range items {
		if err := s.spend(1); err != nil {
			return false, err
		}
		if is, err := s.same(item, v); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

func (s *scope) texts(a, b any, ask func(string, string) bool) (bool, error) {
	x, ok := a.(string)
	y, also := b.(string)
	return ok && also && ask(x, y), s.spend(len(x) / 64)
}

// ordered compares two numbers, or two texts; of anything else the answer is no.
func (s *scope) ordered(operator string, a, b any) bool {
	order := 2
	switch x := a.(type) {
	case json.Number:
		if y, ok := b.(json.Number); ok {
			order = compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			order = strings.Compare(x, y)
		}
	}
	if order == 2 {
		return false
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// sum adds, subtracts and multiplies by digits, and joins texts. With nothing, it is nothing: so
// "shopify:" + body.customer.id is no id where there is no customer.
func (s *scope) sum(operator string, a, b any) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	_, text := a.(string)
	_, also := b.(string)
	if operator == "+" && (text || also) {
		x, err := plainText(a)
		if err != nil {
			return nil, err
		}
		y, err := plainText(b)
		if err != nil {
			return nil, err
		}
		if x == "" || y == "" {
			return nil, nil // An empty id is no id.
		}
		return x + y, s.keep(len(x) + len(y))
	}
	x, ok, err := number(a)
	if !ok {
		return nil, err
	}
	y, ok, err := number(b)
	if !ok {
		return nil, err
	}
	switch operator {
	case "+":
		x = x.Add(y)
	case "-":
		x = x.Sub(y)
	default:
		x = x.Mul(y)
	}
	out := digits(x)
	if len(out) > 4*maxDigits {
		return nil, errNumber
	}
	return out, nil
}

// plainText is a text, or the digits of a number; nothing is empty.
func plainText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return string(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", errors.New("is a list or a mapping, and a text is needed")
}
