package condition

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

const (
	maxPattern = 200  // bytes of a regular expression
	maxProgram = 2000 // instructions that it is compiled to
)

// compilePattern reads a regular expression (RE2: linear in the text, whatever the
// pattern) and refuses one that a few letters blow up, such as (a{1000}){1000}, before it
// takes the memory.
func compilePattern(text string) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("it has %d bytes, at most %d are allowed", len(text), maxPattern)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the pattern
	}
	if programSize(tree) > maxProgram {
		return nil, fmt.Errorf("it repeats too much")
	}
	return regexp.Compile(text) //nolint:wrapcheck // it names the pattern
}

// programSize estimates the instructions of a pattern, from above and without overflow.
func programSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size = min(size+programSize(sub), maxProgram+1)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1) + 1
	}
	return min(size, maxProgram+1)
}
