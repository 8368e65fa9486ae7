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
	for most := 1; most <= 2; most++ {
		for _, c := range candidates {
			if distance(w, []rune(strings.ToLower(c))) <= most {
				return c
			}
		}
	}
	return ""
}
