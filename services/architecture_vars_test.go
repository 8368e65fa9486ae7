package services_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// constantMakers are functions whose result does not change, so that it may be kept in an unexported variable.
var constantMakers = []string{
	"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer", "time.Date", "time.Unix", "netip.MustParsePrefix",
	"decimal.NewFromInt", "decimal.New", "decimal.RequireFromString", "big.NewInt", "otel.Tracer",
}

// sharedVars are the exceptions, and why.
var sharedVars = map[string]string{
	"rapport/pkg/store/postgres/pgtest.shared": "tests of one process share a server process; only tests import the package",
	"rapport/pkg/journey.library":              "the modes of an encoder, which nothing changes, made when they are first needed; making them again for each state costs as much as the state",
}

// mutableVars finds package variables that can change: exported ones, those without a value, those of a kind that exists
// to be changed, and tables that some line of the package does change.
func mutableVars(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		changed := changedVars(p)
		for _, f := range p.code() {
			eachVar(f, func(name *ast.Ident, spec *ast.ValueSpec, value ast.Expr) {
				if sharedVars[p.path+"."+name.Name] != "" {
					return
				}
				if why := mutability(name, spec, value, changed[p.info.Defs[name]]); why != "" {
					found = append(found, finding{f.at(name), fmt.Sprintf("var %s %s", name.Name, why)})
				}
			})
		}
	}
	return found
}

// eachVar calls visit for each package variable of a file; value is nil for one without a value, or with a share of a
// call's several results. Blank variables (interface guards) and embedded files are left out.
func eachVar(f *goFile, visit func(name *ast.Ident, spec *ast.ValueSpec, value ast.Expr)) {
	for _, d := range f.ast.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, s := range group.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok || embeds(group.Doc) || embeds(spec.Doc) {
				continue
			}
			for i, name := range spec.Names {
				var value ast.Expr
				if len(spec.Values) == len(spec.Names) {
					value = spec.Values[i]
				}
				if name.Name != "_" {
					visit(name, spec, value)
				}
			}
		}
	}
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// mutability says why a variable counts as one that can change, and returns "" when it does not.
func mutability(name *ast.Ident, spec *ast.ValueSpec, value ast.Expr, changedAt string) string {
	made := calledName(value)
	switch {
	case changedAt != "":
		return "is changed at " + changedAt
	case value == nil:
		return "has no value of its own, so that something must change it"
	case made == "errors.New" || made == "fmt.Errorf" || made == "regexp.MustCompile":
		return ""
	case strings.HasPrefix(name.Name, "Err") || strings.HasPrefix(name.Name, "err"):
		return ""
	case name.IsExported():
		return "is exported, so that any package can change it: export a constant or a function"
	case strings.HasPrefix(typeName(spec.Type), "sync.") || strings.HasPrefix(typeName(spec.Type), "atomic."):
		return "is of a type that exists to be changed"
	case made != "" && !slices.Contains(constantMakers, made):
		return fmt.Sprintf("is made by %s, which the list of functions with unchanging results does not have", made)
	}
	switch v := value.(type) {
	case *ast.UnaryExpr:
		if v.Op == token.AND {
			return "points at something that can change"
		}
	case *ast.CompositeLit:
		if made := typeName(v.Type); strings.HasPrefix(made, "sync.") || strings.HasPrefix(made, "atomic.") {
			return "is of a type that exists to be changed"
		}
	}
	return ""
}

// calledName returns what a call calls (errors.New, newTable), and "" when the expression is no call.
func calledName(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return ""
	}
	if name := typeName(call.Fun); name != "" {
		return name
	}
	return "a function literal or conversion"
}

// typeName returns a plain or qualified name, through pointers and type arguments, and "" for what has none.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return strings.TrimPrefix(typeName(e.X)+"."+e.Sel.Name, ".")
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	}
	return ""
}

// changedVars finds the package variables that a line of the package's code assigns, increments, deletes from, clears or
// takes the address of, and where.
func changedVars(p *goPackage) map[types.Object]string {
	changed := map[types.Object]string{}
	for _, f := range p.code() {
		note := func(e ast.Expr) {
			if id := root(e); id != nil && p.info.Uses[id] != nil {
				changed[p.info.Uses[id]] = f.at(e)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, left := range n.Lhs {
						note(left)
					}
				}
			case *ast.IncDecStmt:
				note(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					note(n.X)
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
					note(n.Args[0])
				}
			}
			return true
		})
	}
	return changed
}

// root returns the variable that an expression such as table[k].field = ... reaches into.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}
