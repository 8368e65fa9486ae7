package condition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/schedule"
)

// When is a condition in its structured form, as it is read from a file:
//
//	when:
//	  profile.country: [DE, AT]          one of these
//	  event.total: {gte: 100, lt: 500}   both
//	  profile.tags: {not_contains: vip}
//	  any_of:
//	    - orders.count(last = 90d): {gte: 2}
//	    - profile.loyalty.tier: gold
//
// All that a map says has to hold. A key is what could stand in an expression.
type When struct {
	// Value is nil, a bool, a number, a string, a list ([]When) or a map ([]Pair).
	Value any
	At    Place
}

// Pair is one key of a map and what stands behind it.
type Pair struct {
	Key   string
	At    Place // of the key
	Value When
}

// Place is where something stands, in whatever the reader counts by; errors hand it back.
type Place struct{ Line, Col, Width int }

// The keys that are no questions themselves.
const (
	anyOf  = "any_of"
	allOf  = "all_of"
	noneOf = "not"
)

// operators are what can be asked of a key, in the order in which people are told.
func operators() []string {
	return []string{
		"eq", "not", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "exists", "within",
	}
}

// maxDepth bounds how deep maps and lists may stand in each other.
const maxDepth = 20

// CompileWhen checks and compiles a structured condition. It is equal to an expression,
// which String gives. Errors are Errors, with the places of keys and values.
func CompileWhen(w When, env Env) (journey.Condition, error) {
	r := whenReader{env: env}
	text := r.group(w, " and ", 0)
	if len(r.errs) > 0 {
		return nil, r.errs
	}
	c, err := Compile(text, env)
	if err != nil {
		for _, e := range err.(Errors) { //nolint:errorlint // the documented type
			r.fail(w.At, e.Message, e.Hint)
		}
		return nil, r.errs
	}
	return c, nil
}

// whenReader turns a structured condition into an expression.
type whenReader struct {
	env  Env
	errs Errors
}

func (r *whenReader) fail(at Place, message, hint string) string {
	r.errs = append(r.errs, &Error{Line: at.Line, Col: at.Col, Width: max(1, at.Width), Message: message, Hint: hint})
	return "false"
}

// group is all that a map says, or each part of a list, joined.
func (r *whenReader) group(w When, join string, depth int) string {
	if depth > maxDepth {
		return r.fail(w.At, "the condition is nested too deeply", "split it into several")
	}
	var parts []string
	switch v := w.Value.(type) {
	case []Pair:
		for _, p := range v {
			parts = append(parts, r.pair(p, depth))
		}
	case []When:
		for _, item := range v {
			parts = append(parts, r.group(item, " and ", depth+1))
		}
	default:
		return r.fail(w.At, "a condition is a list of questions, not "+whenWords(v), "such as profile.country: [DE, AT]")
	}
	if len(parts) == 0 {
		return r.fail(w.At, "there is no question here", "such as profile.country: [DE, AT]")
	}
	return enclose(parts, join)
}

// enclose joins expressions, each in brackets where it needs them.
func enclose(parts []string, join string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	for i, p := range parts {
		if strings.Contains(p, " and ") || strings.Contains(p, " or ") {
			parts[i] = "(" + p + ")"
		}
	}
	return strings.Join(parts, join)
}

func (r *whenReader) pair(p Pair, depth int) string {
	switch p.Key {
	case allOf:
		return r.group(p.Value, " and ", depth+1)
	case anyOf:
		return r.group(r.apart(p.Value), " or ", depth+1)
	case noneOf:
		return "not (" + r.group(r.apart(p.Value), " or ", depth+1) + ")"
	}
	key, ok := r.key(p)
	if !ok {
		return "false"
	}
	ops, isMap := p.Value.Value.([]Pair)
	if !isMap {
		return r.test(key, p, "", p.Value)
	}
	if len(ops) == 0 {
		return r.fail(p.Value.At, "nothing is asked of "+p.Key, spelling.OneOf(operators()))
	}
	var parts []string
	for _, op := range ops {
		if !slices.Contains(operators(), op.Key) {
			parts = append(parts, r.fail(op.At, "nothing can be asked with "+op.Key, spelling.DidYouMean(op.Key, operators())))
			continue
		}
		parts = append(parts, r.test(key, p, op.Key, op.Value))
	}
	return enclose(parts, " and ")
}

// apart is a map as a list of maps of one key each: any_of: {a: 1, b: 2} means either.
func (r *whenReader) apart(w When) When {
	pairs, ok := w.Value.([]Pair)
	if !ok {
		return w
	}
	items := make([]When, len(pairs))
	for i, p := range pairs {
		items[i] = When{Value: []Pair{p}, At: p.At}
	}
	return When{Value: items, At: w.At}
}

