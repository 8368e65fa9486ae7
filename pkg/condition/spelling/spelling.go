package spelling

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration reads one whole number and its unit: "90m", "36h", "3d" or "2w". A day has 24
// hours, a week seven days.
func Duration(s string) (d time.Duration, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[len(s)-1]]
	count, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if unit == 0 || err != nil || time.Duration(count) > math.MaxInt64/unit {
		return 0, false
	}
	return time.Duration(count) * unit, true
}

// Nearest returns the candidate that is the fewest typing mistakes away from word: a
// letter too many, missing, wrong, or two swapped. It returns the first of equals, and
// nothing when more than a third of the word would have to change, unless the word is how
// just one candidate begins.
func Nearest(word string, candidates []string) string {
	w := []rune(strings.ToLower(word))
	if c := begunBy(string(w), candidates); c != "" {
		return c
	}
	best, bestDistance := "", max(1, len(w)/3)+1
	for _, c := range candidates {
		if d := distance(w, []rune(strings.ToLower(c))); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// begunBy is the only candidate that begins with a word of three letters or more.
func begunBy(word string, candidates []string) string {
	found := ""
	for _, c := range candidates {
		switch {
		case strings.ToLower(c) == word:
			return c
		case len(word) < 3 || !strings.HasPrefix(strings.ToLower(c), word):
		case found != "":
			return ""
		default:
			found = c
		}
	}
	return found
}

// DidYouMean is a remedy that names the nearest candidate, else lists the choices.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return OneOf(candidates)
}

// OneOf lists the choices, as long as a reader will still read them.
func OneOf(choices []string) string {
	const most = 12
	switch {
	case len(choices) == 0:
		return ""
	case len(choices) == 1:
		return "use " + choices[0]
	case len(choices) > most:
		return "use one of " + strings.Join(choices[:most], ", ") + " ..."
	}
	return "use one of " + strings.Join(choices, ", ")
}

// distance is the optimal string alignment distance of Damerau and Levenshtein.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
