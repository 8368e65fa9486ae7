package liquid

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func stringFilters() map[string]Filter {
	return map[string]Filter{
		"append":         {Min: 1, Max: 1, Func: func(c *Call, in any, args []any) (any, error) { return c.join(in, args[0]) }},
		"prepend":        {Min: 1, Max: 1, Func: func(c *Call, in any, args []any) (any, error) { return c.join(args[0], in) }},
		"capitalize":     mapText(capitalize),
		"downcase":       mapText(strings.ToLower),
		"upcase":         mapText(strings.ToUpper),
		"strip":          mapText(func(s string) string { return strings.Trim(s, spaces) }),
		"lstrip":         mapText(func(s string) string { return strings.TrimLeft(s, spaces) }),
		"rstrip":         mapText(func(s string) string { return strings.TrimRight(s, spaces) }),
		"strip_newlines": mapText(func(s string) string { return strings.NewReplacer("\r\n", "", "\n", "").Replace(s) }),
		"squish":         mapText(func(s string) string { return strings.Join(strings.Fields(s), " ") }),
		"remove":         {Min: 1, Max: 1, Func: replacer(every, true)},
		"remove_first":   {Min: 1, Max: 1, Func: replacer(firstOnly, true)},
		"remove_last":    {Min: 1, Max: 1, Func: replacer(lastOnly, true)},
		"replace":        {Min: 1, Max: 2, Func: replacer(every, false)},
		"replace_first":  {Min: 2, Max: 2, Func: replacer(firstOnly, false)},
		"replace_last":   {Min: 2, Max: 2, Func: replacer(lastOnly, false)},
		"split":          {Min: 1, Max: 1, Func: filterSplit},
		"truncate":       {Min: 0, Max: 2, Func: filterTruncate},
		"truncatewords":  {Min: 0, Max: 2, Func: filterTruncateWords},
	}
}

// spaces is what Ruby's strip takes away.
const spaces = " \t\r\n\f\v\x00"

// mapText makes a filter that keeps HTML what it is: changing case or
// trimming white space cannot turn safe text into unsafe one.
func mapText(f func(string) string) Filter {
	return Filter{Func: func(c *Call, in any, _ []any) (any, error) {
		if s, ok := in.(Safe); ok {
			if err := c.Charge(len(s)); err != nil {
				return nil, err
			}
			return Safe(f(string(s))), nil
		}
		s, err := c.str(in)
		if err != nil {
			return nil, err
		}
		if err := c.Charge(len(s)); err != nil {
			return nil, err
		}
		return f(s), nil
	}}
}

// str is text for values of any kind, with the cost of printing them spent.
func (c *Call) str(v any) (string, error) {
	switch v.(type) {
	case nil, string, Safe, int64, float64, bool:
		return text(v), nil
	}
	n, err := c.r.weigh(v, 0)
	if err != nil {
		return "", err
	}
	if err := c.Charge(n); err != nil {
		return "", err
	}
	return text(v), nil
}

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + strings.ToLower(s[n:])
}

// occurrence says which of several finds is replaced.
type occurrence uint8

const (
	every occurrence = iota
	firstOnly
	lastOnly
)

// replacer makes the filters replace and remove. The size of the result is
// charged before it is built: replacing every letter by a long text is the
// classic way to blow up a template engine.
func replacer(which occurrence, remove bool) func(*Call, any, []any) (any, error) {
	return func(c *Call, in any, args []any) (any, error) {
		var with any
		if !remove && len(args) > 1 {
			with = args[1]
		}
		s, old, put, isHTML, err := c.replaceArgs(in, args[0], with)
		if err != nil {
			return nil, err
		}
		n := strings.Count(s, old)
		if n == 0 {
			return in, nil
		}
		if which != every {
			n = 1
		}
		if err := c.Charge(len(s) + max(0, n*(len(put)-len(old)))); err != nil {
			return nil, err
		}
		switch which {
		case every:
			s = strings.ReplaceAll(s, old, put)
		case firstOnly:
			s = strings.Replace(s, old, put, 1)
		case lastOnly:
			at := strings.LastIndex(s, old)
			s = s[:at] + put + s[at+len(old):]
		}
		if isHTML {
			return Safe(s), nil
		}
		return s, nil
	}
}

// replaceArgs returns the three strings, all as HTML if the input or the
// replacement is.
func (c *Call) replaceArgs(in, old, with any) (s, o, w string, isHTML bool, err error) {
	if s, err = c.str(in); err != nil {
		return "", "", "", false, err
	}
	if o, err = c.str(old); err != nil {
		return "", "", "", false, err
	}
	if w, err = c.str(with); err != nil {
		return "", "", "", false, err
	}
	_, inHTML := in.(Safe)
	_, withHTML := with.(Safe)
	if !inHTML && !withHTML {
		return s, o, w, false, nil
	}
	err = c.Charge(2 * (len(s) + len(o) + len(w)))
	return asHTML(in), asHTML(old), asHTML(with), true, err
}

// filterSplit cuts as Ruby does: a single space stands for any white space,
// nothing for every character, and empty parts at the end are dropped.
func filterSplit(c *Call, in any, args []any) (any, error) {
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	sep, err := c.str(args[0])
	if err != nil {
		return nil, err
	}
	n := strings.Count(s, sep) + 1
	if err := c.Spend(n / 4); err != nil {
		return nil, err
	}
	// An any, a string header and the place of the part in an array.
	if err := c.Charge(32 * n); err != nil {
		return nil, err
	}
	var parts []string
	switch sep {
	case " ":
		parts = strings.Fields(s)
	default:
		parts = strings.Split(s, sep)
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return anySlice(parts), nil
}

func filterTruncate(c *Call, in any, args []any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	length, ellipsis, err := c.cut(args, 50)
	if err != nil {
		return nil, err
	}
	if length >= utf8.RuneCountInString(s) {
		return in, nil
	}
	keep := max(0, length-utf8.RuneCountInString(ellipsis))
	if err := c.Charge(len(s) + len(ellipsis)); err != nil {
		return nil, err
	}
	for i := range s {
		if keep--; keep < 0 {
			return s[:i] + ellipsis, nil
		}
	}
	return s, nil
}

// cut reads the arguments of truncate and truncatewords.
func (c *Call) cut(args []any, def int) (length int, ellipsis string, err error) {
	length, ellipsis = def, "..."
	if len(args) > 0 {
		if length, err = toInteger(args[0]); err != nil {
			return 0, "", err
		}
	}
	if len(args) > 1 {
		ellipsis, err = c.str(args[1])
	}
	return length, ellipsis, err
}

func filterTruncateWords(c *Call, in any, args []any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	words, ellipsis, err := c.cut(args, 15)
	if err != nil {
		return nil, err
	}
	words = max(words, 1)
	if err := c.Charge(len(s) + len(ellipsis)); err != nil {
		return nil, err
	}
	var b strings.Builder
	rest := strings.TrimLeft(s, spaces)
	for i := 0; rest != ""; i++ {
		if i == words {
			return b.String() + ellipsis, nil
		}
		end := strings.IndexAny(rest, spaces)
		if end < 0 {
			end = len(rest)
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(rest[:end])
		rest = strings.TrimLeft(rest[end:], spaces)
	}
	return in, nil
}
