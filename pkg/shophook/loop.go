package shophook

import (
	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// call evaluates a function: a loop, or one that is given values.
func (s *scope) call(name string, args []ast.Node) (any, error) {
	f := s.calls[name]
	if f.do == nil {
		return s.loop(name, args)
	}
	values, err := s.each(args)
	if err != nil {
		return nil, err
	}
	return f.do(s, values)
}

// loop asks something about each element. What is no list has none.
func (s *scope) loop(name string, args []ast.Node) (any, error) {
	v, err := s.node(args[0])
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	results := list
	if len(args) > 1 {
		results = make([]any, 0, min(len(list), 64))
		for _, item := range list {
			s.elements = append(s.elements, item)
			result, err := s.node(args[1])
			s.elements = s.elements[:len(s.elements)-1]
			if err != nil {
				return nil, err
			}
			results = append(results, result)
		}
	} else if err := s.spend(len(list)); err != nil {
		return nil, err
	}
	switch name {
	case "map":
		return results, nil
	case "sum":
		return total(results)
	case "count":
		if len(args) == 1 {
			return whole(len(list)), nil
		}
	}
	return chosen(name, list, results)
}

// total adds amounts up by their digits; what is not there counts as nothing. Of no amounts at
// all it is 0.
func total(list []any) (any, error) {
	sum := decimal.Zero
	for _, v := range list {
		d, ok, err := number(v)
		if err != nil {
			return nil, err
		}
		if ok {
			sum = sum.Add(d)
		}
	}
	return digits(sum), nil
}

// chosen answers the loops whose questions are yes or no.
func chosen(name string, list, results []any) (any, error) {
	var yes []any
	for i, v := range results {
		is, err := isTrue(v)
		if err != nil {
			return nil, err
		}
		if is {
			yes = append(yes, list[i])
		}
	}
	switch name {
	case "filter":
		return yes, nil
	case "find":
		if len(yes) == 0 {
			return nil, nil
		}
		return yes[0], nil
	case "any":
		return len(yes) > 0, nil
	case "all":
		return len(yes) == len(list), nil
	case "none":
		return len(yes) == 0, nil
	case "one":
		return len(yes) == 1, nil
	}
	return whole(len(yes)), nil
}
