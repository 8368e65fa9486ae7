package inline

import "strings"

// element is a style element of a page, by offsets: <style> begins at open, its text is from:to, and it ends before end.
type element struct{ open, from, to, end int }

// styles finds the style elements that are not in comments and do not say data-inline="off".
func styles(page string) []element {
	var all []element
	for i := 0; i < len(page); {
		t, ok := nextTag(page, i)
		if !ok {
			break
		}
		i = t.end
		if t.closes || !rawText(t.name) {
			continue
		}
		from := t.end
		to := endOfRaw(page, from, t.name)
		if to < 0 {
			break
		}
		last := strings.IndexByte(page[to:], '>')
		if last < 0 {
			break
		}
		i = to + last + 1
		if t.name == "style" && !strings.EqualFold(t.value("data-inline"), "off") {
			all = append(all, element{t.begin, from, to, i})
		}
	}
	return all
}

// rawText are elements whose text is not HTML.
func rawText(name string) bool {
	switch name {
	case "style", "title", "script", "textarea":
		return true
	}
	return false
}

// endOfRaw is where </name begins behind i; -1 if nowhere.
func endOfRaw(page string, i int, name string) int {
	for {
		k := strings.Index(page[i:], "</")
		if k < 0 {
			return -1
		}
		i += k
		if rest := page[i+2:]; len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			return i
		}
		i += 2
	}
}

// tag is a tag of a page, by its offsets.
type tag struct {
	page       string
	name       string // in lower case
	begin, end int
	attrs      int // where they begin
	closes     bool
}

// nextTag finds the next tag at or behind i, outside of comments.
func nextTag(page string, i int) (tag, bool) {
	for i < len(page) {
		k := strings.IndexByte(page[i:], '<')
		if k < 0 || i+k+1 >= len(page) {
			return tag{}, false
		}
		i += k
		rest := page[i:]
		switch c := rest[1]; {
		case strings.HasPrefix(rest, "<!--"):
			end := strings.Index(rest[4:], "-->")
			if end < 0 {
				return tag{}, false
			}
			i += end + 7
			continue
		case c == '/' || c|0x20 >= 'a' && c|0x20 <= 'z':
			t := tag{page: page, begin: i, closes: c == '/'}
			at := i + 1
			if t.closes {
				at++
			}
			k, capital := at, false
			for k < len(page) && page[k] > '>' || k < len(page) && !blank(page[k]) && page[k] != '>' && page[k] != '/' {
				capital = capital || 'A' <= page[k] && page[k] <= 'Z'
				k++
			}
			if t.name, t.attrs = page[at:k], k; capital {
				t.name = strings.ToLower(t.name)
			}
			if t.end = endOfTag(page, k); t.end < 0 {
				return tag{}, false
			}
			return t, true
		}
		i++
	}
	return tag{}, false
}

// endOfTag is behind the > that ends a tag, quotes seen to.
func endOfTag(page string, i int) int {
	for i < len(page) {
		switch c := page[i]; c {
		case '>':
			return i + 1
		case '"', '\'':
			k := strings.IndexByte(page[i+1:], c)
			if k < 0 {
				return -1
			}
			i += k + 2
		default:
			i++
		}
	}
	return -1
}

// attribute is one of a tag's; the offsets are those of its value without quotes, and of all of it.
type attr struct {
	name, value string // as written
	from, to    int    // of the whole attribute
}

// next reads the attribute at or behind i.
func (t *tag) next(i int) (a attr, ok bool) {
	limit := t.end - 1
	for i < limit && (blank(t.page[i]) || t.page[i] == '/') {
		i++
	}
	if i >= limit {
		return a, false
	}
	a.from = i
	for i < limit && !blank(t.page[i]) && t.page[i] != '=' && t.page[i] != '/' {
		i++
	}
	a.name, a.to = t.page[a.from:i], i
	k := i
	for k < limit && blank(t.page[k]) {
		k++
	}
	if k >= limit || t.page[k] != '=' {
		if a.to == a.from { // a stray sign
			a.to++
		}
		return a, true
	}
	for k++; k < limit && blank(t.page[k]); {
		k++
	}
	if k < limit && (t.page[k] == '"' || t.page[k] == '\'') {
		if end := strings.IndexByte(t.page[k+1:limit], t.page[k]); end >= 0 {
			a.value, a.to = t.page[k+1:k+1+end], k+end+2
			return a, true
		}
	}
	from := k
	for k < limit && !blank(t.page[k]) {
		k++
	}
	a.value, a.to = t.page[from:k], k
	return a, true
}

// value is that of an attribute, by its name in lower case; empty when there is none.
func (t *tag) value(name string) string {
	for i := t.attrs; ; {
		a, ok := t.next(i)
		if !ok {
			return ""
		}
		if strings.EqualFold(a.name, name) {
			return a.value
		}
		i = a.to
	}
}

func (t *tag) has(name string) bool {
	for i := t.attrs; ; {
		a, ok := t.next(i)
		if !ok || strings.EqualFold(a.name, name) {
			return ok
		}
		i = a.to
	}
}
