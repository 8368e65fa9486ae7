package render

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// tagForm is how the language of a file may be spelt: two letters (ISO 639-1), a script, a country.
var tagForm = regexp.MustCompile(`^[A-Za-z]{2}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?$`)

// versionOf splits the name of a file, without its ending, into that of the template and its language: thank-you.de-AT is
// thank-you in the German of Austria. slip reports that the language is not spelt as it has to be, which tag then is.
func versionOf(stem string) (name, tag string, slip bool) {
	i := strings.LastIndexByte(stem, '.')
	if i < 0 || !isTag(stem[i+1:]) {
		return stem, "", false
	}
	tag = canonicalTag(stem[i+1:])
	return stem[:i], tag, tag != stem[i+1:]
}

// isTag reports whether a text names a language that there is.
func isTag(s string) bool {
	if !tagForm.MatchString(s) {
		return false
	}
	_, err := language.ParseBase(s[:2])
	return err == nil
}

// canonicalTag spells a language as BCP 47 recommends: de-AT, zh-Hant-TW.
func canonicalTag(s string) string {
	parts := strings.Split(strings.ReplaceAll(s, "_", "-"), "-")
	for i, p := range parts {
		switch {
		case i == 0 || len(p) != 2 && len(p) != 4:
			parts[i] = strings.ToLower(p)
		case len(p) == 2:
			parts[i] = strings.ToUpper(p)
		default:
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		}
	}
	return strings.Join(parts, "-")
}

// wider are a language and those that stand for it: de-AT and de.
func wider(tag string) []string {
	var all []string
	for tag != "" {
		all = append(all, tag)
		tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
	}
	return all
}

// chain is the order in which languages are asked for a reader of one: theirs, the shop's, and what is for everybody.
func chain(tag, shop string) []string {
	var all []string
	for _, t := range append(append(wider(tag), wider(shop)...), "") {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// pick is the first version in the order of a chain; the zero value when there is none.
func pick[T any, M ~map[string]T](all M, chain []string) T {
	for _, tag := range chain {
		if v, ok := all[tag]; ok {
			return v
		}
	}
	var none T
	return none
}
