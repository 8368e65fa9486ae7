package condition

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"rapport/pkg/condition/spelling"
)

// Error is one mistake in an expression.
type Error struct {
	Line, Col int // within the expression, in characters, from 1
	Width     int // characters concerned, at least 1
	Message   string
	Hint      string // what to do; may be empty
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Message)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Line, e.Col, e.Message, e.Hint)
}

// Errors are all mistakes found in one expression, in its order; at least one.
type Errors []*Error

func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// place is a stretch of an expression, in characters from 0.
type place struct{ from, to int }

func placeOf(n ast.Node) place {
	l := n.Location()
	return place{l.From, max(l.To, l.From+1)}
}

// lines knows where the lines of an expression begin, in characters.
type lines []int

func newLines(src string) lines {
	l, i := lines{0}, 0
	for _, r := range src {
		i++
		if r == '\n' {
			l = append(l, i)
		}
	}
	return l
}

func (l lines) at(offset int) (line, col int) {
	line = len(l)
	for line > 1 && l[line-1] > offset {
		line--
	}
	return line, offset - l[line-1] + 1
}

func (c *compiler) errorAt(p place, message, hint string) *Error {
	line, col := c.lines.at(p.from)
	return &Error{Line: line, Col: col, Width: max(1, p.to-p.from), Message: message, Hint: hint}
}

// fail records a mistake and goes on with an operand of any kind, so that one mistake is
// reported once and the rest of the expression is still checked.
func (c *compiler) fail(p place, message, hint string) operand {
	c.errs = append(c.errs, c.errorAt(p, message, hint))
	return operand{at: p, shape: shape{kind: kindAny}, eval: missing}
}

// warn records what is allowed and hardly meant.
func (c *compiler) warn(p place, message, hint string) {
	c.warnings = append(c.warnings, c.errorAt(p, message, hint))
}

var (
	unexpected = regexp.MustCompile(`^unexpected token (\w+)\("(.*)"\)$`)
	strange    = regexp.MustCompile(`^unrecognized character: U\+[0-9A-F]+ '(.)'$`)
)

// syntaxError puts an error of the parser into words for people who do not program.
func (c *compiler) syntaxError(src string, err error) *Error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return c.errorAt(place{}, err.Error(), "")
	}
	end := len([]rune(src))
	at := place{min(fe.From, max(0, end-1)), min(max(fe.To, fe.From+1), end)}
	message, hint := fe.Message, ""
	for _, p := range c.prepared.ambiguous {
		if fe.From >= p.from && fe.From <= p.to {
			return c.errorAt(p, c.written(p)+" is not a length of time", "write whole numbers with w, d, h, m or s: 36h, 30d or 1d12h")
		}
	}
	switch m := unexpected.FindStringSubmatch(message); {
	case strings.TrimSpace(src) == "":
		message, hint = "the expression is empty", "write a comparison, such as event.total > 20"
	case strings.HasPrefix(message, "unexpected token EOF"), strings.HasPrefix(message, "unexpected end"):
		message, hint = "the expression ends too early", "something is missing after this: a value, or a closing bracket"
	case m != nil:
		token := m[2]
		if strings.HasPrefix(token, "$") || c.prepared.named[fe.From] {
			token = c.written(at)
		}
		message, hint = "did not expect "+token+" here", remedyFor(token)
	case strange.MatchString(message):
		char := strange.FindStringSubmatch(message)[1]
		message, hint = "cannot read the character "+char, remedyFor(char)
	case message == "literal not terminated":
		message, hint = "the text is not closed", `put a quote at its end: "like this"`
	case strings.Contains(message, "maximum allowed nodes"):
		message, hint = "the expression is too large", "split it into several"
	}
	return c.errorAt(at, message, hint)
}

// remedyFor knows the slips that people make who come from other tools.
func remedyFor(token string) string {
	switch token {
	case "=":
		return "two values are compared with =="
	case "&", "AND", "And":
		return "write and"
	case "OR", "Or", "|":
		return "write or"
	case "NOT", "Not":
		return "write not"
	case "IN", "In":
		return "write in"
	case "“", "”", "‘", "’", "„", "«", "»":
		return `use straight quotes: "like this"`
	case "is", "IS", "equals":
		return "two values are compared with =="
	}
	if near := spelling.Nearest(token, []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches"}); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}
