package render

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/liquid"
)

func itoa(n int) string { return strconv.Itoa(n) }

// htmlKeys are keys of texts that are HTML: what stands in the catalogue is printed as it is, what fills its gaps is
// escaped.
const htmlKeys = "_html"

// translate is the filter t: {{ "cart.items" | t: count: 3 }}.
func translate(c *liquid.Call, in any, _ []any) (any, error) {
	key := c.Text(in)
	audience, _ := c.Attached().(*audience)
	if audience == nil {
		return nil, fmt.Errorf("nobody is known to read the text %q", key)
	}
	from, p := find(audience.words, key)
	if p == nil {
		return nil, fmt.Errorf("there is no text %q in any catalogue%s", key, orSo(spelling.DidYouMean(key, keysOf(audience.words))))
	}
	number := ""
	if p.plural {
		n, ok := c.Named("count")
		number = c.Text(n)
		if !ok || !isNumber(number) {
			return nil, fmt.Errorf("the text %q depends on a number: write t: count: 3", key)
		}
	}
	return filled(c, key, from.wording(p, number))
}

// filled puts what the template gave into the gaps. The result is HTML if the text or what goes into it is.
func filled(c *liquid.Call, key string, w wording) (any, error) {
	if len(w) == 1 && w[0].gap == "" {
		if c.HTML() && strings.HasSuffix(key, htmlKeys) {
			return liquid.Safe(w[0].text), nil
		}
		return w[0].text, nil
	}
	values := make([]any, len(w))
	written := c.HTML() && strings.HasSuffix(key, htmlKeys)
	asHTML, size := written, 0
	for i, piece := range w {
		size += len(piece.text)
		if piece.gap == "" {
			continue
		}
		v, ok := c.Named(piece.gap)
		if !ok {
			return nil, fmt.Errorf("the text %q needs %s: write t: %s: and what it is", key, piece.gap, piece.gap)
		}
		if _, safe := v.(liquid.Safe); safe && c.HTML() {
			asHTML = true
		}
		values[i] = v
		size += len(c.Text(v))
	}
	if err := c.Charge(size); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, piece := range w {
		text, _ := values[i].(liquid.Safe)
		switch {
		case piece.gap == "" && (written || !asHTML):
			b.WriteString(piece.text)
		case piece.gap == "":
			b.WriteString(html.EscapeString(piece.text))
		case !asHTML:
			b.WriteString(c.Text(values[i]))
		case text != "":
			b.WriteString(string(text))
		default:
			b.WriteString(html.EscapeString(c.Text(values[i])))
		}
	}
	if asHTML {
		return liquid.Safe(b.String()), nil
	}
	return b.String(), nil
}

// find is the phrase of a key in the first catalogue that has it.
func find(words []*catalogue, key string) (*catalogue, *phrase) {
	for _, c := range words {
		if p := c.phrases[key]; p != nil {
			return c, p
		}
	}
	return nil, nil
}

func keysOf(words []*catalogue) []string {
	var all []string
	for _, c := range words {
		all = append(all, c.keys...)
	}
	return all
}

func orSo(hint string) string {
	if hint == "" {
		return ""
	}
	return "; " + hint
}

func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789.") == "" && strings.Count(digits, ".") < 2
}
