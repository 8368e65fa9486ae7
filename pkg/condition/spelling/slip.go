package spelling

import "strings"

// Slip returns the candidate that differs from word by at most two typing mistakes, or of
// which word is the beginning; nothing when there is none. It is for words that may well be
// meant as they stand, of which only a slip should be pointed out.
func Slip(word string, candidates []string) string {
	w := []rune(strings.ToLower(word))
	if c := begunBy(string(w), candidates); c != "" {
		return c
	}
	best, bestDistance := "", 3
	for _, c := range candidates {
		other := []rune(strings.ToLower(c))
		if apart := len(other) - len(w); apart > 2 || apart < -2 {
			continue // at least as many mistakes as letters more or less
		}
		if d := distance(w, other); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}
