package services_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// topNames is the whole top level, besides names that begin with a dot.
var topNames = []string{
	"LICENSE", "Makefile", "README.md", "deploy", "docker-compose.yml", "go.work", "go.work.sum", "pkg", "services", "templates",
}

// modFile is what the rules need of a go.mod or a go.work.
type modFile struct {
	goVersion string
	module    string
	require   map[string]string // version by module path, direct and indirect
	replace   map[string]string // target by module path
	use       []string
}

func modFilePaths() []string {
	var paths []string
	for _, m := range modules {
		paths = append(paths, path.Join(m, "go.mod"))
	}
	return paths
}

// parseModFile reads the directives go, module, require, replace and use, alone or in brackets; the go command itself
// refuses a file that it cannot read, so that this need not.
func parseModFile(text string) *modFile {
	m := &modFile{require: map[string]string{}, replace: map[string]string{}}
	block := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case block == "" && len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case words[0] == ")":
			block = ""
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		m.add(words)
	}
	return m
}

func (m *modFile) add(words []string) {
	switch {
	case len(words) < 2:
	case words[0] == "go":
		m.goVersion = words[1]
	case words[0] == "module":
		m.module = words[1]
	case words[0] == "use":
		m.use = append(m.use, words[1])
	case words[0] == "require" && len(words) > 2:
		m.require[words[1]] = words[2]
	case words[0] == "replace":
		if _, target, ok := strings.Cut(strings.Join(words[1:], " "), " => "); ok {
			m.replace[words[1]] = target
		}
	}
}

func modulesAgree(t *tree) []finding {
	var found []finding
	paths := slices.Sorted(maps.Keys(t.modFiles))
	for i, a := range paths {
		for _, b := range paths[i+1:] {
			found = append(found, disagreements(a, b, t.modFiles[a], t.modFiles[b])...)
		}
	}
	return found
}

// disagreements compares two module files: the Go version with that of the workspace, and the versions and replacements
// of what both name.
func disagreements(pathA, pathB string, a, b *modFile) []finding {
	var found []finding
	if pathA == "go.work" && a.goVersion != b.goVersion {
		found = append(found, finding{pathA, fmt.Sprintf("says go %s, and %s says go %s", a.goVersion, pathB, b.goVersion)})
	}
	for _, lib := range slices.Sorted(maps.Keys(a.require)) {
		if other, both := b.require[lib]; both && other != a.require[lib] {
			found = append(found, finding{pathA, fmt.Sprintf("requires %s %s, and %s requires %s", lib, a.require[lib], pathB, other)})
		}
	}
	for _, lib := range slices.Sorted(maps.Keys(a.replace)) {
		if other, both := b.replace[lib]; both && other != a.replace[lib] {
			found = append(found, finding{pathA, fmt.Sprintf("replaces %s by %s, and %s by %s", lib, a.replace[lib], pathB, other)})
		}
	}
	return found
}

func modulesStandAlone(t *tree) []finding {
	var found []finding
	for _, module := range modules {
		file := path.Join(module, "go.mod")
		m := t.modFiles[file]
		if m == nil {
			found = append(found, finding{file, "is missing"})
			continue
		}
		if m.module != "rapport/"+module {
			found = append(found, finding{file, fmt.Sprintf("names the module %s instead of rapport/%s", m.module, module)})
		}
		if w := t.modFiles["go.work"]; w == nil || !slices.Contains(w.use, "./"+module) {
			found = append(found, finding{"go.work", "does not use ./" + module})
		}
		found = append(found, unmetNeighbours(t, module, m)...)
		for _, lib := range slices.Sorted(maps.Keys(m.replace)) {
			if !strings.HasPrefix(lib, "rapport/") {
				found = append(found, finding{file, fmt.Sprintf("replaces %s: a fork or a local copy is no version that others can get", lib)})
			}
		}
	}
	return found
}

// unmetNeighbours finds modules of ours that a module imports and does not require and replace.
func unmetNeighbours(t *tree, module string, m *modFile) []finding {
	needed := map[string]bool{}
	for _, p := range t.packages {
		if own, _, _ := strings.Cut(p.dir, "/"); own != module {
			continue
		}
		eachImport(p, func(_ *goFile, _, imported string) {
			rest, ours := strings.CutPrefix(imported, "rapport/")
			if target, _, _ := strings.Cut(rest, "/"); ours && target != module {
				needed[target] = true
			}
		})
	}
	var found []finding
	for _, target := range slices.Sorted(maps.Keys(needed)) {
		neighbour := "rapport/" + target
		if m.require[neighbour] != "v0.0.0" || m.replace[neighbour] != "../"+target {
			found = append(found, finding{path.Join(module, "go.mod"), fmt.Sprintf("needs: require %s v0.0.0, replace %s => ../%s", neighbour, neighbour, target)})
		}
	}
	return found
}

func topLevel(t *tree) []finding {
	var found []finding
	for _, name := range t.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topNames, name) {
			found = append(found, finding{name, "does not belong at the top level"})
		}
	}
	for _, name := range topNames {
		if !slices.Contains(t.top, name) {
			found = append(found, finding{name, "is missing from the top level"})
		}
	}
	return found
}
