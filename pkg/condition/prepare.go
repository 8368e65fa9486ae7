package condition

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"rapport/pkg/schedule"
)

// prepared is an expression as the parser is given it. Lengths of time (90d) and named
// values (last = 90d) are not in its grammar, so they are written as something that is, of
// the same length, and known again by where they stand: columns stay those of the source.
type prepared struct {
	text      string
	lengths   map[int]time.Duration // by where they begin, in characters
	named     map[int]bool          // where the equals signs stand
	ambiguous []place               // numbers that run into letters and are no length of time
}

// scanner walks over an expression by characters.
type scanner struct {
	in, out  []rune
	brackets []bool // open ones; true: those of a call
	// word tells that the token before was a word that may be called, afterCall that it
	// opened a call or was a comma in one, name that it was a word directly behind such.
	word, afterCall, name bool
	result                prepared
}

// prepare never fails: what it cannot make sense of it leaves for the parser to refuse.
func prepare(src string) prepared {
	s := scanner{in: []rune(src), result: prepared{lengths: map[int]time.Duration{}, named: map[int]bool{}}}
	s.out = slices.Clone(s.in)
	for i := 0; i < len(s.in); {
		i = s.token(i)
	}
	s.result.text = string(s.out)
	return s.result
}

// token passes one token and returns where the next begins.
func (s *scanner) token(i int) int {
	switch r := s.in[i]; {
	case unicode.IsSpace(r):
		return i + 1
	case r == '"' || r == '\'' || r == '`':
		s.seen(false, false)
		return s.quoted(i)
	case r == '/' && i+1 < len(s.in) && (s.in[i+1] == '/' || s.in[i+1] == '*'):
		return s.comment(i)
	case unicode.IsDigit(r):
		s.seen(false, false)
		return s.number(i)
	case letter(r) || r == '#':
		end := i + 1
		for end < len(s.in) && letter(s.in[end]) {
			end++
		}
		name := s.afterCall && r != '#'
		s.seen(!operatorWord(string(s.in[i:end])), false)
		s.name = name
		return end
	}
	return s.punctuation(i)
}

func (s *scanner) punctuation(i int) int {
	r := s.in[i]
	next := rune(0)
	if i+1 < len(s.in) {
		next = s.in[i+1]
	}
	switch {
	case r == '=' && next != '=' && s.name:
		s.out[i] = '<' // it binds weaker than what may stand behind it
		s.result.named[i] = true
		s.seen(false, false)
		return i + 1
	case strings.ContainsRune("=!<>", r) && next == '=':
		s.seen(false, false)
		return i + 2
	case strings.ContainsRune("([{", r):
		call := r == '(' && s.word
		s.brackets = append(s.brackets, call)
		s.seen(false, call)
		return i + 1
	case strings.ContainsRune(")]}", r):
		if n := len(s.brackets); n > 0 {
			s.brackets = s.brackets[:n-1]
		}
		s.seen(false, false)
		return i + 1
	case r == '.' && unicode.IsDigit(next):
		s.seen(false, false)
		return s.number(i)
	}
	s.seen(false, r == ',' && len(s.brackets) > 0 && s.brackets[len(s.brackets)-1])
	return i + 1
}

func (s *scanner) seen(word, afterCall bool) { s.word, s.afterCall, s.name = word, afterCall, false }

func letter(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func operatorWord(w string) bool {
	return slices.Contains([]string{"and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "let"}, w)
}

// quoted passes a text; one that is not closed takes all the rest.
func (s *scanner) quoted(i int) int {
	quote := s.in[i]
	for i++; i < len(s.in); i++ {
		switch {
		case s.in[i] == '\\' && quote != '`':
			i++
		case s.in[i] == quote:
			return i + 1
		}
	}
	return len(s.in)
}

func (s *scanner) comment(i int) int {
	rest := string(s.in[i+2:])
	mark, after := "\n", 0
	if s.in[i+1] == '*' {
		mark, after = "*/", 2
	}
	before, _, found := strings.Cut(rest, mark)
	if !found {
		return len(s.in)
	}
	return i + 2 + len([]rune(before)) + after
}

// number passes a number with the letters that touch it, and writes lengths of time as
// words.
func (s *scanner) number(i int) int {
	end := i
	for end < len(s.in) && (letter(s.in[end]) || (s.in[end] == '.' && end+1 < len(s.in) && unicode.IsDigit(s.in[end+1]))) {
		end++
	}
	text := string(s.in[i:end])
	if last := s.in[end-1]; unicode.IsDigit(last) || strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X") {
		return end
	}
	if d, err := schedule.ParseDuration(text); err == nil {
		s.out[i] = '$'
		s.result.lengths[i] = d
	} else {
		s.result.ambiguous = append(s.result.ambiguous, place{i, end})
	}
	return end
}
