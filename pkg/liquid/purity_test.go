package liquid_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPurity keeps the package free of everything that would make a render
// depend on more than its arguments, and publishable by itself.
func TestPurity(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"context", "encoding/base64", "encoding/json", "errors", "fmt", "html", "maps", "math", "math/bits", "net/url", "slices",
		"sort", "strconv", "strings", "sync", "time", "unicode", "unicode/utf8", "github.com/ncruces/go-strftime",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range file.Imports {
			if path, _ := strconv.Unquote(imp.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.SelectorExpr:
				if pkg, ok := x.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Sleep", "Local"}, x.Sel.Name) {
					t.Errorf("%s reads the clock or the machine's zone: time.%s", name, x.Sel.Name)
				}
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine", name)
			}
			return true
		})
	}
}
