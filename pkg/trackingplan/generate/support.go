package generate

import (
	"bytes"
	"fmt"
)

// supports are the pieces that generated code may need, by what they are needed as: their
// imports and their text.
var supports = map[string]struct {
	imports []string
	text    string
}{
	"Money": {nil, `// Money is an amount as a decimal, such as "12.50". Its currency stands beside it.
type Money string
`},
	"Date": {nil, `// Date is a day of the calendar, such as "2026-03-02".
type Date string
`},
	"there": {[]string{"fmt"}, `// there checks that a property that is required has a value.
func there(at string, is bool) error {
	if is {
		return nil
	}
	return fmt.Errorf("%s: is missing", at)
}
`},
	"decimal": {[]string{"fmt", "strings"}, `// decimal checks an amount, if there is one.
func decimal(at, s string) error {
	digits := strings.TrimPrefix(s, "-")
	before, behind, point := strings.Cut(digits, ".")
	if s == "" || len(s) <= 40 && before != "" && (behind != "" || !point) && strings.Trim(before+behind, "0123456789") == "" {
		return nil
	}
	return fmt.Errorf("%s: is %q, must be a decimal such as 12.50", at, s)
}
`},
	"date": {[]string{"fmt", "time"}, `// date checks a day, if there is one.
func date(at, s string) error {
	if _, err := time.Parse(time.DateOnly, s); s != "" && err != nil {
		return fmt.Errorf("%s: is %q, must be a date such as 2026-03-02", at, s)
	}
	return nil
}
`},
	"oneOf": {[]string{"fmt", "slices", "strings"}, `// oneOf checks that a text, if there is one, is among the choices.
func oneOf(at, s string, choices ...string) error {
	if s == "" || slices.Contains(choices, s) {
		return nil
	}
	return fmt.Errorf("%s: is %q, must be one of %s", at, s, strings.Join(choices, ", "))
}
`},
	"email": {[]string{"fmt", "strings"}, `// email checks an address, if there is one.
func email(at, s string) error {
	i := strings.LastIndexByte(s, '@')
	if s == "" || i > 0 && i < len(s)-1 && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n<>\"") {
		return nil
	}
	return fmt.Errorf("%s: is %q, must be an address such as ada@example.com", at, s)
}
`},
	"url": {[]string{"fmt", "net/url"}, `// url checks an address on the web, if there is one.
func url(at, s string) error {
	if u, err := neturl.Parse(s); s == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return nil
	}
	return fmt.Errorf("%s: is %q, must be an address such as https://shop.example/lamp", at, s)
}
`},
	"currency": {[]string{"fmt"}, `// currency checks a code of ISO 4217, if there is one.
func currency(at, s string) error {
	if s == "" || len(s) == 3 && s[0]-'A' < 26 && s[1]-'A' < 26 && s[2]-'A' < 26 {
		return nil
	}
	return fmt.Errorf("%s: is %q, must be a currency by its code in ISO 4217, such as EUR", at, s)
}
`},
}

// imports writes what the code needs of the standard library.
func (w *writer) imports(out *bytes.Buffer) {
	paths := map[string]bool{}
	for need := range w.needs {
		for _, path := range supports[need].imports {
			paths[path] = true
		}
	}
	for need, path := range map[string]string{"errors": "errors", "time": "time", "strconv": "strconv"} {
		if w.needs[need] {
			paths[path] = true
		}
	}
	if len(paths) == 0 {
		return
	}
	out.WriteString("import (\n")
	for _, path := range sorted(paths) {
		if path == "net/url" {
			out.WriteString("neturl ")
		}
		fmt.Fprintf(out, "%q\n", path)
	}
	out.WriteString(")\n\n")
}

// support writes the types and functions that the code needs.
func (w *writer) support(out *bytes.Buffer) {
	for _, need := range sorted(w.needs) {
		if s, ok := supports[need]; ok {
			out.WriteString(s.text + "\n")
		}
	}
}
