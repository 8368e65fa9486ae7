package services_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	maxFileLines = 400
	maxFuncLines = 80
	maxMainLines = 60
	minDocLines  = 3
)

// vagueNames are names of packages that say nothing about what is inside.
var vagueNames = []string{
	"util", "utils", "common", "helper", "helpers", "model", "models", "manager", "managers", "types", "misc", "base", "shared", "lib",
}

func packageDocs(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		if !slices.ContainsFunc(p.files, func(f *goFile) bool { return !f.test }) {
			continue
		}
		docs := path.Join(p.dir, "doc.go")
		i := slices.IndexFunc(p.files, func(f *goFile) bool { return f.path == docs })
		switch {
		case i < 0:
			found = append(found, finding{p.dir, "the package has no doc.go"})
		case p.files[i].ast.Doc == nil:
			found = append(found, finding{docs, "doc.go has no package comment"})
		case strings.Count(p.files[i].ast.Doc.Text(), "\n") < minDocLines:
			found = append(found, finding{docs, fmt.Sprintf("the package comment has fewer than %d lines: say what it is, what it promises, why it is so", minDocLines)})
		}
	}
	return found
}

func packageNames(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, name := range []string{p.name, path.Base(p.dir)} {
			if slices.Contains(vagueNames, name) {
				found = append(found, finding{p.dir, fmt.Sprintf("the name %s says nothing about what is inside", name)})
				break
			}
		}
	}
	return found
}

// eachFunction calls visit for each function and method that is declared in a file.
func eachFunction(f *goFile, visit func(*ast.FuncDecl)) {
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			visit(fn)
		}
	}
}

func noInit(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, f := range p.files {
			eachFunction(f, func(fn *ast.FuncDecl) {
				if fn.Name.Name == "init" && fn.Recv == nil && !f.generated {
					found = append(found, finding{f.at(fn), "func init"})
				}
			})
		}
	}
	return found
}

func fileLengths(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, f := range p.code() {
			if f.lines > maxFileLines {
				found = append(found, finding{f.path, fmt.Sprintf("%d lines", f.lines)})
			}
		}
	}
	return found
}

func functionLengths(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, f := range p.code() {
			eachFunction(f, func(fn *ast.FuncDecl) {
				limit := maxFuncLines
				if p.name == "main" && fn.Name.Name == "main" && fn.Recv == nil {
					limit = maxMainLines
				}
				if n := f.span(fn); n > limit {
					found = append(found, finding{f.at(fn), fmt.Sprintf("%s has %d lines", fn.Name.Name, n)})
				}
			})
		}
	}
	return found
}
