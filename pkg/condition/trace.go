package condition

import "github.com/expr-lang/expr/ast"

type tracer struct{}

func (t *tracer) begin(c *compiler, n ast.Node) int { return 0 }
func (t *tracer) end(part int, o operand) operand   { return o }
