package generate

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// initialisms are written in capitals in names of Go.
var initialisms = []string{"id", "url", "sku", "api", "ip", "uuid", "html", "json", "http", "sms", "nps", "vat"}

// camel is a name of an event or a property as one of Go: order.completed is OrderCompleted.
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' }) {
		if slices.Contains(initialisms, strings.ToLower(word)) {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	out := b.String()
	switch {
	case out == "":
		return "Property"
	case !unicode.IsLetter(rune(out[0])):
		return "N" + out
	}
	return out
}

// parameter is a field's name as that of a parameter.
func parameter(field string) string {
	upper := 0
	for upper < len(field) && unicode.IsUpper(rune(field[upper])) {
		upper++
	}
	if upper > 1 && upper < len(field) {
		upper-- // the last capital begins the next word
	}
	out := strings.ToLower(field[:upper]) + field[upper:]
	if token.IsKeyword(out) || slices.Contains([]string{"string", "bool", "float64", "int64", "any", "time"}, out) {
		return out + "Value"
	}
	return out
}

// singular is what one of many is called.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies") && len(name) > 4:
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && len(name) > 2:
		return strings.TrimSuffix(name, "s")
	}
	return name + "_item"
}