// key compiles a key by itself, so that its mistakes are told at its place.
func (r *whenReader) key(p Pair) (operand, bool) {
	o, _, errs := compile(p.Key, r.env)
	for _, e := range errs {
		at := Place{p.At.Line, p.At.Col, p.At.Width}
		if e.Line == 1 && !strings.Contains(p.Key, "\n") {
			at = Place{p.At.Line, p.At.Col + e.Col - 1, e.Width}
		}
		r.fail(at, e.Message, e.Hint)
	}
	if errs == nil && o.fixed != nil {
		r.fail(p.At, "this is written out, and nothing can be asked of it", "such as profile.country: [DE, AT]")
		return o, false
	}
	return o, errs == nil
}

// test is the expression for one question. op is empty for a bare value.
func (r *whenReader) test(key operand, p Pair, op string, v When) string {
	items, isList := v.Value.([]When)
	if _, isMap := v.Value.([]Pair); isMap {
		return r.fail(v.At, op+" needs a value, not "+whenWords(v.Value), "")
	}
	name := p.Key
	if strings.ContainsAny(name, " ") && !strings.HasSuffix(name, ")") {
		name = "(" + name + ")"
	}
	text := ""
	switch {
	case op == "exists":
		there, ok := v.Value.(bool)
		if !ok {
			return r.fail(v.At, "exists needs true or false, not "+whenWords(v.Value), "")
		}
		text = name + map[bool]string{true: " != nil", false: " == nil"}[there]
	case op == "within":
		s, _ := v.Value.(string)
		if _, err := schedule.ParseDuration(s); err != nil {
			return r.fail(v.At, "within needs a length of time, not "+whenWords(v.Value), "such as within: 30d")
		}
		text = "since(" + p.Key + ") <= " + s
	case isList || op == "in" || op == "not_in":
		if !isList || (op != "" && op != "in" && op != "not_in") {
			return r.fail(v.At, cmpOr(op, p.Key)+" needs "+map[bool]string{true: "one value, not a list", false: "a list"}[isList], listExample(op, isList))
		}
		text = r.inList(key, name, op == "not_in", items)
	default:
		text = r.scalar(key, name, op, v)
	}
	if _, _, errs := compile(text, r.env); errs != nil && len(r.errs) == 0 {
		return r.fail(v.At, errs[0].Message, errs[0].Hint)
	}
	return text
}

func cmpOr(op, key string) string {
	if op != "" {
		return op
	}
	return key
}

func listExample(op string, isList bool) string {
	if isList {
		return ""
	}
	return "such as " + op + ": [DE, AT]"
}

// inList asks whether a value is one of a list, or a list has one of it.
func (r *whenReader) inList(key operand, name string, not bool, items []When) string {
	var written []string
	for _, item := range items {
		written = append(written, r.literal(key, item))
	}
	all := "[" + strings.Join(written, ", ") + "]"
	switch {
	case key.kind == kindList && not:
		return "none(" + name + ", # in " + all + ")"
	case key.kind == kindList:
		return "any(" + name + ", # in " + all + ")"
	case not:
		return name + " not in " + all
	}
	return name + " in " + all
}

func (r *whenReader) scalar(key operand, name, op string, v When) string {
	value := r.literal(key, v)
	switch op {
	case "gt", "gte", "lt", "lte":
		return name + map[string]string{"gt": " > ", "gte": " >= ", "lt": " < ", "lte": " <= "}[op] + value
	case "starts_with":
		return name + " startsWith " + value
	case "ends_with":
		return name + " endsWith " + value
	case "contains", "not_contains", "", "eq", "not":
	}
	negative := op == "not_contains" || op == "not"
	switch {
	case key.kind == kindList && negative:
		return value + " not in " + name
	case key.kind == kindList:
		return value + " in " + name
	case op == "contains":
		return name + " contains " + value
	case op == "not_contains":
		return name + " not contains " + value
	case negative:
		return name + " != " + value
	}
	if key.kind == kindBool && v.Value == true {
		return name
	}
	return name + " == " + value
}

// literal writes a value out. What is compared with a length of time may be one.
func (r *whenReader) literal(key operand, v When) string {
	switch x := normal(v.Value).(type) {
	case nil:
		if v.Value != nil {
			return r.fail(v.At, "a value is needed here, not "+whenWords(v.Value), "")
		}
		return "nil"
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case time.Time:
		return strconv.Quote(x.Format(time.RFC3339Nano))
	case string:
		if _, err := schedule.ParseDuration(x); err == nil && key.kind == kindDuration && !strings.ContainsAny(x, "+-") {
			return x
		}
		return strconv.Quote(x)
	}
	return r.fail(v.At, "a value is needed here, not "+whenWords(v.Value), "")
}

func whenWords(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case []When:
		return "a list"
	case []Pair:
		return "a group"
	case string:
		return strconv.Quote(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}
