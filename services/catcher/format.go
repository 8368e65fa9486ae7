package catcher

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clock is a time as a list shows it: without the day when that is today.
func clock(at, today time.Time) string {
	at = at.In(today.Location())
	switch {
	case at.Year() == today.Year() && at.YearDay() == today.YearDay():
		return at.Format("15:04:05")
	case at.Year() == today.Year():
		return at.Format("2 Jan 15:04")
	}
	return at.Format("2 Jan 2006")
}

// byteSize is a size for people.
func byteSize(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands is a number that is not negative, with separators.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// title is a word with its first letter in upper case; HTML is all of it.
func title(word string) string {
	if word == "html" {
		return "HTML"
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// initial is the letter that stands for a sender, or a hash for a number.
func initial(sender string) string {
	if r, _ := utf8.DecodeRuneInString(sender); unicode.IsLetter(r) {
		return string(unicode.ToUpper(r))
	}
	return "#"
}
