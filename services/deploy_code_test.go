package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// program is what deployment files may say of the program, as its source has it.
type program struct {
	flags     map[string][]string // by the function that makes the command, such as upCommand
	variables []string            // that are read from the environment
	services  []string            // that --services takes
	paths     []string            // that the endpoint for operators answers
	metrics   []string            // of services/rapport/ops/watch, as Prometheus calls them
	durables  []string            // consumers that workers share
	drain     time.Duration       // within which a process stops
}

// readProgram reads the source of the command. It is read and not run, so that these tests
// need no build and see what a command declares even when another package does not compile.
func readProgram(t *testing.T) program {
	t.Helper()
	p := program{flags: map[string][]string{}}
	functions := map[string]*ast.FuncDecl{}
	for _, f := range parseDir(t, "rapport") {
		p.readCommand(t, f)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				functions[receiver(fn)+fn.Name.Name] = fn
			}
		}
	}
	for name, fn := range functions {
		if strings.HasSuffix(name, "Command") {
			p.flags[name] = declared(fn, functions)
		}
	}
	for _, f := range parseDir(t, "rapport/stack") {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "Names" {
				p.services = stringsIn(fn)
			}
		}
		p.durables = append(p.durables, argumentsOf(f, 0, "subscriber")...)
		// twilio(options, name) makes a subscriber of that name.
		p.durables = append(p.durables, argumentsOf(f, 1, "twilio")...)
	}
	for _, f := range parseDir(t, "rapport/ops") {
		for _, pattern := range argumentsOf(f, 0, "HandleFunc", "Handle") {
			if method, path, ok := strings.Cut(pattern, " "); ok && method == "GET" {
				p.paths = append(p.paths, path)
			}
		}
	}
	// Each has another one for what is urgent (bus.NewExpedited).
	for _, durable := range slices.Clone(p.durables) {
		p.durables = append(p.durables, durable+"-now")
	}
	p.metrics = readGauges(t)
	if len(p.services) == 0 || len(p.variables) == 0 || len(p.paths) == 0 || p.drain == 0 || len(p.durables) == 0 {
		t.Fatalf("the source of the command is not written as these tests read it: %+v", p)
	}
	return p
}

// readCommand notes the flags, variables and the time to stop in one file.
func (p *program) readCommand(t *testing.T, f *ast.File) {
	t.Helper()
	// os.Getenv, os.LookupEnv, and functions of the program's own that parse what they look up.
	for _, argument := range argumentsOf(f, 0) {
		if variable.MatchString(argument) {
			p.variables = append(p.variables, argument)
		}
	}
	for _, d := range f.Decls {
		// Those of providers that call back stand in a table.
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "callbackSecrets" {
			p.variables = append(p.variables, slices.DeleteFunc(stringsIn(fn), func(s string) bool { return !variable.MatchString(s) })...)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "stopWithin" {
			return true
		}
		product, ok := spec.Values[0].(*ast.BinaryExpr)
		if !ok {
			t.Fatal("stopWithin is no product of seconds")
		}
		seconds, err := strconv.Atoi(product.X.(*ast.BasicLit).Value)
		if err != nil || product.Y.(*ast.SelectorExpr).Sel.Name != "Second" {
			t.Fatal("stopWithin is no number of seconds")
		}
		p.drain = time.Duration(seconds) * time.Second
		return true
	})
}

var variable = regexp.MustCompile(`^(RAPPORT|TWILIO)_[A-Z_]+$`)

// declared returns the flags that a function declares, itself or by handing its flags on.
func declared(fn *ast.FuncDecl, functions map[string]*ast.FuncDecl) []string {
	flags := argumentsOf(fn, 1, "StringVar", "StringSliceVar", "BoolVar", "IntVar", "DurationVar")
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !slices.ContainsFunc(call.Args, func(a ast.Expr) bool {
			id, ok := a.(*ast.Ident)
			return ok && (id.Name == "flags" || id.Name == "cmd")
		}) {
			return true
		}
		to := functions[called(call)]
		if method, ok := call.Fun.(*ast.SelectorExpr); ok {
			to = functions[typeOf(fn, method.X)+"."+method.Sel.Name]
		}
		if to != nil && to != fn {
			flags = append(flags, declared(to, functions)...)
		}
		return true
	})
	return flags
}

