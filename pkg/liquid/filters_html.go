package liquid

import "strings"

func htmlFilters() map[string]Filter {
	return map[string]Filter{
		"escape":        {Func: filterEscape},
		"h":             {Func: filterEscape},
		"escape_once":   {Func: filterEscapeOnce},
		"raw":           {Func: filterRaw},
		"newline_to_br": {Func: filterNewlineToBr},
		"strip_html":    {Func: filterStripHTML},
	}
}

// filterEscape escapes for HTML; in HTML mode what is HTML already is left
// as it is, so that writing the filter does no harm.
func filterEscape(c *Call, in any, _ []any) (any, error) {
	if _, ok := in.(Safe); ok && c.HTML() || in == nil {
		return in, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(2 * len(s)); err != nil {
		return nil, err
	}
	return c.safe(escaped(s)), nil
}

func filterEscapeOnce(c *Call, in any, _ []any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if t, ok := in.(Safe); ok {
		s = string(t)
	}
	if err := c.Charge(2 * len(s)); err != nil {
		return nil, err
	}
	return c.safe(escapedOnce(s)), nil
}

// filterRaw vouches for its input: it is printed as it is.
func filterRaw(c *Call, in any, _ []any) (any, error) {
	if !c.HTML() {
		return in, nil
	}
	if s, ok := in.(Safe); ok {
		return s, nil
	}
	s, err := c.str(in)
	return Safe(s), err
}

// filterNewlineToBr puts <br /> before each line break; in HTML mode it
// escapes the rest first.
func filterNewlineToBr(c *Call, in any, _ []any) (any, error) {
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if c.HTML() {
		s = asHTML(in)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if err := c.Charge(len(s) + 6*strings.Count(s, "\n")); err != nil {
		return nil, err
	}
	return c.safe(strings.ReplaceAll(s, "\n", "<br />\n")), nil
}

// filterStripHTML removes tags, comments, scripts and styles. It is no
// sanitizer: in HTML mode what is left is escaped, except for entities.
func filterStripHTML(c *Call, in any, _ []any) (any, error) {
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if t, ok := in.(Safe); ok {
		s = string(t)
	}
	if err := c.Spend(len(s) / 16); err != nil {
		return nil, err
	}
	if err := c.Charge(len(s)); err != nil {
		return nil, err
	}
	s = stripTags(s)
	if !c.HTML() {
		return s, nil
	}
	if err := c.Charge(2 * len(s)); err != nil {
		return nil, err
	}
	return Safe(escapedOnce(s)), nil
}

// stripTags runs over s once. An opening without its end stays as it is;
// that an end is missing is remembered, so that many openings do not make it
// look for it again and again.
func stripTags(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	whole := []struct {
		open, end string
		missing   bool
	}{
		{open: "<script", end: "</script>"},
		{open: "<!--", end: "-->"},
		{open: "<style", end: "</style>"},
		{open: "<", end: ">"},
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		cut := 0
		for k := range whole {
			w := &whole[k]
			if w.missing || !strings.HasPrefix(s, w.open) {
				continue
			}
			if n := strings.Index(s[len(w.open):], w.end); n >= 0 {
				cut = len(w.open) + n + len(w.end)
				break
			}
			w.missing = true
		}
		if cut == 0 {
			b.WriteByte('<')
			cut = 1
		}
		s = s[cut:]
	}
	b.WriteString(s)
	return b.String()
}
