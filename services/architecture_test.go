package services_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// rule is one promise of the layout. Why is printed when it is broken, because a rule whose reason nobody remembers
// is worked around instead of kept.
type rule struct {
	name  string
	why   string
	check func(*tree) []finding
}

// finding is one place that breaks a rule.
type finding struct {
	where string // file:line, directory or module file, relative to the root of the repository
	what  string // what stands there and what to do instead
}

// rules are in the order of the architecture: who may know whom, what pure code may do, then the shape of the code.
func rules() []rule {
	return []rule{
		{
			name: "services-apart",
			why: "Services meet in events only. One that imports another cannot be deployed, scaled or replaced without " +
				"it. services/rapport is all of them in one process; tests may use services/catcher to see what was sent.",
			check: servicesApart,
		},
		{
			name: "pkg-below-services",
			why: "pkg holds nouns, services hold agents. A noun that knows an agent drags the agent into everything that " +
				"uses the noun, and pkg has to build without the other modules.",
			check: pkgBelowServices,
		},
		{
			name: "pure-imports",
			why: "Pure packages decide; the same input has to give the same decision on every machine and in every " +
				"replay. So they import a short list of the standard library and of libraries that only compute.",
			check: pureImports,
		},
		{
			name: "pure-layers",
			why: "Pure packages import each other downwards only, in the order of the list, so that each can be read, " +
				"tested and reused with what stands below it and nothing else.",
			check: pureLayers,
		},
		{
			name: "pure-calls",
			why: "Time, randomness, output and goroutines make a decision depend on when and where it ran: a replay would " +
				"decide otherwise and its messages would have other ids. Time is an argument; randomness is a hash.",
			check: pureCalls,
		},
		{
			name:  "package-doc",
			why:   "A package says in doc.go what it is, what it promises and why it is so; the next reader starts there.",
			check: packageDocs,
		},
		{
			name:  "package-name",
			why:   "A package is named for what is inside. Names such as util say nothing, and attract what fits nowhere.",
			check: packageNames,
		},
		{
			name: "no-init",
			why: "init runs before main can decide anything, in an order nobody sees, and makes registries global. Wire " +
				"things up in a constructor instead.",
			check: noInit,
		},
		{
			name:  "file-length",
			why:   fmt.Sprintf("A file of more than %d lines holds more than one thing. Split it by what is inside.", maxFileLines),
			check: fileLengths,
		},
		{
			name: "function-length",
			why: fmt.Sprintf("A function of more than %d lines does not fit a screen (a main: %d, because it parses, calls "+
				"and exits). Name its steps.", maxFuncLines, maxMainLines),
			check: functionLengths,
		},
		{
			name: "no-mutable-vars",
			why: "State in a package variable is shared by all tests and by all services of one process, unseen by any " +
				"signature. Keep it in a value that somebody constructs; errors, embedded files, patterns and tables that " +
				"nothing changes may stay.",
			check: mutableVars,
		},
		{
			name: "no-sleep",
			why: "A test that sleeps is slow when it passes and wrong when the machine is. Wait for a signal with a " +
				"deadline, or run it in a testing/synctest bubble.",
			check: sleepingTests,
		},
		{
			name: "modules-agree",
			why: "In the workspace the highest version of a library wins; alone, each module gets its own. When they differ, " +
				"what was tested is not what is built.",
			check: modulesAgree,
		},
		{
			name: "modules-stand-alone",
			why: "Inside the workspace a module finds its neighbours without requiring them; in an image or with GOWORK=off " +
				"it does not. Require the neighbour at v0.0.0 and replace it by its relative path.",
			check: modulesStandAlone,
		},
		{
			name: "top-level",
			why: "The top level is the table of contents: three modules, deploy, and the files that tools look for there. " +
				"Everything else has a room.",
			check: topLevel,
		},
	}
}

// TestArchitecture holds this repository against the rules.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	repository, err := readTree(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(repository.packages) < len(modules) {
		t.Fatalf("found %d packages: the test looks in the wrong place", len(repository.packages))
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if findings := r.check(repository); len(findings) > 0 {
				t.Error(report(r, findings))
			}
		})
	}
}

// report words what is broken, for the one who broke it: the places, then the reason.
func report(r rule, findings []finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the rule %s is broken (%d):\n", r.name, len(findings))
	for _, f := range findings {
		fmt.Fprintf(&b, "  %s: %s\n", f.where, f.what)
	}
	fmt.Fprintf(&b, "Why there is such a rule: %s", r.why)
	return b.String()
}