// receiver is the type that a method belongs to, with a dot; nothing for functions.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	return namedType(fn.Recv.List[0].Type) + "."
}

func namedType(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// typeOf is the type of a variable that a function declares, or of its receiver.
func typeOf(fn *ast.FuncDecl, x ast.Expr) string {
	named, found := namedType(x), ""
	if fn.Recv != nil && len(fn.Recv.List[0].Names) > 0 && fn.Recv.List[0].Names[0].Name == named {
		return namedType(fn.Recv.List[0].Type)
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return id.Name == named }) {
			found = namedType(spec.Type)
		}
		return found == ""
	})
	return found
}

// called is the name of the function or method that a call is of.
func called(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.Ident:
		return fun.Name
	}
	return ""
}

// readGauges returns the gauges of the watch under the names that Prometheus has for them: dots become underscores, and
// the unit is appended, unless it only says what is counted.
func readGauges(t *testing.T) []string {
	t.Helper()
	named := map[string]string{}
	var gauges []string
	for _, f := range parseDir(t, "rapport/ops/watch") {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if len(n.Values) == 1 {
					if text := stringsIn(n.Values[0]); len(text) == 1 {
						named[n.Names[0].Name] = text[0]
					}
				}
			case *ast.CompositeLit:
				if len(n.Elts) == 3 {
					if id, ok := n.Elts[0].(*ast.Ident); ok {
						gauges = append(gauges, id.Name+"|"+strings.Join(stringsIn(n.Elts[1]), ""))
					}
				}
			}
			return true
		})
	}
	suffix := map[string]string{"By": "_bytes", "s": "_seconds"}
	var metrics []string
	for _, g := range gauges {
		name, unit, _ := strings.Cut(g, "|")
		if text := named[name]; text != "" {
			metrics = append(metrics, strings.ReplaceAll(text, ".", "_")+suffix[unit])
		}
	}
	return metrics
}

// parseDir parses the Go files of a directory of this module, without tests.
func parseDir(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// argumentsOf returns the strings that calls of the functions, or of any without a name, are given at a place.
func argumentsOf(n ast.Node, place int, functions ...string) []string {
	var found []string
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) <= place || len(functions) > 0 && !slices.Contains(functions, called(call)) {
			return true
		}
		if lit, ok := call.Args[place].(*ast.BasicLit); ok {
			found = append(found, stringsIn(lit)...)
		}
		return true
	})
	return found
}

// stringsIn returns the string literals below a node.
func stringsIn(n ast.Node) []string {
	var found []string
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				found = append(found, text)
			}
		}
		return true
	})
	return found
}

// runnable are the directories of this module that are services.
func runnable(t *testing.T) []string {
	t.Helper()
	dirs, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range dirs {
		if d.IsDir() && d.Name() != "rapport" && d.Name() != "testdata" {
			names = append(names, d.Name())
		}
	}
	return names
}

// TestDeployReadsTheProgram: what these tests take from the source is what the program says of itself in its help.
func TestDeployReadsTheProgram(t *testing.T) {
	t.Parallel()
	p := readProgram(t)
	slices.Sort(p.services)
	if !slices.Equal(p.services, runnable(t)) {
		t.Errorf("--services takes %v, and the services are %v", p.services, runnable(t))
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if !slices.Contains(p.paths, path) {
			t.Errorf("the endpoint for operators answers %v, without %s", p.paths, path)
		}
	}
	for _, flag := range p.flags["upCommand"] {
		if !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(flag) {
			t.Errorf("--%s is no flag", flag)
		}
	}
}
