package services_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// impure lists what pure packages must not use of packages that they may otherwise import. Mentioning it is enough: a
// time.Now kept in a field is read later all the same.
var impure = map[string][]string{
	"time": {
		"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer",
		"Local", // the zone of the machine that happens to run it
	},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"}, // they start a timer
}

func pureCalls(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		if layer(p.path) < 0 {
			continue
		}
		for _, f := range p.code() {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if what := impurity(p, n); what != "" {
					found = append(found, finding{f.at(n), fmt.Sprintf("the pure package %s uses %s", p.path, what)})
				}
				return true
			})
		}
	}
	return found
}

// impurity names what is impure about a node, and returns "" when nothing is.
func impurity(p *goPackage, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine"
	case *ast.SelectorExpr:
		if from := importOf(p, n.X); slices.Contains(impure[from], n.Sel.Name) {
			return from + "." + n.Sel.Name
		}
	case *ast.CallExpr:
		id, ok := n.Fun.(*ast.Ident)
		if _, builtin := p.info.Uses[id].(*types.Builtin); ok && builtin && (id.Name == "print" || id.Name == "println") {
			return "the builtin " + id.Name
		}
	}
	return ""
}

// importOf returns the path of the package that an expression names, and "" for any other expression.
func importOf(p *goPackage, e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok {
		return ""
	}
	name, ok := p.info.Uses[id].(*types.PkgName)
	if !ok {
		return ""
	}
	return name.Imported().Path()
}

func sleepingTests(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, f := range p.files {
			if !f.test || importName(f, "testing/synctest") != "" {
				continue
			}
			clock := importName(f, "time")
			ast.Inspect(f.ast, func(n ast.Node) bool {
				call, ok := n.(*ast.SelectorExpr)
				if !ok || call.Sel.Name != "Sleep" {
					return true
				}
				if id, ok := call.X.(*ast.Ident); ok && clock != "" && id.Name == clock {
					found = append(found, finding{f.at(n), "the test calls time.Sleep"})
				}
				return true
			})
		}
	}
	return found
}

// importName returns the name under which a file imports a package, and "" when it does not.
func importName(f *goFile, path string) string {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value != `"`+path+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path[lastSlash(path)+1:]
	}
	return ""
}

func lastSlash(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return i
		}
	}
	return -1
}
