package services_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// modules are the directories that hold a go.mod, which are named rapport/<directory>.
var modules = []string{"pkg", "services", "templates"}

// tree is what the rules look at: a repository, read once.
type tree struct {
	top      []string // names at the top level, without what .gitignore names
	packages []*goPackage
	modFiles map[string]*modFile // by path: pkg/go.mod, go.work, ...
}

// goPackage is the Go code of one directory, tests included.
type goPackage struct {
	path  string // rapport/pkg/event
	dir   string // pkg/event
	name  string // of the code, or of the tests where there is no other code
	files []*goFile
	info  *types.Info // resolves identifiers within the package; imports are not followed
}

// goFile is one Go file.
type goFile struct {
	path      string // pkg/event/doc.go
	test      bool
	generated bool
	lines     int
	ast       *ast.File
	fset      *token.FileSet
}

// code returns the files that people wrote and that end up in a binary.
func (p *goPackage) code() []*goFile {
	var files []*goFile
	for _, f := range p.files {
		if !f.test && !f.generated {
			files = append(files, f)
		}
	}
	return files
}

// at says where a node stands.
func (f *goFile) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

// span returns the number of lines that a node takes.
func (f *goFile) span(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}

// readTree reads every Go file and module file of a repository. Directories that the go command ignores (testdata,
// .name, _name) are left out.
func readTree(repository fs.FS) (*tree, error) {
	t := &tree{modFiles: map[string]*modFile{}}
	ignored, err := ignoredNames(repository)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(repository, ".")
	if err != nil {
		return nil, fmt.Errorf("read the top level: %w", err)
	}
	for _, e := range entries {
		if !slices.ContainsFunc(ignored, func(pattern string) bool { ok, _ := path.Match(pattern, e.Name()); return ok }) {
			t.top = append(t.top, e.Name())
		}
	}
	for _, name := range append([]string{"go.work"}, modFilePaths()...) {
		data, err := fs.ReadFile(repository, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		t.modFiles[name] = parseModFile(string(data))
	}
	for _, module := range modules {
		if err := t.readModule(repository, module); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tree) readModule(repository fs.FS, module string) error {
	return fs.WalkDir(repository, module, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == module:
			return nil
		case err != nil:
			return fmt.Errorf("walk %s: %w", module, err)
		case !d.IsDir():
			return nil
		case d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_"):
			return fs.SkipDir
		}
		p, err := readPackage(repository, name)
		if p != nil {
			t.packages = append(t.packages, p)
		}
		return err
	})
}

// readPackage parses the Go files of one directory; it returns nil for a directory without any.
func readPackage(repository fs.FS, dir string) (*goPackage, error) {
	names, err := fs.Glob(repository, path.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, err
	}
	p := &goPackage{path: "rapport/" + dir, dir: dir}
	fset := token.NewFileSet()
	for _, name := range names {
		data, err := fs.ReadFile(repository, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		file, err := parser.ParseFile(fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		p.files = append(p.files, &goFile{
			path: name, fset: fset, ast: file,
			test: strings.HasSuffix(name, "_test.go"), generated: ast.IsGenerated(file),
			lines: bytes.Count(data, []byte("\n")),
		})
		if p.name == "" || !strings.HasSuffix(name, "_test.go") {
			p.name = file.Name.Name
		}
	}
	p.resolve(fset)
	return p, nil
}

// resolve finds out what the identifiers of the package's code stand for. Imports stay unknown, which go/types reports
// as errors and survives; what is asked here (which package a name is of, which variable is assigned) needs no more.
func (p *goPackage) resolve(fset *token.FileSet) {
	p.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	var files []*ast.File
	for _, f := range p.files {
		if f.ast.Name.Name == p.name {
			files = append(files, f.ast)
		}
	}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = config.Check(p.path, fset, files, p.info)
}

// noImports refuses every import.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) {
	return nil, errors.New("imports are not followed")
}

// ignoredNames returns the patterns of .gitignore that can match a name at the top level.
func ignoredNames(repository fs.FS) ([]string, error) {
	data, err := fs.ReadFile(repository, ".gitignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read .gitignore: %w", err)
	}
	var patterns []string
	for line := range strings.Lines(string(data)) {
		pattern := strings.Trim(strings.TrimSpace(line), "/")
		if pattern != "" && !strings.HasPrefix(pattern, "#") && !strings.Contains(pattern, "/") {
			patterns = append(patterns, pattern)
		}
	}
	return patterns, nil
}
