package script

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
)

// saw is what a condition looked at, one "name = value" each, in the order of its text.
func saw(c journey.Condition, s *journey.Scope) []string {
	src := c.String()
	var out []string
	for _, name := range reads(src) {
		e, err := condition.CompileExpr(name, condition.Env{})
		if err != nil {
			continue // A part of something larger, such as the variable of exists.
		}
		// A copy, because answers leave notes in their scope that the engine acts upon.
		scope := *s
		v, err := e.Value(&scope)
		if err != nil {
			continue
		}
		if line := name + " = " + shown(v); !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// shown is a value for people.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing"
	case time.Time:
		return v.Format(time.RFC3339)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return excerpt(string(b))
}

// reads are the parts of an expression that name something: event.total,
// orders.count(last = 90d). What is asked of a whole list is left away, so that the list
// itself is shown.
func reads(src string) []string {
	var out []string
	r := []rune(src)
	for i := 0; i < len(r); {
		switch {
		case r[i] == '"' || r[i] == '\'' || r[i] == '`':
			i = behindText(r, i)
		case unicode.IsLetter(r[i]) || r[i] == '_':
			end, question := behindPath(r, i)
			name := string(r[i:end])
			if question > i {
				name = string(r[i:question])
			}
			if !keyword(name) {
				out = append(out, name)
			}
			i = end
		case unicode.IsDigit(r[i]):
			for i < len(r) && (unicode.IsLetter(r[i]) || unicode.IsDigit(r[i]) || r[i] == '.') {
				i++
			}
		default:
			i++
		}
	}
	return out
}

func keyword(s string) bool {
	return slices.Contains([]string{"and", "or", "not", "in", "nil", "true", "false", "contains", "matches", "startsWith", "endsWith", "let", "if", "else"}, s)
}

// behindText is the place behind a text in quotes.
func behindText(r []rune, i int) int {
	quote := r[i]
	for i++; i < len(r); i++ {
		switch r[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(r)
}

// behindPath is the place behind a chain of names, calls and indices; question is where
// .exists, .all and the like begin, or 0.
func behindPath(r []rune, i int) (end, question int) {
	for i < len(r) {
		switch {
		case unicode.IsLetter(r[i]) || unicode.IsDigit(r[i]) || r[i] == '_':
			i++
		case r[i] == '.' && i+1 < len(r) && unicode.IsLetter(r[i+1]):
			if word := wordAt(r, i+1); question == 0 && slices.Contains([]string{"exists", "all", "none", "any", "one", "filter", "map"}, word) {
				question = i
			}
			i++
		case r[i] == '?' && i+1 < len(r) && r[i+1] == '.':
			i++
		case r[i] == '(' || r[i] == '[':
			i = behindBrackets(r, i)
		default:
			return i, question
		}
	}
	return i, question
}

func wordAt(r []rune, i int) string {
	end := i
	for end < len(r) && unicode.IsLetter(r[end]) {
		end++
	}
	return strings.ToLower(string(r[i:end]))
}

func behindBrackets(r []rune, i int) int {
	open := 0
	for i < len(r) {
		switch r[i] {
		case '"', '\'', '`':
			i = behindText(r, i)
			continue
		case '(', '[':
			open++
		case ')', ']':
			if open--; open == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}
